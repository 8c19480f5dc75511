"""Whether a feature does more than a decoy of the same norm on the same frames, and how much more.

A direction of a network that does nothing at all hardly exists, so what is asked is not whether an effect differs from
zero. The statistic is how much larger the feature's median over recordings is than that of its decoy, in the outcome's
own unit; below zero where the decoy does more. Its chance level is not computed but measured: were features no more
than decoys, as many pairs would lie as far below zero as above, and q is how many do over how many features there are.
"No effect beyond the decoy's" is a result; beside it stands the smallest effect that would have been found, where any
could be. A feature passes by its q and by the interval of its own effect: see `schema.effects.passes`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from atlas.schema.thresholds import INTERVAL

Floats = NDArray[np.float64]

SPREAD = 1.4826  # a normal's standard deviation over its median absolute deviation
MEDIAN_ERROR = math.sqrt(math.pi / 2)  # the standard error of a normal's median over that of its mean
POWER_Z = 0.8416  # the normal quantile of a power of .8
INTERVAL_Z = 1.96  # that of an end of the interval
DRAWS = 1_000


def statistic(feature: Floats, decoy: Floats) -> float:
    """[recordings] of both -> the size of one's median less that of the other's."""
    return abs(float(np.median(feature))) - abs(float(np.median(decoy)))


def q_values(statistics: Floats) -> Floats:
    """Of each feature of a family, by target and decoy.

    (1 + pairs at or below minus a threshold) over features at or above it, and of all thresholds above zero that a
    feature reaches the best: so that q never rises with the statistic. Where the decoy does as much, q is 1.
    """
    order = np.argsort(-statistics, kind="stable")
    ranked = statistics[order]
    above = np.searchsorted(-ranked, -ranked, side="right")
    below = np.searchsorted(np.sort(statistics), -ranked, side="right")
    shares = np.where(ranked > 0, np.minimum((1 + below) / above, 1.0), 1.0)
    found = np.empty(len(statistics))
    found[order] = np.minimum.accumulate(shares[::-1])[::-1]
    found[statistics <= 0] = 1.0
    return found


def threshold(statistics: Floats, q: float) -> float:
    """The smallest statistic among features below this q; infinite where there is none."""
    passing = statistics[q_values(statistics) < q]
    return float(passing.min()) if len(passing) else math.inf


def smallest_seen(feature: Floats, decoy: Floats, reached: float) -> float | None:
    """The effect with which a feature of this scatter and this decoy passes about four times in five.

    It exceeds the statistic that is needed and the decoy together by POWER_Z standard errors of the statistic, as
    decoys scatter, too; and it is far enough from zero for its interval. None where no statistic suffices.
    """
    if not math.isfinite(reached):
        return None
    beyond = reached + abs(float(np.median(decoy))) + POWER_Z * math.hypot(_error(feature), _error(decoy))
    return max(beyond, (POWER_Z + INTERVAL_Z) * _error(feature))


def _error(values: Floats) -> float:
    """The standard error of the median, in normal scatter."""
    deviation = float(np.median(np.abs(values - np.median(values))))
    return MEDIAN_ERROR * SPREAD * deviation / math.sqrt(len(values))


def interval(values: Floats, generator: np.random.Generator) -> tuple[float, float]:
    """Of the median, by a bootstrap over recordings."""
    drawn = np.median(values[generator.integers(len(values), size=(DRAWS, len(values)))], axis=1)
    low, high = np.quantile(drawn, INTERVAL)
    return float(low), float(high)


def rank_among(value: float, controls: Floats) -> float:
    """The share of controls whose effect is smaller; equal ones count half."""
    sizes = np.abs(controls)
    return float(((sizes < abs(value)).sum() + 0.5 * (sizes == abs(value)).sum()) / len(sizes))

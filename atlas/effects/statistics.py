"""Whether a feature does anything: how large its effect is against its scatter over recordings, and against decoys.

The statistic is the size of the median over recordings, over their median absolute deviation. Its chance level is not
computed but measured: every ablation has a decoy, and q is the number of decoys that reach a statistic over the number
of features that do. "No measurable effect" is a result; beside it stands the smallest effect that would have been
found.
"""

import math

import numpy as np
from numpy.typing import NDArray

from atlas.schema.thresholds import INTERVAL

Floats = NDArray[np.float64]

SPREAD = 1.4826  # a normal's standard deviation over its median absolute deviation
MEDIAN_ERROR = math.sqrt(math.pi / 2)  # the standard error of a normal's median over that of its mean
DEVIATION_ERROR = 0.7867  # that of a normal's median absolute deviation, over that of its mean
POWER_Z = 0.8416  # the normal quantile of a power of .8
FINEST = 2.0**-20  # of the median: a deviation counts as at least this, so that no statistic is infinite
DRAWS = 1_000


def statistic(values: Floats) -> float:
    """values: [recordings] -> |median| over median absolute deviation; 0 where nothing differs from zero."""
    centre = abs(float(np.median(values)))
    return centre / max(deviation(values), FINEST * centre) if centre else 0.0


def deviation(values: Floats) -> float:
    """The median absolute deviation."""
    return float(np.median(np.abs(values - np.median(values))))


def q_values(features: Floats, decoys: Floats) -> Floats:
    """The statistics of features and of their decoys -> q of each feature, by target and decoy.

    (1 + decoys at or above a threshold) over features at or above it, and of all thresholds that a feature reaches the
    best: so that q never rises with the statistic.
    """
    order = np.argsort(-features, kind="stable")
    ranked = features[order]
    above = np.searchsorted(-ranked, -ranked, side="right")
    fooled = len(decoys) - np.searchsorted(np.sort(decoys), ranked, side="left")
    shares = np.minimum((1 + fooled) / above, 1.0)
    found = np.empty(len(features))
    found[order] = np.minimum.accumulate(shares[::-1])[::-1]
    return found


def threshold(features: Floats, decoys: Floats, q: float) -> float:
    """The smallest statistic among features below this q; infinite where there is none."""
    passing = features[q_values(features, decoys) < q]
    return float(passing.min()) if len(passing) else math.inf


def needed(features: Floats, decoys: Floats, q: float) -> float:
    """The statistic that a feature needs to pass; where none does, that of the best decoy."""
    found = threshold(features, decoys, q)
    return found if math.isfinite(found) else float(decoys.max())


def smallest_seen(values: Floats, reached: float) -> float:
    """The effect that a feature with this scatter would have had to have to reach a statistic, four times in five.

    As a multiple of the deviation, c, in normal scatter: c exceeds what is needed by POWER_Z standard errors of what is
    compared. These are of the median, of the deviation that it is divided by, and of the one that c is a multiple of,
    as recordings at hand tell the scatter no better than new ones would.
    """
    if not math.isfinite(reached):
        return math.inf
    step = (POWER_Z * SPREAD) ** 2 / len(values)
    share = step * DEVIATION_ERROR**2
    along, rest = share * reached, step * MEDIAN_ERROR**2 + 2 * share * reached**2
    above = (along + math.sqrt(along**2 + (1 - share) * rest)) / (1 - share)
    return deviation(values) * (reached + above)


def interval(values: Floats, generator: np.random.Generator) -> tuple[float, float]:
    """Of the median, by a bootstrap over recordings."""
    drawn = np.median(values[generator.integers(len(values), size=(DRAWS, len(values)))], axis=1)
    low, high = np.quantile(drawn, INTERVAL)
    return float(low), float(high)


def rank_among(value: float, controls: Floats) -> float:
    """The share of controls whose effect is smaller; equal ones count half."""
    sizes = np.abs(controls)
    return float(((sizes < abs(value)).sum() + 0.5 * (sizes == abs(value)).sum()) / len(sizes))

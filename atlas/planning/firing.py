"""How many clips of the corpus each feature will fire in, from those of a trial.

What a trial of some windows counts is a mixture: features fire in a share of the windows each, and few windows say
little of each but much of all together. The mixture of shares is fitted by expectation-maximisation over a fixed grid,
from flat, and in few steps, so that what the trial cannot tell stays spread out.
"""

from dataclasses import dataclass, replace
from math import log1p

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from atlas.render.parts.extent import PACKED
from atlas.schema.thresholds import DRAWN_CLIPS, FEWEST_RECORDINGS

Doubles = NDArray[np.float64]

_SHARES = np.geomspace(1e-5, 0.999, 80)
_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringMeans:
    """The mean of a dictionary's features, over the corpus."""

    active: float
    "the share of features that fire at all"
    tested: float
    "the share that fires in enough recordings to be tested"
    breadth: float
    "the logarithm of one more than the recordings that a feature fires in, as what is found of it grows with that"
    clips: float
    "clips that a feature fires in"
    examples: float
    "rows of examples"
    few: float
    "of these, those that a packed page and JSON have room for"
    picks: float
    "clips that the scan of one shard keeps of a feature"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusExtent:
    """How much of it there is, and how many examples are shown."""

    windows: int
    recordings: int
    shard_windows: int
    top: int
    others: int

    @property
    def few(self) -> "CorpusExtent":
        """With no more examples than a packed page has."""
        return replace(self, top=min(self.top, PACKED.top), others=min(self.others, PACKED.others))


def mixture(counts: NDArray[np.int64], windows: int) -> Doubles:
    """counts: [features], of so many windows -> the weight of each share of the grid."""
    values, repeats = np.unique(counts, return_counts=True)
    likelihood = stats.binom.pmf(values[:, None], windows, _SHARES[None, :])
    weights = np.full(len(_SHARES), 1 / len(_SHARES))
    for _ in range(_STEPS):
        joint = likelihood * weights
        joint /= joint.sum(axis=1, keepdims=True)
        weights = repeats @ joint / repeats.sum()
    result: Doubles = weights
    return result


def expected(weights: Doubles, extent: CorpusExtent) -> FiringMeans:
    """What a dictionary of this mixture comes to over a corpus."""
    clips = _SHARES * extent.windows
    recordings = extent.recordings * -np.expm1(extent.windows * np.log1p(-_SHARES) / extent.recordings)
    active = -np.expm1(-clips)

    def examples(extent: CorpusExtent) -> float:
        drawn = _fewer(4 * extent.others, clips) + extent.others * active
        return float(weights @ (_fewer(extent.top, recordings) + drawn))

    shard = min(extent.windows, extent.shard_windows)
    in_shard = _SHARES * shard
    return FiringMeans(
        active=float(weights @ active),
        tested=float(weights @ stats.poisson.sf(FEWEST_RECORDINGS - 1, recordings)),
        breadth=float(weights @ np.log1p(recordings)),
        clips=float(weights @ clips),
        examples=examples(extent),
        few=examples(extent.few),
        picks=float(weights @ (_fewer(extent.top, in_shard) + _fewer(DRAWN_CLIPS, in_shard))),
    )


def full(extent: CorpusExtent) -> FiringMeans:
    """What it is at most: every feature fires often enough for all of its examples."""
    return FiringMeans(
        active=1.0,
        tested=1.0,
        breadth=log1p(extent.recordings),
        clips=0.3 * extent.windows,
        examples=_most(extent),
        few=_most(extent.few),
        picks=float(extent.top + DRAWN_CLIPS),
    )


def _most(extent: CorpusExtent) -> float:
    return float(min(extent.top, extent.recordings) + 5 * extent.others)


def matched(weights: Doubles, features: int, sample: int, windows: int) -> tuple[int, Doubles]:
    """How many features a control can match, and their mixture: those that fire in enough of a calibration's sample."""
    least = max(1, round(FEWEST_RECORDINGS * sample / windows))
    enough = weights * stats.binom.sf(least - 1, sample, _SHARES)
    share = float(enough.sum())
    return max(1, round(features * share)), enough / share if share > 0 else weights


def _fewer(most: int, mean: Doubles) -> Doubles:
    """The mean of the lesser of a number and a Poisson variable of this mean."""
    numbers = np.arange(most)
    result: Doubles = stats.poisson.sf(numbers[:, None], mean[None, :]).sum(axis=0)
    return result

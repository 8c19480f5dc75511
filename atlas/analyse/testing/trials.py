"""A block of features held against the labels of one kind: p, and how large the effect is.

A feature passes by its peak in the clip's stretch, at three cut-offs that are blind to labels: it fires, it is above
the median, above the 90th percentile of the recordings in which it fires. The p is the smallest of three, times three.
The AUROC is the chance that of two recordings of one stratum the labelled one has the larger peak, ties counted half.
The lift is, at the cut-off of smallest p, the number of labelled recordings that pass over the number expected of the
strata; its lower bound is Clopper and Pearson's, at 2.5 % shared among the three cut-offs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import rankdata

from atlas.analyse.testing.blocks import Block
from atlas.analyse.testing.exact import exact_p
from atlas.analyse.testing.kinds import Contrast, LabelKind
from atlas.schema.thresholds import CUT_OFFS, FEWEST_RECORDINGS, INTERVAL

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

TRIES = 1 + len(CUT_OFFS)


@dataclass(frozen=True, slots=True)
class Subjects:
    """The features of a block that fire in enough recordings of a kind."""

    features: Longs  # numbers in the dictionary
    values: Floats  # [features, the kind's recordings]
    ranks: Doubles  # [features, recordings]: midranks within the stratum
    passes: NDArray[np.bool_]  # [features, tries, recordings]
    passing: Longs  # [features, tries, strata]


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """[features] each: what the test of one label says of each feature; NaN where there is nothing to say."""

    p: Doubles
    auroc: Doubles
    lift: Doubles
    lift_low: Doubles


def subjects(block: Block, kind: LabelKind) -> Subjects:
    """What the tests of all labels of a kind share."""
    values = block.matched[:, kind.recordings]
    firing = (values > 0).sum(axis=1)
    kept = np.flatnonzero(firing >= FEWEST_RECORDINGS)
    values = values[kept]
    passes = values[:, None, :] > thresholds(values, CUT_OFFS)[:, :, None]
    strata = int(kind.stratum.max(initial=-1)) + 1
    passing = np.zeros((*passes.shape[:2], strata), np.int64)
    for stratum, within in strata_of(kind.stratum):
        passing[:, :, stratum] = passes[:, :, within].sum(axis=2)
    return Subjects(block.first + kept, values, midranks(values, kind.stratum), passes, passing)


def strata_of(stratum: Longs) -> Iterator[tuple[int, slice]]:
    """Each stratum, and where it lies; stratum: [recordings], in order."""
    for number in np.unique(stratum).tolist():
        first, last = np.searchsorted(stratum, (number, number + 1))
        yield number, slice(int(first), int(last))


def midranks(values: NDArray[np.floating], stratum: Longs) -> Doubles:
    """[features, recordings]: the rank of each value within its stratum, equal ones sharing theirs."""
    ranks = np.empty(values.shape, np.float64)
    for _, within in strata_of(stratum):
        ranks[:, within] = rankdata(values[:, within], axis=1)
    return ranks


def thresholds(values: Floats, quantiles: tuple[float, ...]) -> Floats:
    """[features, 1 + quantiles]: 0, and the quantiles of each feature's positive values."""
    ordered = np.sort(values, axis=1)
    firing = (values > 0).sum(axis=1)
    silent = values.shape[1] - firing
    limits = np.zeros((len(values), 1 + len(quantiles)), np.float32)
    for column, share in enumerate(quantiles, start=1):
        place = silent + np.floor(share * np.maximum(firing - 1, 0)).astype(np.int64)
        limits[:, column] = np.take_along_axis(ordered, np.minimum(place, values.shape[1] - 1)[:, None], axis=1)[:, 0]
    return limits


def outcome(tested: Subjects, contrast: Contrast) -> TrialOutcome:
    """Test one label against all features of a block."""
    features = len(tested.features)
    hits = tested.passes[:, :, contrast.labelled].sum(axis=2)
    passing = tested.passing[:, :, contrast.strata]
    flat = passing.reshape(features * TRIES, len(contrast.strata))
    p = exact_p(hits.ravel(), flat, contrast.counts, contrast.sizes).reshape(features, TRIES)
    best = np.argmin(p, axis=1)
    here = np.arange(features)
    hits, passing = hits[here, best], passing[here, best]
    expected = (passing * contrast.expected_share).sum(axis=1)  # a matrix product would round by the block's size
    lift, lift_low = lifts(hits, passing.sum(axis=1), expected)
    return TrialOutcome(np.minimum(TRIES * p[here, best], 1), auroc(tested.ranks, contrast), lift, lift_low)


def lifts(hits: Longs, passing: Longs, expected: Doubles) -> tuple[Doubles, Doubles]:
    """hits over expected, and its lower bound; NaN where nothing passes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(passing > 0, hits / expected, np.nan)
        share = np.where(hits > 0, betaincinv(np.maximum(hits, 1), passing - hits + 1, INTERVAL[0] / TRIES), 0.0)
        low = np.where(passing > 0, share * passing / expected, np.nan)
    return lift, low


def auroc(ranks: Doubles, contrast: Contrast) -> Doubles:
    """From midranks within strata: labelled recordings that beat others, of all pairs within a stratum."""
    counts, others = contrast.counts, contrast.sizes - contrast.counts
    beaten = ranks[:, contrast.labelled].sum(axis=1) - (counts * (counts + 1) / 2).sum()
    shares: Doubles = beaten / (counts * others).sum()
    return shares

"""Intervals of the AUROC by the bootstrap: units are drawn again within their cell, with one fixed seed.

A unit is a recording, or a group of recordings, all of which come with it (see `audio/units.py`).
All labels and features share the same draws. The peaks of a feature are cut into nine levels for this (silent, and
eighths of the recordings in which it fires), so that a draw is a matrix product; the spread of the drawn AUROCs
around the uncut sample's own is put around the exact AUROC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.analyse.testing.kinds import Contrast
from atlas.analyse.testing.trials import Subjects, thresholds
from atlas.schema.thresholds import BOOTSTRAP_DRAWS, INTERVAL

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

SEED = 20
LEVELS = tuple(eighth / 8 for eighth in range(1, 8))


def draws(cell: Longs, unit: Longs) -> Floats:
    """[recordings, 1 + BOOTSTRAP_DRAWS]: how often each is drawn; first the sample itself, all ones.

    cell, unit: [recordings]; a unit of several cells is drawn in that of its first recording.
    """
    random = np.random.default_rng(SEED)
    _, first, of_recording = np.unique(unit, return_index=True, return_inverse=True)
    by_first = np.argsort(first)
    place = np.argsort(by_first)[of_recording]  # of each recording's unit, by its first recording
    home = cell[first[by_first]]
    weights = np.ones((len(home), 1 + BOOTSTRAP_DRAWS), np.float32)
    for members in (np.flatnonzero(home == number) for number in np.unique(home)):
        n = len(members)
        drawn = random.integers(n, size=(BOOTSTRAP_DRAWS, n)) + n * np.arange(BOOTSTRAP_DRAWS)[:, None]
        weights[members, 1:] = np.bincount(drawn.ravel(), minlength=n * BOOTSTRAP_DRAWS).reshape(BOOTSTRAP_DRAWS, n).T
    return weights[place]


@dataclass(frozen=True, slots=True)
class BootstrapDraws:
    """A block's features in all draws."""

    weights: Floats  # [the kind's recordings, draws]
    stratum: Longs
    above: Floats  # [features, levels, recordings]: 1 above the level's lower edge
    totals: Floats  # [strata, features, levels, draws]: recordings above it

    def interval(self, features: Longs, auroc: Doubles, contrast: Contrast) -> tuple[Doubles, Doubles]:
        """Bounds of some features' AUROC (features: rows of `above`; auroc: theirs)."""
        drawn_pairs = [self._pairs(features, contrast.labelled, stratum) for stratum in contrast.strata]
        beaten, pairs = (np.sum(parts, axis=0) for parts in zip(*drawn_pairs, strict=True))
        return _bounds(beaten, pairs, auroc)

    def interval_between(
        self, features: Longs, auroc: Doubles, members: Longs, others: Longs
    ) -> tuple[Doubles, Doubles]:
        """Bounds of some features' AUROC of some recordings against some others (places), whatever their strata."""
        (inside, all_inside), (outside, all_outside) = (self._drawn(features, places) for places in (members, others))
        beaten = _beaten(inside, all_inside, outside, all_outside)
        return _bounds(beaten, all_inside.astype(np.float64) * all_outside, auroc)

    def _drawn(self, features: Longs, members: Longs) -> tuple[Floats, Floats]:
        """How many of some recordings are above each level: [features, levels, draws]; and all of them: [draws]."""
        weights = self.weights[members]
        return _product(self.above[:, :, members][features], weights), weights.sum(axis=0)

    def _pairs(self, features: Longs, labelled: Longs, stratum: int) -> tuple[Doubles, Doubles]:
        """Of the pairs of one stratum, those that the labelled recording wins: [features, draws]; and all: [draws]."""
        with_label, all_labelled = self._drawn(features, labelled[self.stratum[labelled] == stratum])
        others = self.weights[self.stratum == stratum].sum(axis=0) - all_labelled
        beaten = _beaten(with_label, all_labelled, self.totals[stratum][features] - with_label, others)
        return beaten, all_labelled.astype(np.float64) * others


def drawn(tested: Subjects, stratum: Longs, weights: Floats) -> BootstrapDraws:
    """stratum: [the kind's recordings]; weights: [those recordings, draws]."""
    above = (tested.values[:, None, :] > thresholds(tested.values, LEVELS)[:, :, None]).astype(np.float32)
    strata = int(stratum.max(initial=-1)) + 1
    totals = np.zeros((strata, *above.shape[:2], weights.shape[1]), np.float32)
    for number in np.unique(stratum):
        within = stratum == number
        totals[number] = _product(above[:, :, within], weights[within])
    return BootstrapDraws(weights, stratum, above, totals)


def _bounds(beaten: Doubles, pairs: Doubles, auroc: Doubles) -> tuple[Doubles, Doubles]:
    """beaten: [features, draws], of so many pairs: [draws]; the first draw is the sample itself."""
    aurocs = beaten[:, pairs > 0] / pairs[pairs > 0]
    low, high = np.quantile(aurocs[:, 1:], INTERVAL, axis=1) + (auroc - aurocs[:, 0])
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _product(above: Floats, weights: Floats) -> Floats:
    """[features, levels, draws] in one matrix product, which numpy would split by features."""
    features, levels, recordings = above.shape
    product: Floats = (above.reshape(features * levels, recordings) @ weights).reshape(
        features, levels, weights.shape[1]
    )
    return product


def _beaten(labelled: Floats, labelled_all: Floats, others: Floats, others_all: Floats) -> Doubles:
    """[features, draws]: pairs that the labelled one wins; labelled, others: [features, levels, draws] above levels.

    Those at a level lose against all labelled above it, and share with those at it: half of (here or above + above).
    """
    at, twice = others[:, :-1] - others[:, 1:], labelled[:, :-1] + labelled[:, 1:]
    between = np.einsum("flb,flb->fb", at, twice, dtype=np.float64)
    silent = (others_all - others[:, 0]).astype(np.float64) * (labelled_all + labelled[:, 0])
    loudest = others[:, -1].astype(np.float64) * labelled[:, -1]
    wins: Doubles = (silent + between + loudest) / 2
    return wins

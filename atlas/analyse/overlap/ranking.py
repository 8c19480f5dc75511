"""The best of many others for each feature, by one rule of ties: the larger value, then the smaller number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row for each feature and one of its best others, by feature and rank."""

    feature: Longs
    other: Longs
    value: Doubles

    @property
    def rank(self) -> Longs:
        """From 1 on, within each feature."""
        starts = np.searchsorted(self.feature, self.feature)
        ranks: Longs = np.arange(len(self.feature)) - starts + 1
        return ranks


def best(features: Longs, scores: NDArray[np.floating], count: int) -> Ranked:
    """At most `count` others for each feature; a score that is not above 0 is none. scores: [features, others]."""
    last = scores.shape[1] - min(count, scores.shape[1])
    limits = np.partition(scores, last, axis=1)[:, last]
    row, other = np.nonzero((scores >= limits[:, None]) & (scores > 0))  # with all that tie with the last one
    value = scores[row, other].astype(np.float64)
    order = np.lexsort((other, -value, row))
    ranked = Ranked(row[order], other[order], value[order])
    kept = ranked.rank <= count
    return Ranked(features[ranked.feature[kept]], ranked.other[kept], ranked.value[kept])


def joined(pieces: list[Ranked]) -> Ranked:
    """What was found of blocks of features that follow each other."""
    nothing = Ranked(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    columns = ((piece.feature, piece.other, piece.value) for piece in [nothing, *pieces])
    feature, other, value = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Ranked(feature, other, value)

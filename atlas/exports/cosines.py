"""Which decoder rows of a dictionary are alike: cosines, a block of features at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AlikeRows:
    """The rows most like each of some rows: itself first, then the others by their cosine."""

    indices: NDArray[np.int64]  # [rows, count]
    cosines: Rows  # [rows, count]


def unit(rows: Rows) -> Rows:
    """Rows of length 1: [features, width]; one of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def most_alike(units: Rows, first: int, stop: int, count: int) -> AlikeRows:
    """What the rows from `first` to before `stop` are most like, of all rows; units: [features, width], of length 1.

    Of equal cosines the smaller number comes first.
    """
    kept = min(count, len(units))
    cosines = units[first:stop] @ units.T
    own = np.arange(stop - first), np.arange(first, stop)
    cosines[own] = np.inf
    nearest = np.argpartition(-cosines, kept - 1, axis=1)[:, :kept]
    nearest.sort(axis=1)
    order = np.argsort(-np.take_along_axis(cosines, nearest, axis=1), axis=1, kind="stable")
    indices = np.take_along_axis(nearest, order, axis=1)
    cosines[own] = 1
    return AlikeRows(indices, np.take_along_axis(cosines, indices, axis=1).clip(-1, 1))

"""Rows sorted by a number, such as a feature's or a clip's, and found by it."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SortedFrame:
    """A frame whose rows of one number lie together."""

    frame: pl.DataFrame
    starts: NDArray[np.int64]  # of each number from `first` on, and the end
    first: int

    def place(self, number: int) -> int:
        """Where the rows of a number begin; outside of what was read, its nearer end."""
        return int(self.starts[min(max(number - self.first, 0), len(self.starts) - 1)])

    def of(self, number: int) -> pl.DataFrame:
        """The rows of one number; none where it lies outside of what was read."""
        return self.between(number, number + 1)

    def between(self, first: int, stop: int) -> pl.DataFrame:
        """The rows of the numbers from `first` to before `stop`."""
        start = self.place(first)
        return self.frame.slice(start, self.place(stop) - start)


def sorted_frame(frame: pl.DataFrame, column: str, first: int, stop: int) -> SortedFrame:
    """Rows whose numbers in `column` ascend, for the numbers from `first` to before `stop`."""
    numbers = frame[column].to_numpy()
    return SortedFrame(frame, np.searchsorted(numbers, np.arange(first, stop + 1)), first)

"""The state of what is counted and summed for each feature, all in integers.

`update` adds one clip; `merge` adds another state; both give the same bytes in any order. What a figure of the
atlas means is said where it is computed (`measure/features.py`); here are only the sums that it needs.
"""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from atlas.audio.samples import FRAMES_PER_S, MEL_BANDS
from atlas.measure.codes import ClipCodes
from atlas.measure.kernels import accumulate
from atlas.measure.scales import BINS, Scales
from atlas.measure.threads import Threads
from atlas.schema.thresholds import ONSET_S

COLUMNS = (
    "frames_active",
    "runs",
    "frames_onset",
    "frames_clamped",
    "sum",
    "squares_low",
    "squares_high",
    "frames_padded",
)
ONSET_FRAMES = int(ONSET_S * FRAMES_PER_S)


@dataclass(frozen=True, slots=True)
class ClipView:
    """What the states need to know of one clip."""

    number: int
    hash64: int
    valid: int
    mel: NDArray[np.float32]  # [valid, 80], the display mel
    matched: tuple[int, int]  # frames of the matched stretch; (-1, -1) for none


@dataclass(frozen=True, slots=True)
class ClipPeaks:
    """One clip seen by the features that fired in it: the rows of the `peaks` table."""

    fired: NDArray[np.int32]
    peaks: NDArray[np.float32]
    frames: NDArray[np.int32]
    active: NDArray[np.int32]
    sums: NDArray[np.float32]
    matched: NDArray[np.float32]  # largest value in the matched stretch; NaN where the clip has none


@dataclass(slots=True)
class Counts:
    """table: [features, COLUMNS], histogram: [features, bins], mel: [features, bands], all in fixed point."""

    table: NDArray[np.int64]
    histogram: NDArray[np.uint32]
    mel: NDArray[np.int64]

    @classmethod
    def empty(cls, features: int) -> Self:
        return cls(
            np.zeros((features, len(COLUMNS)), np.int64),
            np.zeros((features, BINS), np.uint32),
            np.zeros((features, MEL_BANDS), np.int64),
        )

    def update(self, codes: ClipCodes, clip: ClipView, scales: Scales, threads: Threads) -> ClipPeaks:
        """Add one clip, and return what its features did in it."""
        number = len(codes.fired)
        peaks, sums, matched = (np.empty(number, np.float32) for _ in range(3))
        frames = np.empty(number, np.int32)
        limits = (
            scales.limit,
            scales.sum_scale,
            scales.square_scale,
            scales.mel_scale,
            scales.first_bin,
            ONSET_FRAMES,
            *clip.matched,
        )
        found = (codes.fired, codes.starts, codes.frames, codes.values)
        totals, seen = (self.table, self.histogram, self.mel), (peaks, frames, sums, matched)
        threads.share(number, partial(accumulate.clip_sums, found, clip.mel, limits, totals, seen))
        if codes.padded is not None:
            self.table[:, COLUMNS.index("frames_padded")] += codes.padded
        if clip.matched[0] < 0:
            matched[:] = np.nan
        return ClipPeaks(codes.fired, peaks, frames, np.diff(codes.starts), sums, matched)

    def merge(self, other: "Counts") -> None:
        self.table += other.table
        self.histogram += other.histogram
        self.mel += other.mel

    def column(self, name: str) -> NDArray[np.int64]:
        return self.table[:, COLUMNS.index(name)]

    def sums(self, scales: Scales) -> NDArray[np.float64]:
        """The sum of each feature's values."""
        return self.column("sum") / scales.sum_scale

    def squares(self, scales: Scales) -> NDArray[np.float64]:
        """The sum of each feature's squared values, from its two words."""
        words = self.column("squares_high").astype(np.float64) * accumulate.WORD + self.column("squares_low")
        squares: NDArray[np.float64] = words / scales.square_scale
        return squares

    def mel_sums(self, scales: Scales) -> NDArray[np.float64]:
        """[features, bands]: the sum of the display mel weighted by each feature's values."""
        return self.mel / scales.mel_scale

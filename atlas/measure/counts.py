"""The state of what is counted and summed for each feature, all in integers.

What a figure of the atlas means is said where it is computed (`measure/features.py`); here are only the sums that it
needs. What the features did in a clip, which every other state needs, comes from the same pass over its codes.
"""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from atlas.audio.samples import MEL_BANDS
from atlas.measure.codes import ClipCodes
from atlas.measure.kernels import accumulate
from atlas.measure.scales import BINS, Scales
from atlas.measure.states import ClipPeaks, ClipView, CodedClip, DictionaryContext, Sums
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


@dataclass(slots=True)
class Counts(Sums[DictionaryContext, CodedClip]):
    """table: [features, COLUMNS], histogram: [features, bins], mel: [features, bands], all in fixed point."""

    table: NDArray[np.int64]
    histogram: NDArray[np.uint32]
    mel: NDArray[np.int64]

    @classmethod
    def empty(cls, context: DictionaryContext) -> Self:
        features = context.features
        return cls(
            np.zeros((features, len(COLUMNS)), np.int64),
            np.zeros((features, BINS), np.uint32),
            np.zeros((features, MEL_BANDS), np.int64),
        )

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        self.count(clip.codes, clip.view, context)

    def count(self, codes: ClipCodes, clip: ClipView, context: DictionaryContext) -> ClipPeaks:
        """Add one clip, and return what its features did in it."""
        scales = context.scales
        number = len(codes.fired)
        peaks, sums, matched, matched_in_cell = (np.empty(number, np.float32) for _ in range(4))
        frames = np.empty(number, np.int32)
        limits = (
            scales.limit,
            scales.sum_scale,
            scales.square_scale,
            scales.mel_scale,
            scales.first_bin,
            context.grid.first_from(ONSET_S),
            *clip.matched,
            *clip.matched_in_cell,
        )
        runs = (codes.fired, codes.starts, codes.frames, codes.values)
        totals, seen = (self.table, self.histogram, self.mel), (peaks, frames, sums, matched, matched_in_cell)
        context.threads.share(number, partial(accumulate.clip_sums, runs, clip.mel, limits, totals, seen))
        if codes.padded is not None:
            self.table[:, COLUMNS.index("frames_padded")] += codes.padded
        for (first, _), largest in ((clip.matched, matched), (clip.matched_in_cell, matched_in_cell)):
            if first < 0:
                largest[:] = np.nan
        return ClipPeaks(
            fired=codes.fired,
            peaks=peaks,
            frames=frames,
            active=np.diff(codes.starts),
            sums=sums,
            matched=matched,
            matched_in_cell=matched_in_cell,
        )

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

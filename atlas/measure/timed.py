"""The state of timed labels (phones, words): active frames under each label, with five shifted counts as chance.

Only clips with alignments in a tier take part. Label 0 of a tier is every frame without one of its counted labels,
so that a feature's counts over a tier add up to its active frames there. A frame's label is the one at its middle.
The moments are taken recording by recording: the recordings of a state must be whole.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio.samples import FRAMES_PER_S
from atlas.measure.codes import ClipCodes
from atlas.measure.kernels import timed as kernels
from atlas.measure.scales import MOMENT_BITS, MOMENT_SQUARE_BITS, Scales
from atlas.measure.threads import Threads
from atlas.schema.thresholds import SHIFTS

OTHER = ""  # the name of label 0

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class AlignedTier:
    """One tier's counted labels, and the label of each frame of each clip that has an alignment in it."""

    name: str
    labels: tuple[str, ...]  # OTHER first
    frames: Mapping[int, Ints]  # clip -> [valid frames], label numbers


def frequent_labels(alignments: pl.LazyFrame, most: int) -> dict[str, tuple[str, ...]]:
    """tier -> OTHER, and its `most` frequent labels in order of the alphabet."""
    numbers = alignments.group_by("tier", "label").len().collect(engine="streaming")
    ordered = numbers.sort(["tier", "len", "label"], descending=[False, True, False])
    frequent = ordered.group_by("tier", maintain_order=True).agg(pl.col("label").head(most))
    return {tier: (OTHER, *sorted(labels)) for tier, labels in frequent.iter_rows()}


def read_tiers(
    alignments: pl.LazyFrame, clips: pl.DataFrame, counted: Mapping[str, tuple[str, ...]], within: Collection[int]
) -> tuple[AlignedTier, ...]:
    """The tiers of a corpus with their counted labels, and the frames of the clips `within`."""
    valid = dict(zip(clips["clip"].to_list(), clips["valid_frames"].to_list(), strict=True))
    here = alignments.filter(pl.col("clip").is_in(list(within))).collect()
    tiers = []
    for name, labels in counted.items():
        spans = here.filter(pl.col("tier") == name)
        numbers = {label: number for number, label in enumerate(labels)}
        frames = {
            clip: _frame_labels(rows, valid[clip], numbers)
            for (clip,), rows in spans.group_by("clip", maintain_order=True)
        }
        tiers.append(AlignedTier(name, labels, frames))
    return tuple(tiers)


def _frame_labels(spans: pl.DataFrame, valid: int, numbers: Mapping[str, int]) -> Ints:
    labels = np.zeros(valid, np.int32)
    for start_s, end_s, label in spans.select("start_s", "end_s", "label").iter_rows():
        # frame t belongs to the span if its middle, (t + 1/2) / rate, lies in [start, end); rounded, as times in
        # hundredths of a second often are such a middle, and a float product may lie on either side of it
        first, last = (int(np.ceil(round(time_s * FRAMES_PER_S - 0.5, 6))) for time_s in (start_s, end_s))
        labels[max(first, 0) : max(last, 0)] = numbers.get(label, 0)
    return labels


@dataclass(slots=True)
class TimedCounts:
    """One tier's counts: [features, labels, ...], and the frames of each label: [labels]."""

    label_frames: NDArray[np.int64]
    counts: NDArray[np.uint32]
    shifted: NDArray[np.uint32]  # [features, labels, shifts]
    sums: NDArray[np.int64]  # [features, labels, 2]: values and squares
    recordings: NDArray[np.uint32]
    moments: NDArray[np.int64]  # [features, labels, 2]: observed - expected, and its square

    @classmethod
    def empty(cls, features: int, labels: int) -> Self:
        shape = (features, labels)
        return cls(
            np.zeros(labels, np.int64),
            np.zeros(shape, np.uint32),
            np.zeros((*shape, SHIFTS), np.uint32),
            np.zeros((*shape, 2), np.int64),
            np.zeros(shape, np.uint32),
            np.zeros((*shape, 2), np.int64),
        )

    def merge(self, other: "TimedCounts") -> None:
        self.label_frames += other.label_frames
        self.counts += other.counts
        self.shifted += other.shifted
        self.sums += other.sums
        self.recordings += other.recordings
        self.moments += other.moments


class RecordingCounter:
    """Adds the clips of one recording after another to a tier's counts."""

    def __init__(self, state: TimedCounts, tier: AlignedTier, scales: Scales, threads: Threads) -> None:
        self.state = state
        self.tier = tier
        self.threads = threads
        self._limit = scales.limit
        self._scales = (
            scales.sum_scale,
            scales.timed_square_scale,
            2.0**MOMENT_BITS,
            2.0**MOMENT_SQUARE_BITS,
        )
        self._open(())

    def begin(self, clips: Sequence[int]) -> None:
        """Begin the recording that these clips belong to."""
        self._open([self.tier.frames[clip] for clip in clips if clip in self.tier.frames])

    def add(self, codes: ClipCodes, clip: int) -> None:
        """Add one clip of the recording."""
        labels = self.tier.frames.get(clip)
        if labels is None or not len(codes.fired):
            return
        shifts = (len(labels) * np.arange(1, SHIFTS + 1) // (SHIFTS + 1)).astype(np.int32)
        work = partial(
            kernels.count_labels,
            *(codes.fired, codes.starts, codes.frames, codes.values, labels, self._local, shifts, self._limit),
            *(self.state.shifted, self._counts, self._sums),
        )
        self.threads.share(len(codes.fired), work)

    def end(self) -> None:
        """Close the recording."""
        if not len(self._present):
            return
        self.state.label_frames[self._present] += self._frames
        work = partial(
            kernels.close_recording,
            *(self._present, self._frames, self._counts, self._sums, self._scales),
            *(self.state.counts, self.state.sums, self.state.recordings, self.state.moments),
        )
        self.threads.share(len(self.state.counts), work)

    def _open(self, labels: Sequence[Ints]) -> None:
        frames = np.bincount(np.concatenate(labels), minlength=len(self.tier.labels)) if labels else np.zeros(1, int)
        self._present = np.flatnonzero(frames).astype(np.int32)
        self._frames = frames[self._present].astype(np.int64)
        self._local = np.zeros(len(self.tier.labels), np.int32)
        self._local[self._present] = np.arange(len(self._present))
        shape = (len(self.state.counts), len(self._present))
        self._counts, self._sums = np.zeros(shape, np.uint32), np.zeros((*shape, 2), np.float64)

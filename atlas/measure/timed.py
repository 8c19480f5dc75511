"""The state of timed labels (phones, words): active frames under each label, with five shifted counts as chance.

Only clips with alignments in a tier take part. Label 0 of a tier is every frame without one of its counted labels,
so that a feature's counts over a tier add up to its active frames there. The labels of all tiers lie end to end.
The moments are taken recording by recording: the recordings of a state must be whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from atlas.measure.kernels import timed as kernels
from atlas.measure.scales import MOMENT_BITS, MOMENT_SQUARE_BITS
from atlas.measure.states import CodedClip, DictionaryContext, Sums
from atlas.measure.tiers import AlignedTier
from atlas.schema.thresholds import SHIFTS

Ints = NDArray[np.int32]


@dataclass(slots=True, kw_only=True)
class TimedCounts(Sums[DictionaryContext, CodedClip]):
    """[features, labels, ...], and the frames of each label: [labels]; labels of all tiers end to end."""

    whole_recordings: ClassVar[bool] = True

    label_frames: NDArray[np.int64]
    counts: NDArray[np.uint32]
    shifted: NDArray[np.uint32]  # [features, labels, shifts]
    sums: NDArray[np.int64]  # [features, labels, 2]: values and squares
    recordings: NDArray[np.uint32]
    moments: NDArray[np.int64]  # [features, labels, 2]: observed - expected, and its square
    _open: list["_TierRecording"] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def empty(cls, context: DictionaryContext) -> Self:
        labels = sum(len(tier.labels) for tier in context.tiers)
        shape = (context.features, labels)
        return cls(
            label_frames=np.zeros(labels, np.int64),
            counts=np.zeros(shape, np.uint32),
            shifted=np.zeros((*shape, SHIFTS), np.uint32),
            sums=np.zeros((*shape, 2), np.int64),
            recordings=np.zeros(shape, np.uint32),
            moments=np.zeros((*shape, 2), np.int64),
        )

    def begin(self, clips: Sequence[int], context: DictionaryContext) -> None:
        self._open = [_TierRecording(self, labels_of(tier, first, clips)) for tier, first in placed(context.tiers)]

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        for recording in self._open:
            recording.add(clip, context)

    def end(self, context: DictionaryContext) -> None:
        for recording in self._open:
            recording.close(context)
        self._open = []


def placed(tiers: Sequence[AlignedTier]) -> Iterator[tuple[AlignedTier, int]]:
    """Each tier, and the place of its first label among those of all tiers."""
    first = 0
    for tier in tiers:
        yield tier, first
        first += len(tier.labels)


def labels_of(tier: AlignedTier, first: int, clips: Sequence[int]) -> dict[int, Ints]:
    """clip -> [valid frames], the places of a tier's labels; of those clips that have any."""
    return {clip: tier.frames[clip] + np.int32(first) for clip in clips if clip in tier.frames}


class _TierRecording:
    """One tier's counts of the recording that is open."""

    def __init__(self, state: TimedCounts, labels: dict[int, Ints]) -> None:
        self.state = state
        self.labels = labels
        features, places = state.counts.shape
        frames = np.bincount(np.concatenate(list(labels.values())), minlength=places) if labels else np.zeros(1, int)
        self._present = np.flatnonzero(frames).astype(np.int32)
        self._frames = frames[self._present].astype(np.int64)
        self._local = np.zeros(places, np.int32)
        self._local[self._present] = np.arange(len(self._present))
        shape = (features, len(self._present))
        self._counts, self._sums = np.zeros(shape, np.uint32), np.zeros((*shape, 2), np.float64)

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        codes, labels = clip.codes, self.labels.get(clip.view.number)
        if labels is None or not len(codes.fired):
            return
        shifts = (len(labels) * np.arange(1, SHIFTS + 1) // (SHIFTS + 1)).astype(np.int32)
        work = partial(
            kernels.count_labels,
            *(codes.fired, codes.starts, codes.frames, codes.values, labels, self._local, shifts),
            *(context.scales.limit, self.state.shifted, self._counts, self._sums),
        )
        context.threads.share(len(codes.fired), work)

    def close(self, context: DictionaryContext) -> None:
        """Move what was counted into the state."""
        if not len(self._present):
            return
        state, scales = self.state, context.scales
        factors = (scales.sum_scale, scales.timed_square_scale, 2.0**MOMENT_BITS, 2.0**MOMENT_SQUARE_BITS)
        state.label_frames[self._present] += self._frames
        work = partial(
            kernels.close_recording,
            *(self._present, self._frames, self._counts, self._sums, factors),
            *(state.counts, state.sums, state.recordings, state.moments),
        )
        context.threads.share(len(state.counts), work)

"""The states of the few clips that are kept for each feature, with the traces around their peaks.

Every clip has a 64-bit key, and a feature keeps the clips of smallest key: for `top` the key is the peak, largest
first, then the clip's number, with one clip a recording; for `draw` it is the clip's content hash, so that all
features draw from one order of clips, and a site needs fewer of them. Traces are sparse: (offset, share of the
peak) of the active frames within 1.5 s of the peak, in a log that is compacted when half of it is garbage.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from atlas.measure.codes import ClipCodes
from atlas.measure.kernels import topk as kernels
from atlas.measure.states import ClipPeaks, CodedClip, DictionaryContext, State
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import DRAWN_CLIPS, SNIPPET_REACH_S

_MOST_REACH = 127  # frames, as an offset from the first is one byte
SHARE_STEPS = 65535
EMPTY = np.uint64(2**64 - 1)

_NO_GROUPS = np.empty(0, np.int32)


@dataclass(slots=True, kw_only=True)
class Picks:
    """`keys, clips, peaks, frames: [features, slots]`, and the log of traces that `starts, sizes` point into."""

    keys: NDArray[np.uint64]
    clips: NDArray[np.uint32]
    peaks: NDArray[np.float32]
    frames: NDArray[np.uint16]
    starts: NDArray[np.int64]
    sizes: NDArray[np.uint8]
    offsets: NDArray[np.uint8]
    shares: NDArray[np.uint16]
    worst: NDArray[np.uint8]
    used: int = 0
    garbage: int = 0

    @classmethod
    def of_slots(cls, features: int, slots: int) -> Self:
        """No picks yet."""
        shape = (features, slots)
        return cls(
            keys=np.full(shape, EMPTY),
            clips=np.zeros(shape, np.uint32),
            peaks=np.zeros(shape, np.float32),
            frames=np.zeros(shape, np.uint16),
            starts=np.zeros(shape, np.int64),
            sizes=np.zeros(shape, np.uint8),
            offsets=np.empty(0, np.uint8),
            shares=np.empty(0, np.uint16),
            worst=np.zeros(features, np.uint8),
        )

    def offer(
        self,
        codes: ClipCodes,
        clip: int,
        seen: ClipPeaks,
        clip_keys: NDArray[np.uint64],
        reach: int,
        groups: NDArray[np.int32] = _NO_GROUPS,
    ) -> None:
        """Offer one clip, with a key for each feature that fired; at most one clip of a group is kept.

        reach: the frames on either side of a peak that its trace keeps, the same for all clips.
        """
        number = len(seen.fired)
        taken = np.empty(number, np.int32)
        if not kernels.offer(seen.fired, clip_keys, clip, groups, self.keys, self.clips, self.worst, taken):
            return
        begins, sizes = np.empty(number, np.int32), np.empty(number, np.int32)
        entries = kernels.trace_sizes(codes.starts, codes.frames, seen.frames, taken, reach, begins, sizes)
        self._make_room(entries)
        self.garbage += kernels.store_traces(
            *(seen.fired, codes.frames, codes.values, seen.peaks, seen.frames, taken, reach, begins, sizes),
            *(self.peaks, self.frames, self.starts, self.sizes, self.offsets, self.shares, self.used),
        )
        self.used += entries
        if self.garbage > self.used // 2:
            self._take(self, np.arange(self.keys.shape[1])[None, :].repeat(len(self.keys), axis=0))

    def unite(self, other: Self, groups: NDArray[np.int32] = _NO_GROUPS) -> None:
        """Keep the best of both."""
        slots = self.keys.shape[1]
        both = self.of_slots(len(self.keys), 2 * slots)
        for name in ("keys", "clips", "peaks", "frames", "starts", "sizes"):
            setattr(both, name, np.concatenate([getattr(self, name), getattr(other, name)], axis=1))
        both.starts[:, slots:] += self.used
        both.offsets = np.concatenate([self.offsets[: self.used], other.offsets[: other.used]])
        both.shares = np.concatenate([self.shares[: self.used], other.shares[: other.used]])
        if len(groups):
            both._drop_seconds(groups)
        self._take(both, np.argsort(both.keys, axis=1, kind="stable")[:, :slots])

    def canonical(self) -> Self:
        """The same picks, best first, with a compact log: equal picks have equal arrays."""
        result = self.of_slots(*self.keys.shape)
        result._take(self, np.argsort(self.keys, axis=1, kind="stable"))
        return result

    def _drop_seconds(self, groups: NDArray[np.int32]) -> None:
        """Empty every slot whose group has a better one."""
        order = np.argsort(self.keys, axis=1, kind="stable")
        keys = np.take_along_axis(self.keys, order, axis=1)
        owner = np.where(keys == EMPTY, -1, groups[np.take_along_axis(self.clips, order, axis=1)])
        for slot in range(1, keys.shape[1]):
            second = (owner[:, :slot] == owner[:, slot : slot + 1]).any(axis=1) & (owner[:, slot] >= 0)
            keys[second, slot] = EMPTY
        np.put_along_axis(self.keys, order, keys, axis=1)

    def _take(self, source: "Picks", order: NDArray[np.int64]) -> None:
        """Become the slots `order: [features, slots]` of `source`, with a compact log."""
        gathered = {
            name: np.take_along_axis(getattr(source, name), order, axis=1)
            for name in ("keys", "clips", "peaks", "frames", "starts", "sizes")
        }
        unused = gathered["keys"] == EMPTY
        for name in ("clips", "peaks", "frames", "starts", "sizes"):
            gathered[name][unused] = 0
        sizes = gathered["sizes"].ravel().astype(np.int64)
        ends = np.cumsum(sizes)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
        places = np.repeat(gathered["starts"].ravel(), sizes) + within
        self.offsets, self.shares = source.offsets[places], source.shares[places]
        gathered["starts"] = (ends - sizes).reshape(order.shape)
        for name, values in gathered.items():
            setattr(self, name, values)
        self.worst = self.keys.argmax(axis=1).astype(np.uint8)
        self.used, self.garbage = len(places), 0

    def _make_room(self, entries: int) -> None:
        needed = self.used + entries
        if needed > len(self.offsets):
            capacity = max(2 * len(self.offsets), needed)
            self.offsets = np.resize(self.offsets, capacity) if self.used else np.empty(capacity, np.uint8)
            self.shares = np.resize(self.shares, capacity) if self.used else np.empty(capacity, np.uint16)


@dataclass(slots=True)
class TopPicks(Picks, State[DictionaryContext, CodedClip]):
    """The clips of largest peak, one a recording."""

    @classmethod
    def empty(cls, context: DictionaryContext) -> Self:
        return cls.of_slots(context.features, context.top)

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        keys = peak_keys(clip.seen.peaks, clip.view.number)
        self.offer(clip.codes, clip.view.number, clip.seen, keys, reach_of(context.grid), context.recordings)

    def merge(self, other: Self, context: DictionaryContext) -> None:
        self.unite(other, context.recordings)


@dataclass(slots=True)
class DrawnPicks(Picks, State[DictionaryContext, CodedClip]):
    """The firing clips of smallest content hash."""

    @classmethod
    def empty(cls, context: DictionaryContext) -> Self:
        return cls.of_slots(context.features, DRAWN_CLIPS)

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        keys = hash_keys(len(clip.seen.fired), clip.view.hash64)
        self.offer(clip.codes, clip.view.number, clip.seen, keys, reach_of(context.grid))

    def merge(self, other: Self, context: DictionaryContext) -> None:
        self.unite(other)


def reach_of(grid: FrameGrid) -> int:
    """How many frames a trace reaches on either side of its peak."""
    return min(int(SNIPPET_REACH_S * grid.frames_per_s), _MOST_REACH)


def peak_keys(peaks: NDArray[np.float32], clip: int) -> NDArray[np.uint64]:
    """Keys by which the largest peak comes first, then the clip of smallest number."""
    falling = np.uint64(0xFFFFFFFF) - peaks.view(np.uint32).astype(np.uint64)
    return (falling << np.uint64(32)) | np.uint64(clip)


def hash_keys(number: int, hash64: int) -> NDArray[np.uint64]:
    """Keys by which the clip of smallest content hash comes first."""
    return np.full(number, min(hash64, int(EMPTY) - 1), np.uint64)

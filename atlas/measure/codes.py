"""Activations of one clip -> its codes: which features are active on which valid frames, and their values.

On the CPU: one matmul over the full window into a buffer that is used again, then a compiled selection, without a
dense result. On a GPU: matmul and selection on the device; the active values come to the host as the same sparse
rows, and the dense ones stay there for the sums of `dense.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.selection import active_values
from atlas.measure.kernels import accumulate, select
from atlas.measure.threads import Threads

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Rows:
    """Codes by frame: `values, features: [valid, capacity]`, filled up to `counts: [valid]`, features ascending."""

    values: Floats
    features: Ints
    counts: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCodes:
    """The codes of one clip, by frame and by feature. The arrays are reused by the next clip."""

    rows: Rows
    fired: Ints  # [fired], ascending
    starts: Ints  # [fired + 1]
    frames: Ints  # [active values]
    values: Floats  # [active values]
    padded: NDArray[np.int64] | None  # [features], padded frames on which each is active; None: means nothing
    dense: Tensor | None = None  # [frames, features], the same values on the device, where they were made there


class Coder:
    """Turns a window's activations into codes by one dictionary."""

    def __init__(self, dictionary: Dictionary, frames: int, threads: Threads, room: Tensor | None = None) -> None:
        """`room`: a flat buffer of at least frames x n floats that coders may share, as one encodes at a time."""
        self.dictionary = dictionary
        self.threads = threads
        self.on_device = dictionary.decoder.device.type != "cpu"
        self._multiplier = dictionary.multiplier.cpu().numpy()
        self._addend = dictionary.addend.cpu().numpy()
        thresholds = dictionary.selection.thresholds
        if dictionary.selection.by_frame and thresholds is None:
            raise ValueError("a calibrated selection needs its threshold first")
        self._thresholds: Floats = np.empty(0, np.float32) if thresholds is None else thresholds.cpu().numpy()
        size = frames * dictionary.n
        flat = torch.empty(size) if room is None else room[:size]
        self._z = flat.view(frames, dictionary.n)
        self._slots = np.empty(dictionary.n, np.int32)
        self._frames = frames
        self._make_room(min(dictionary.n, max(64, 4 * (dictionary.selection.k or 16))))

    def encode(self, x: Tensor, valid: int) -> ClipCodes:
        """Normalised x: [frames, d] -> the codes of its first `valid` frames."""
        if self.on_device:
            return self.encode_dense(x, valid)
        z = self.dictionary.pre_activations(x, out=self._z[: len(x)])
        return self.select(z.numpy(), valid)

    def select(self, z: Floats, valid: int) -> ClipCodes:
        """Pre-activations z: [frames, n] on the CPU, which may be written to -> codes."""
        self._select(z, valid)
        if self._counts[:valid].max(initial=0) > self._values.shape[1]:
            self._make_room(int(self._counts[:valid].max()))
            self._select(z, valid)
        return self._by_feature(valid, self._count_padded(z, valid))

    def _select(self, z: Floats, valid: int) -> None:
        rule, k = self.dictionary.selection.rule, self.dictionary.selection.k or 0
        out = (self._values, self._features, self._counts)
        work: Callable[[int, int], None]
        if rule == "top_k":
            work = partial(select.top_k, z, k, self._multiplier, *out)
        elif rule == "group_max":
            work = partial(select.group_max, z, k, self._multiplier, *out)
        else:
            thresholds = self._thresholds
            if rule == "clip":
                thresholds = self._clip_thresholds(z[:valid], k * valid)
            work = partial(select.above_threshold, z, thresholds, self._multiplier, self._addend, *out)
        self.threads.share(valid, work)

    def _clip_thresholds(self, z: Floats, keep: int) -> Floats:
        """The threshold above which exactly `keep` values of the clip lie; the last of equal values are set to zero."""
        smallest = np.float32(select.largest(lambda: [z], keep))
        if smallest > 0:
            surplus = int((z >= smallest).sum()) - keep
            if surplus > 0:
                places = np.flatnonzero(z.ravel() == smallest)[-surplus:]
                z[np.unravel_index(places, z.shape)] = 0
        return np.full(z.shape[1], np.nextafter(smallest, np.float32(-1)), np.float32)

    def _count_padded(self, z: Floats, valid: int) -> NDArray[np.int64] | None:
        if not self.dictionary.selection.by_frame:
            return None
        padded = np.zeros(z.shape[1], np.int64)
        work = partial(select.count_above, z, self._thresholds, self._multiplier, self._addend, padded, valid)
        self.threads.share(z.shape[1], work)
        return padded

    def encode_dense(self, x: Tensor, valid: int) -> ClipCodes:
        """The same codes by torch alone, on whatever device the dictionary lies: the way of a GPU."""
        z = self.dictionary.pre_activations(x)
        values = active_values(self.dictionary, z, valid)
        padded = None
        if self.dictionary.selection.by_frame:
            padded = (values[valid:] > 0).sum(dim=0).cpu().numpy()
        rows, features = (values[:valid] > 0).nonzero(as_tuple=True)
        counts = torch.bincount(rows, minlength=valid)
        if int(counts.max()) > self._values.shape[1]:
            self._make_room(int(counts.max()))
        columns = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[rows]
        places = (rows * self._values.shape[1] + columns).cpu().numpy()
        self._values.ravel()[places] = values[rows, features].float().cpu().numpy()
        self._features.ravel()[places] = features.cpu().numpy()
        self._counts[:valid] = counts.cpu().numpy()
        return replace(self._by_feature(valid, padded), dense=values)

    def _by_feature(self, valid: int, padded: NDArray[np.int64] | None) -> ClipCodes:
        rows = Rows(self._values[:valid], self._features[:valid], self._counts[:valid])
        total = int(rows.counts.sum())
        fired, starts = np.empty(len(self._slots), np.int32), np.empty(len(self._slots) + 1, np.int32)
        frames, values = np.empty(total, np.int32), np.empty(total, np.float32)
        number = accumulate.by_feature(
            rows.values, rows.features, rows.counts, valid, fired, starts, frames, values, self._slots
        )
        return ClipCodes(
            rows=rows, fired=fired[:number], starts=starts[: number + 1], frames=frames, values=values, padded=padded
        )

    def _make_room(self, capacity: int) -> None:
        capacity = min(self.dictionary.n, capacity)
        self._values = np.empty((self._frames, capacity), np.float32)
        self._features = np.empty((self._frames, capacity), np.int32)
        self._counts = np.empty(self._frames, np.int32)

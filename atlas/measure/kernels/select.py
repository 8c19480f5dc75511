"""Kernels that select: pre-activations [frames, features] -> each frame's active features and values.

Rows are written to `values, features: [frames, capacity]` in ascending order of feature, `counts: [frames]` says how
many there are. A count above the capacity means that the row did not fit: the caller makes room and calls again.
Values are `z * multiplier + addend`; ties go to the smaller feature; a zero is never selected.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@njit(nogil=True, cache=True)
def above_threshold(
    z: Floats,
    thresholds: Floats,
    multiplier: Floats,
    addend: Floats,
    values: Floats,
    features: Ints,
    counts: Ints,
    first: int,
    last: int,
) -> None:
    """Rows first..last: the features above their thresholds."""
    width, capacity = z.shape[1], values.shape[1]
    above = np.empty(width + 1, np.int32)
    for t in range(first, last):
        row = z[t]
        candidates = 0
        for f in range(width):  # no branch to mispredict: each is written, and the next overwrites what is not above
            above[candidates] = f
            candidates += row[f] > thresholds[f]
        active = 0
        for i in range(candidates):
            f = above[i]
            value = row[f] * multiplier[f] + addend[f]
            if value > 0:
                if active < capacity:
                    values[t, active] = value
                    features[t, active] = f
                active += 1
        counts[t] = active


@njit(nogil=True, cache=True)
def count_above(
    z: Floats,
    thresholds: Floats,
    multiplier: Floats,
    addend: Floats,
    active: NDArray[np.int64],
    first_frame: int,
    first: int,
    last: int,
) -> None:
    """Features first..last: add the number of frames from `first_frame` on in which each is active."""
    limits, scales, offsets, mine = (
        thresholds[first:last],
        multiplier[first:last],
        addend[first:last],
        active[first:last],
    )
    for t in range(first_frame, z.shape[0]):
        row = z[t, first:last]
        for f in range(len(mine)):
            mine[f] += (row[f] > limits[f]) & (row[f] * scales[f] + offsets[f] > 0)


@njit(nogil=True, cache=True)
def kth_largest(values: Floats, count: int, k: int) -> float:
    """The k-th largest of the first `count` values, which are reordered."""
    low, high, target = 0, count - 1, k - 1
    while low < high:
        pivot = values[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if target <= j:
            high = j
        elif target >= i:
            low = i
        else:
            break
    kth: float = values[target]
    return kth


@njit(nogil=True, cache=True)
def _above(row: Floats, floor: np.float32, values: Floats, features: Ints) -> int:
    """Gather the values of a row above a floor, in order of feature; returns their number."""
    count = 0
    for f in range(len(row)):
        values[count] = row[f]
        features[count] = f
        count += row[f] > floor
    return count


@njit(nogil=True, cache=True)
def top_k(
    z: Floats,
    k: int,
    multiplier: Floats,
    values: Floats,
    features: Ints,
    counts: Ints,
    first: int,
    last: int,
) -> None:
    """Rows first..last: the k largest positive values of each row, exactly.

    A floor carried from the row before keeps most features out of the second look: neighbouring frames are alike.
    """
    width = z.shape[1]
    near = np.empty(width + 1, np.float32)
    scratch = np.empty(width, np.float32)
    owner = np.empty(width + 1, np.int32)
    floor = np.float32(0.0)
    for t in range(first, last):
        candidates = _above(z[t], floor, near, owner)
        while candidates < k and floor > 0:
            floor = np.float32(floor * 0.7) if floor > 1e-6 else np.float32(0.0)
            candidates = _above(z[t], floor, near, owner)
        cut = np.float32(0.0)
        if candidates > k:
            for i in range(candidates):  # not by a slice, see `accumulate.residual`
                scratch[i] = near[i]
            cut = np.float32(kth_largest(scratch, candidates, k))
        greater = 0
        for i in range(candidates):
            greater += near[i] > cut
        ties = k - greater
        kept = 0
        smallest = np.float32(np.inf)
        for i in range(candidates):
            if near[i] > cut or (near[i] == cut and ties > 0):
                ties -= near[i] == cut
                smallest = min(smallest, near[i])
                value = near[i] * multiplier[owner[i]]
                if value > 0:  # a feature whose decoder row is zero takes its place among the k, and is not active
                    values[t, kept] = value
                    features[t, kept] = owner[i]
                    kept += 1
        counts[t] = kept
        floor = np.float32(smallest * 0.9) if candidates >= k else np.float32(0.0)


@njit(nogil=True, cache=True)
def group_max(
    z: Floats,
    groups: int,
    multiplier: Floats,
    values: Floats,
    features: Ints,
    counts: Ints,
    first: int,
    last: int,
) -> None:
    """Rows first..last: the largest positive value of each of `groups` equal runs of features."""
    size = z.shape[1] // groups
    for t in range(first, last):
        kept = 0
        for group in range(groups):
            best = group * size
            for f in range(best + 1, (group + 1) * size):
                if z[t, f] > z[t, best]:
                    best = f
            value = z[t, best] * multiplier[best]
            if z[t, best] > 0 and value > 0:
                values[t, kept] = value
                features[t, kept] = best
                kept += 1
        counts[t] = kept


@njit(nogil=True, cache=True)
def count_bits(z: Floats, bins: NDArray[np.int64]) -> None:
    """Count the positive values of z by their upper 16 bits; larger positive floats have larger bits."""
    bits = z.view(np.uint32)
    for t in range(z.shape[0]):
        for f in range(z.shape[1]):
            if z[t, f] > 0:
                bins[bits[t, f] >> 16] += 1


@njit(nogil=True, cache=True)
def collect_bin(z: Floats, chosen: int, inside: Floats, count: int) -> int:
    """Append to `inside[found:]` the positive values of z whose upper 16 bits are `chosen`; returns the new length."""
    bits = z.view(np.uint32)
    for t in range(z.shape[0]):
        for f in range(z.shape[1]):
            if z[t, f] > 0 and bits[t, f] >> 16 == chosen:
                inside[count] = z[t, f]
                count += 1
    return count


def largest(pieces: Callable[[], Iterable[Floats]], keep: int) -> float:
    """The `keep`-th largest positive value of all pieces [frames, features] together; 0 if fewer are positive.

    Two passes, in little memory: which bin of floats holds it, then the values of that bin.
    """
    bins = np.zeros(1 << 15, np.int64)
    for z in pieces():
        count_bits(z, bins)
    above = np.cumsum(bins[::-1])[::-1]  # [bin]: values in this bin and in those above
    reaching = np.flatnonzero(above >= keep)
    if keep < 1 or not len(reaching):
        return 0.0
    chosen = int(reaching[-1])
    inside, count = np.empty(bins[chosen], np.float32), 0
    for z in pieces():
        count = collect_bin(z, chosen, inside, count)
    return float(kth_largest(inside, count, keep - int(above[chosen] - bins[chosen])))

"""Kernels that keep the few best clips of each feature, and the traces around their peaks.

A feature has a fixed number of slots; the smaller a clip's 64-bit key, the better. `worst` names each feature's slot
of largest key, so that most clips are turned away by one comparison.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Keys = NDArray[np.uint64]


@njit(nogil=True, cache=True)
def _slot_for(keys: Keys, clips: NDArray[np.uint32], groups: Ints, clip: int, worst: int, empty: np.uint64) -> int:
    """The slot that a clip may take: that of its own group (a recording), if it has one already."""
    for slot in range(len(keys)):
        if keys[slot] != empty and groups[clips[slot]] == groups[clip]:
            return slot
    return worst


@njit(nogil=True, cache=True)
def offer(
    fired: Ints,
    clip_keys: Keys,
    clip: int,
    groups: Ints,
    keys: Keys,
    clips: NDArray[np.uint32],
    worst: NDArray[np.uint8],
    taken: Ints,
) -> int:
    """Offer one clip to each feature that fired; `taken[i]` is the slot it took, or -1. Returns how many took it.

    groups: [clips of the corpus]; at most one clip of a group has a slot. An empty array: every clip is its own.
    """
    empty = np.uint64(0xFFFFFFFFFFFFFFFF)
    accepted = 0
    for i in range(len(fired)):
        f = fired[i]
        key = clip_keys[i]
        taken[i] = -1
        if key >= keys[f, worst[f]]:
            continue
        slot = int(worst[f])
        if len(groups):
            slot = _slot_for(keys[f], clips[f], groups, clip, slot, empty)
        if key >= keys[f, slot]:
            continue
        keys[f, slot] = key
        clips[f, slot] = clip
        taken[i] = slot
        accepted += 1
        largest = 0
        for other in range(1, keys.shape[1]):
            if keys[f, other] > keys[f, largest]:
                largest = other
        worst[f] = largest
    return accepted


@njit(nogil=True, cache=True)
def trace_sizes(
    starts: Ints, frames: Ints, peak_frames: Ints, taken: Ints, reach: int, begins: Ints, sizes: Ints
) -> int:
    """For each feature that took the clip: where the active frames within `reach` of its peak begin, and how many."""
    total = 0
    for i in range(len(taken)):
        sizes[i] = 0
        if taken[i] < 0:
            continue
        j = starts[i]
        while frames[j] < peak_frames[i] - reach:
            j += 1
        begins[i] = j
        while j < starts[i + 1] and frames[j] <= peak_frames[i] + reach:
            j += 1
        sizes[i] = j - begins[i]
        total += sizes[i]
    return total


@njit(nogil=True, cache=True)
def store_traces(
    fired: Ints,
    frames: Ints,
    values: Floats,
    peaks: Floats,
    peak_frames: Ints,
    taken: Ints,
    reach: int,
    begins: Ints,
    sizes: Ints,
    slot_peaks: Floats,
    slot_frames: NDArray[np.uint16],
    slot_starts: Longs,
    slot_sizes: NDArray[np.uint8],
    offsets: NDArray[np.uint8],
    shares: NDArray[np.uint16],
    used: int,
) -> int:
    """Append the traces of the taken slots to the log `offsets, shares`; returns the entries that became garbage.

    An entry is a frame's offset from `peak - reach` and its value's share of the peak, in 1/65535.
    """
    garbage = 0
    for i in range(len(taken)):
        slot = taken[i]
        if slot < 0:
            continue
        f = fired[i]
        garbage += slot_sizes[f, slot]
        slot_peaks[f, slot] = peaks[i]
        slot_frames[f, slot] = peak_frames[i]
        slot_starts[f, slot] = used
        slot_sizes[f, slot] = sizes[i]
        for j in range(begins[i], begins[i] + sizes[i]):
            offsets[used] = frames[j] - peak_frames[i] + reach
            shares[used] = np.uint16(np.rint(values[j] / peaks[i] * 65535))
            used += 1
    return garbage


@njit(nogil=True, cache=True)
def strongest_tracks(
    chosen: Ints, starts: Ints, frames: Ints, values: Floats, peaks: Floats, traces: NDArray[np.uint8]
) -> None:
    """traces: [chosen, columns of two frames]: the larger value of each two frames as its share of the peak."""
    for row in range(len(chosen)):
        i = chosen[row]
        for j in range(starts[i], starts[i + 1]):
            share = np.uint8(np.rint(values[j] / peaks[i] * 255))
            column = frames[j] >> 1
            traces[row, column] = max(traces[row, column], share)

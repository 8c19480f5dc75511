"""Kernels that count active frames under timed labels (phones, words), and close a recording."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@njit(nogil=True, cache=True)
def count_labels(
    fired: Ints,
    starts: Ints,
    frames: Ints,
    values: Floats,
    labels: Ints,
    local: Ints,
    shifts: Ints,
    limit: float,
    shifted: NDArray[np.uint32],
    recording_counts: NDArray[np.uint32],
    recording_sums: NDArray[np.float64],
    first: int,
    last: int,
) -> None:
    """Features first..last of those that fired in a clip whose frames have `labels: [valid frames]`.

    local: label -> its place among the labels of this recording. limit: the largest value that sums take in.
    shifted: [features, labels, shifts]. recording_counts: [features, local labels]; recording_sums: the same, and 2
    for values and squares.
    """
    valid = len(labels)
    for i in range(first, last):
        f = fired[i]
        for j in range(starts[i], starts[i + 1]):
            t, value = frames[j], min(np.float64(values[j]), limit)
            place = local[labels[t]]
            recording_counts[f, place] += 1
            recording_sums[f, place, 0] += value
            recording_sums[f, place, 1] += value * value
            for s in range(len(shifts)):
                other = t + shifts[s]
                if other >= valid:
                    other -= valid
                shifted[f, labels[other], s] += 1


@njit(nogil=True, cache=True)
def close_recording(
    present: Ints,
    label_frames: Longs,
    recording_counts: NDArray[np.uint32],
    recording_sums: NDArray[np.float64],
    scales: tuple[float, float, float, float],
    counts: NDArray[np.uint32],
    sums: Longs,
    recordings: NDArray[np.uint32],
    moments: Longs,
    first: int,
    last: int,
) -> None:
    """Features first..last: move a finished recording into the totals.

    present: the labels of the recording; label_frames: their frames. The moments are of the difference between a
    label's active frames and those expected of it, were the feature blind to labels within this recording.
    """
    sum_scale, square_scale, moment_scale, moment_square_scale = scales
    frames = 0
    for place in range(len(present)):
        frames += label_frames[place]
    for f in range(first, last):
        active = 0
        for place in range(len(present)):
            active += recording_counts[f, place]
        if active == 0:
            continue
        for place in range(len(present)):
            label = present[place]
            count = recording_counts[f, place]
            difference = float(count) - float(active) * float(label_frames[place]) / float(frames)
            counts[f, label] += count
            sums[f, label, 0] += np.int64(np.rint(recording_sums[f, place, 0] * sum_scale))
            sums[f, label, 1] += np.int64(np.rint(recording_sums[f, place, 1] * square_scale))
            recordings[f, label] += 1
            moments[f, label, 0] += np.int64(np.rint(difference * moment_scale))
            moments[f, label, 1] += np.int64(np.rint(difference * difference * moment_square_scale))
            recording_counts[f, place] = 0
            recording_sums[f, place, 0] = 0
            recording_sums[f, place, 1] = 0

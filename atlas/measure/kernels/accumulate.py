"""Kernels that add one clip's active values to the statistics of the features that fired in it.

A clip's codes come by feature (`starts[i]..starts[i + 1]` of `frames` and `values` belong to the i-th feature that
fired), so that a thread owns a range of features and every sum is taken in the order of frames. A clip's float sums
are rounded once to integers of a fixed scale; integers add up to the same total in any order.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

WORD = 2.0**32  # squares are kept in two words, low and high

# mantissa bits of 2^(1/4), 2^(2/4), 2^(3/4): the inner edges of the four bins of an octave
MANTISSA = 0x7FFFFF
QUARTERS = tuple(int(bits) & MANTISSA for bits in np.array([2**0.25, 2**0.5, 2**0.75], np.float32).view(np.uint32))
_Q1, _Q2, _Q3 = QUARTERS
EXPONENT_BIAS = 127


@njit(nogil=True, cache=True)
def by_feature(
    values: Floats,
    features: Ints,
    counts: Ints,
    valid: int,
    fired: Ints,
    starts: Ints,
    frames: Ints,
    sorted_values: Floats,
    slots: Ints,
) -> int:
    """Turn rows of frames into runs of features; `slots: [features]` is scratch. Returns how many features fired."""
    slots[:] = 0
    for t in range(valid):
        for j in range(counts[t]):
            slots[features[t, j]] += 1
    number, total = 0, 0
    for f in range(len(slots)):
        if slots[f]:
            fired[number] = f
            starts[number] = total
            number += 1
            size = slots[f]
            slots[f] = total
            total += size
    starts[number] = total
    for t in range(valid):
        for j in range(counts[t]):
            place = slots[features[t, j]]
            slots[features[t, j]] = place + 1
            frames[place] = t
            sorted_values[place] = values[t, j]
    return number


@njit(nogil=True, cache=True)
def histogram_bin(bits: int, first_bin: int, bins: int) -> int:
    """The bin of a positive float, given as its bits: four bins an octave, clipped to the histogram's range."""
    mantissa = bits & MANTISSA
    quarter = (mantissa >= _Q1) + (mantissa >= _Q2) + (mantissa >= _Q3)
    place = 4 * ((bits >> 23) - EXPONENT_BIAS) + quarter - first_bin
    return min(max(place, 0), bins - 1)


@njit(nogil=True, cache=True)
def add_squares(row: Longs, squares: float) -> None:
    """Add a whole number to the two words of a feature's row of totals."""
    high = math.floor(squares / WORD)
    row[5] += np.int64(squares - high * WORD)
    row[6] += np.int64(high)


@njit(nogil=True, cache=True)
def clip_sums(
    codes: tuple[Ints, Ints, Ints, Floats],
    mel: Floats,
    limits: tuple[float, float, float, float, int, int, int, int, int, int],
    totals: tuple[Longs, NDArray[np.uint32], Longs],
    seen: tuple[Floats, Ints, Floats, Floats, Floats],
    first: int,
    last: int,
) -> None:
    """Features first..last of those that fired: add this clip.

    codes: the features that fired, where their runs start, frames and values. limits: see `Counts.count`.
    totals: [features, 8], the columns of `measure.counts.COLUMNS`; the histogram; the mel sums.
    seen: for each feature that fired, its peak, the peak's frame, the sum, and the peaks of both matched stretches.
    """
    fired, starts, frames, values = codes
    limit, scale, square_scale, mel_scale, first_bin, onset, matched_first, matched_last, cell_first, cell_last = limits
    counts, histogram, mel_sums = totals
    bits, weighted = values.view(np.uint32), np.empty(mel.shape[1], np.float32)
    for i in range(first, last):
        f = fired[i]
        peak, best_matched, best_in_cell = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        total, squares, peak_frame, before = 0.0, 0.0, 0, -2
        weighted[:] = 0
        counts[f, 0] += starts[i + 1] - starts[i]
        for j in range(starts[i], starts[i + 1]):
            t, value = frames[j], values[j]
            histogram[f, histogram_bin(int(bits[j]), first_bin, histogram.shape[1])] += 1
            if value > peak:
                peak, peak_frame = value, t
            if matched_first <= t < matched_last and value > best_matched:
                best_matched = value
            if cell_first <= t < cell_last and value > best_in_cell:
                best_in_cell = value
            counts[f, 1] += t != before + 1
            before = t
            counts[f, 2] += t < onset
            if value > limit:
                value = np.float32(limit)
                counts[f, 3] += 1
            total += value
            squares += np.float64(value) * np.float64(value)  # numba leaves float(value) in 32 bits
            for band in range(len(weighted)):
                weighted[band] += value * mel[t, band]
        counts[f, 4] += np.int64(np.rint(total * scale))
        add_squares(counts[f], np.rint(squares * square_scale))
        for band in range(len(weighted)):
            mel_sums[f, band] += np.int64(np.rint(weighted[band] * mel_scale))
        seen[0][i], seen[1][i], seen[2][i], seen[3][i] = peak, peak_frame, np.float32(total), best_matched
        seen[4][i] = best_in_cell


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz", "contract"})
def residual(
    x: Floats,
    values: Floats,
    features: Ints,
    counts: Ints,
    decoder: Floats,
    offset: Floats,
    scale: Floats,
    shift: Floats,
    errors: NDArray[np.float64],
    lengths: NDArray[np.float64],
    first: int,
    last: int,
) -> None:
    """Frames first..last: the squared distance of x: [frames, d] from what its codes decode to, and from zero."""
    width = x.shape[1]
    rebuilt = np.empty(width, np.float32)
    for t in range(first, last):
        for i in range(width):  # not by a slice: numba takes seconds to compile the message of one that does not fit
            rebuilt[i] = offset[i]
        for j in range(counts[t]):
            value, row = values[t, j], decoder[features[t, j]]
            for i in range(width):
                rebuilt[i] += value * row[i]
        error, length = np.float32(0.0), np.float32(0.0)
        for i in range(width):
            difference = x[t, i] - (rebuilt[i] * scale[t] + shift[t])
            error += difference * difference
            length += x[t, i] * x[t, i]
        errors[t] = error
        lengths[t] = length

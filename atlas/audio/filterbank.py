"""Mel filters applied to spectra: compiled, in the thread that calls, with no second thread of its own.

A matrix product would do, but numpy's brings threads that fight with each other when several windows are prepared at
once; and nine in ten of the weights are zero.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]

_BLOCK = (
    256  # frames at once: arrays so small are not handed back to the system each time, which costs three times more
)


@dataclass(frozen=True, slots=True)
class MelBank:
    """The weights of each band on a run of bins: `weights: [bands, widest]` from bin `first: [bands]` on."""

    first: NDArray[np.int64]
    widths: NDArray[np.int64]
    weights: Floats

    def powers(self, windows: Floats, taper: Floats) -> Floats:
        """windows: [frames, samples] -> the weighted sum of squared magnitudes in each band: [frames, bands]."""
        out = np.empty((len(windows), len(self.first)), np.float32)
        for start in range(0, len(windows), _BLOCK):
            spectrum = fft.rfft(windows[start : start + _BLOCK] * taper, axis=1)
            _powers(spectrum, self.first, self.widths, self.weights, out[start : start + _BLOCK])
        return out


def mel_bank(filters: Floats) -> MelBank:
    """From a dense matrix of filters: [bins, bands]."""
    used = filters > 0
    first = used.argmax(axis=0)
    widths = np.where(used.any(axis=0), len(filters) - used[::-1].argmax(axis=0) - first, 0)
    weights = np.zeros((filters.shape[1], max(int(widths.max()), 1)), np.float32)
    for band, (start, width) in enumerate(zip(first.tolist(), widths.tolist(), strict=True)):
        weights[band, :width] = filters[start : start + width, band]
    return MelBank(first, widths, weights)


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz", "contract"})
def _powers(
    spectrum: NDArray[np.complex64],
    first: NDArray[np.int64],
    widths: NDArray[np.int64],
    weights: Floats,
    out: Floats,
) -> None:
    power = np.empty(spectrum.shape[1], np.float32)
    for t in range(len(spectrum)):
        row = spectrum[t]
        for i in range(len(power)):
            power[i] = row[i].real * row[i].real + row[i].imag * row[i].imag
        for band in range(len(first)):
            bins, scale = power[first[band] : first[band] + widths[band]], weights[band]
            total = np.float32(0.0)
            for i in range(len(bins)):
                total += bins[i] * scale[i]
            out[t, band] = total

"""A clip's statistics as dense arithmetic on the device where its codes lie: the way of a GPU.

The same sums as the compiled kernels (`kernels/accumulate.py`) take from sparse codes, kept on the device until the
shard ends. Floats are summed over whole columns, never by atomic additions, so that equal clips give equal bits; only
what the features did in a clip comes to the host. Timed labels and the choice of examples stay with the kernels.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.audio.samples import MEL_BANDS
from atlas.dictionaries.base import Dictionary
from atlas.measure.codes import ClipCodes
from atlas.measure.counts import COLUMNS, Counts
from atlas.measure.kernels.accumulate import EXPONENT_BIAS, MANTISSA, QUARTERS, WORD
from atlas.measure.scales import BINS, BINS_AN_OCTAVE, Scales
from atlas.measure.states import ClipPeaks, ClipView, Distances

_EXPONENT_SHIFT = 23


class DenseCounts:
    """The sums of `Counts`, on a device."""

    def __init__(self, features: int, device: torch.device) -> None:
        self._table = torch.zeros(features, len(COLUMNS), dtype=torch.int64, device=device)
        self._histogram = torch.zeros(features * BINS, dtype=torch.int64, device=device)
        self._mel = torch.zeros(features, MEL_BANDS, dtype=torch.int64, device=device)

    def update(self, values: Tensor, codes: ClipCodes, clip: ClipView, scales: Scales, onset: int) -> ClipPeaks:
        """values: [frames, features], zero where inactive, on the device; the codes are the same on the host.

        onset: the frames of a window's first ONSET_S.
        """
        values = values[: clip.valid]
        active = values > 0
        limited = values.clamp_max(scales.limit)
        sums = limited.sum(dim=0, dtype=torch.float64)
        self._table += _columns(values, active, limited, sums, scales, onset)
        if codes.padded is not None:
            self._table[:, COLUMNS.index("frames_padded")] += torch.from_numpy(codes.padded).to(values.device)
        self._histogram += _histogram(values, active, scales.first_bin)
        mel = torch.from_numpy(clip.mel).to(values.device)
        self._mel += torch.round((limited.T @ mel).double() * scales.mel_scale).long()
        return _peaks(values, sums, codes, clip)

    def counts(self) -> Counts:
        """What was counted, on the host."""
        histogram = self._histogram.reshape(-1, BINS).cpu().numpy().astype(np.uint32)
        return Counts(self._table.cpu().numpy(), histogram, self._mel.cpu().numpy())


def _columns(values: Tensor, active: Tensor, limited: Tensor, sums: Tensor, scales: Scales, onset: int) -> Tensor:
    """One clip's [features, COLUMNS], without what is padded."""
    starts = active.clone()
    starts[1:] &= ~active[:-1]
    wide = limited.double()
    squares = torch.round((wide * wide).sum(dim=0) * scales.square_scale)
    high = torch.floor(squares / WORD)
    columns = {
        "frames_active": active.sum(dim=0),
        "runs": starts.sum(dim=0),
        "frames_onset": active[:onset].sum(dim=0),
        "frames_clamped": (values > scales.limit).sum(dim=0),
        "sum": torch.round(sums * scales.sum_scale).long(),
        "squares_low": (squares - high * WORD).long(),
        "squares_high": high.long(),
        "frames_padded": torch.zeros_like(sums, dtype=torch.int64),
    }
    return torch.stack([columns[name] for name in COLUMNS], dim=1)


def _histogram(values: Tensor, active: Tensor, first_bin: int) -> Tensor:
    """[features x BINS]: how many active values lie in each bin; see `histogram_bin` of the kernels."""
    features = active.nonzero()[:, 1]
    bits = values[active].view(torch.int32)
    mantissa = bits & MANTISSA
    quarter = sum((mantissa >= edge).int() for edge in QUARTERS)
    bins = BINS_AN_OCTAVE * ((bits >> _EXPONENT_SHIFT) - EXPONENT_BIAS) + quarter - first_bin
    return torch.bincount(features * BINS + bins.clamp(0, BINS - 1), minlength=values.shape[1] * BINS)


def _peaks(values: Tensor, sums: Tensor, codes: ClipCodes, clip: ClipView) -> ClipPeaks:
    fired = torch.from_numpy(codes.fired).to(values.device).long()
    own = values[:, fired]
    peaks = own.amax(dim=0)
    numbers = torch.arange(len(own), device=own.device, dtype=torch.int32)[:, None]
    frames = torch.where(own == peaks, numbers, len(own)).amin(dim=0)  # the first of equal frames
    return ClipPeaks(
        fired=codes.fired,
        peaks=peaks.cpu().numpy(),
        frames=frames.int().cpu().numpy(),
        active=np.diff(codes.starts),
        sums=sums[fired].float().cpu().numpy(),
        matched=_largest_in(own, clip.matched),
        matched_in_cell=_largest_in(own, clip.matched_in_cell),
    )


def _largest_in(values: Tensor, stretch: tuple[int, int]) -> NDArray[np.float32]:
    """[features]: the largest of values: [frames, features] in a stretch; NaN where there is none."""
    first, last = stretch
    if first < 0:
        return np.full(values.shape[1], np.nan, np.float32)
    largest: NDArray[np.float32] = values[first:last].amax(dim=0).cpu().numpy()
    return largest


def dense_distances(
    dictionary: Dictionary, x: Tensor, values: Tensor, scale: Tensor | None, shift: Tensor | None
) -> Distances:
    """What `Rebuilder.distances` finds, from x: [valid, d] raw and values: [frames, n] on the device."""
    rebuilt = values[: len(x)] @ dictionary.decoder
    if dictionary.offset is not None:
        rebuilt = rebuilt + dictionary.offset
    if scale is not None:
        rebuilt = rebuilt * scale[: len(x)]
    if shift is not None:
        rebuilt = rebuilt + shift[: len(x)]
    errors, lengths = ((part * part).sum(dim=1, dtype=torch.float64) for part in (x - rebuilt, x))
    total = x.sum(dim=0, dtype=torch.float64)
    return Distances(float(errors.sum()), float(lengths.sum()), total.cpu().numpy())

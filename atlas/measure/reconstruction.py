"""The states that belong to no feature: how well a dictionary rebuilds its activations, and how the corpus sounds."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.audio.samples import MEL_BANDS
from atlas.dictionaries.base import Dictionary
from atlas.measure.codes import Rows
from atlas.measure.kernels import accumulate
from atlas.measure.scales import Scales
from atlas.measure.states import ClipView, CodedClip, CorpusContext, DictionaryContext, Distances, Sums
from atlas.measure.threads import Threads

_MEL_SCALE = 2.0**20  # 20 + 7 (dB) + 32 (frames) = 59 bits
_MEL_SQUARE_SCALE = 2.0**14

Floats = NDArray[np.float32]


@dataclass(slots=True)
class Fit(Sums[DictionaryContext, CodedClip]):
    """Sums over valid frames in fixed point: [frames, codes, errors, squared lengths], and activations [d]."""

    sums: NDArray[np.int64]
    activations: NDArray[np.int64]

    @classmethod
    def empty(cls, context: DictionaryContext) -> Self:
        return cls(np.zeros(4, np.int64), np.zeros(context.width, np.int64))

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        rows, distances, scales = clip.codes.rows, clip.distances, context.scales
        self.sums[0] += len(rows.counts)
        self.sums[1] += int(rows.counts.sum())
        if distances is not None:
            self.sums[2] += int(np.rint(distances.errors * scales.frame_scale))
            self.sums[3] += int(np.rint(distances.lengths * scales.frame_scale))
            self.activations += np.rint(distances.activations * scales.activation_scale).astype(np.int64)

    def l0(self) -> float:
        """Active features a frame."""
        return float(self.sums[1] / self.sums[0]) if self.sums[0] else 0.0

    def unexplained(self, scales: Scales) -> float | None:
        """The fraction of variance unexplained: squared errors over squared distances from the mean activation."""
        frames = float(self.sums[0])
        if not frames:
            return None
        mean = self.activations / scales.activation_scale / frames
        spread = float(self.sums[3]) / scales.frame_scale - frames * float(mean @ mean)
        return float(self.sums[2]) / scales.frame_scale / spread if spread > 0 else None


class Rebuilder:
    """Rebuilds a clip's activations from its codes, frame by frame."""

    def __init__(self, dictionary: Dictionary, threads: Threads) -> None:
        self.threads = threads
        self._decoder = dictionary.decoder.cpu().numpy()
        offset = dictionary.offset
        self._offset = np.zeros(dictionary.d, np.float32) if offset is None else offset.cpu().numpy()

    def distances(self, x: Floats, rows: Rows, scale: Tensor | None, shift: Tensor | None) -> Distances:
        """x: [valid, d] raw; scale, shift: [frames, 1] undo the dictionary's normalisation."""
        errors, lengths = self.by_frame(x, rows, scale, shift)
        return Distances(float(errors.sum()), float(lengths.sum()), x.sum(axis=0, dtype=np.float64))

    def by_frame(
        self, x: Floats, rows: Rows, scale: Tensor | None, shift: Tensor | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The squared error and the squared length of each frame: [valid]."""
        valid = len(x)
        errors, lengths = np.empty(valid, np.float64), np.empty(valid, np.float64)
        work = partial(
            accumulate.residual,
            x,
            *(rows.values, rows.features, rows.counts, self._decoder, self._offset),
            *(_column(scale, valid, 1.0), _column(shift, valid, 0.0)),
            *(errors, lengths),
        )
        self.threads.share(valid, work)
        return errors, lengths


def _column(values: Tensor | None, valid: int, otherwise: float) -> NDArray[np.float32]:
    if values is None:
        return np.full(valid, otherwise, np.float32)
    return values[:valid, 0].to(torch.float32).cpu().numpy()


@dataclass(slots=True)
class CorpusMel(Sums[CorpusContext, ClipView]):
    """Sums of the display mel over valid frames: [bands], and of the frame energy and its square."""

    mel: NDArray[np.int64]
    energy: NDArray[np.int64]  # frames, energies, squares

    @classmethod
    def empty(cls, context: CorpusContext) -> Self:
        return cls(np.zeros(MEL_BANDS, np.int64), np.zeros(3, np.int64))

    def add(self, clip: ClipView, context: CorpusContext) -> None:
        """The mel is in dB over the floor; a frame's energy is its mean over the bands."""
        mel = clip.mel
        energy = mel.mean(axis=1, dtype=np.float64)
        self.mel += np.rint(mel.sum(axis=0, dtype=np.float64) * _MEL_SCALE).astype(np.int64)
        self.energy[0] += len(mel)
        self.energy[1] += int(np.rint(energy.sum() * _MEL_SCALE))
        self.energy[2] += int(np.rint((energy * energy).sum() * _MEL_SQUARE_SCALE))

    @property
    def frames(self) -> int:
        return int(self.energy[0])

    def mean_mel(self) -> NDArray[np.float64]:
        return self.mel / _MEL_SCALE / max(self.frames, 1)

    def mean_energy(self) -> float:
        return float(self.energy[1] / _MEL_SCALE / max(self.frames, 1))

    def energy_spread(self) -> float:
        """The sum of squared deviations of the frame energy."""
        return float(self.energy[2] / _MEL_SQUARE_SCALE - self.frames * self.mean_energy() ** 2)

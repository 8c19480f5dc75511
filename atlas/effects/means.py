"""The difference of means of a label: what its frames have more of than the others, on the half that chooses.

The label is not chosen on that half alone: both halves chose the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.effects.label_words import LabelledSpan, SpokenLabel
from atlas.schema.grid import FrameGrid

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelOfClips:
    """A label of whole clips: a kind, such as `language` or `label`, and its value."""

    kind: str
    label: str


FeatureLabel = SpokenLabel | LabelOfClips


@dataclass(frozen=True, slots=True)
class MeanSums:
    """Sums of activations over frames without a label and with it: [2, width], and how many frames: [2]."""

    sums: Doubles
    frames: Doubles

    def __add__(self, other: "MeanSums") -> "MeanSums":
        return MeanSums(self.sums + other.sums, self.frames + other.frames)

    @property
    def difference(self) -> Tensor | None:
        """[width]; None where there are no frames of either kind, or they do not differ."""
        if not (self.frames > 0).all():
            return None
        without, having = self.sums / self.frames[:, None]
        difference = torch.from_numpy(having - without).float()
        return difference if bool(difference.any()) else None


def sums_of(x: Tensor, having: Bools) -> MeanSums:
    """x: [valid, width]; having: [valid]"""
    kinds = np.stack([~having, having]).astype(np.float64)
    sums: Doubles = kinds @ x.double().numpy()
    return MeanSums(sums, kinds.sum(axis=1))


def frames_with(
    label: FeatureLabel,
    grid: FrameGrid,
    valid: int,
    spans: Sequence[LabelledSpan],
    of_clip: Mapping[str, frozenset[str]],
) -> Bools | None:
    """[valid]: which frames have a label; None where nothing is known of the clip in its tier or kind."""
    if isinstance(label, LabelOfClips):
        known = of_clip.get(label.kind)
        return None if not known else np.full(valid, label.label in known)
    tier = [span for span in spans if span.tier == label.tier]
    if not tier:
        return None
    middles, having = grid.middles_s(np.arange(valid)), np.zeros(valid, np.bool_)
    for span in tier:
        if span.label == label.label:
            having |= (middles >= span.start_s) & (middles < span.end_s)
    return having

"""Timed labels as a label for each frame, for whatever is read off single frames: peaks, and sampled codes.

A frame's label is the one at its middle, as in the scan. The labels of a tier may overlap (a frame can end one word and
begin the next): they then lie in several layers, of which each has one label a frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.schema.grid import FrameGrid

Longs = NDArray[np.int64]
Ints = NDArray[np.signedinteger]

NO_LABEL = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLabels:
    """The labels of one tier, by frame; the frames of the clips that have it lie end to end."""

    tier: str
    labels: tuple[str, ...]
    starts: Longs  # [clips]: where a clip's frames begin; -1 for a clip without the tier
    lengths: Longs  # [clips]: its valid frames
    layers: Sequence[Ints]  # each [frames]: the number of a label, or NO_LABEL
    classes: Longs | None = None  # [numbers of the layers, and NO_LABEL]: the labels that these stand for, if others

    def has(self, clips: Longs) -> NDArray[np.bool_]:
        """Whether clips have the tier."""
        known: NDArray[np.bool_] = self.starts[clips] >= 0
        return known

    def at(self, clips: Longs, frames: Longs, shift: float = 0.0) -> Longs:
        """[layers, rows]: the labels at frames of clips that have the tier, shifted by a share of each clip."""
        lengths = self.lengths[clips]
        places = self.starts[clips] + (frames + (lengths * shift).astype(np.int64)) % lengths
        labels = np.stack([layer[places] for layer in self.layers]).astype(np.int64)
        return labels if self.classes is None else self.classes[labels]

    def base_rates(self) -> NDArray[np.float64]:
        """[labels]: the share of the frames that each label holds."""
        numbers = len(self.labels) if self.classes is None else len(self.classes) - 1
        held = sum((_counts(layer, numbers) for layer in self.layers), np.zeros(numbers, np.int64))
        if self.classes is not None:
            known = self.classes[:-1] != NO_LABEL
            held = np.bincount(self.classes[:-1][known], held[known], len(self.labels))
        rates: NDArray[np.float64] = held / max(len(self.layers[0]), 1)
        return rates

    def renamed(self, tier: str, names: Mapping[str, str | None]) -> "FrameLabels":
        """Another tier on the same layers, whose labels are classes of this one's; what has no class has no label."""
        labels = tuple(sorted({name for label in self.labels if (name := names.get(label)) is not None}))
        numbers = {name: number for number, name in enumerate(labels)}
        number_of = [numbers.get(names.get(label) or "", NO_LABEL) for label in self.labels]
        classes = np.array([*number_of, NO_LABEL])  # the last one for NO_LABEL, which is -1
        return replace(
            self, tier=tier, labels=labels, classes=classes if self.classes is None else classes[self.classes]
        )


def frame_labels(tier: str, spans: Sequence[pl.DataFrame], valid_frames: Longs, grid: FrameGrid) -> FrameLabels:
    """From the spans (clip, start_s, end_s, label) of each layer; valid_frames: [clips]."""
    every = pl.concat(spans)
    labels = every["label"].unique().sort()
    present = every["clip"].unique().sort().to_numpy().astype(np.int64)
    starts = np.full(len(valid_frames), -1, np.int64)
    ends = np.cumsum(valid_frames[present])
    starts[present] = ends - valid_frames[present]
    numbers = pl.DataFrame({"label": labels, "number": np.arange(len(labels), dtype=np.int32)})
    total = int(ends[-1]) if len(ends) else 0
    layers = [
        _layer(layer.join(numbers, on="label"), starts, valid_frames, grid, (total, len(labels))) for layer in spans
    ]
    return FrameLabels(tier=tier, labels=tuple(labels), starts=starts, lengths=valid_frames, layers=layers)


def _layer(spans: pl.DataFrame, starts: Longs, valid_frames: Longs, grid: FrameGrid, sizes: tuple[int, int]) -> Ints:
    """sizes: of the frames, and of the labels; a number takes as few bytes as it can."""
    total, labels = sizes
    spans = spans.sort("clip", "start_s")
    clip = spans["clip"].to_numpy().astype(np.int64)
    first, last = (np.clip(_first_from(spans[name].to_numpy(), grid), 0, valid_frames[clip]) for name in _ENDS)
    lengths = np.maximum(last - first, 0)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    layer = np.full(total, NO_LABEL, np.min_scalar_type(-1 - labels))
    layer[np.repeat(starts[clip] + first, lengths) + within] = np.repeat(spans["number"].to_numpy(), lengths)
    return layer


_ENDS = ("start_s", "end_s")


def _first_from(times_s: NDArray[np.float64], grid: FrameGrid) -> Longs:
    """`FrameGrid.first_from` of many moments."""
    places = np.ceil(np.round(times_s * grid.frames_per_s - grid.centre / grid.hop, 6))
    return np.maximum(places, 0).astype(np.int64)


def _counts(layer: Ints, labels: int) -> Longs:
    return np.bincount(layer[layer >= 0], minlength=labels)

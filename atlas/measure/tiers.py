"""Alignments (phones, words) as a label for each frame: the frames that timed labels are counted over.

Label 0 of a tier is every frame without one of its counted labels. A frame's label is the one at its middle.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.schema.grid import FrameGrid

OTHER = ""  # the name of label 0

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class AlignedTier:
    """One tier's counted labels, and the label of each frame of each clip that has an alignment in it."""

    name: str
    labels: tuple[str, ...]  # OTHER first
    frames: Mapping[int, Ints]  # clip -> [valid frames], label numbers


def frequent_labels(alignments: pl.LazyFrame, most: int) -> dict[str, tuple[str, ...]]:
    """tier -> OTHER, and its `most` frequent labels in order of the alphabet."""
    numbers = alignments.group_by("tier", "label").len().collect(engine="streaming")
    ordered = numbers.sort(["tier", "len", "label"], descending=[False, True, False])
    frequent = ordered.group_by("tier", maintain_order=True).agg(pl.col("label").head(most))
    return {tier: (OTHER, *sorted(labels)) for tier, labels in frequent.iter_rows()}


def read_tiers(
    alignments: pl.LazyFrame,
    clips: pl.DataFrame,
    counted: Mapping[str, tuple[str, ...]],
    grid: FrameGrid,
    within: Collection[int],
) -> tuple[AlignedTier, ...]:
    """The tiers of a corpus with their counted labels, and the frames of the clips `within`."""
    valid = dict(zip(clips["clip"].to_list(), clips["valid_frames"].to_list(), strict=True))
    here = alignments.filter(pl.col("clip").is_in(list(within))).collect()
    tiers = []
    for name, labels in counted.items():
        spans = here.filter(pl.col("tier") == name)
        numbers = {label: number for number, label in enumerate(labels)}
        frames = {
            clip: _frame_labels(rows, valid[clip], numbers, grid)
            for (clip,), rows in spans.group_by("clip", maintain_order=True)
        }
        tiers.append(AlignedTier(name, labels, frames))
    return tuple(tiers)


def _frame_labels(spans: pl.DataFrame, valid: int, numbers: Mapping[str, int], grid: FrameGrid) -> Ints:
    labels = np.zeros(valid, np.int32)
    for start_s, end_s, label in spans.select("start_s", "end_s", "label").iter_rows():
        labels[grid.first_from(start_s) : grid.first_from(end_s)] = numbers.get(label, 0)
    return labels

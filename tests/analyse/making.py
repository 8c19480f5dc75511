"""Made-up corpora for the tests of analysing: rows of `clips`, and of `peaks` from dense matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.blocks import Block, block_of
from atlas.analyse.testing.kinds import LabelKind, kinds_of
from atlas.analyse.testing.recordings import Recordings, recordings_by_cell, recordings_of
from atlas.schema import ALIGNMENTS, CLIPS, PEAKS_SMALL

DOMAINS = ("speech", "music", "sound")


@dataclass(frozen=True)
class Clip:
    """A row of `clips`, as far as tests care."""

    recording: str
    domain: str = "sound"
    dataset: str = "street"
    labels: Sequence[str] = ()
    language: str | None = None
    speaker: str | None = None
    group: str | None = None
    text: str | None = None
    frames: int = 100
    energy_db: float | None = None
    problem: str | None = None


def clips_frame(clips: Sequence[Clip]) -> pl.DataFrame:
    n = len(clips)
    columns: dict[str, object] = {name: [None] * n for name in CLIPS.columns}
    for name in ("recording", "domain", "dataset", "language", "speaker", "group", "text", "problem", "energy_db"):
        columns[name] = [getattr(clip, name) for clip in clips]
    columns |= {
        "clip": range(n),
        "sha256": [f"content {number} of {clip.recording}" for number, clip in enumerate(clips)],
        "offset_s": [0.0] * n,
        "labels": [list(clip.labels) for clip in clips],
        "valid_frames": [clip.frames for clip in clips],
        "duration_s": [clip.frames / 50 for clip in clips],
    }
    return CLIPS.frame(columns)


def peaks_frame(
    matched: NDArray[np.floating],
    whole: NDArray[np.floating] | None = None,
    active: NDArray[np.integer] | None = None,
    in_cell: NDArray[np.floating] | None = None,
) -> pl.DataFrame:
    """matched, whole, active, in_cell: [features, clips]; a feature fires where `whole` is positive."""
    whole = matched if whole is None else whole
    active = np.ones(whole.shape, np.int64) if active is None else active
    feature, clip = np.nonzero(whole > 0)
    values = {
        "feature": feature,
        "clip": clip,
        "peak": whole[feature, clip],
        "peak_frame": np.zeros(len(clip)),
        "frames_active": active[feature, clip],
        "sum": whole[feature, clip],
        "peak_matched": matched[feature, clip],
        "peak_cell": (matched if in_cell is None else in_cell)[feature, clip],
    }
    return pl.DataFrame(values).cast(dict(PEAKS_SMALL.columns))


@dataclass(frozen=True)
class World:
    """A corpus and what a dictionary did in it."""

    clips: pl.DataFrame
    recordings: Recordings  # as labels are tested
    kinds: tuple[LabelKind, ...]
    peaks: pl.DataFrame
    features: int

    @cached_property
    def over_all(self) -> Recordings:
        """As domains are tested."""
        return recordings_of(self.clips, DOMAINS)

    def blocks(self, step: int | None = None) -> list[Block]:
        """What the tests of labels see."""
        return self._blocks(self.recordings, step)

    def blocks_over_all(self, step: int | None = None) -> list[Block]:
        """What the tests of domains see."""
        return self._blocks(self.over_all, step)

    def _blocks(self, recordings: Recordings, step: int | None) -> list[Block]:
        step = step or self.features
        return [
            block_of(
                self.peaks.filter(pl.col("feature").is_between(first, first + step - 1)),
                recordings,
                first,
                min(step, self.features - first),
            )
            for first in range(0, self.features, step)
        ]


def world(
    clips: Sequence[Clip] | pl.DataFrame, matched: NDArray[np.floating], whole: NDArray[np.floating] | None = None
) -> World:
    """matched, whole: [features, clips]."""
    frame = clips if isinstance(clips, pl.DataFrame) else clips_frame(clips)
    recordings = recordings_by_cell(frame, DOMAINS)
    kinds = kinds_of(frame, ALIGNMENTS.empty(), recordings)
    return World(frame, recordings, kinds, peaks_frame(matched, whole), len(matched))


def naive_auroc(values: NDArray[np.floating], labelled: NDArray[np.bool_], stratum: NDArray[np.integer]) -> float:
    """Pairs of one stratum that the labelled one wins, one by one."""
    wins = [
        float(values[i] > values[j]) + 0.5 * float(values[i] == values[j])
        for i in np.flatnonzero(labelled)
        for j in np.flatnonzero(~labelled)
        if stratum[i] == stratum[j]
    ]
    return sum(wins) / len(wins)

"""The acoustic columns of a shard: of every clip, whatever its domain, at the frames that codes are sampled on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.annotate.acoustics import acoustics, columns_frame
from atlas.audio import draws
from atlas.audio.samples import read_sound
from atlas.config.settings import Config
from atlas.corpus.locate import locate
from atlas.errors import AudioProblem
from atlas.pool import ordered_map
from atlas.schema import COLUMNS
from atlas.schema.grid import FrameGrid


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledClip:
    """A clip, and its frames that are looked at."""

    clip: int
    file: str
    offset_s: float
    duration_s: float
    frames: NDArray[np.int64]
    grid: FrameGrid


def columns_of(clips: pl.DataFrame, shard: int, config: Config, grid: FrameGrid, workers: int) -> pl.DataFrame:
    """clips: the table `clips`, whole, as the share of frames that are sampled depends on all of them."""
    tasks = list(_sampled(clips, shard, config, grid))
    frames = ordered_map(_columns, tasks, workers, chunk=8)
    return pl.concat([COLUMNS.empty(), *frames]).sort(COLUMNS.key)


def _sampled(clips: pl.DataFrame, shard: int, config: Config, grid: FrameGrid) -> Iterator[SampledClip]:
    rate = draws.code_rate(clips, config.scan.code_frames)
    mine = draws.usable(clips.filter(pl.col("shard") == shard))
    rows = mine.select("clip", "path", "offset_s", "duration_s", "valid_frames").iter_rows()
    for (clip, path, offset_s, duration_s, valid), hash64 in zip(rows, draws.clip_hashes(mine).tolist(), strict=True):
        yield SampledClip(
            clip=clip,
            file=locate(config.corpus, path),
            offset_s=offset_s,
            duration_s=duration_s,
            frames=draws.sampled_frames(hash64, valid, rate),
            grid=grid,
        )


def _columns(clip: SampledClip) -> pl.DataFrame:
    """Its rows; none where the sound cannot be read any more, which the scan will say."""
    try:
        samples = read_sound(clip.file, clip.offset_s, clip.duration_s).samples
    except AudioProblem:
        return COLUMNS.empty()
    return columns_frame(clip.clip, clip.frames, acoustics(samples, clip.grid, clip.frames))

"""The acoustic columns of a shard: of every clip, whatever its domain, at the frames that codes are sampled on."""

import json
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.annotate.acoustics import acoustics, columns_frame
from atlas.audio import draws
from atlas.audio.samples import read_sound
from atlas.config.settings import Config
from atlas.corpus.locate import locate
from atlas.digests import digest_of
from atlas.errors import AudioProblem
from atlas.pool import ordered_map
from atlas.progress import Advance
from atlas.schema import COLUMNS
from atlas.schema.grid import FrameGrid

RECIPE = "1"
"raised with every change of how a column is computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledClip:
    """A clip, and its frames that are looked at."""

    clip: int
    file: str
    offset_s: float
    duration_s: float
    frames: NDArray[np.int64]
    grid: FrameGrid


class ColumnSource:
    """Makes the rows of `columns` of each shard."""

    def __init__(self, clips: pl.DataFrame, config: Config, grid: FrameGrid) -> None:
        """clips: the table, whole, as how many frames of a clip are sampled depends on all."""
        self._config, self._grid = config, grid
        self._rate = draws.code_rate(clips, config.scan.code_frames)
        self._by_shard = draws.usable(clips).partition_by("shard", as_dict=True)

    def size(self, shard: int) -> int:
        """How many clips a shard has."""
        return len(self._by_shard.get((shard,), ()))

    def clips_of(self, shard: int) -> list[SampledClip]:
        """The clips of a shard, with their sampled frames."""
        if (shard,) not in self._by_shard:
            return []
        mine = self._by_shard[shard,]
        rows = mine.select("clip", "path", "offset_s", "duration_s", "valid_frames").iter_rows()
        hashes = draws.clip_hashes(mine).tolist()
        return [
            SampledClip(
                clip=clip,
                file=locate(self._config.corpus, path),
                offset_s=offset_s,
                duration_s=duration_s,
                frames=draws.sampled_frames(hash64, valid, self._rate),
                grid=self._grid,
            )
            for (clip, path, offset_s, duration_s, valid), hash64 in zip(rows, hashes, strict=True)
        ]

    def recipe(self, shard: int) -> str:
        """What the rows of a shard follow from: equal recipes, equal rows."""
        mine = self._by_shard.get((shard,))
        contents = [] if mine is None else [mine["clip"].to_list(), draws.clip_hashes(mine).tolist()]
        return digest_of(json.dumps([RECIPE, repr(self._grid), self._rate, contents]))

    def columns_of(self, shard: int, workers: int, advance: Advance) -> pl.DataFrame:
        """The rows of a shard."""
        frames = [COLUMNS.empty()]
        for frame in ordered_map(_columns, self.clips_of(shard), workers, chunk=8):
            frames.append(frame)
            advance(1)
        return pl.concat(frames).sort(COLUMNS.key)


def _columns(clip: SampledClip) -> pl.DataFrame:
    """Its rows; none where the sound cannot be read any more, which the scan will say."""
    try:
        samples = read_sound(clip.file, clip.offset_s, clip.duration_s).samples
    except AudioProblem:
        return COLUMNS.empty()
    return columns_frame(clip.clip, clip.frames, acoustics(samples, clip.grid, clip.frames))

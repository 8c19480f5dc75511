"""`peaks` -> blocks of features as dense matrices, so that memory is bounded however many clips there are."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.strongest import strongest_clips

Longs = NDArray[np.int64]
Floats = NDArray[np.float32]

CELLS_AT_ONCE = 2**21  # features x clips
FEATURES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Block:
    """Some features of one dictionary, one after another."""

    first: int
    matched: Floats  # [features, recordings]: the peak in the clip's stretch; 0 where the feature is silent
    frames_active: Longs  # [features, cells]
    clips_active: Longs  # [features, cells]
    strongest: Longs  # [features, STRONGEST_RECORDINGS]: clips, as `strongest_clips` gives them


def blocks(peaks: pl.LazyFrame, recordings: Recordings, features: int) -> Iterator[Block]:
    """Read the peaks of one dictionary, from all its shards, a block of features at a time."""
    step = max(1, min(FEATURES_AT_ONCE, CELLS_AT_ONCE // max(len(recordings.clip_cell), 1)))
    for first in range(0, features, step):
        last = min(first + step, features)
        here = peaks.filter(pl.col("feature").is_between(first, last - 1))
        yield block_of(here.collect(), recordings, first, last - first)


def block_of(peaks: pl.DataFrame, recordings: Recordings, first: int, features: int) -> Block:
    """The rows of `peaks` of some features, in any order, as matrices."""
    feature = peaks["feature"].to_numpy().astype(np.int64) - first
    clip = peaks["clip"].to_numpy().astype(np.int64)
    cells = len(recordings.cells)
    group = feature * cells + recordings.clip_cell[clip]
    active = np.bincount(group, peaks["frames_active"].to_numpy(), features * cells).astype(np.int64)
    return Block(
        first,
        _matched(feature, peaks, recordings, features),
        active.reshape(features, cells),
        np.bincount(group, minlength=features * cells).reshape(features, cells),
        strongest_clips(peaks, recordings, first, features),
    )


def matched_peaks(peaks: pl.LazyFrame, recordings: Recordings, features: Longs) -> Floats:
    """[features, recordings]: as in a block, of some features of a dictionary, in ascending order."""
    rows = peaks.select("feature", "clip", recordings.peak)
    mine = rows.filter(pl.col("feature").is_in(features.tolist())).collect()
    return _matched(np.searchsorted(features, mine["feature"].to_numpy()), mine, recordings, len(features))


def _matched(row: Longs, peaks: pl.DataFrame, recordings: Recordings, features: int) -> Floats:
    """[features, recordings]. row: of the result, for each of `peaks`."""
    clip = peaks["clip"].to_numpy().astype(np.int64)
    place = np.full(len(recordings.clip_cell), -1, np.int64)
    place[recordings.clip] = np.arange(len(recordings.clip))
    tested = place[clip] >= 0
    matched = np.zeros((features, len(recordings.clip)), np.float32)
    matched[row[tested], place[clip[tested]]] = peaks[recordings.peak].fill_null(0).to_numpy()[tested]
    return matched

"""The strongest recordings of a feature in the whole corpus, and how many of them have a label.

One clip stands for each recording, that of the largest peak, whatever its length: what the examples of a page show. So
these figures say what a listener would hear first, over all domains, where a test is made within datasets alone.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.recordings import Recordings
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import CLIP_EDGE_S, FEWEST_RECORDINGS, STRONGEST_RECORDINGS, TOP_RECORDINGS

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

NO_CLIP = -1
FEATURES_AT_ONCE = 512
_NO_SHARES = pl.DataFrame(
    schema={
        "feature": pl.UInt32,
        "edge_share": pl.Float64,
        "spoken_share": pl.Float64,
        "clips": pl.List(pl.UInt32),
    }
)


def strongest_clips(peaks: pl.DataFrame, recordings: Recordings, first: int, features: int) -> Longs:
    """[features, STRONGEST_RECORDINGS]: clips, one a recording, largest peak first; -1 beyond those it fires in.

    peaks: rows of the table, of features from `first` on; equal peaks go by content hash.
    """
    feature = peaks["feature"].to_numpy().astype(np.int64) - first
    clip = peaks["clip"].to_numpy().astype(np.int64)
    order = np.lexsort((recordings.clip_rank[clip], -peaks["peak"].to_numpy(), feature))
    feature, clip = feature[order], clip[order]
    _, kept = np.unique(feature * len(recordings.clip_recording) + recordings.clip_recording[clip], return_index=True)
    kept.sort()
    feature, clip = feature[kept], clip[kept]
    rank = np.arange(len(feature)) - np.searchsorted(feature, feature)
    among = rank < STRONGEST_RECORDINGS
    strongest = np.full((features, STRONGEST_RECORDINGS), NO_CLIP, np.int64)
    strongest[feature[among], rank[among]] = clip[among]
    return strongest


def strongest_shares(
    peaks: pl.LazyFrame, features: int, recordings: Recordings, grid: FrameGrid, spoken: Sequence[str]
) -> pl.DataFrame:
    """`feature, edge_share, spoken_share, clips`, of the strongest recordings; no row of those that fire in too few.

    edge_share: those whose peak stands at the beginning or end of its clip, of twenty; spoken_share: those that lie in
    a domain with words or phones (`spoken`), of ten; clips: all twenty, the largest peak first. peaks: those of a
    dictionary, read some features at a time.
    """
    rows = peaks.select("feature", "clip", "peak", "peak_frame")
    in_speech = np.isin([cell.domain for cell in recordings.cells], list(spoken))[recordings.clip_cell]
    shares = []
    for first in range(0, features, FEATURES_AT_ONCE):
        last = min(first + FEATURES_AT_ONCE, features)
        here = rows.filter(pl.col("feature").is_between(first, last - 1)).collect()
        clips = strongest_clips(here, recordings, first, last - first)
        fires = clips != NO_CLIP
        edge = _at_edge(here, clips, recordings, first, grid) & fires
        spoken_ten = (in_speech[clips] & fires)[:, :TOP_RECORDINGS].sum(axis=1)
        counts = fires.sum(axis=1)
        listed = [row[:count].tolist() for row, count in zip(clips, counts, strict=True)]
        shares.append(
            pl.DataFrame(
                {
                    "feature": np.arange(first, last, dtype=np.uint32),
                    "edge_share": edge.sum(axis=1) / np.maximum(counts, 1),
                    "spoken_share": spoken_ten / np.clip(counts, 1, TOP_RECORDINGS),
                    "clips": pl.Series(listed, dtype=pl.List(pl.UInt32)),
                }
            ).filter(pl.Series(counts >= FEWEST_RECORDINGS))
        )
    return pl.concat([_NO_SHARES, *shares])


def _at_edge(
    peaks: pl.DataFrame, clips: Longs, recordings: Recordings, first: int, grid: FrameGrid
) -> NDArray[np.bool_]:
    """[features, ranks]: whether the peak in each of the clips stands at an edge of it; whatever beyond them."""
    width = len(recordings.clip_frames)
    key = (peaks["feature"].to_numpy().astype(np.int64) - first) * width + peaks["clip"].to_numpy()
    order = np.argsort(key)
    wanted = np.arange(len(clips))[:, None] * width + clips
    place = np.minimum(np.searchsorted(key[order], wanted), max(len(key) - 1, 0))
    frame = peaks["peak_frame"].to_numpy().astype(np.int64)[order][place] if len(key) else np.zeros_like(clips)
    reach = grid.first_from(CLIP_EDGE_S)
    at_edge: NDArray[np.bool_] = (frame < reach) | (frame > recordings.clip_frames[clips] - 1 - reach)
    return at_edge


def precisions(strongest: Longs, clips: Longs, recordings: int) -> tuple[Doubles, Doubles]:
    """[features] each: of the ten strongest recordings, and of as many as have the label, the share that has it.

    clips: those with the label; recordings: how many there are of them, of which at most twenty are asked.
    """
    hits = np.isin(strongest, clips)
    asked = min(max(recordings, 1), STRONGEST_RECORDINGS)
    return hits[:, :TOP_RECORDINGS].mean(axis=1), hits[:, :asked].mean(axis=1)

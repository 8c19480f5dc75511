"""The strongest recordings of a feature in the whole corpus, and how many of them have a label.

One clip stands for each recording, that of the largest peak, whatever its length: what the examples of a page show. So
these figures say what a listener would hear first, over all domains, where a test is made within datasets alone.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.recordings import Recordings
from atlas.audio.draws import clip_hashes
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import CLIP_EDGE_S, FEWEST_RECORDINGS, STRONGEST_RECORDINGS, TOP_RECORDINGS

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

NO_CLIP = -1


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
    peaks: Sequence[Path], clips: pl.DataFrame, grid: FrameGrid, spoken: Sequence[str]
) -> pl.DataFrame:
    """`feature, edge_share, spoken_share`, of the strongest recordings.

    edge_share: those whose peak stands at the beginning or end of its clip, of twenty; spoken_share: those that lie in
    a domain with words or phones (`spoken`), of ten. peaks: the files of a dictionary. Of features that fire in too few
    recordings nothing is said.
    """
    reach = grid.first_from(CLIP_EDGE_S)
    known = clips.lazy().select("clip", "recording", "domain", "valid_frames", rank=pl.Series(clip_hashes(clips)))
    rows = pl.scan_parquet(list(peaks)).select("feature", "clip", "peak", "peak_frame").join(known, on="clip")
    frame, last = pl.col("peak_frame").cast(pl.Int64), pl.col("valid_frames").cast(pl.Int64) - 1
    at_edge = (frame < reach) | (frame > last - reach)
    order = {"peak": True, "rank": False}
    of_recording = rows.with_columns(at_edge=at_edge).sort("feature", *order, descending=[False, *order.values()])
    first = of_recording.unique(["feature", "recording"], keep="first", maintain_order=True)
    strongest = first.filter(pl.int_range(pl.len()).over("feature") < STRONGEST_RECORDINGS)
    in_speech = pl.col("domain").is_in(list(spoken)).head(TOP_RECORDINGS)
    shares = strongest.group_by("feature", maintain_order=True).agg(
        pl.len(), edge_share=pl.col("at_edge").mean(), spoken_share=in_speech.mean()
    )
    enough = shares.filter(pl.col("len") >= FEWEST_RECORDINGS).with_columns(pl.col("feature").cast(pl.UInt32))
    return enough.select("feature", "edge_share", "spoken_share").sort("feature").collect()


def precisions(strongest: Longs, clips: Longs, recordings: int) -> tuple[Doubles, Doubles]:
    """[features] each: of the ten strongest recordings, and of as many as have the label, the share that has it.

    clips: those with the label; recordings: how many there are of them, of which at most twenty are asked.
    """
    hits = np.isin(strongest, clips)
    asked = min(max(recordings, 1), STRONGEST_RECORDINGS)
    return hits[:, :TOP_RECORDINGS].mean(axis=1), hits[:, :asked].mean(axis=1)

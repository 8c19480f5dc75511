"""Flags of a feature: reasons to doubt that it listens to a sound. Each is told with its base rate.

padding: the share of padded frames on which it fires exceeds its density; unknown where padding is no fair question.
positional: more than half of its active frames lie in the first half second of a window, at over 3 times the rate
elsewhere. dense: it fires on more than a tenth of frames. silence: its mean spectrum, weighted by activation, lies on
average 20 dB or more below the mean of the corpus. clip edge: half of its strongest recordings, or more, peak within
0.1 s of the beginning or end of their clip. one dataset: at least 90 % of the clips it fires on lie in one dataset
although the domain of that dataset has several. The base rate is the share of live features that have it; `live` there
means neither dead nor rare.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from atlas.audio import draws
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import (
    CLIP_EDGE_SHARE,
    DATASET_SHARE,
    DENSE_DENSITY,
    ONSET_RATIO,
    ONSET_S,
    ONSET_SHARE,
    SILENCE_DB,
)

PADDING, POSITIONAL, DENSE, SILENCE, CLIP_EDGE, ONE_DATASET = FLAGS = (
    *("padding", "positional", "dense", "silence", "clip edge", "one dataset"),
)

ALIVE = ("live", "dense")
"the states of features that base rates and percentiles are taken over"


@dataclass(frozen=True, slots=True)
class Measured:
    """The tables of one dictionary that flags are read off."""

    features: pl.DataFrame
    datasets: pl.DataFrame
    mel: pl.DataFrame
    strongest: pl.DataFrame  # as `strongest_shares` gives them


def flags_frame(measured: Measured, clips: pl.DataFrame, grid: FrameGrid, mean_mel_db: Sequence[float]) -> pl.DataFrame:
    """`feature`, `onset_share` and a column for each flag, null where it cannot be judged; in the order of `features`.

    mean_mel_db: [bands], of the corpus.
    """
    features, datasets = measured.features, measured.datasets
    onset = _onset_share(clips, grid)
    level = pl.col("spectrum").list.mean() - float(np.mean(mean_mel_db))
    lone = _confined_to_dataset(datasets, clips)
    positional = (pl.col("onset_share") > ONSET_SHARE) & (pl.col("onset_ratio") > ONSET_RATIO)
    return (
        features.with_columns(onset.alias("onset_share"))
        .join(lone, on="feature", how="left", maintain_order="left")
        .join(measured.mel.select("feature", level=level), on="feature", how="left", maintain_order="left")
        .join(measured.strongest, on="feature", how="left", maintain_order="left")
        .select(
            "feature",
            "onset_share",
            (pl.col("pad_rate") > pl.col("density")).alias(PADDING),
            positional.fill_null(False).alias(POSITIONAL),
            (pl.col("density") > DENSE_DENSITY).alias(DENSE),
            (pl.col("level") < SILENCE_DB).fill_null(False).alias(SILENCE),
            (pl.col("edge_share") >= CLIP_EDGE_SHARE).fill_null(False).alias(CLIP_EDGE),
            pl.col(ONE_DATASET).fill_null(False),
        )
    )


def _onset_share(clips: pl.DataFrame, grid: FrameGrid) -> pl.Expr:
    """The share of a feature's active frames in the first half second, from its ratio of rates; null for none."""
    valid = draws.usable(clips)["valid_frames"].cast(pl.Int64)
    onset = int(valid.clip(upper_bound=grid.first_from(ONSET_S)).sum())
    rest = int(valid.sum()) - onset
    odds = pl.col("onset_ratio") * (onset / rest if rest else 0.0)
    return pl.when(pl.col("onset_ratio").is_infinite()).then(1.0).otherwise(odds / (1 + odds))


def _confined_to_dataset(datasets: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    """`feature` and whether nearly all of its clips lie in one dataset of several."""
    placed = draws.usable(clips).select("domain", "dataset").unique()
    several = placed.filter(pl.col("dataset").count().over("domain") > 1)["dataset"].unique()
    share = pl.col("clips_active") / pl.col("clips_active").sum().over("feature")
    lone = (share >= DATASET_SHARE) & (pl.col("clips_active") > 0) & pl.col("dataset").is_in(several.to_list())
    return datasets.select("feature", lone.alias(ONE_DATASET)).group_by("feature").agg(pl.col(ONE_DATASET).any())


def flag_rates(features: pl.DataFrame, flags: pl.DataFrame) -> dict[str, float | None]:
    """The share of live features that have each flag; null where it can be judged of none."""
    live = flags.filter(features["state"].is_in(ALIVE))
    return {flag: _mean(live[flag]) for flag in FLAGS}


def _mean(judged: pl.Series) -> float | None:
    known = judged.drop_nulls().cast(pl.Float64)
    return float(known.sum()) / len(known) if len(known) else None

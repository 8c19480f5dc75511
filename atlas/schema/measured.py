"""The tables that measuring writes: `index`, `scan` and `merge`."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import polars as pl

from atlas.schema.table import FEATURE, U8_TRACE, Table

GROUPS = ("top", "high", "mid", "low", "random", "quiet")
STATES = ("dead", "rare", "dense", "live")
MEL_BANDS = 80

CLIPS = Table(
    name="clips",
    writer="index",
    key=("clip",),
    columns={
        "clip": pl.UInt32,
        "path": pl.String,
        "offset_s": pl.Float64,
        "sha256": pl.String,
        "domain": pl.String,
        "dataset": pl.String,
        "recording": pl.String,
        "group": pl.String,
        "speaker": pl.String,
        "labels": pl.List(pl.String),
        "language": pl.String,
        "text": pl.String,
        "licence": pl.String,
        "attribution": pl.String,
        "source_url": pl.String,
        "codec": pl.String,
        "sample_rate": pl.UInt32,
        "duration_s": pl.Float64,
        "valid_frames": pl.UInt32,
        "energy_db": pl.Float32,
        "shard": pl.UInt32,
        "problem": pl.String,
    },
    version=2,
)
ALIGNMENTS = Table(
    name="alignments",
    writer="index",
    key=("clip", "tier", "start_s", "end_s", "label"),
    columns={"clip": pl.UInt32, "tier": pl.String, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String},
)
PEAKS = Table(
    name="peaks",
    writer="scan",
    key=("feature", "clip"),
    columns={
        "feature": pl.UInt32,
        "clip": pl.UInt32,
        "peak": pl.Float32,
        "peak_frame": pl.UInt16,
        "frames_active": pl.UInt16,
        "sum": pl.Float32,
        "peak_matched": pl.Float32,
        "peak_cell": pl.Float32,
    },
    parts=("dictionary", "shard"),
    version=2,
)
PEAKS_SMALL = replace(PEAKS, columns={**PEAKS.columns, "feature": pl.UInt16})
CODES = Table(
    name="codes",
    writer="merge",
    key=("clip", "frame"),
    columns={"clip": pl.UInt32, "frame": pl.UInt16, "features": pl.List(pl.UInt32), "values": pl.List(pl.Float16)},
    parts=("dictionary",),
)
FEATURES = Table(
    name="features",
    writer="merge",
    key=("dictionary", "feature"),
    columns={
        **FEATURE,
        "frames_active": pl.Int64,
        "clips_active": pl.UInt32,
        "recordings_active": pl.UInt32,
        "density": pl.Float64,
        "clip_density": pl.Float64,
        "max": pl.Float32,
        "mean_active": pl.Float64,
        "sd_active": pl.Float64,
        "q50": pl.Float64,
        "q90": pl.Float64,
        "q99": pl.Float64,
        "burst_s": pl.Float64,
        "pad_rate": pl.Float64,
        "onset_ratio": pl.Float64,
        "energy_corr": pl.Float64,
        "decoder_norm": pl.Float32,
        "state": pl.String,
        "mass_shown": pl.Float64,
    },
    parts=("dictionary",),
    version=2,
)
ORIGINS = Table(
    name="origins",
    writer="merge",
    key=("dictionary", "feature"),
    columns={**FEATURE, "matches": pl.UInt32, "clip": pl.UInt32},
    parts=("dictionary",),
)
HISTOGRAMS = Table(
    name="histograms",
    writer="merge",
    key=("dictionary", "feature", "counted", "domain"),
    columns={**FEATURE, "counted": pl.String, "domain": pl.String, "counts": pl.List(pl.UInt32)},
    parts=("dictionary",),
    version=2,
)
EXAMPLES = Table(
    name="examples",
    writer="merge",
    key=("dictionary", "feature", "group", "rank"),
    columns={
        **FEATURE,
        "group": pl.Enum(GROUPS),
        "rank": pl.UInt8,
        "clip": pl.UInt32,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "peak_s": pl.Float64,
        "peak": pl.Float32,
        "trace": U8_TRACE,
    },
    parts=("dictionary",),
)
TRACKS = Table(
    name="tracks",
    writer="merge",
    key=("clip", "dictionary", "rank"),
    columns={
        "clip": pl.UInt32,
        "dictionary": pl.String,
        "rank": pl.UInt8,
        "feature": pl.UInt32,
        "peak": pl.Float32,
        "trace": U8_TRACE,
    },
    parts=("dictionary",),
)
DATASETS = Table(
    name="datasets",
    writer="merge",
    key=("dictionary", "feature", "dataset"),
    columns={
        **FEATURE,
        "dataset": pl.String,
        "frames": pl.Int64,
        "frames_active": pl.Int64,
        "clips": pl.UInt32,
        "clips_active": pl.UInt32,
        "recordings_active": pl.UInt32,
    },
    parts=("dictionary",),
)
MEL = Table(
    name="mel",
    writer="merge",
    key=("dictionary", "feature"),
    columns={**FEATURE, "spectrum": pl.List(pl.Float32), "patch": pl.List(pl.UInt8), "windows": pl.UInt8},
    parts=("dictionary",),
)
TIMED_COUNTS = Table(
    name="timed_counts",
    writer="merge",
    key=("dictionary", "feature", "tier", "label"),
    columns={
        **FEATURE,
        "tier": pl.String,
        "label": pl.String,
        "frames_label": pl.Int64,
        "frames_active": pl.Int64,
        "shifted": pl.List(pl.Int64),
        "sum": pl.Float64,
        "sum_squares": pl.Float64,
        "recordings": pl.UInt32,
        "recording_moments": pl.List(pl.Float64),
    },
    parts=("dictionary",),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            CLIPS,
            ALIGNMENTS,
            PEAKS,
            CODES,
            FEATURES,
            ORIGINS,
            HISTOGRAMS,
            EXAMPLES,
            TRACKS,
            DATASETS,
            MEL,
            TIMED_COUNTS,
        )
    }
)


def peaks_table(features: int) -> Table:
    """The peaks table of a dictionary: feature numbers in 16 bits where they fit."""
    return PEAKS_SMALL if features <= 2**16 else PEAKS

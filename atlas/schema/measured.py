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
    "clips",
    "index",
    ("clip",),
    {
        "clip": pl.UInt32,
        "path": pl.String,
        "offset_s": pl.Float64,
        "sha256": pl.String,
        "domain": pl.String,
        "dataset": pl.String,
        "recording": pl.String,
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
)
ALIGNMENTS = Table(
    "alignments",
    "index",
    ("clip", "tier", "start_s", "end_s", "label"),
    {"clip": pl.UInt32, "tier": pl.String, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String},
)
PEAKS = Table(
    "peaks",
    "scan",
    ("feature", "clip"),
    {
        "feature": pl.UInt32,
        "clip": pl.UInt32,
        "peak": pl.Float32,
        "peak_frame": pl.UInt16,
        "frames_active": pl.UInt16,
        "sum": pl.Float32,
        "peak_matched": pl.Float32,
    },
    ("dictionary", "shard"),
)
PEAKS_SMALL = replace(PEAKS, columns={**PEAKS.columns, "feature": pl.UInt16})
CODES = Table(
    "codes",
    "merge",
    ("clip", "frame"),
    {"clip": pl.UInt32, "frame": pl.UInt16, "features": pl.List(pl.UInt32), "values": pl.List(pl.Float16)},
    ("dictionary",),
)
FEATURES = Table(
    "features",
    "merge",
    ("dictionary", "feature"),
    {
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
    ("dictionary",),
)
HISTOGRAMS = Table(
    "histograms",
    "merge",
    ("dictionary", "feature", "counted", "domain"),
    {**FEATURE, "counted": pl.String, "domain": pl.String, "counts": pl.List(pl.UInt32)},
    ("dictionary",),
    version=2,
)
EXAMPLES = Table(
    "examples",
    "merge",
    ("dictionary", "feature", "group", "rank"),
    {
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
    ("dictionary",),
)
TRACKS = Table(
    "tracks",
    "merge",
    ("clip", "dictionary", "rank"),
    {
        "clip": pl.UInt32,
        "dictionary": pl.String,
        "rank": pl.UInt8,
        "feature": pl.UInt32,
        "peak": pl.Float32,
        "trace": U8_TRACE,
    },
    ("dictionary",),
)
DATASETS = Table(
    "datasets",
    "merge",
    ("dictionary", "feature", "dataset"),
    {
        **FEATURE,
        "dataset": pl.String,
        "frames": pl.Int64,
        "frames_active": pl.Int64,
        "clips": pl.UInt32,
        "clips_active": pl.UInt32,
        "recordings_active": pl.UInt32,
    },
    ("dictionary",),
)
MEL = Table(
    "mel",
    "merge",
    ("dictionary", "feature"),
    {**FEATURE, "spectrum": pl.List(pl.Float32), "patch": pl.List(pl.UInt8), "windows": pl.UInt8},
    ("dictionary",),
)
TIMED_COUNTS = Table(
    "timed_counts",
    "merge",
    ("dictionary", "feature", "tier", "label"),
    {
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
    ("dictionary",),
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

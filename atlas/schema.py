"""The tables: columns, types, version. The wall between the measuring half and the showing half.

`TABLES` names every table that measuring writes, `ANALYSED` those that analysing adds. A table is one Parquet file, or
a folder with one file a part (a dictionary, or a dictionary and a shard), so that memory stays bounded by the largest
part. Rows are sorted by the key, and nothing in them changes without cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from atlas.errors import AtlasError

SCHEMA_VERSION = 1

GROUPS = ("top", "high", "mid", "low", "random", "quiet")
STATES = ("dead", "rare", "dense", "live")
MEL_BANDS = 80

Columns = Mapping[str, pl.DataType | type[pl.DataType]]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of table: who writes it, what its rows are sorted by, its columns, and how it is cut into files."""

    name: str
    writer: str
    key: tuple[str, ...]
    columns: Columns
    parts: tuple[str, ...] = ()

    def check(self, frame: pl.DataFrame, where: str) -> pl.DataFrame:
        """Return the frame if its columns and types are those of this table, in order."""
        expected = {name: kind if isinstance(kind, pl.DataType) else kind() for name, kind in self.columns.items()}
        found = dict(frame.schema)
        if list(found.items()) == list(expected.items()):
            return frame
        differing = [
            f"{name} ({found.get(name, 'absent')}, expected {expected.get(name, 'no such column')})"
            for name in dict.fromkeys([*expected, *found])
            if found.get(name) != expected.get(name)
        ]
        raise AtlasError(f"{where}: not a table of `{self.name}`: {'; '.join(differing) or 'columns in another order'}")

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        return pl.DataFrame(schema=dict(self.columns))

    def frame(self, data: Mapping[str, object]) -> pl.DataFrame:
        """Build a frame of this table from one sequence a column."""
        return pl.DataFrame({name: data[name] for name in self.columns}, schema=dict(self.columns))


_U8_TRACE = pl.List(pl.UInt8)
_FEATURE: Columns = MappingProxyType({"dictionary": pl.String, "feature": pl.UInt32})


def _columns(kind: type[pl.DataType], *names: str) -> Columns:
    return dict.fromkeys(names, kind)


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
PEAKS_SMALL = Table(PEAKS.name, PEAKS.writer, PEAKS.key, {**PEAKS.columns, "feature": pl.UInt16}, PEAKS.parts)
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
        **_FEATURE,
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
    ("dictionary", "feature", "what", "domain"),
    {**_FEATURE, "what": pl.String, "domain": pl.String, "counts": pl.List(pl.UInt32)},
    ("dictionary",),
)
EXAMPLES = Table(
    "examples",
    "merge",
    ("dictionary", "feature", "group", "rank"),
    {
        **_FEATURE,
        "group": pl.Enum(GROUPS),
        "rank": pl.UInt8,
        "clip": pl.UInt32,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "peak_s": pl.Float64,
        "peak": pl.Float32,
        "trace": _U8_TRACE,
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
        "trace": _U8_TRACE,
    },
    ("dictionary",),
)
DATASETS = Table(
    "datasets",
    "merge",
    ("dictionary", "feature", "dataset"),
    {
        **_FEATURE,
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
    {**_FEATURE, "spectrum": pl.List(pl.Float32), "patch": pl.List(pl.UInt8), "windows": pl.UInt8},
    ("dictionary",),
)
TIMED_COUNTS = Table(
    "timed_counts",
    "merge",
    ("dictionary", "feature", "tier", "label"),
    {
        **_FEATURE,
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

DOMAINS = Table(
    "domains",
    "analyse",
    ("dictionary", "feature", "domain"),
    {
        **_FEATURE,
        "domain": pl.String,
        **_columns(pl.Int64, "frames", "frames_active"),
        **_columns(pl.UInt32, "clips", "clips_active", "recordings", "datasets"),
        **_columns(pl.Float64, "rate_pooled_frame", "rate_macro_frame", "rate_pooled_clip", "rate_macro_clip"),
        **_columns(pl.Float64, "entropy_frame", "entropy_clip"),
        **_columns(pl.Float64, "auroc", "auroc_low", "auroc_high", "auroc_worst", "p", "q"),
        "specialised": pl.Boolean,
        "blank": pl.String,
    },
    ("dictionary",),
)
GRADES = Table(
    "grades",
    "analyse",
    ("dictionary", "feature", "level", "comparison"),
    {**_FEATURE, **_columns(pl.String, "level", "comparison", "domain"), "tau": pl.Float64, "dead": pl.Boolean},
    ("dictionary",),
)
LABELS = Table(
    "labels",
    "analyse",
    ("dictionary", "feature", "kind", "label"),
    {
        **_FEATURE,
        **_columns(pl.String, "kind", "label"),
        "recordings": pl.UInt32,
        **_columns(pl.Float64, "auroc", "auroc_low", "lift", "lift_low", "precision10"),
        **_columns(pl.Float64, "threshold", "f1_chosen", "f1_heldout", "f1_permuted_max", "p", "q"),
    },
    ("dictionary",),
)
LABEL_INDEX = Table(
    "label_index",
    "analyse",
    ("dictionary", "kind", "label"),
    {
        **_columns(pl.String, "dictionary", "kind", "label"),
        **_columns(pl.UInt32, "clips", "recordings", "datasets", "tests"),
        "blank": pl.String,
    },
    ("dictionary",),
)
TIMED_LABELS = Table(
    "timed_labels",
    "analyse",
    ("dictionary", "feature", "tier", "label"),
    {
        **_FEATURE,
        **_columns(pl.String, "tier", "label"),
        **_columns(pl.Float64, "share", "expected", "share_shifted_max", "mean", "sd"),
        "recordings": pl.UInt32,
        "q": pl.Float64,
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
ANALYSED: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (DOMAINS, GRADES, LABELS, LABEL_INDEX, TIMED_LABELS)}
)


def peaks_table(features: int) -> Table:
    """The peaks table of a dictionary: feature numbers in 16 bits where they fit."""
    return PEAKS_SMALL if features <= 2**16 else PEAKS

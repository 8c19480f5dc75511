"""The tables that `analyse` adds, and the one that comes from outside: explanations."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from atlas.schema.table import FEATURE, Table, columns_of

DOMAINS = Table(
    "domains",
    "analyse",
    ("dictionary", "feature", "domain"),
    {
        **FEATURE,
        "domain": pl.String,
        **columns_of(pl.Int64, "frames", "frames_active"),
        **columns_of(pl.UInt32, "clips", "clips_active", "recordings", "datasets"),
        **columns_of(pl.Float64, "rate_pooled_frame", "rate_macro_frame", "rate_pooled_clip", "rate_macro_clip"),
        **columns_of(pl.Float64, "entropy_frame", "entropy_clip"),
        **columns_of(pl.Float64, "auroc", "auroc_low", "auroc_high", "auroc_worst", "p", "q"),
        "specialised": pl.Boolean,
        "null_reason": pl.String,
    },
    ("dictionary",),
)
GRADES = Table(
    "grades",
    "analyse",
    ("dictionary", "feature", "level", "comparison"),
    {**FEATURE, **columns_of(pl.String, "level", "comparison", "domain"), "tau": pl.Float64, "dead": pl.Boolean},
    ("dictionary",),
)
LABELS = Table(
    "labels",
    "analyse",
    ("dictionary", "feature", "kind", "label"),
    {
        **FEATURE,
        **columns_of(pl.String, "kind", "label"),
        "recordings": pl.UInt32,
        **columns_of(pl.Float64, "auroc", "auroc_low", "lift", "lift_low", "precision10"),
        **columns_of(pl.Float64, "threshold", "f1_chosen", "f1_heldout", "f1_permuted_max", "p", "q"),
    },
    ("dictionary",),
)
LABEL_INDEX = Table(
    "label_index",
    "analyse",
    ("dictionary", "kind", "label"),
    {
        **columns_of(pl.String, "dictionary", "kind", "label"),
        **columns_of(pl.UInt32, "clips", "recordings", "datasets", "tests"),
        "null_reason": pl.String,
    },
    ("dictionary",),
)
TIMED_LABELS = Table(
    "timed_labels",
    "analyse",
    ("dictionary", "feature", "tier", "label"),
    {
        **FEATURE,
        **columns_of(pl.String, "tier", "label"),
        **columns_of(pl.Float64, "share", "expected", "share_shifted_max", "mean", "sd"),
        "recordings": pl.UInt32,
        "q": pl.Float64,
    },
    ("dictionary",),
)
NEIGHBOURS = Table(
    "neighbours",
    "analyse",
    ("dictionary", "feature", "kind", "rank"),
    {
        **FEATURE,
        "kind": pl.String,
        "rank": pl.UInt8,
        "other_dictionary": pl.String,
        "other": pl.UInt32,
        "value": pl.Float64,
    },
    ("dictionary",),
)
COMPARISONS = Table(
    "comparisons",
    "analyse",
    ("dictionary", "other_dictionary"),
    {
        **columns_of(pl.String, "dictionary", "other_dictionary"),
        **columns_of(pl.UInt32, "compared", "matched", "frames"),
        "coverage": pl.Float64,
        "overlaps": pl.List(pl.UInt32),
        "null_reason": pl.String,
    },
)
CONTROLS = Table(
    "controls",
    "analyse",
    ("dictionary", "control", "figure"),
    {
        **columns_of(pl.String, "dictionary", "control", "figure"),
        **columns_of(pl.Float64, "value", "control_value"),
    },
)
FINDINGS = Table(
    "findings",
    "analyse",
    ("dictionary", "feature"),
    {
        **FEATURE,
        **columns_of(pl.String, "label", "evidence", "verdict"),
        "flags": pl.List(pl.String),
        **columns_of(pl.Float32, "map_x", "map_y"),
    },
    ("dictionary",),
)
SPREADS = Table(
    "spreads",
    "analyse",
    ("dictionary", "feature", "kind", "label"),
    {
        **FEATURE,
        **columns_of(pl.String, "kind", "label"),
        "recordings": pl.UInt32,
        **columns_of(pl.Float32, "mean", "low", "high", "q25", "q50", "q75", "q95"),
    },
    ("dictionary",),
)
EXPLANATIONS = Table(
    "explanations",
    "import",
    ("dictionary", "feature", "author"),
    {**FEATURE, **columns_of(pl.String, "author", "text"), "score": pl.Float64, "source": pl.String},
)

ANALYSED: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            DOMAINS,
            GRADES,
            LABELS,
            LABEL_INDEX,
            TIMED_LABELS,
            NEIGHBOURS,
            COMPARISONS,
            CONTROLS,
            FINDINGS,
            SPREADS,
        )
    }
)

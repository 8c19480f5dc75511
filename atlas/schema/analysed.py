"""The tables that `analyse` adds, and those that come from outside: explanations and names."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from atlas.schema.table import FEATURE, Table, columns_of

DOMAINS = Table(
    name="domains",
    writer="analyse",
    key=("dictionary", "feature", "domain"),
    columns={
        **FEATURE,
        "domain": pl.String,
        **columns_of(pl.Int64, "frames", "frames_active"),
        **columns_of(pl.UInt32, "clips", "clips_active", "recordings", "datasets"),
        **columns_of(pl.Float64, "rate_pooled_frame", "rate_macro_frame", "rate_pooled_clip", "rate_macro_clip"),
        **columns_of(pl.Float64, "entropy_frame", "entropy_clip"),
        **columns_of(pl.Float64, "auroc", "auroc_low", "auroc_high"),
        **columns_of(pl.Float64, "auroc_worst", "auroc_worst_low", "auroc_worst_high", "p", "q"),
        **columns_of(pl.Float64, "auroc_loudness", "auroc_length", "follows_loudness", "follows_length"),
        "confounded": pl.String,
        "specialised": pl.Boolean,
        "null_reason": pl.String,
    },
    parts=("dictionary",),
    version=5,
)
GRADES = Table(
    name="grades",
    writer="analyse",
    key=("dictionary", "feature", "level", "comparison"),
    columns={
        **FEATURE,
        **columns_of(pl.String, "level", "comparison", "domain"),
        "tau": pl.Float64,
        "dead": pl.Boolean,
    },
    parts=("dictionary",),
)
LABELS = Table(
    name="labels",
    writer="analyse",
    key=("dictionary", "feature", "kind", "label"),
    columns={
        **FEATURE,
        **columns_of(pl.String, "kind", "label"),
        "recordings": pl.UInt32,
        **columns_of(pl.Float64, "auroc", "auroc_low", "lift", "lift_low"),
        **columns_of(pl.Float64, "precision10", "r_precision", "mass_share", "mass_base"),
        **columns_of(pl.Float64, "threshold_a", "threshold_b", "phi_chosen_a", "phi_chosen_b"),
        **columns_of(pl.Float64, "phi_a", "phi_b", "f1_a", "f1_b"),
        **columns_of(pl.Float64, "phi_heldout", "f1_heldout", "f1_permuted_max", "p", "q"),
    },
    parts=("dictionary",),
    version=2,
)
LABEL_INDEX = Table(
    name="label_index",
    writer="analyse",
    key=("dictionary", "kind", "label"),
    columns={
        **columns_of(pl.String, "dictionary", "kind", "label"),
        **columns_of(pl.UInt32, "clips", "recordings", "datasets", "tests"),
        "within": pl.List(pl.String),
        "halved": pl.Boolean,
        **columns_of(pl.Float64, "auroc_loudness", "auroc_length"),
        **columns_of(pl.UInt32, "best_a", "best_b"),
        **columns_of(pl.Float64, "best_phi", "best_f1", "found", "found_f1"),
        **columns_of(pl.Float64, "probe_a", "probe_b", "probe_auroc", "probe_permuted"),
        "null_reason": pl.String,
    },
    parts=("dictionary",),
    version=6,
)
TIMED_LABELS = Table(
    name="timed_labels",
    writer="analyse",
    key=("dictionary", "feature", "tier", "label"),
    columns={
        **FEATURE,
        **columns_of(pl.String, "tier", "label"),
        **columns_of(pl.Float64, "share", "expected", "share_shifted_max", "mean", "sd"),
        "recordings": pl.UInt32,
        "q": pl.Float64,
    },
    parts=("dictionary",),
)
PEAK_LABELS = Table(
    name="peak_labels",
    writer="analyse",
    key=("dictionary", "feature", "tier"),
    columns={
        **FEATURE,
        **columns_of(pl.String, "tier", "label"),
        **columns_of(pl.Float64, "purity", "purity_shifted_max", "base"),
        "peaks": pl.UInt32,
        **columns_of(pl.Float64, "q", "mass_share", "precision", "recall"),
    },
    parts=("dictionary",),
    version=2,
)
NEIGHBOURS = Table(
    name="neighbours",
    writer="analyse",
    key=("dictionary", "feature", "kind", "rank"),
    columns={
        **FEATURE,
        "kind": pl.String,
        "rank": pl.UInt8,
        "other_dictionary": pl.String,
        "other": pl.UInt32,
        "value": pl.Float64,
    },
    parts=("dictionary",),
)
COMPARISONS = Table(
    name="comparisons",
    writer="analyse",
    key=("dictionary", "other_dictionary"),
    columns={
        **columns_of(pl.String, "dictionary", "other_dictionary"),
        **columns_of(pl.UInt32, "compared", "matched", "frames"),
        "coverage": pl.Float64,
        "overlaps": pl.List(pl.UInt32),
        "null_reason": pl.String,
    },
    version=2,
)
CONTROLS = Table(
    name="controls",
    writer="analyse",
    key=("dictionary", "control", "figure", "of"),
    columns={
        **columns_of(pl.String, "dictionary", "control", "figure", "of"),
        **columns_of(pl.Float64, "value", "value_drawn", "control_value"),
    },
    version=3,
)
WHOLE = ""
"`controls.of` where a figure is of the whole dictionary, and not of a tier, a domain, a flag or a column in a domain"

DEAD, BY_PEAKS, BY_LABEL, BY_DOMAIN, LEANING, PADDING, ONSET, BY_EDGE, SILENCE, NAMELESS = NAMED_BY = (
    "dead",
    "peaks",
    "label",
    "domain",
    "leaning",
    "padding",
    "onset",
    "clip edge",
    "silence",
    "none",
)
"what a feature is called by, in this order: the word, phone or class at its peaks, a label of clips, a domain, a flag"
NO_LABELS, UNTESTED, NONE_SIGNIFICANT, NONE_STANDS_OUT = (
    "no labels",
    "untested",
    "none significant",
    "none stands out",
)
"why no label is looked at: there is none, the feature fires too rarely, no q < .05, or only where the label is not"
IMPURE, WITHIN_CHANCE, HALVES_DIFFER, WEAK, OTHERS_STRONGER, BY_LOUDNESS, BY_LENGTH, AT_EDGES = (
    "impure peaks",
    "within chance",
    "halves differ",
    "weak",
    "others stronger",
    "loudness",
    "length",
    "clip edges",
)
"why the best label names nothing"
NULL_REASONS = (
    *(NO_LABELS, UNTESTED, NONE_SIGNIFICANT, NONE_STANDS_OUT),
    *(IMPURE, WITHIN_CHANCE, HALVES_DIFFER, WEAK, OTHERS_STRONGER, BY_LOUDNESS, BY_LENGTH, AT_EDGES),
)
FINDINGS = Table(
    name="findings",
    writer="analyse",
    key=("dictionary", "feature"),
    columns={
        **FEATURE,
        **columns_of(
            pl.String, "named_by", "kind", "label", "second_kind", "second_label", "apart_kind", "apart_label"
        ),
        **columns_of(pl.Float64, "value", "low", "high", "phi", "q"),
        "recordings": pl.UInt32,
        **columns_of(pl.Float64, "mass_share", "mass_base"),
        **columns_of(pl.String, "leans_kind", "leans_to", "clip_kind", "clip_label"),
        **columns_of(pl.Float64, "confound", "control_best"),
        **columns_of(pl.UInt32, "control_feature", "control_rank"),
        "template_best": pl.Float64,
        **columns_of(pl.UInt32, "template_feature", "template_rank"),
        "untrained_best": pl.Float64,
        **columns_of(pl.UInt32, "untrained_feature", "untrained_rank"),
        "mel_best": pl.Float64,
        **columns_of(pl.UInt32, "mel_feature", "mel_rank"),
        **columns_of(pl.String, "peak_tier", "peak_label"),
        "purity": pl.Float64,
        **columns_of(pl.String, "domain", "null_reason"),
        "significant": pl.UInt32,
        **columns_of(pl.Float64, "denser", "denser_control"),
        "flags": pl.List(pl.String),
        **columns_of(pl.Float32, "map_x", "map_y"),
    },
    parts=("dictionary",),
    version=7,
)
BESIDE: Mapping[str, str] = MappingProxyType(
    {"random": "control", "template": "template", "untrained": "untrained", "mel": "mel"}
)
"""kind of control -> how the columns of `findings` that tell of it begin"""

_IN = "/"


def column_in_domain(column: str, domain: str) -> str:
    """`controls.of` where a figure is of a column in a domain: `loudness/speech`."""
    return f"{column}{_IN}{domain}"


def split_column(of: str) -> tuple[str, str]:
    """Column and domain of such an `of`."""
    column, _, domain = of.partition(_IN)
    return column, domain


SPREADS = Table(
    name="spreads",
    writer="analyse",
    key=("dictionary", "feature", "kind", "label"),
    columns={
        **FEATURE,
        **columns_of(pl.String, "kind", "label"),
        "recordings": pl.UInt32,
        **columns_of(pl.Float32, "mean", "low", "high", "q25", "q50", "q75", "q95"),
    },
    parts=("dictionary",),
    version=2,
)
COLUMN_SHIFTS = Table(
    name="column_shifts",
    writer="analyse",
    key=("dictionary", "feature", "column", "domain"),
    columns={
        **FEATURE,
        **columns_of(pl.String, "column", "domain"),
        **columns_of(pl.Float64, "shift_a", "shift_b", "sd"),
        "frames": pl.UInt32,
        "shifted_max": pl.Float64,
        "held_out": pl.Boolean,
    },
    parts=("dictionary",),
    version=2,
)
EXPLANATIONS = Table(
    name="explanations",
    writer="import",
    key=("dictionary", "feature", "author"),
    columns={**FEATURE, **columns_of(pl.String, "author", "text"), "score": pl.Float64, "source": pl.String},
)
NAMES = Table(
    name="names",
    writer="import",
    key=("dictionary", "feature"),
    columns={**FEATURE, **columns_of(pl.String, "name", "author")},
)
IMPORTED: Mapping[str, Table] = MappingProxyType({table.name: table for table in (EXPLANATIONS, NAMES)})

ANALYSED: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            DOMAINS,
            GRADES,
            LABELS,
            LABEL_INDEX,
            TIMED_LABELS,
            PEAK_LABELS,
            COLUMN_SHIFTS,
            NEIGHBOURS,
            COMPARISONS,
            CONTROLS,
            FINDINGS,
            SPREADS,
        )
    }
)

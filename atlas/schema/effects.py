"""The tables that `effects` writes: what features do to what the model says, edit by edit and summed up."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from atlas.schema.table import FEATURE, Table, columns_of
from atlas.schema.thresholds import DOSES, SIGNIFICANT_Q

ABLATE, DECOY, SHIFTED, SCALED, MEANS = "ablate", "decoy", "shifted", "scaled", "means"
"the feature taken away; its decoy; the same changes on other frames; plain scaling; the label's difference of means"
OF_FEATURE, ISOTROPIC, COVARIANCE = "feature", "isotropic", "covariance"
"kinds of control direction, of which there are several: `feature:17`, `isotropic:3`, `covariance:5`"
DOSE_EDITS = tuple(f"dose_{number}" for number in range(1, len(DOSES) + 1))
"the feature set to a dose of the 90th percentile of its active values, where it is active"
SILENT_EDITS = tuple(f"elsewhere_{number}" for number in range(1, len(DOSES) + 1))
"the same on a short stretch in which it never fires"
DOSE_DECOYS = tuple(f"{edit}_decoy" for edit in DOSE_EDITS)
SILENT_DECOYS = tuple(f"{edit}_decoy" for edit in SILENT_EDITS)
"of each, the same frames moved as far along the decoy's direction"


def control_edit(kind: str, number: int) -> str:
    """`effect_pairs.edit` of a control direction: `isotropic:3`."""
    return f"{kind}:{number}"


(
    LOCAL,
    NEAR,
    ELSEWHERE,
    TRANSCRIPT,
    REFERENCE,
    LABEL,
    KL,
    NO_SPEECH,
    LANGUAGE,
    TAG,
    WER,
    REFERENCE_WER,
    DOWNSTREAM,
) = OUTCOMES = (
    "local",
    "near",
    "elsewhere",
    "transcript",
    "reference",
    "label",
    "KL",
    "no-speech",
    "language",
    "tag",
    "WER",
    "reference WER",
    "downstream",
)
"""what is measured of an edit; `local` is the primary one: `near` less `elsewhere`

All but KL, no-speech, both WERs and downstream are changes of log-probability in nats a token (below zero: less
probable).
"""
PARTS_OF_LOCAL = (NEAR, ELSEWHERE)
"outcomes that are told as columns of `local`, and have no rows of their own in `effects`"
EFFECTS_OF_CONTROLS = pl.List(pl.Float64)

BY_SCREENING, BY_NAME, BY_DRAW, BY_WISH = CHOSEN_BY = ("screening", "name", "draw", "config")
"why a feature was measured exactly"
NEVER_FIRES, SILENT_IN_A, TOO_FEW_RECORDINGS, BEYOND_BUDGET, NOTHING_NEAR, NOTHING_ELSEWHERE = EFFECT_NULL_REASONS = (
    "never fires",
    "silent in half A",
    "too few recordings",
    "beyond budget",
    "nothing said near",
    "nothing said elsewhere",
)
"why a feature was not measured exactly, or was measured and has no primary outcome"
WITHOUT_LOCAL = (NOTHING_NEAR, NOTHING_ELSEWHERE)
"of these, that of features which were measured"

SCREENING = Table(
    name="screening",
    writer="effects",
    key=("dictionary", "feature"),
    columns={
        **FEATURE,
        "recordings": pl.UInt32,
        **columns_of(pl.Float64, "gradient_effect", "control_share_below"),
        "recordings_b": pl.UInt32,
        **columns_of(pl.String, "chosen_by", "null_reason"),
    },
    parts=("dictionary",),
)
EFFECTS = Table(
    name="effects",
    writer="effects",
    key=("dictionary", "feature", "outcome"),
    columns={
        **FEATURE,
        "outcome": pl.String,
        **columns_of(pl.UInt32, "pairs", "recordings"),
        **columns_of(pl.Float64, "effect", "low", "high", "same_sign", "local", "elsewhere"),
        **columns_of(pl.Float64, "statistic", "decoy", "q", "smallest_seen"),
        "control_recordings": pl.UInt32,
        **columns_of(pl.Float64, "control_effect", "rank_features", "rank_isotropic", "rank_covariance"),
        **columns_of(EFFECTS_OF_CONTROLS, "controls_features", "controls_isotropic", "controls_covariance"),
        **columns_of(pl.Float64, "shifted", "scaled", "mean_difference"),
        **columns_of(pl.Float64, *DOSE_EDITS, *SILENT_EDITS, *DOSE_DECOYS, *SILENT_DECOYS),
    },
    parts=("dictionary",),
)
EFFECT_PAIRS = Table(
    name="effect_pairs",
    writer="effects",
    key=("feature", "clip", "edit", "outcome"),
    columns={
        "feature": pl.UInt32,
        "clip": pl.UInt32,
        **columns_of(pl.String, "edit", "outcome"),
        "value": pl.Float64,
        "frames_edited": pl.UInt32,
        "norm": pl.Float64,
    },
    parts=("dictionary",),
)
DOWN, UP = "down", "up"
EFFECT_TOKENS = Table(
    name="effect_tokens",
    writer="effects",
    key=("dictionary", "feature", "direction", "rank"),
    columns={
        **FEATURE,
        "direction": pl.String,
        "rank": pl.UInt8,
        "token": pl.String,
        "change": pl.Float64,
        "recordings": pl.UInt32,
    },
    parts=("dictionary",),
)
LARGEST, MEDIAN, SMALLEST_DOSE = "largest", "median", "smallest dose"
"why a transcript is shown: that of the largest effect, of the median one, and of the smallest dose that changes one"
EFFECT_EXAMPLES = Table(
    name="effect_examples",
    writer="effects",
    key=("dictionary", "feature", "rank"),
    columns={
        **FEATURE,
        "rank": pl.UInt8,
        "clip": pl.UInt32,
        "edit": pl.String,
        "dose": pl.Float64,
        **columns_of(pl.String, "before", "after", "control_after", "why"),
    },
    parts=("dictionary",),
)
NO_READOUT, NOTHING_FOLLOWS, NOT_TRAINED, NO_SPEECH_HEARD = RUN_NULL_REASONS = (
    "no decoder",
    "nothing follows",
    "not of the model",
    "no speech",
)
"why less was measured of a dictionary, or nothing: see `effect_runs.null_reason`"
EFFECT_RUNS = Table(
    name="effect_runs",
    writer="effects",
    key=("dictionary",),
    columns={
        **columns_of(pl.String, "dictionary", "readout", "primary", "null_reason"),
        **columns_of(pl.UInt32, "clips", "recordings_a", "recordings_b", "groups_b"),
        **columns_of(pl.UInt32, "passes", "screened", "measured", "untested"),
        **columns_of(pl.Float64, "screening_rank", "screening_pearson", "threshold"),
    },
)
EFFECT_SHARES = Table(
    name="effect_shares",
    writer="effects",
    key=("dictionary", "outcome", "of"),
    columns={
        **columns_of(pl.String, "dictionary", "outcome", "of"),
        **columns_of(pl.UInt32, "measured", "passing", "decoys", "beyond"),
        **columns_of(pl.Float64, "median_size", "median_decoy"),
    },
)
FEWEST_BEYOND = int(1 / SIGNIFICANT_Q) + 1
"features that must do more than any decoy does more than its feature, for one of them to pass: q is one over them"


def passes(q: float | None, low: float | None, high: float | None) -> bool:
    """Whether a feature passes the test of an outcome: by its q, and as its interval lies on one side of zero."""
    if q is None or low is None or high is None:
        return False
    return q < SIGNIFICANT_Q and (low > 0 or high < 0)


def passing() -> pl.Expr:
    """The same of rows with these columns."""
    told = (pl.col("q") < SIGNIFICANT_Q) & ((pl.col("low") > 0) | (pl.col("high") < 0))
    return told.fill_null(value=False)


ALL_MEASURED, NAMED_MEASURED = "all", "named"
"`effect_shares.of` besides the values of `screening.chosen_by` and kinds of name"

CAUSES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            SCREENING,
            EFFECTS,
            EFFECT_PAIRS,
            EFFECT_TOKENS,
            EFFECT_EXAMPLES,
            EFFECT_RUNS,
            EFFECT_SHARES,
        )
    }
)

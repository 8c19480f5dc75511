"""What a feature does to what the model says, as typed objects made of the tables of effects.

A feature has them where the stage `effects` looked at it. One that was screened only has no outcomes, and says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from atlas.schema.effects import (
    COVARIANCE,
    DOSE_DECOYS,
    DOSE_EDITS,
    DOWN,
    EFFECT_EXAMPLES,
    EFFECT_TOKENS,
    EFFECTS,
    ISOTROPIC,
    OF_FEATURE,
    SCREENING,
    SILENT_DECOYS,
    SILENT_EDITS,
    UP,
    passes,
)
from atlas.schema.table import Table

OF_A_FEATURE = (SCREENING, EFFECTS, EFFECT_TOKENS, EFFECT_EXAMPLES)
"the tables whose rows are found by feature"

Rows = Callable[[Table], list[dict[str, Any]]]
"from a table to a feature's rows of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRun:
    """How the effects of a dictionary were measured: its row of `effect_runs`."""

    dictionary: str
    readout: str | None
    primary: str
    null_reason: str | None
    clips: int
    recordings_a: int
    recordings_b: int
    groups_b: int | None
    passes: int
    screened: int
    measured: int
    untested: int
    "of them, without a test of the primary outcome"
    threshold: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeEffect:
    """What taking a feature away does to one outcome, and what other edits of the same size do to it."""

    outcome: str
    pairs: int
    recordings: int
    effect: float
    low: float
    high: float
    same_sign: float | None
    local: float | None
    elsewhere: float | None
    statistic: float | None
    decoy: float | None
    q: float | None
    smallest_seen: float | None
    control_recordings: int | None
    control_effect: float | None
    shifted: float | None
    scaled: float | None
    mean_difference: float | None
    ranks: Mapping[str, float | None]
    "kind of control direction -> the share of them whose effect is smaller"
    controls: Mapping[str, tuple[float, ...]]
    "kind of control direction -> their effects, ascending; empty where the full set was not measured"
    doses: tuple[float | None, ...]
    "of each of `thresholds.DOSES`, on the feature's own frames"
    silent_doses: tuple[float | None, ...]
    "the same on a short stretch in which it never fires"
    dose_decoys: tuple[float | None, ...] = ()
    "of each dose, when the same frames are moved as far along another direction"
    silent_decoys: tuple[float | None, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether it is told from the decoy's, and from nothing."""
        return passes(self.q, self.low, self.high)


@dataclass(frozen=True, slots=True)
class TokenChange:
    """A token that loses or gains when the feature is taken away, in nats."""

    token: str
    change: float
    recordings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectExample:
    """What is written of a clip before and after an edit, and after that of its control."""

    clip: int
    edit: str
    dose: float | None
    before: str
    after: str
    control_after: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEffects:
    """All that is known of what one feature does."""

    run: EffectRun
    chosen_by: str | None
    null_reason: str | None
    "why it was not measured exactly, or could not be tested"
    screened: bool
    recordings_b: int | None
    "of half B that it fires in"
    outcomes: Mapping[str, OutcomeEffect]
    down: tuple[TokenChange, ...]
    "the tokens that lose most"
    up: tuple[TokenChange, ...]
    examples: tuple[EffectExample, ...]

    @property
    def primary(self) -> OutcomeEffect | None:
        """What its test is made on; None where it was screened only, or too little is said near or elsewhere."""
        return self.outcomes.get(self.run.primary)


def effect_run(runs: pl.DataFrame, dictionary: str) -> EffectRun | None:
    """The row of a dictionary in `effect_runs`; None where nobody measured its effects."""
    rows = runs.filter(pl.col("dictionary") == dictionary).rows(named=True)
    return EffectRun(**_only(EffectRun, rows[0])) if rows else None


def effects_of(run: EffectRun | None, rows: Rows) -> FeatureEffects | None:
    """What is known of one feature; None where the stage did not look at it."""
    if run is None:
        return None
    screened, effects, tokens, examples = (rows(table) for table in OF_A_FEATURE)
    if not screened and not effects:
        return None
    screening = screened[0] if screened else {}
    return FeatureEffects(
        run=run,
        chosen_by=screening.get("chosen_by"),
        null_reason=screening.get("null_reason"),
        screened=screening.get("gradient_effect") is not None,
        recordings_b=screening.get("recordings_b"),
        outcomes={row["outcome"]: _outcome(row) for row in effects},
        down=_tokens(tokens, DOWN),
        up=_tokens(tokens, UP),
        examples=tuple(EffectExample(**_only(EffectExample, row)) for row in examples),
    )


def _outcome(row: Mapping[str, Any]) -> OutcomeEffect:
    kinds = {OF_FEATURE: "features", ISOTROPIC: "isotropic", COVARIANCE: "covariance"}
    return OutcomeEffect(
        **_only(OutcomeEffect, row),
        ranks={kind: row[f"rank_{column}"] for kind, column in kinds.items()},
        controls={kind: tuple(row[f"controls_{column}"] or ()) for kind, column in kinds.items()},
        doses=tuple(row[edit] for edit in DOSE_EDITS),
        silent_doses=tuple(row[edit] for edit in SILENT_EDITS),
        dose_decoys=tuple(row[edit] for edit in DOSE_DECOYS),
        silent_decoys=tuple(row[edit] for edit in SILENT_DECOYS),
    )


def _tokens(rows: list[dict[str, Any]], direction: str) -> tuple[TokenChange, ...]:
    return tuple(TokenChange(**_only(TokenChange, row)) for row in rows if row["direction"] == direction)


def _only(kind: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row has for the fields of a record."""
    return {field.name: row[field.name] for field in fields(kind) if field.name in row}

"""Edits that were measured, made up: a row an edit, as `atlas.effects.measured` has them."""

from collections.abc import Mapping, Sequence

import polars as pl

from atlas.effects.measured import MEASURED
from atlas.schema.effects import ABLATE, DECOY, LOCAL

Row = Mapping[str, object]


def row(feature: int, clip: int, edit: str, outcomes: Mapping[str, float], **others: object) -> Row:
    plain: Row = {
        "feature": feature,
        "clip": clip,
        "edit": edit,
        "frames_edited": 3,
        "norm": 1.0,
        "outcomes": list(outcomes),
        "values": list(outcomes.values()),
    }
    return {**plain, **others}


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, dict(MEASURED))


def one_outcome(values: Mapping[str, Sequence[float]], feature: int = 0, outcome: str = LOCAL) -> list[Row]:
    """edit -> its values in clips 0, 1, ...; with parts where the outcome is local."""
    return [
        row(feature, clip, edit, {outcome: value, **_parts(outcome, value)})
        for edit, of_edit in values.items()
        for clip, value in enumerate(of_edit)
    ]


def _parts(outcome: str, value: float) -> Mapping[str, float]:
    return {"near": value - 1, "elsewhere": -1.0} if outcome == LOCAL else {}


def spoken(
    feature: int,
    clip: int,
    tokens: Sequence[str],
    near: Sequence[bool],
    changes: Sequence[float],
    decoy: Sequence[float],
) -> list[Row]:
    """An ablation and its decoy, token by token."""
    return [
        row(feature, clip, edit, {}, tokens=list(tokens), near=list(near), changes=list(of_edit))
        for edit, of_edit in ((ABLATE, changes), (DECOY, decoy))
    ]


def each_its_own(clips: int) -> Mapping[int, str]:
    """clip -> recording."""
    return {clip: f"r{clip:03}" for clip in range(clips)}

"""What search knows of effects, read off the tables by hand; and the words that ablation lowers."""

import polars as pl
import pytest

from atlas.render.columns import columns_of
from atlas.render.effect_columns import LOSES, effect_columns, losing, unit_of
from atlas.render.terms import Term, terms_of
from atlas.schema import EFFECT_TOKENS, EFFECTS, SCREENING
from atlas.schema.effects import DOWNSTREAM, LOCAL, NOTHING_ELSEWHERE, NOTHING_NEAR, SILENT_IN_A, TAG
from tests.render.test_columns import NO_CLIPS, SILENT, rows_of, tables

PASSING = {"feature": 0, "effect": -0.02, "low": -0.03, "high": -0.01, "statistic": 0.019, "q": 0.01}
INERT = {"feature": 1, "effect": 0.001, "statistic": -0.003, "q": 0.8}
TOKENS = rows_of(
    EFFECT_TOKENS,
    {"feature": 0, "direction": "down", "token": "german", "change": -0.5},
    {"feature": 0, "direction": "down", "token": "rose", "change": 0.1},
    {"feature": 0, "direction": "up", "token": "french", "change": 0.25},
    {"feature": 1, "direction": "down", "token": "german", "change": -0.75},
)


def test_a_feature_passes_or_not_or_was_screened_only_and_others_have_no_row() -> None:
    torn = {"feature": 5, "effect": -0.5, "low": -1.0, "high": 0.001, "statistic": 0.25, "q": 0.01}
    effects = rows_of(EFFECTS, PASSING, INERT, {"feature": 4, "effect": -0.5, "statistic": 0.25, "q": None}, torn)
    screening = rows_of(
        SCREENING,
        *({"feature": feature, "gradient_effect": -0.1} for feature in (0, 1, 2)),
        {"feature": 3, "gradient_effect": None, "null_reason": SILENT_IN_A},
        {"feature": 6, "gradient_effect": -0.1, "null_reason": NOTHING_ELSEWHERE},
        {"feature": 7, "gradient_effect": None, "null_reason": NOTHING_NEAR},
    )

    rows = effect_columns(effects, screening).sort("feature")

    assert dict(rows.select("feature", "does").iter_rows()) == {
        0: "passes",
        1: "no effect seen",
        2: "screened only",
        4: "measured, no local test",
        5: "no effect seen",
        6: "measured, no local test",
        7: "measured, no local test",
    }
    assert rows["effect"].to_list() == [-0.02, 0.001, None, -0.5, -0.5, None, None]
    assert rows["effect_size"].to_list() == [0.02, 0.001, None, 0.5, 0.5, None, None]
    assert rows["effect_statistic"].to_list() == [0.019, -0.003, None, 0.25, 0.25, None, None]
    assert rows["effect_q"].to_list() == [0.01, 0.8, None, None, 0.01, None, None]


def test_only_sizes_in_nats_are_compared() -> None:
    effects = rows_of(EFFECTS, PASSING | {"outcome": LOCAL}, INERT | {"outcome": DOWNSTREAM})
    rows = effect_columns(effects, SCREENING.empty()).sort("feature")

    assert rows["effect"].to_list() == [-0.02, 0.001]
    assert rows["effect_size"].to_list() == [0.02, None]
    assert [unit_of(outcome) for outcome in (LOCAL, TAG, DOWNSTREAM)] == ["nats a token", "nats", "1 − cosine"]


@pytest.mark.parametrize(("q", "does"), [(0.0499, "passes"), (0.05, "no effect seen")])
def test_the_test_is_passed_below_the_threshold_and_not_at_it(q: float, does: str) -> None:
    known = tables(effects=rows_of(EFFECTS, PASSING | {"q": q}))

    assert columns_of(known, SILENT)["does"].to_list() == [does, None]


def test_words_that_ablation_lowers_lead_to_features_that_pass_by_how_much() -> None:
    effects = rows_of(EFFECTS, PASSING, INERT)

    assert losing(TOKENS, effects).rows() == [(0, LOSES, "german", LOSES, 0.5)]
    clips = NO_CLIPS.with_columns(labels=pl.lit(None, pl.List(pl.String)))
    assert terms_of(tables(effects=effects, effect_tokens=TOKENS), clips) == (
        Term(LOSES, "german", LOSES, (0,), (0.5,)),
    )
    assert losing(TOKENS, EFFECTS.empty()).is_empty()

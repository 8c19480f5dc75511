"""The tables of effects follow from what was measured, in whatever order, and say what plain lines say."""

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from atlas.effects.design import RunFacts
from atlas.effects.measured import no_rows
from atlas.effects.recorded import pairs_of, recorded
from atlas.effects.shares import shares
from atlas.effects.statistics import q_values, statistic
from atlas.effects.summaries import effects_table, effects_tables, interim
from atlas.schema import FINDINGS, SCREENING
from atlas.schema.effects import (
    ABLATE,
    CAUSES,
    DECOY,
    DOWNSTREAM,
    KL,
    LOCAL,
    MEANS,
    NO_READOUT,
    NOTHING_ELSEWHERE,
    NOTHING_NEAR,
    SCALED,
    SHIFTED,
    TRANSCRIPT,
    passes,
    passing,
)
from atlas.schema.thresholds import SIGNIFICANT_Q
from tests.effects.measurements import each_its_own, frame, one_outcome, row

CLIPS = 12
FACTS = RunFacts(
    dictionary="block2",
    readout="plain",
    primary=LOCAL,
    null_reason=None,
    clips=40,
    recordings_a=20,
    recordings_b=20,
    groups_b=3,
)


def many(features: int = 40, acting: int = 30, seed: int = 2) -> pl.DataFrame:
    """Features of which the first ones act, each with its decoy; local and transcript."""
    generator = np.random.default_rng(seed)
    rows = []
    for feature in range(features):
        for clip in range(CLIPS):
            for edit in (ABLATE, DECOY):
                acts = -4.0 if feature < acting and edit == ABLATE else 0.0
                value = acts + generator.standard_normal()
                found = {LOCAL: value, "near": value, "elsewhere": 0.0, TRANSCRIPT: value / 2 + feature / 50}
                rows.append(row(feature, clip, edit, found))
    return frame(rows)


def screened(features: int = 40) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "dictionary": "block2",
            "feature": range(features),
            "recordings": 20,
            "gradient_effect": [float(feature) for feature in range(features)],
            "control_share_below": 0.5,
            "recordings_b": 20,
            "chosen_by": ["screening", "name", "draw", "screening"] * (features // 4),
            "null_reason": None,
        },
        schema=dict(SCREENING.columns),
    )


def found_names(features: int = 40) -> pl.DataFrame:
    kinds = [("peaks", "phones"), ("label", "language"), ("none", None), ("leaning", "phones")]
    rows = [
        {"dictionary": "block2", "feature": feature, "named_by": by, "kind": kind}
        for feature in range(features)
        for by, kind in [kinds[feature % 4]]
    ]
    return pl.DataFrame(rows, dict(FINDINGS.columns))


def tables(measured: pl.DataFrame, recordings: Mapping[int, str] | None = None) -> Mapping[str, pl.DataFrame]:
    return effects_tables(FACTS, measured, screened(), found_names(), recordings or each_its_own(CLIPS))


def only(values: Mapping[str, list[float]], outcome: str = LOCAL) -> dict[str, object]:
    """The row of a single feature."""
    made = effects_table("block2", pairs_of(frame(one_outcome(values, outcome=outcome))), each_its_own(CLIPS))
    return made.row(0, named=True)


def test_any_order_of_what_was_measured_gives_the_same_bytes() -> None:
    measured = many()
    plain = tables(measured)
    other = tables(measured.sample(fraction=1, shuffle=True, seed=1))

    assert plain.keys() == CAUSES.keys()
    assert [name for name in CAUSES if not plain[name].equals(other[name])] == []
    for name, table in CAUSES.items():
        assert plain[name].equals(plain[name].sort(table.key)), name
    assert len(plain["effects"]) == 2 * 40
    assert len(plain["effect_pairs"]) == 2 * 4 * 40 * CLIPS


def test_effect_statistic_and_q_are_what_plain_lines_say() -> None:
    measured = many()
    effects = tables(measured)["effects"].filter(outcome=LOCAL)
    local = measured.explode("outcomes", "values").filter(outcomes=LOCAL).sort("feature", "clip")
    values = {edit: local.filter(edit=edit)["values"].to_numpy().reshape(40, CLIPS) for edit in (ABLATE, DECOY)}
    mine = [statistic(*pair) for pair in zip(values[ABLATE], values[DECOY], strict=True)]

    assert effects["effect"].to_list() == [float(np.median(one)) for one in values[ABLATE]]
    assert effects["decoy"].to_list() == [float(np.median(one)) for one in values[DECOY]]
    assert effects["statistic"].to_list() == mine
    assert effects["q"].to_list() == q_values(np.array(mine)).tolist()
    assert effects["effect"].is_between(effects["low"], effects["high"]).all()
    assert set(effects["recordings"]) == set(effects["pairs"]) == {CLIPS}
    assert effects["q"][:30].max() < 0.05 < effects["q"][30:].min()


def test_the_interim_says_what_the_table_says() -> None:
    measured = many()
    early = interim("block2", measured, each_its_own(CLIPS), LOCAL)
    late = tables(measured)["effects"].filter(outcome=LOCAL)

    assert early.equals(late.select(early.columns))
    assert interim("block2", no_rows(), {}, LOCAL).is_empty()


def test_controls_and_doses_decide_no_q() -> None:
    measured = many()
    more = frame(one_outcome({"isotropic:0": [9.0] * CLIPS, SHIFTED: [5.0] * CLIPS, "dose_1": [7.0] * CLIPS}))
    columns = ["statistic", "q", "smallest_seen"]
    plain, other = (tables(one)["effects"] for one in (measured, pl.concat([measured, more])))

    assert other.select(columns).equals(plain.select(columns))
    assert other["shifted"].drop_nulls().to_list() == [5.0]
    assert other["dose_1"].drop_nulls().to_list() == [7.0]
    assert plain["rank_isotropic"].null_count() == len(plain)


def test_several_clips_of_a_recording_count_once_by_their_mean() -> None:
    values = [float(number) for number in range(8)]
    recordings = {**each_its_own(8), 8: "r007", 9: "r007"}
    pairs = pairs_of(frame(one_outcome({ABLATE: [*values, 10.0, 13.0]})))
    made = effects_table("block2", pairs, recordings).row(0, named=True)

    assert recorded(pairs, recordings)[0, LOCAL][ABLATE].values.tolist() == [*values[:7], (7 + 10 + 13) / 3]
    assert (made["pairs"], made["recordings"], made["effect"]) == (10, 8, 3.5)


def test_too_few_recordings_make_no_row_and_too_few_decoys_no_test() -> None:
    assert effects_table("a", pairs_of(frame(one_outcome({ABLATE: [1.0] * 7}))), each_its_own(7)).is_empty()
    without = only({ABLATE: [1.0, 2.0] * 4, DECOY: [1.0] * 7})
    beside = only({ABLATE: [1.0, 2.0] * 4 + [9.0], DECOY: [1.0, 3.0] * 4})

    assert without["effect"] == 1.5
    assert {without[name] for name in ("statistic", "decoy", "q", "smallest_seen")} == {None}
    assert beside["recordings"] == 9
    assert beside["effect"] == 2.0
    assert beside["statistic"] == 1.5 - 2, "of the eight that have a decoy"


def test_near_and_elsewhere_are_columns_of_the_local_outcome_alone() -> None:
    made = only({ABLATE: [-2.0] * 8, DECOY: [0.0] * 8})

    assert (made["effect"], made["local"], made["elsewhere"]) == (-2.0, -3.0, -1.0)
    assert only({ABLATE: [-2.0] * 8}, TRANSCRIPT)["local"] is None


def test_where_recordings_agree_to_the_bit_nothing_is_infinite() -> None:
    made = only({ABLATE: [-2.0] * 8, DECOY: [0.5] * 8})

    assert (made["statistic"], made["same_sign"]) == (1.5, 1)
    assert made["smallest_seen"] is None, "as one feature cannot pass"
    assert all(math.isfinite(value) for value in made.values() if isinstance(value, float))


def test_nothing_that_changes_is_no_effect() -> None:
    made = only({ABLATE: [0.0] * 8, DECOY: [0.0] * 8})

    assert (made["effect"], made["statistic"], made["q"], made["same_sign"]) == (0, 0, 1, None)


@pytest.mark.parametrize("outcome", [LOCAL, KL, DOWNSTREAM])
def test_of_every_outcome_only_what_a_feature_does_more_than_its_decoy_counts(outcome: str) -> None:
    loud = [float(1 + number) for number in range(8)]
    twice = [2 * value for value in loud]
    more, less = only({ABLATE: twice, DECOY: loud}, outcome), only({ABLATE: loud, DECOY: twice}, outcome)

    assert (more["effect"], more["statistic"], less["statistic"]) == (9, 4.5, -4.5)
    assert only({ABLATE: loud, DECOY: loud}, outcome)["statistic"] == 0


def test_a_rank_is_among_controls_over_the_same_recordings() -> None:
    """`feature:N` is another one in each clip; what counts is one control a recording, the k-th with the k-th."""
    own = [10.0, 10.0, 10.0, 10.0, -30.0, -30.0, -30.0, -30.0, -30.0]
    rows = one_outcome({ABLATE: own, DECOY: own})
    for clip, numbers in enumerate([(3, 9), (1, 2), (5,), (6, 7)]):
        for place, number in enumerate(numbers):
            rows.append(row(0, clip, f"feature:{number}", {LOCAL: (4.0, 40.0)[place]}))
            rows.append(row(0, clip, f"covariance:{place}", {LOCAL: -1.0 - place}))
    made = effects_table("block2", pairs_of(frame(rows)), each_its_own(9)).row(0, named=True)
    few = pairs_of(frame([one for one in rows if one["clip"] != 3 or ":" not in str(one["edit"])]))
    fewer = effects_table("block2", few, each_its_own(9)).row(0, named=True)

    assert made["effect"] == -30
    assert (made["control_recordings"], made["control_effect"]) == (4, 10)
    assert made["controls_features"] == [4, 40], "the third recording has its only one twice"
    assert made["rank_features"] == 0.5
    assert made["controls_covariance"] == [-2, -1]
    assert made["rank_covariance"] == 1
    assert made["controls_isotropic"] is None is made["rank_isotropic"]
    assert (fewer["control_recordings"], fewer["rank_features"], fewer["controls_covariance"]) == (0, None, None)


def test_medians_of_other_edits_stand_in_their_columns() -> None:
    edits = {SHIFTED: 1.0, SCALED: 2.0, MEANS: 3.0, "dose_4": 4.0, "elsewhere_1": 5.0}
    made = only({ABLATE: [1.0] * 8, **{edit: [0.0, value, value, 9.0] for edit, value in edits.items()}})
    few = only({ABLATE: [1.0] * 8, SHIFTED: [1.0] * 3, "dose_4": [4.0] * 3})

    names = ("shifted", "scaled", "mean_difference", "dose_4", "elsewhere_1", "dose_1")
    assert [made[name] for name in names] == [1, 2, 3, 4, 5, None]
    assert (few["shifted"], few["dose_4"]) == (None, 4), "of a control, three recordings are too few"


def test_intervals_are_seeded_by_what_they_are_of() -> None:
    measured, intervals = many(features=20), ["low", "high"]
    part = pairs_of(measured.filter(pl.col("feature") > 5))
    whole = effects_table("block2", pairs_of(measured), each_its_own(CLIPS)).filter(pl.col("feature") > 5)
    alone, renamed = (effects_table(name, part, each_its_own(CLIPS)) for name in ("block2", "block3"))

    assert alone.select(intervals).equals(whole.select(intervals))
    assert not alone.select(intervals).equals(renamed.select(intervals))


def test_an_edit_that_could_not_be_made_leaves_no_trace() -> None:
    measured = many()
    unmade = frame([row(0, 0, "elsewhere_1", {}, frames_edited=0, norm=None)])
    plain, other = tables(measured), tables(pl.concat([measured, unmade]))

    assert [name for name in CAUSES if not plain[name].equals(other[name])] == []


def test_a_dictionary_of_which_nothing_was_measured_has_a_row_that_says_why() -> None:
    facts = RunFacts(
        dictionary="block2",
        readout=None,
        primary=None,
        null_reason=NO_READOUT,
        clips=0,
        recordings_a=0,
        recordings_b=0,
        groups_b=0,
    )
    made = effects_tables(facts, no_rows(), SCREENING.empty(), FINDINGS.empty(), {})

    assert [name for name, one in made.items() if len(one)] == ["effect_runs"]
    assert made["effect_runs"].row(0, named=True)["null_reason"] == NO_READOUT


# ---- shares and the run


def test_shares_count_what_passes_and_which_decoys_would() -> None:
    made = tables(many())["effect_shares"].filter(outcome=LOCAL)
    rows = {of: counts for _, _, of, *counts in made.iter_rows()}

    assert {of: counts[:3] for of, counts in rows.items()} == {
        "all": [40, 30, 0],
        "draw": [10, 7, 0],
        "language": [10, 8, 0],
        "name": [10, 8, 0],
        "named": [20, 16, 0],
        "phones": [10, 8, 0],
        "screening": [20, 15, 0],
    }
    assert all(size > 3 and decoy < 1 for *_, size, decoy in rows.values())
    assert all(counts[3] >= counts[1] for counts in rows.values()), "as those that pass do more than their decoys"


def test_a_decoy_counts_where_it_does_as_much_more_as_a_feature_must_to_pass() -> None:
    statistics = np.repeat([9.0, 10.0, -9.0, -8.0], [40, 20, 1, 19])
    known = {"feature": range(80), "statistic": statistics, "q": q_values(statistics), "effect": 1.0, "decoy": 1.0}
    known |= {"low": 0.5, "high": 1.5}
    made = pl.DataFrame({"dictionary": "block2", "outcome": LOCAL, **known})
    (row,) = shares(made, SCREENING.empty(), FINDINGS.empty()).iter_rows(named=True)

    assert (row["measured"], row["passing"], row["decoys"], row["beyond"]) == (80, 60, 1, 60)


def test_of_a_family_that_finds_nothing_no_decoy_passes_either() -> None:
    made = tables(many(acting=0))
    share = made["effect_shares"].filter(outcome=LOCAL, of="all").row(0, named=True)

    statistics = made["effects"].filter(outcome=LOCAL)["statistic"]
    assert (share["measured"], share["passing"], share["decoys"]) == (40, 0, None), "as none was asked for"
    assert 0 < share["beyond"] == (statistics > 0).sum() < 40
    assert made["effect_runs"]["threshold"].to_list() == [None]
    assert made["effects"].filter(outcome=LOCAL)["smallest_seen"].null_count() == 40


def test_a_feature_whose_interval_reaches_zero_does_not_pass_whatever_its_q() -> None:
    """In tables, shares and the first look alike."""
    quiet = frame(one_outcome({ABLATE: [-5.0] * 7 + [5.0] * 5, DECOY: [0.0] * CLIPS}, feature=40))
    measured = pl.concat([many(), quiet])
    made = tables(measured)
    effects = made["effects"].filter(outcome=LOCAL)
    (torn,) = effects.filter(feature=40).iter_rows(named=True)
    share = made["effect_shares"].filter(outcome=LOCAL, of="all").row(0, named=True)
    early = interim("block2", measured, each_its_own(CLIPS), LOCAL)

    assert torn["q"] < SIGNIFICANT_Q
    assert torn["low"] < 0 < torn["high"]
    assert (share["measured"], share["passing"]) == (41, 30)
    assert 40 not in effects.filter(passing())["feature"]
    assert early.filter(passing())["feature"].equals(effects.filter(passing())["feature"])
    told = [passes(*triple) for triple in effects.select("q", "low", "high").iter_rows()]
    assert told == effects.select(passing())["q"].to_list()


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"elsewhere": -1.0}, NOTHING_NEAR),
        ({"near": -1.0}, NOTHING_ELSEWHERE),
    ],
)
def test_a_feature_that_was_ablated_and_has_no_local_outcome_says_why(parts: dict[str, float], reason: str) -> None:
    """All others keep what was said of them; and the run counts those without a test."""
    rows = [row(39, clip, edit, {TRANSCRIPT: -0.5, **parts}) for clip in range(CLIPS) for edit in (ABLATE, DECOY)]
    made = tables(pl.concat([many(39), frame(rows)]))
    (run,) = made["effect_runs"].iter_rows(named=True)

    assert made["screening"].filter(feature=39)["null_reason"].to_list() == [reason]
    assert made["screening"].filter(pl.col("feature") < 39)["null_reason"].null_count() == 39
    assert made["effects"].filter(feature=39)["outcome"].to_list() == [TRANSCRIPT]
    assert (run["measured"], run["untested"]) == (40, 1)


def test_the_run_says_how_well_screening_agreed() -> None:
    measured = many(acting=0)
    made = tables(measured)
    run = made["effect_runs"].row(0, named=True)
    exact = made["effects"].filter(outcome=TRANSCRIPT)["effect"].to_numpy()

    assert (run["passes"], run["screened"], run["measured"]) == (2 * 40 * CLIPS, 40, 40)
    assert run["screening_pearson"] == pytest.approx(np.corrcoef(np.arange(40), exact)[0, 1])
    assert run["screening_rank"] == pytest.approx(np.corrcoef(np.arange(40), exact.argsort().argsort())[0, 1])
    assert run["screening_rank"] > 0.5

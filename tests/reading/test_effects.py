"""What a feature does, as typed objects: what the tables say, and nothing where nobody measured it."""

from pathlib import Path

import polars as pl
import pytest

from atlas.formatting import q_value
from atlas.reading.effects import FeatureEffects
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas
from atlas.schema import EFFECT_EXAMPLES, EFFECT_RUNS, EFFECT_TOKENS, EFFECTS, SCREENING
from atlas.schema.effects import BEYOND_BUDGET, DOWN, DOWNSTREAM, KL, LOCAL, NO_READOUT, TOO_FEW_RECORDINGS, UP
from atlas.schema.thresholds import CONTROL_DIRECTIONS, DOSES
from tests.causes import Cases, with_effects
from tests.synthetic import Spec, write_atlas

SPEC = Spec(features=48, dictionaries=("block1", "block2"), clips=300, top=2, others=1, media=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Atlas, Cases]:
    folder = write_atlas(tmp_path_factory.mktemp("measured"), SPEC)
    cases = with_effects(folder)
    return open_atlas(folder), cases


def effects_of(measured: tuple[Atlas, Cases], feature: int) -> FeatureEffects:
    atlas, cases = measured
    effects = atlas.feature(cases.dictionary, feature).effects
    assert effects is not None
    return effects


def rows(measured: tuple[Atlas, Cases], table: str, feature: int) -> list[dict[str, object]]:
    atlas, cases = measured
    return atlas.table(table, cases.dictionary).filter(feature=feature).to_dicts()


def test_an_atlas_whose_effects_nobody_measured_has_none(tmp_path: Path) -> None:
    atlas = open_atlas(write_atlas(tmp_path, Spec(features=16, clips=24, media=False)))

    assert atlas.effect_runs.equals(EFFECT_RUNS.empty())
    assert atlas.effect_run("block2") is None
    assert [atlas.feature("block2", number).effects for number in range(16)] == [None] * 16
    assert atlas.column("block2", EFFECTS.name, "feature", "q").schema == {"feature": pl.UInt32, "q": pl.Float64}


def test_neither_has_a_dictionary_that_was_left_out(measured: tuple[Atlas, Cases]) -> None:
    atlas, _ = measured

    assert atlas.effect_run("block1-random") is None
    assert atlas.feature("block1-random", 0).effects is None


def test_what_was_measured_is_what_the_tables_say(measured: tuple[Atlas, Cases]) -> None:
    passing = measured[1].passing
    effects = effects_of(measured, passing)
    told = {row["outcome"]: row for row in rows(measured, EFFECTS.name, passing)}

    assert effects.outcomes.keys() == told.keys() >= {LOCAL, KL}
    for outcome, one in effects.outcomes.items():
        same = ("effect", "low", "high", "local", "decoy", "q", "smallest_seen", "shifted", "mean_difference")
        assert {name: getattr(one, name) for name in same} == {name: told[outcome][name] for name in same}
    primary = effects.primary
    assert primary is effects.outcomes[LOCAL]
    assert primary.passes
    assert {kind: len(effects) for kind, effects in primary.controls.items()} == dict.fromkeys(
        ("feature", "isotropic", "covariance"), CONTROL_DIRECTIONS
    )
    assert primary.ranks["isotropic"] == told[LOCAL]["rank_isotropic"]
    assert list(primary.doses) == [told[LOCAL][f"dose_{number + 1}"] for number in range(len(DOSES))]
    assert list(primary.silent_doses) == [told[LOCAL][f"elsewhere_{number + 1}"] for number in range(len(DOSES))]
    assert list(primary.dose_decoys) == [told[LOCAL][f"dose_{number + 1}_decoy"] for number in range(len(DOSES))]
    assert list(primary.silent_decoys) == [told[LOCAL][f"elsewhere_{number + 1}_decoy"] for number in range(len(DOSES))]


def test_tokens_and_transcripts_are_in_the_order_of_their_ranks(measured: tuple[Atlas, Cases]) -> None:
    passing = measured[1].passing
    effects = effects_of(measured, passing)
    tokens, examples = (rows(measured, table.name, passing) for table in (EFFECT_TOKENS, EFFECT_EXAMPLES))

    for direction, mine in ((DOWN, effects.down), (UP, effects.up)):
        assert [one.token for one in mine] == [row["token"] for row in tokens if row["direction"] == direction] != []
    assert [(one.clip, one.before, one.why) for one in effects.examples] == [
        (row["clip"], row["before"], row["why"]) for row in examples
    ]


def test_what_was_screened_only_has_no_outcomes_and_says_why(measured: tuple[Atlas, Cases]) -> None:
    cases = measured[1]
    beyond = effects_of(measured, cases.beyond_budget)

    assert (beyond.primary, beyond.outcomes, beyond.chosen_by, beyond.null_reason) == (None, {}, None, BEYOND_BUDGET)
    assert cases.too_few is not None
    few = effects_of(measured, cases.too_few)
    (row,) = rows(measured, SCREENING.name, cases.too_few)
    assert (few.null_reason, few.recordings_b) == (TOO_FEW_RECORDINGS, row["recordings_b"])


def test_one_that_does_nothing_is_measured_and_does_not_pass(measured: tuple[Atlas, Cases]) -> None:
    primary = effects_of(measured, measured[1].inert).primary

    assert primary is not None
    assert not primary.passes
    assert primary.smallest_seen is not None
    assert set(primary.controls.values()) == {()}
    assert set(primary.doses) == {None}


def test_without_a_decoder_downstream_change_is_what_the_test_is_made_on(measured: tuple[Atlas, Cases]) -> None:
    atlas, cases = measured
    assert cases.downstream is not None
    run = atlas.effect_run(cases.downstream)
    found = [atlas.feature(cases.downstream, number).effects for number in range(SPEC.features)]

    assert run is not None
    assert (run.readout, run.primary, run.null_reason) == (None, DOWNSTREAM, NO_READOUT)
    assert {outcome for one in found if one for outcome in one.outcomes} == {DOWNSTREAM}
    assert [one.primary.outcome for one in found if one and one.primary] != []


def test_a_block_of_features_reads_like_one(measured: tuple[Atlas, Cases]) -> None:
    atlas, cases = measured
    block = atlas.dictionary(cases.dictionary, 0, 16)

    assert [block.effects(number) for number in range(16)] == [
        atlas.feature(cases.dictionary, number).effects for number in range(16)
    ]


def test_a_notebook_shows_the_effect_where_it_was_measured(measured: tuple[Atlas, Cases]) -> None:
    atlas, cases = measured
    primary = effects_of(measured, cases.passing).primary

    assert primary is not None
    assert primary.q is not None
    said = f"effect of ablating it (local) {primary.effect:+.2g}, q {q_value(primary.q)}"
    assert said in atlas.feature(cases.dictionary, cases.passing)._repr_html_()
    assert "ablating" not in atlas.feature(cases.dictionary, cases.beyond_budget)._repr_html_()

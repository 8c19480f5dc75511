"""What effects would cost: edits as the stage's own budget counts them, time by what was tried, bytes by rows."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atlas.effects import hearing, passes, pieces
from atlas.planning import causes, folder, parts
from atlas.planning.causes import EffectsContents, effects_contents, effects_s
from atlas.planning.plan import Plan, make_plan
from atlas.planning.report import report_json, report_lines
from atlas.planning.times import Machine
from atlas.publish.hosts import HOSTS
from atlas.schema.effects import CAUSES
from atlas.schema.thresholds import EFFECT_RECORDINGS
from tests.planning.plans import config, known, outline, rates, shapes, trial


def planned(effects: Mapping[str, Any] | None = None, **changes: Any) -> Plan:
    tables = {} if effects is None else {"effects": effects}
    return make_plan(config(**tables), known(**changes), HOSTS["github"])


def counted(effects: Mapping[str, Any] | None = None, **changes: Any) -> EffectsContents:
    found = effects_contents(planned({} if effects is None else effects, **changes).contents)
    assert found is not None
    return found


def lines(plan: Plan) -> str:
    return "\n".join(report_lines(plan, Path("nowhere")))


def test_without_effects_in_the_config_a_plan_says_nothing_of_them() -> None:
    plain = planned()

    assert "effects" not in lines(plain)
    assert "effects" not in {stage.name for stage in plain.stages}
    assert report_json(plain)["effects"] is None
    assert plain.atlas["effects"] == 0


def test_a_budget_is_never_exceeded_and_all_of_it_is_used_where_features_suffice() -> None:
    for budget in (2_000, 12_000, 40_000):
        (one,) = counted({"budget_passes": budget}).dictionaries
        *_, written = one.steps

        assert 0.85 * budget < one.passes <= budget
        assert written.edits == 2 * EFFECT_RECORDINGS * one.displayed
        assert one.written == written.edits + 128 * one.displayed, "doses are written when they are measured"
        assert one.measured == int(0.6 * budget / 32)


def test_features_that_are_asked_for_are_displayed_as_far_as_the_budget_bears_and_no_further() -> None:
    (one,) = counted({"features": [f"block2/{number}" for number in range(40)]}).dictionaries

    assert (one.displayed, one.passes <= 12_000) == (8, True)


def test_fewer_features_than_the_budget_could_measure_take_fewer_passes() -> None:
    (one,) = counted({"budget_passes": 12_000}, shapes=shapes(20), trial=trial(20)).dictionaries

    assert one.measured == 20
    assert one.steps[0].edits == 20 * 2 * EFFECT_RECORDINGS


def test_too_few_recordings_of_half_b_leave_no_edits_and_are_told() -> None:
    few = outline(windows=20)  # two to a recording, so five in half B
    plan = planned({}, outline=few, rates=rates())

    assert counted(outline=few).passes == 0
    assert "effects: 5 recordings of half B at most, of which a feature needs 8 to be measured" in lines(plan)


@pytest.mark.parametrize(("budget", "measured"), [(53, 0), (54, 1), (12_000, 225)])
def test_a_budget_that_measures_nothing_is_told(budget: int, measured: int) -> None:
    plan = planned({"budget_passes": budget}, rates=rates())

    assert counted({"budget_passes": budget}).dictionaries[0].measured == measured
    assert ("too small for a single feature; give 54 or more" in lines(plan)) == (not measured)


def test_only_clips_of_the_domains_that_are_transcribed_are_listened_to() -> None:
    some = outline()
    mixed = replace(some, windows=some.windows.with_columns(domain=some.windows["domain"].replace("speech", "music")))

    assert counted().clips == 1_000
    assert counted(outline=mixed).clips == 0


def test_controls_and_dictionaries_that_are_not_named_are_not_edited() -> None:
    assert [one.name for one in counted().dictionaries] == ["block2"]
    assert [one.name for one in counted({"dictionaries": ["block2-random"]}).dictionaries] == ["block2-random"]


def test_a_feature_that_is_asked_for_is_displayed_whatever_is_found() -> None:
    wished = counted({"displayed": 0, "features": ["block2/7", "block2/9"]}).dictionaries[0]

    assert (counted({"displayed": 0}).dictionaries[0].displayed, wished.displayed) == (0, 2)


def test_time_is_that_of_clips_and_batches_shared_by_workers() -> None:
    """A batch of eight rows has seven edits, and of each clip the last batch is half full on the mean."""
    found = counted({"budget_passes": 12_000})
    (one,) = found.dictionaries
    batches = sum(step.edits / 7 + step.clips / 2 for step in one.steps if step.edits)
    encoded = sum(max(step.clips, step.edits / 112) for step in one.steps)
    by_hand = 1_000 * 2.5 + 500 * 1.5 + 1.4 * batches + 0.5 * encoded + 0.25 * one.written

    assert effects_s(found, rates(), 1) == pytest.approx(by_hand)
    assert effects_s(found, rates(), 4) == pytest.approx(by_hand / 4)


def test_the_stage_stands_between_analyse_and_media_and_what_was_done_takes_no_time() -> None:
    fresh, done = planned({}, rates=rates()), planned({}, rates=rates(), done={"effects": 1.0})
    names = [stage.name for stage in fresh.stages]
    of_done = next(stage for stage in done.stages if stage.name == "effects")

    assert names[names.index("analyse") : names.index("media") + 1] == ["analyse", "effects", "media"]
    assert (of_done.seconds, of_done.by) == (0.0, "done before")


def test_every_worker_holds_the_model() -> None:
    one, four = (
        next(
            stage.memory_mib
            for stage in planned({}, rates=rates(), machine=Machine(workers=several, scan_workers=1, slowness=1)).stages
            if stage.name == "effects"
        )
        for several in (1, 4)
    )

    assert (one, four) == (700, 2_800)


def test_effects_without_a_trial_are_counted_and_their_time_is_not_known() -> None:
    told = lines(planned({}, trial=None))

    assert "effects of block2: at most " in told
    assert " ms " not in told
    assert "time of effects is not known without a trial" in lines(planned({}, rates=None))


def test_the_lines_of_a_plan_say_passes_with_their_time_and_what_cannot_be_measured() -> None:
    told = lines(planned({}, rates=rates()))

    assert "effects: 1,000 clips listened to, 2000 ms a clip, half of them screened, 1000 ms a clip" in told
    assert " passes of 200 ms on one core, 225 of 3,072 features measured, 8 of them with all controls" in told
    assert "effects: no decoder here" in lines(planned({}, rates=rates(problem="no decoder here")))


def test_a_larger_budget_takes_more_of_disk_and_site() -> None:
    none, small, large = (planned(effects) for effects in (None, {"budget_passes": 3_000}, {"budget_passes": 12_000}))

    assert none.site[parts.FEATURES].bytes < small.site[parts.FEATURES].bytes < large.site[parts.FEATURES].bytes
    assert none.atlas["effects"] < small.atlas["effects"] < large.atlas["effects"]


def test_the_json_of_a_plan_counts_effects() -> None:
    told = json.loads(json.dumps(report_json(planned({}, rates=rates()))))
    (one,) = counted().dictionaries

    assert told["effects"] == {
        "clips": 1_000,
        "dictionaries": {"block2": {"passes": one.passes, "measured": 225, "displayed": 8}},
    }


def test_what_is_reckoned_with_is_as_the_stage_has_it() -> None:
    assert causes.EDITS_A_PIECE == pieces.MOST_EDITS
    assert causes.EDITS_A_BATCH == passes.ROWS - 1
    assert folder.KEPT == hearing.KEPT
    assert set(folder.FOLDERS[folder.EFFECTS]) == {*CAUSES, hearing.KEPT}

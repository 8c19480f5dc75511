"""What a budget buys: never more passes than it says, more of the same with more of it, and ranks that are fair."""

import random

import numpy as np

from atlas.effects.budget import (
    choosing_clips,
    control_clips,
    control_edits,
    controlled_features,
    dose_edits,
    dosed_features,
    held_back,
    written_edits,
)
from atlas.effects.choosing import PASSES_A_FEATURE
from atlas.effects.design import Chosen, PlannedEdit, ablations
from atlas.effects.statistics import rank_among
from atlas.schema.effects import BY_DRAW, BY_WISH, DOSE_DECOYS, DOSE_EDITS, SILENT_DECOYS, SILENT_EDITS
from atlas.schema.thresholds import ABLATION_SHARE, CONTROL_DIRECTIONS, EFFECT_RECORDINGS, FEWEST_CONTROL_RECORDINGS

Passes = list[PlannedEdit]


def bought(budget: int, wishes: int, displayed: int, features: int, clips: int) -> tuple[Passes, ...]:
    """All that goes through the model at most, as the stage does it: ablations, doses, controls, transcripts."""
    count = min(features, int(ABLATION_SHARE * budget / PASSES_A_FEATURE + 1e-9))
    chosen = [
        Chosen(number, BY_WISH if number < wishes else BY_DRAW, tuple(range(100 * number, 100 * number + clips)))
        for number in range(count)
    ]
    wished = chosen[:wishes]
    shown = controlled_features(wished, chosen, displayed, budget)
    held = {one.feature: held_back(one, one.clips)[: control_clips(wishes + displayed, budget)] for one in shown}
    others = {(one, clip): range(900, 900 + CONTROL_DIRECTIONS) for one, some in held.items() for clip in some}
    doses = dose_edits(dosed_features(chosen, budget), {one.feature for one in shown})
    controls, written = control_edits(held, others, held), written_edits(shown)
    assert all(len(some) >= min(FEWEST_CONTROL_RECORDINGS, clips // 2) for some in held.values())
    return ablations(chosen), *([one.planned for one in some] for some in (doses, controls, written))


def settings(count: int) -> list[tuple[int, int, int, int, int]]:
    draw = random.Random(7)
    return [
        (
            draw.choice([54, 100, 500, 1_420, 3_000, 12_000, 12_345, 50_000]) + draw.randrange(300),
            draw.choice([0, 1, 3, 12, 40]),
            draw.choice([0, 1, 8, 100]),
            draw.choice([1, 10, 300, 3_072]),
            draw.choice([8, 11, EFFECT_RECORDINGS]),
        )
        for _ in range(count)
    ]


def test_no_budget_is_exceeded_by_what_is_passed_whatever_is_asked_for() -> None:
    for budget, *others in settings(150):
        assert sum(map(len, bought(budget, *others))) <= budget, (budget, *others)


def test_a_larger_budget_buys_all_that_a_smaller_one_does() -> None:
    """Where the same features are to be had in the same order."""
    for budget, wishes, displayed, _, clips in settings(60):
        less, more = (bought(some, wishes, displayed, 3_072, clips) for some in (budget, budget + budget // 5 + 70))
        for part, larger in zip(less, more, strict=True):
            assert set(part) <= set(larger)


def test_what_is_wished_for_comes_first_and_no_more_than_the_budget_bears_gets_controls() -> None:
    wished = [Chosen(number, BY_WISH, (1,)) for number in range(40)]
    others = [Chosen(number, BY_DRAW, (1,)) for number in range(30, 60)]

    assert controlled_features(wished, others, 8, 12_000) == wished[:8]
    assert controlled_features(wished[:2], others, 8, 12_000) == [*wished[:2], *others[:6]]
    assert controlled_features([wished[35]], others, 8, 12_000)[1:] == [one for one in others if one.feature != 35][:7]
    assert controlled_features(wished, others, 8, 1_000) == []


def test_each_dose_has_a_decoy_and_what_is_displayed_is_written_at_once() -> None:
    edits = dose_edits([Chosen(1, BY_DRAW, (5,)), Chosen(2, BY_DRAW, (6,))], {2})

    assert {one.planned.edit for one in edits} == {*DOSE_EDITS, *SILENT_EDITS, *DOSE_DECOYS, *SILENT_DECOYS}
    assert {one.planned.feature for one in edits if one.written} == {2}


def test_controls_are_measured_on_clips_that_tell_and_that_did_not_choose() -> None:
    one = Chosen(3, BY_DRAW, tuple(range(16)))
    held, choosing = held_back(one, range(1, 12)), choosing_clips(one, range(1, 12))

    assert held == (11, 10, 9, 8, 7)
    assert choosing == (1, 2, 3, 4, 5, 6)
    assert held_back(one, range(7)) == tuple(range(15, 7, -1)), "too few tell, so other outcomes are told"


def test_ranks_of_displayed_features_without_effect_are_uniform() -> None:
    """Of 200 features that do what any direction does the eight strongest are displayed: a rank by the same clips is
    near one, and by those that are held back any rank is as likely as any other."""
    draws, same, apart = np.random.default_rng(5), list[float](), list[float]()
    one = Chosen(0, BY_DRAW, tuple(range(EFFECT_RECORDINGS)))
    choosing, held = (list(clips) for clips in (choosing_clips(one, one.clips), held_back(one, one.clips)[:4]))
    for _ in range(60):
        values = draws.standard_t(4, (2 + CONTROL_DIRECTIONS, 200, EFFECT_RECORDINGS))
        own, decoy, controls = values[0], values[1], values[2:]
        for ranks, by, on in ((same, list(one.clips), list(one.clips)), (apart, choosing, held)):
            beyond = np.abs(np.median(own[:, by], axis=1)) - np.abs(np.median(decoy[:, by], axis=1))
            for shown in np.argsort(-beyond)[:8]:
                medians = np.median(controls[:, shown][:, on], axis=1)
                ranks.append(rank_among(float(np.median(own[shown, on])), medians))

    assert np.mean(np.array(same) >= 0.9) > 0.5
    assert abs(np.mean(apart) - 0.5) < 0.04
    assert 0.06 < np.mean(np.array(apart) >= 0.9) < 0.2

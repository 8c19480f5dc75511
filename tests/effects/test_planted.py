"""The statistics of effects are honest: in a planted network causes are found, and what only looks like them is not."""

import math
from functools import cache

import numpy as np
import polars as pl
import pytest
import torch

from atlas.effects.edits import ablated, decoy
from atlas.effects.passes import heard_edits
from atlas.effects.recorded import pairs_of
from atlas.effects.statistics import statistic, threshold
from atlas.effects.summaries import effects_table, interim
from atlas.schema.effects import ABLATE, DECOY, LOCAL
from atlas.schema.effects import passing as is_passing
from atlas.schema.thresholds import SIGNIFICANT_Q
from tests.effects import planted
from tests.effects.measurements import each_its_own
from tests.effects.planted import CAUSES, FEATURES, FRAMES, MEANINGS, OTHERS, RECORDINGS, STRENGTHS

SEEDS = range(20)
BY_CHANCE = SIGNIFICANT_Q + 2 * math.sqrt(SIGNIFICANT_Q * (1 - SIGNIFICANT_Q) / len(SEEDS))
"the share of seeds in which something is found where nothing is, at most"

scene = cache(planted.scene)


def found(network: planted.Network, seed: int) -> np.ndarray:
    """Which features pass."""
    table = interim("planted", planted.measured(network, scene(seed)), each_its_own(RECORDINGS), LOCAL)
    passing: np.ndarray = table.select(is_passing())["q"].to_numpy()
    return passing


@pytest.fixture(scope="module")
def passing() -> np.ndarray:
    """[seeds, features]"""
    return np.stack([found(planted.network(seed), seed) for seed in SEEDS])


def test_the_program_measures_what_the_closed_form_says() -> None:
    network, recordings = planted.network(0), scene(0)
    model, expected = planted.model(network), planted.changes(network, recordings)
    for clip in (0, 7):
        tapped = model.tapped(torch.from_numpy(recordings.x[clip]).float(), FRAMES, None)
        away = [ablated(tapped.firing(model.dictionary, feature)) for feature in range(FEATURES)]
        mean, drawn = torch.from_numpy(recordings.mean), torch.from_numpy(recordings.decoys)
        beside = [
            decoy(edit, direction, tapped.x.double()[torch.from_numpy(edit.frames)] - mean)
            for edit, direction in zip(away, drawn, strict=True)
        ]
        for edit, edits in ((ABLATE, away), (DECOY, beside)):
            changes = np.stack([heard.changes(row) for heard, row in heard_edits(model, tapped, edits)], axis=-1)
            assert changes == pytest.approx(expected[edit][clip], abs=1e-5)
            assert np.abs(changes).max() > 0.1


def test_meaning_does_not_tell_causes_from_their_decoys() -> None:
    values = scene(0).values

    assert (values[..., CAUSES] > 0).any(axis=(0, 1)).all()
    assert np.array_equal(values[..., CAUSES], values[..., MEANINGS])


def test_planted_causes_are_found_the_more_often_the_larger_their_effect(passing: np.ndarray) -> None:
    """Of causes that are read twice or three times as much as recordings differ, three in four and more."""
    power = passing[:, CAUSES].reshape(len(SEEDS), len(STRENGTHS), -1).mean(axis=(0, 2))

    assert list(power) == sorted(power)
    assert power == pytest.approx([0.07, 0.28, 0.75, 0.80], abs=0.05)


def test_few_of_what_is_found_are_no_causes(passing: np.ndarray) -> None:
    false = np.array([row[[*MEANINGS, *OTHERS]].sum() / max(row.sum(), 1) for row in passing])

    assert false.mean() <= SIGNIFICANT_Q + 2 * false.std() / math.sqrt(len(SEEDS))
    assert false.mean() == pytest.approx(0.006, abs=0.005)


def test_decoys_of_meaning_are_called_inert(passing: np.ndarray) -> None:
    assert passing[:, MEANINGS].mean() < 0.02
    assert passing[:, CAUSES].mean() > 20 * passing[:, MEANINGS].mean()


def test_nothing_is_found_where_the_readout_is_cut() -> None:
    assert np.mean([found(planted.network(seed, read=0), seed).any() for seed in SEEDS]) <= BY_CHANCE
    nothing = planted.measured(planted.network(0, scatter=0), scene(0))
    table = interim("planted", nothing, each_its_own(RECORDINGS), LOCAL)
    assert not table.select("statistic", "effect").to_numpy().any()
    assert set(table["q"]) == {1}


def test_the_smallest_effect_that_would_be_seen_is_seen_about_four_times_in_five() -> None:
    """Inert features of one half of the recordings, given the effect that they name, and decoys in the other half."""
    seen = []
    for seed in range(6):
        network, recordings = planted.network(seed), each_its_own(RECORDINGS)
        table = effects_table("planted", pairs_of(planted.measured(network, scene(seed))), recordings)
        reached = threshold(table["statistic"].to_numpy(), SIGNIFICANT_Q)
        if math.isinf(reached):
            continue
        new = planted.measured(network, planted.scene(100 + seed)).sort("feature", "clip")
        mine, decoys = (
            new.filter(edit=edit)["values"].list.first().to_numpy().reshape(FEATURES, RECORDINGS)
            for edit in (ABLATE, DECOY)
        )
        shifted = mine - table["smallest_seen"].to_numpy()[:, None]
        seen += [statistic(shifted[one], decoys[one]) >= reached for one in (*MEANINGS, *OTHERS)]

    assert len(seen) >= 3 * 80
    assert 0.75 < np.mean(seen) < 0.9


def test_what_is_read_a_little_passes_seldom_and_has_small_effects() -> None:
    """In a real network every direction is read a little: what passes is nearly always what is read much."""
    of_causes, of_others, effects = [], [], []
    for seed in SEEDS:
        measured = planted.measured(planted.network(seed, leak=0.3), scene(seed))
        table = interim("planted", measured, each_its_own(RECORDINGS), LOCAL).with_columns(pl.col("effect").abs())
        is_found = table.select(is_passing())["q"].to_numpy()
        of_causes.append(is_found[CAUSES].mean())
        of_others.append(is_found[OTHERS].mean())
        effects.append([table["effect"].gather(part).median() for part in (CAUSES[20:], OTHERS)])

    assert np.mean(of_others) < 0.05 < 0.3 < np.mean(of_causes)
    strong, small = np.mean(effects, axis=0)
    assert small < strong / 5

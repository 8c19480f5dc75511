"""The bootstrap: what is drawn, and the interval against drawing recordings one by one."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from atlas.analyse.testing.kinds import LabelKind, contrast_of
from atlas.analyse.testing.resampling import drawn, draws
from atlas.analyse.testing.trials import Subjects, outcome, subjects
from atlas.schema.thresholds import BOOTSTRAP_DRAWS, INTERVAL
from tests.analyse.making import Clip, World, naive_auroc, world

SIZES = (24, 30)


def setting(values: np.ndarray, has_it: np.ndarray) -> tuple[World, Subjects, LabelKind]:
    places = [(dataset, number) for dataset, size in enumerate(SIZES) for number in range(size)]
    clips = [
        Clip(f"{dataset}{number}", "sound", f"set{dataset}", labels=["it"] * bool(has))
        for (dataset, number), has in zip(places, has_it, strict=True)
    ]
    made = world(clips, values)
    return made, subjects(made.blocks()[0], made.kinds[0]), made.kinds[0]


def test_recordings_are_drawn_again_within_their_cell_and_the_first_column_is_the_sample() -> None:
    cell = np.array([0] * 7 + [2] * 5 + [3])
    weights = draws(cell, np.arange(13))
    assert weights.shape == (13, 1 + BOOTSTRAP_DRAWS)
    assert (weights[:, 0] == 1).all()
    for number, size in ((0, 7), (2, 5), (3, 1)):
        assert (weights[cell == number].sum(axis=0) == size).all()
    assert weights.tolist() == draws(cell, np.arange(13)).tolist()
    assert weights[:7, 1:].var() == pytest.approx(1 - 1 / 7, rel=0.1)


def test_recordings_of_a_unit_are_drawn_together_and_as_many_units_as_its_cell_has() -> None:
    cell = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    unit = np.array([5, 5, 9, 2, 2, 2, 7, 9, 7, 4])
    weights = draws(cell, unit)
    assert (weights[:, 0] == 1).all()
    for number in set(unit.tolist()):
        of_unit = weights[unit == number]
        assert (of_unit == of_unit[0]).all()
    first = [0, 2, 3, 6, 9]  # of each unit: 5, 9 and 2 lie in cell 0 by it, 7 and 4 in cell 1
    assert (weights[first[:3]].sum(axis=0) == 3).all()
    assert (weights[first[3:]].sum(axis=0) == 2).all()
    assert weights[first].tolist() == draws(cell[first], np.arange(5)).tolist()
    assert draws(cell[:0], unit[:0]).shape == (0, 1 + BOOTSTRAP_DRAWS)


def test_what_units_are_called_does_not_matter() -> None:
    cell = np.repeat([0, 1, 2], 8)
    unit = np.random.default_rng(1).integers(0, 10, 24)
    assert draws(cell, unit).tolist() == draws(cell, np.random.default_rng(2).permutation(10)[unit]).tolist()


def naive_interval(
    tested: Subjects, row: int, labelled: np.ndarray, stratum: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Recordings drawn so often, and every pair counted."""
    found = []
    for draw in range(1, weights.shape[1]):
        again = np.repeat(np.arange(len(stratum)), weights[:, draw].astype(int))
        found.append(naive_auroc(tested.values[row][again], labelled[again], stratum[again]))
    return np.quantile(found, INTERVAL)


def test_with_few_different_values_the_interval_is_that_of_recordings_drawn_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("atlas.analyse.testing.resampling.BOOTSTRAP_DRAWS", 20)
    random = np.random.default_rng(2)
    has_it = random.random(sum(SIZES)) < 0.4
    values = random.choice([0.0, 1.0, 2.0, 3.0], (4, sum(SIZES))) + has_it * random.choice([0.0, 1.0], (4, sum(SIZES)))
    made, tested, kind = setting(values, has_it)
    weights = draws(made.recordings.cell, made.recordings.unit)
    contrast = kind.labels[0].contrast
    auroc = outcome(tested, contrast).auroc
    labelled = np.isin(np.arange(sum(SIZES)), contrast.labelled)

    low, high = drawn(tested, kind.stratum, weights).interval(np.arange(4), auroc, contrast)

    for row in range(4):
        expected = naive_interval(tested, row, labelled, kind.stratum, weights)
        assert [low[row], high[row]] == pytest.approx(expected.tolist(), abs=1e-9)


def test_with_many_different_values_it_is_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atlas.analyse.testing.resampling.BOOTSTRAP_DRAWS", 60)
    random = np.random.default_rng(3)
    has_it = random.random(sum(SIZES)) < 0.4
    values = random.exponential(1, (6, sum(SIZES))) * (random.random((6, sum(SIZES))) < 0.7) * (1 + has_it)
    made, tested, kind = setting(values, has_it)
    weights = draws(made.recordings.cell, made.recordings.unit)
    contrast = kind.labels[0].contrast
    auroc = outcome(tested, contrast).auroc
    labelled = np.isin(np.arange(sum(SIZES)), contrast.labelled)

    low, high = drawn(tested, kind.stratum, weights).interval(np.arange(6), auroc, contrast)

    for row in range(6):
        expected = naive_interval(tested, row, labelled, kind.stratum, weights)
        assert [low[row], high[row]] == pytest.approx(expected.tolist(), abs=0.03)
        assert low[row] < auroc[row] < high[row]


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Peaks of the labelled are larger by one standard deviation: the true AUROC is .760."""
    random = np.random.default_rng(4)
    stratum = np.repeat([0, 1], 100)
    contrast = contrast_of(np.flatnonzero(np.arange(200) % 4 == 0), stratum)
    labelled = np.isin(np.arange(200), contrast.labelled)
    values = np.exp(random.normal(labelled * 1.0, 1, (400, 200))).astype(np.float32)
    ranks = np.concatenate([rankdata(values[:, stratum == s], axis=1) for s in (0, 1)], axis=1)
    empty = np.empty((400, 3, 0))
    tested = Subjects(np.arange(400), values, ranks, empty > 0, empty.astype(np.int64))
    auroc = (ranks[:, contrast.labelled].sum(axis=1) - 2 * 25 * 26 / 2) / (2 * 25 * 75)

    low, high = drawn(tested, stratum, draws(stratum, np.arange(200))).interval(np.arange(400), auroc, contrast)

    truth = norm.cdf(1 / np.sqrt(2))
    assert 0.91 <= ((low <= truth) & (truth <= high)).mean() <= 0.98


def test_where_recordings_of_a_group_resemble_each_other_drawing_groups_holds_the_truth_and_recordings_do_not() -> None:
    """Half of the variance is the group's, and so is the label; the true AUROC of two such peaks is .760."""
    random = np.random.default_rng(5)
    unit = np.repeat(np.arange(60), 5)
    stratum = np.zeros(300, np.int64)
    contrast = contrast_of(np.flatnonzero(unit % 2 == 0), stratum)
    shared = random.normal(0, np.sqrt(0.5), (300, 60))[:, unit]
    values = np.exp(shared + random.normal((unit % 2 == 0) * 1.0, np.sqrt(0.5), (300, 300))).astype(np.float32)
    empty = np.empty((300, 3, 0))
    tested = Subjects(np.arange(300), values, rankdata(values, axis=1), empty > 0, empty.astype(np.int64))
    auroc = (tested.ranks[:, contrast.labelled].sum(axis=1) - 150 * 151 / 2) / 150**2

    truth, held = norm.cdf(1 / np.sqrt(2)), []
    for units in (unit, np.arange(300)):
        low, high = drawn(tested, stratum, draws(stratum, units)).interval(np.arange(300), auroc, contrast)
        held.append(((low <= truth) & (truth <= high)).mean())

    by_group, by_recording = held
    assert 0.9 <= by_group <= 0.98
    assert by_recording < 0.8

"""The held-out search by phi, against plain loops."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from atlas.analyse.testing.halves import dealt
from atlas.analyse.testing.kinds import contrast_of
from atlas.analyse.testing.search import SEARCHED, labellings, search, searcher, tenths
from atlas.schema.thresholds import SEARCH_STEPS, SHUFFLES

RANDOM = np.random.default_rng(11)
STRATUM = np.repeat([0, 1, 2], [40, 30, 20])
LABELLED = np.flatnonzero((RANDOM.random(90) < 0.4) & (STRATUM < 2))
CONTRAST = contrast_of(LABELLED, STRATUM)
HASHES = RANDOM.integers(0, 2**64, 90, np.uint64)
UNIT = np.arange(90)
HAS_IT = np.isin(np.arange(90), LABELLED)
VALUES = (RANDOM.exponential(1, (5, 90)) * (RANDOM.random((5, 90)) < 0.5) * (1 + HAS_IT)).astype(np.float32)
VALUES[4] = HAS_IT * 3.0
WITHIN = STRATUM < 2


def f1(called: np.ndarray, labelled: np.ndarray) -> float:
    hits = int((called & labelled).sum())
    return 2 * hits / max(int(called.sum() + labelled.sum()), 1)


def phi(called: np.ndarray, labelled: np.ndarray) -> float:
    if called.all() or not called.any() or labelled.all() or not labelled.any():
        return 0.0
    return float(pearsonr(called.astype(float), labelled.astype(float)).statistic)


def half_a() -> np.ndarray:
    return dealt(HAS_IT[WITHIN], STRATUM[WITHIN], HASHES[WITHIN], UNIT[WITHIN])


def plain(values: np.ndarray, labelled: np.ndarray, tried: np.ndarray) -> dict[str, float]:
    """All figures of one feature and one labelling, by loops."""
    halves = {"a": half_a(), "b": ~half_a()}
    figures = {}
    for half, other in (("a", "b"), ("b", "a")):
        phis = [round(phi(values[halves[half]] > t, labelled[halves[half]]), 12) for t in tried]
        threshold = tried[int(np.argmax(phis))]
        called, truth = values[halves[other]] > threshold, labelled[halves[other]]
        figures |= {f"threshold_{half}": threshold, f"phi_chosen_{half}": max(phis)}
        figures |= {f"phi_{half}": phi(called, truth), f"f1_{half}": f1(called, truth)}
    means = {f"{figure}_heldout": (figures[f"{figure}_a"] + figures[f"{figure}_b"]) / 2 for figure in ("phi", "f1")}
    return figures | means


def test_thresholds_are_tenths_of_the_largest_peak() -> None:
    found = tenths(VALUES)
    assert found.shape == (5, SEARCH_STEPS)
    for feature in range(5):
        largest = VALUES[feature].max()
        assert found[feature].tolist() == pytest.approx([largest * step / 10 for step in range(10)], rel=1e-6)
    assert tenths(np.zeros((5, 90), np.float32)).tolist() == [[0.0] * 10] * 5


def test_the_threshold_of_largest_phi_on_one_half_is_read_on_the_other_both_ways() -> None:
    ready = searcher(VALUES, STRATUM, HASHES, UNIT)
    found = ready.find(np.arange(5), CONTRAST)
    for feature in range(5):
        expected = plain(VALUES[feature, WITHIN], HAS_IT[WITHIN], ready.tried[feature])
        assert {name: getattr(found, name)[feature] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert (found.phi_heldout[4], found.f1_heldout[4]) == (1, 1)


def test_shuffled_labels_are_searched_alike_and_their_best_is_kept() -> None:
    ready = searcher(VALUES, STRATUM, HASHES, UNIT)
    _, labels = labellings(CONTRAST, STRATUM, UNIT)
    found = ready.find(np.arange(5), CONTRAST)
    for feature in range(5):
        values, tried = VALUES[feature, WITHIN], ready.tried[feature]
        best = max(plain(values, shuffled, tried)["f1_heldout"] for shuffled in labels.T[1:])
        assert found.f1_permuted_max[feature] == pytest.approx(best)
    assert found.f1_permuted_max[4] < 0.9


def test_phi_does_not_choose_to_call_everything() -> None:
    """Where most recordings have the label, calling all of them has the best F1, and says nothing."""
    labelled = np.arange(40) % 8 > 0
    values = np.where(labelled, 1.0, 0.6)[None].astype(np.float32)
    values[:, ::5] = 0.5
    labels = np.repeat(labelled[:, None], 1 + SHUFFLES, axis=1)
    halves = np.arange(40) % 16 < 8
    found = search(values, tenths(values), halves, labels)
    assert found.threshold_a[0] > 0.5
    assert found.phi_heldout[0] > 0.5


def test_shuffles_keep_the_number_of_labels_in_each_stratum() -> None:
    within, labels = labellings(CONTRAST, STRATUM, UNIT)
    assert STRATUM[within].tolist() == [0] * 40 + [1] * 30
    assert labels[:, 0].tolist() == HAS_IT[within].tolist()
    assert labels.shape == (70, 1 + SHUFFLES)
    for stratum in (0, 1):
        assert len(set(labels[STRATUM[within] == stratum].sum(axis=0).tolist())) == 1
    assert len({tuple(column) for column in labels.T}) == 1 + SHUFFLES
    assert labels[:, 1:].mean(axis=1).std() < 0.2


def test_fewer_than_three_recordings_in_a_half_leave_blanks() -> None:
    few = contrast_of(np.array([0, 1, 2, 3, 4]), STRATUM)
    found = searcher(VALUES, STRATUM, HASHES, UNIT).find(np.arange(3), few)
    assert all(np.isnan(getattr(found, figure)).all() for figure in SEARCHED)
    enough = contrast_of(np.array([0, 1, 2, 3, 4, 5]), STRATUM)
    assert not np.isnan(searcher(VALUES, STRATUM, HASHES, UNIT).find(np.arange(3), enough).phi_heldout).any()


def test_a_template_is_searched_as_if_its_own_recording_were_not_there() -> None:
    own = np.array([3, int(LABELLED[5]), 85, -1, int(LABELLED[0])])  # the third lies in no stratum of the label
    values = VALUES.copy()
    values[np.arange(5)[own >= 0], own[own >= 0]] = 0  # its peaks there are not read
    ready = searcher(values, STRATUM, HASHES, UNIT, own)
    found = ready.find(np.arange(5), CONTRAST)
    kept_half = half_a()
    for feature in range(5):
        counted = np.flatnonzero(WITHIN) != own[feature]
        halves = {"a": kept_half & counted, "b": ~kept_half & counted}
        here, has_it = values[feature, WITHIN], HAS_IT[WITHIN]
        for half, other in (("a", "b"), ("b", "a")):
            phis = [round(phi(here[halves[half]] > t, has_it[halves[half]]), 12) for t in ready.tried[feature]]
            called = here[halves[other]] > ready.tried[feature][int(np.argmax(phis))]
            assert getattr(found, f"phi_{half}")[feature] == pytest.approx(phi(called, has_it[halves[other]]))
            assert getattr(found, f"f1_{half}")[feature] == pytest.approx(f1(called, has_it[halves[other]]))
    assert found.f1_heldout[4] == 1

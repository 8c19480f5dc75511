"""The held-out search by F1 and the precision of the largest peaks, against plain loops."""

import numpy as np
import pytest

from atlas.analyse.testing.kinds import contrast_of
from atlas.analyse.testing.search import (
    in_half_a,
    labellings,
    precision,
    search,
    searcher,
    tenths,
    top_recordings,
)
from atlas.schema.thresholds import SEARCH_STEPS, SHUFFLES

RANDOM = np.random.default_rng(11)
STRATUM = np.repeat([0, 1, 2], [40, 30, 20])
LABELLED = np.flatnonzero((RANDOM.random(90) < 0.4) & (STRATUM < 2))
CONTRAST = contrast_of(LABELLED, STRATUM)
HASHES = RANDOM.integers(0, 2**64, 90, np.uint64)
HAS_IT = np.isin(np.arange(90), LABELLED)
VALUES = (RANDOM.exponential(1, (5, 90)) * (RANDOM.random((5, 90)) < 0.5) * (1 + HAS_IT)).astype(np.float32)
VALUES[4] = HAS_IT * 3.0


def f1(called: np.ndarray, labelled: np.ndarray) -> float:
    hits = int((called & labelled).sum())
    return 2 * hits / max(int(called.sum() + labelled.sum()), 1)


def test_half_a_is_a_bit_of_the_hash() -> None:
    assert in_half_a(np.array([0, 1, 2, 2**64 - 1], np.uint64)).tolist() == [True, False, True, False]
    assert 30 < in_half_a(HASHES).sum() < 60


def test_thresholds_are_tenths_of_the_largest_peak_of_half_a() -> None:
    half_a = in_half_a(HASHES)
    found = tenths(VALUES, half_a)
    assert found.shape == (5, SEARCH_STEPS)
    for feature in range(5):
        largest = VALUES[feature, half_a].max()
        assert found[feature].tolist() == pytest.approx([largest * step / 10 for step in range(10)], rel=1e-6)
    assert tenths(VALUES, np.zeros(90, bool)).tolist() == [[0.0] * 10] * 5


def test_the_threshold_of_best_f1_on_half_a_reports_its_f1_on_half_b() -> None:
    ready = searcher(VALUES, STRATUM, HASHES)
    found = ready.find(np.arange(5), CONTRAST)
    within, a = STRATUM < 2, ready.half_a
    for feature in range(5):
        on_a = [f1(VALUES[feature, within & a] > t, HAS_IT[within & a]) for t in ready.tried[feature]]
        best = int(np.argmax(on_a))
        assert found.threshold[feature] == ready.tried[feature, best]
        assert found.f1_chosen[feature] == pytest.approx(on_a[best])
        on_b = f1(VALUES[feature, within & ~a] > ready.tried[feature, best], HAS_IT[within & ~a])
        assert found.f1_heldout[feature] == pytest.approx(on_b)
    assert (found.threshold[4], found.f1_chosen[4], found.f1_heldout[4]) == (0, 1, 1)


def test_shuffled_labels_are_searched_alike_and_their_best_on_half_b_is_kept() -> None:
    ready = searcher(VALUES, STRATUM, HASHES)
    within, labels = labellings(CONTRAST, STRATUM)
    a = ready.half_a[within]
    best = np.zeros(5)
    for feature in range(5):
        called = VALUES[feature, within] > ready.tried[feature][:, None]
        for shuffled in labels.T[1:]:
            on_a = [f1(one[a], shuffled[a]) for one in called]
            best[feature] = max(best[feature], f1(called[int(np.argmax(on_a))][~a], shuffled[~a]))
    found = ready.find(np.arange(5), CONTRAST)
    assert found.f1_permuted_max.tolist() == pytest.approx(best.tolist())
    assert found.f1_permuted_max[4] < 0.9


def test_shuffles_keep_the_number_of_labels_in_each_stratum() -> None:
    within, labels = labellings(CONTRAST, STRATUM)
    assert STRATUM[within].tolist() == [0] * 40 + [1] * 30
    assert labels[:, 0].tolist() == HAS_IT[within].tolist()
    assert labels.shape == (70, 1 + SHUFFLES)
    for stratum in (0, 1):
        assert len(set(labels[STRATUM[within] == stratum].sum(axis=0).tolist())) == 1
    assert len({tuple(column) for column in labels.T}) == 1 + SHUFFLES
    assert labels[:, 1:].mean(axis=1).std() < 0.2


def test_a_half_without_the_label_leaves_a_blank() -> None:
    labels = np.zeros((90, 1 + SHUFFLES), bool)
    half_a = in_half_a(HASHES)
    labels[np.flatnonzero(half_a)[:5]] = True
    found = search(VALUES, tenths(VALUES, half_a), half_a, labels)
    assert np.isnan([found.threshold, found.f1_chosen, found.f1_heldout, found.f1_permuted_max]).all()


def test_precision_is_that_of_the_ten_largest_peaks_and_ties_go_to_the_smaller_hash() -> None:
    values = np.round(VALUES, 1)
    top = top_recordings(values, HASHES)
    for feature in range(5):
        order = sorted(range(90), key=lambda place: (-values[feature, place], HASHES[place]))
        assert top[feature].tolist() == order[:10]
    assert precision(top, LABELLED).tolist() == [np.mean(HAS_IT[places]) for places in top]
    assert precision(top, LABELLED)[4] == 1

"""The best others of each feature, against sorting by hand."""

import numpy as np
import pytest

from atlas.analyse.overlap.ranking import best, joined


@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_the_best_are_those_that_sorting_by_hand_finds(count: int) -> None:
    scores = np.random.default_rng(count).integers(-3, 6, (50, 30)).astype(float)  # most of them tie
    features = np.arange(50) * 7

    found = best(features, scores, count)

    rows = []
    for feature, row in zip(features.tolist(), scores, strict=True):
        ranked = sorted((-value, other) for other, value in enumerate(row.tolist()) if value > 0)
        rows += [(feature, rank, other, -value) for rank, (value, other) in enumerate(ranked[:count], 1)]
    assert list(zip(found.feature, found.rank, found.other, found.value, strict=True)) == rows


def test_a_score_that_is_not_above_zero_is_none() -> None:
    found = best(np.array([4, 5]), np.array([[0.0, -1.0], [0.0, 0.5]]), 2)

    assert (found.feature.tolist(), found.other.tolist(), found.value.tolist()) == ([5], [1], [0.5])


def test_blocks_join_to_what_is_found_at_once() -> None:
    scores = np.random.default_rng(0).random((9, 12))
    whole = best(np.arange(9), scores, 3)

    parts = joined([best(np.arange(first, first + 3), scores[first : first + 3], 3) for first in (0, 3, 6)])

    assert parts.feature.tolist() == whole.feature.tolist()
    assert parts.other.tolist() == whole.other.tolist()
    assert joined([]).rank.tolist() == []

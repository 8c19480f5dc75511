"""χ between dictionaries, against the definition; what is planted is found, and chance finds nothing."""

import numpy as np

from atlas.analyse.overlap.overlaps import NO_FEATURE, Overlap, comparisons_frame, duplicates, overlap
from atlas.analyse.overlap.ranking import joined
from tests.analyse.sampled import Active, noise, sample


def by_definition(one: Active, other: Active) -> np.ndarray:
    """[features, others]: χ, 0 where a feature is active on fewer than 30 frames."""
    chi = np.zeros((one.shape[1], other.shape[1]))
    for i in range(one.shape[1]):
        for j in range(other.shape[1]):
            if one[:, i].sum() >= 30 and other[:, j].sum() >= 30:
                chi[i, j] = (one[:, i] & other[:, j]).sum() / (one[:, i] | other[:, j]).sum()
    return chi


def test_matches_are_those_of_the_definition() -> None:
    one, other = noise(500, 20, 0.06, 1), noise(500, 30, 0.07, 2)
    other[:, 4] = one[:, 9]
    other[:250, 5] = one[:250, 9]
    chi = by_definition(one, other)

    found = overlap(sample(one), sample(other))

    compared = np.flatnonzero(one.sum(axis=0) >= 30)
    assert 0 < len(compared) < 20
    assert np.array_equal(found.largest, chi[compared].max(axis=1))
    expected = [(i, j, chi[i, j]) for i in compared for j in np.argsort(-chi[i], kind="stable")[:3] if chi[i, j] > 0]
    assert list(zip(found.best.feature, found.best.other, found.best.value, strict=True)) == expected


def test_a_dictionary_covers_itself_under_any_numbering() -> None:
    active = noise(1000, 40, 0.1)
    order = np.random.default_rng(1).permutation(40)

    found = overlap(sample(active), sample(active[:, order]))

    assert found.matched == found.compared == 40
    assert found.histogram == [0] * 19 + [40]
    assert order[found.best.other[found.best.rank == 1]].tolist() == list(range(40))


def test_random_dictionaries_cover_nothing_of_each_other() -> None:
    found = overlap(sample(noise(4000, 60, 0.05, 1)), sample(noise(4000, 60, 0.05, 2)))

    assert (found.compared, found.matched) == (60, 0)
    assert sum(found.histogram[:2]) == 60


def test_planted_duplicates_are_found_and_no_feature_is_its_own() -> None:
    active = noise(2000, 30, 0.05)
    active[:, 20] = active[:, 3]
    active[:, 25] = active[:, 4] & (np.arange(2000) % 5 > 0)

    found = duplicates(sample(active))

    pairs = [
        (int(i), int(j))
        for i, j, value in zip(found.best.feature, found.best.other, found.best.value, strict=True)
        if value > 0.5
    ]
    assert pairs == [(3, 20), (4, 25), (20, 3), (25, 4)]
    assert found.matched == 4
    assert (found.best.feature != found.best.other).all()


def test_one_half_exactly_is_no_match_and_more_is() -> None:
    one, other = np.zeros((200, 1), bool), np.zeros((200, 1), bool)
    one[:60] = other[:30] = True
    half = overlap(sample(one), sample(other))
    other[:31] = True

    assert (half.largest.tolist(), half.matched, half.histogram.index(1)) == ([0.5], 0, 9)
    assert overlap(sample(one), sample(other)).matched == 1


def test_what_is_matched_fills_the_upper_half_of_the_histogram() -> None:
    ratios = [(0, 1), (1, 10**6), *((both, either) for either in range(1, 120) for both in range(1, either + 1))]
    found = Overlap("a", "b", 1000, np.array([both / either for both, either in ratios]), joined([]))

    exact = [0] * 20
    for both, either in ratios:
        exact[max(-(-20 * both // either) - 1, 0)] += 1
    assert found.histogram == exact
    assert sum(found.histogram[10:]) == found.matched


def test_overlap_is_the_same_from_both_sides() -> None:
    one, other = sample(noise(600, 15, 0.2, 1)), sample(noise(600, 9, 0.2, 2))

    there = {(i, j): v for i, j, v in _rows(overlap(one, other))}
    back = {(j, i): v for i, j, v in _rows(overlap(other, one))}

    assert len(there.keys() & back.keys()) > 5
    assert all(there[pair] == back[pair] for pair in there.keys() & back.keys())


def test_the_order_of_frames_changes_nothing() -> None:
    one, other = noise(600, 15, 0.2, 1), noise(600, 9, 0.2, 2)
    order = np.random.default_rng(3).permutation(600)

    assert _rows(overlap(sample(one), sample(other))) == _rows(overlap(sample(one[order]), sample(other[order])))


def test_a_comparison_says_what_was_compared_or_why_not() -> None:
    active = noise(1000, 6, 0.2)
    silent = np.zeros((1000, 3), bool)

    rows = comparisons_frame(
        [overlap(sample(active, "b"), sample(active, "a")), overlap(sample(silent, "a"), sample(active, "b"))]
    )

    assert rows.rows() == [
        ("a", "b", 0, None, 1000, None, None, NO_FEATURE),
        ("b", "a", 6, 6, 1000, 1.0, [0] * 19 + [6], None),
    ]


def test_against_a_silent_dictionary_nothing_is_covered() -> None:
    rows = comparisons_frame([overlap(sample(noise(1000, 6, 0.2), "a"), sample(np.zeros((1000, 3), bool), "b"))])

    assert rows.rows() == [("a", "b", 6, 0, 1000, 0.0, [6] + [0] * 19, None)]


def _rows(found: Overlap) -> list[tuple[int, int, float]]:
    best = found.best
    return list(zip(best.feature.tolist(), best.other.tolist(), best.value.tolist(), strict=True))

"""The tests of effects, held against simulations whose truth is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.effects.statistics import interval, q_values, rank_among, smallest_seen, statistic, threshold
from atlas.schema.thresholds import SIGNIFICANT_Q

RECORDINGS = 16
FAMILIES = st.lists(st.integers(-6, 12), min_size=1, max_size=60).map(lambda some: np.array(some, dtype=float))


def draws(features: int, effect: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((features, RECORDINGS)) + effect


def beyond(features: np.ndarray, decoys: np.ndarray) -> np.ndarray:
    return np.array([statistic(mine, other) for mine, other in zip(features, decoys, strict=True)])


def pooled(features: np.ndarray, decoys: np.ndarray) -> np.ndarray:
    """q by sizes alone, which forgets whose decoy is whose."""
    mine, others = (np.abs(np.median(values, axis=1)) for values in (features, decoys))
    shares = [min(1.0, (1 + (others >= t).sum()) / (mine >= t).sum()) for t in mine]
    return np.array([min(share for share, s in zip(shares, mine, strict=True) if s <= t) for t in mine])


def norms(features: int, seed: int) -> np.ndarray:
    """How far the frames of a pair are moved: a hundred times as far for some as for others."""
    return np.asarray(10 ** np.random.default_rng(seed).uniform(-1, 1, (features, 1)))


def test_the_statistic_is_the_size_of_one_median_less_that_of_the_other() -> None:
    assert statistic(np.array([1.0, -4.0, -9.0]), np.array([1.0, 3.0, 2.0])) == 2
    assert statistic(np.array([1.0, 2.0]), np.array([-1.0, -3.0])) == -0.5
    assert statistic(np.zeros(4), np.zeros(4)) == 0


@given(st.integers(0, 1_000))
def test_a_feature_that_changes_places_with_its_decoy_changes_its_sign(seed: int) -> None:
    mine, other = draws(2, 0.5, seed)

    assert statistic(mine, other) == -statistic(other, mine)
    assert statistic(-mine, other) == statistic(mine, -other) == statistic(mine, other)


@given(FAMILIES)
def test_q_is_what_ten_plain_lines_say(statistics: np.ndarray) -> None:
    def plain(w: float) -> float:
        best = 1.0
        for t in statistics:
            if 0 < t <= w:
                decoys = sum(other <= -t for other in statistics)
                features = sum(other >= t for other in statistics)
                best = min(best, (1 + decoys) / features)
        return best

    assert q_values(statistics).tolist() == pytest.approx([plain(w) for w in statistics])


@given(FAMILIES)
def test_q_falls_as_the_statistic_rises_and_equal_ones_have_one(statistics: np.ndarray) -> None:
    q = q_values(statistics)
    order = np.argsort(statistics)

    assert (np.diff(q[order]) <= 0).all()
    assert all(len(set(q[statistics == value])) == 1 for value in statistics)
    assert (q[statistics <= 0] == 1).all(), "where the decoy does as much"
    assert ((q > 0) & (q <= 1)).all()


def test_where_nothing_changes_q_is_one() -> None:
    assert q_values(np.zeros(40)).tolist() == [1] * 40


def test_a_family_of_decoys_that_do_more_finds_nothing() -> None:
    """Were all features swapped with their decoys, nothing that passes would be left."""
    statistics = beyond(draws(100, 2, 1), draws(100, 0, 2))

    assert (q_values(statistics) < SIGNIFICANT_Q).sum() > 90
    assert set(q_values(-np.abs(statistics))) == {1}


@pytest.mark.parametrize("spread", [0, 1], ids=["one norm", "very different norms"])
def test_of_exchangeable_pairs_next_to_nothing_is_found(spread: int) -> None:
    """Over 20 seeds, whatever the norms of pairs are, and however much every edit of such a norm does."""
    found = []
    for seed in range(20):
        size = norms(300, seed) ** spread
        features, decoys = ((draws(300, -1, base + seed)) * size for base in (0, 100))
        found.append((q_values(beyond(features, decoys)) < SIGNIFICANT_Q).any())

    assert np.mean(found) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 20)


def test_planted_effects_are_found_and_few_others() -> None:
    shares, power = [], []
    for seed in range(20):
        values = np.concatenate([draws(60, 1.5, seed), draws(240, 0, 50 + seed)])
        found = q_values(beyond(values, draws(300, 0, 100 + seed))) < SIGNIFICANT_Q
        shares.append(found[60:].sum() / max(found.sum(), 1))
        power.append(found[:60].mean())

    assert np.mean(shares) <= SIGNIFICANT_Q + 2 * np.std(shares) / math.sqrt(20)
    assert any(shares), "a test that finds no wrong one in 20 tries is too strict"
    assert np.mean(power) > 0.8


def test_a_pair_tells_what_sizes_of_many_norms_hide() -> None:
    """Every edit does as much as its norm, and sixty features do half as much again: sizes alone tell none of them."""
    power, by_size = [], []
    for seed in range(20):
        size, more = norms(300, seed) ** 0.5, np.repeat([1.5, 1.0], [60, 240])[:, None]
        features, decoys = ((10 * more + draws(300, 0, seed)) * size, (10 + draws(300, 0, 100 + seed)) * size)
        power.append((q_values(beyond(features, decoys)) < SIGNIFICANT_Q)[:60].mean())
        by_size.append((pooled(features, decoys) < SIGNIFICANT_Q)[:60].mean())

    assert np.mean(power) > 0.5
    assert np.mean(by_size) < 0.05


@pytest.mark.parametrize("recordings", [8, 12, 16])
@pytest.mark.parametrize(("level", "spread"), [(0.0, 1.0), (0.5, 1.0), (0.5, 0.3), (3.0, 1.0), (0.0, 3.0), (3.0, 3.0)])
def test_the_smallest_effect_that_would_be_seen_is_seen_about_four_times_in_five(
    recordings: int, level: float, spread: float
) -> None:
    """Of features that each have the effect that their first recordings named, in as many new ones of them and decoys.

    A little less often where the decoy's median is far from zero and as uncertain as the feature's: it is looked at
    twice, and counted once.
    """
    first, new = np.random.default_rng(3).standard_normal((2, 2_000, recordings))
    decoys = level + spread * np.random.default_rng(4).standard_normal((2, 2_000, recordings))
    effects = np.array([smallest_seen(*pair, 1.0) for pair in zip(first, decoys[0], strict=True)], float)
    seen = np.mean(beyond(new + effects[:, None], decoys[1]) >= 1)

    assert 0.7 < seen < 0.87


def test_what_is_needed_is_the_smallest_that_passes_and_else_no_effect_would_have_been_seen() -> None:
    acting, inert = beyond(draws(300, 1.5, 1), draws(300, 0, 2)), beyond(draws(300, 0, 3), draws(300, 0, 4))
    passing = acting[q_values(acting) < SIGNIFICANT_Q]

    assert threshold(acting, SIGNIFICANT_Q) == passing.min()
    assert threshold(inert, SIGNIFICANT_Q) == math.inf
    assert threshold(np.ones(20), SIGNIFICANT_Q) == math.inf, "however large they are"
    assert smallest_seen(np.ones(8), np.zeros(8), math.inf) is None


def test_an_effect_that_would_be_seen_is_far_enough_from_zero_for_its_interval() -> None:
    """Where next to nothing is needed beyond a silent decoy, what counts is that the interval is on one side."""
    first, new = np.random.default_rng(3).standard_normal((2, 400, 16))
    effects = np.array([smallest_seen(mine, np.zeros(16), 0.0) for mine in first], float)
    generator = np.random.default_rng(5)
    lows = [interval(mine + effect, generator)[0] for mine, effect in zip(new, effects, strict=True)]

    assert 0.65 < np.mean(np.array(lows) > 0) < 0.9


@pytest.mark.parametrize(("found", "passing"), [(20, 0), (21, 21)])
def test_fewer_than_twenty_one_features_cannot_pass(found: int, passing: int) -> None:
    statistics = np.repeat([9.0, -0.5], [found, 60 - found])

    assert (q_values(statistics) < SIGNIFICANT_Q).sum() == passing


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    generator = np.random.default_rng(5)
    held = [low <= 0.3 <= high for low, high in (interval(row, generator) for row in draws(400, 0.3, 6))]

    assert 0.90 < np.mean(held) < 0.99


def test_ranks_among_controls_count_equal_ones_half() -> None:
    assert rank_among(2.0, np.array([1.0, -1.0, 3.0, 2.0])) == pytest.approx((2 + 0.5) / 4)

"""The tests of effects, held against simulations whose truth is known."""

import math

import numpy as np
import pytest

from atlas.effects.statistics import interval, needed, q_values, rank_among, smallest_seen, statistic, threshold
from atlas.schema.thresholds import SIGNIFICANT_Q

RECORDINGS = 16


def draws(features: int, effect: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((features, RECORDINGS)) + effect


def statistics(values: np.ndarray) -> np.ndarray:
    return np.array([statistic(row) for row in values])


def test_the_statistic_is_the_median_over_its_deviation() -> None:
    assert statistic(np.array([1.0, 2.0, 3.0])) == 2.0
    assert statistic(np.array([-1.0, -2.0, -3.0])) == 2.0
    assert statistic(np.zeros(4)) == 0.0
    assert statistic(-np.ones(4)) == 2**20, "finite, where recordings agree to the bit"


def test_q_is_what_ten_plain_lines_say() -> None:
    generator = np.random.default_rng(1)
    features, decoys = generator.integers(0, 12, 40).astype(float), generator.integers(0, 9, 40).astype(float)

    def plain(t: float) -> float:
        shares = [min(1.0, (1 + (decoys >= s).sum()) / (features >= s).sum()) for s in sorted(set(features)) if s <= t]
        return min(shares)

    assert q_values(features, decoys).tolist() == pytest.approx([plain(t) for t in features])


def test_q_falls_as_the_statistic_rises() -> None:
    features = statistics(draws(200, 0.5, 2))
    q = q_values(features, statistics(draws(200, 0, 3)))
    order = np.argsort(features)

    assert (np.diff(q[order]) <= 0).all()


def test_where_nothing_has_an_effect_next_to_nothing_is_found() -> None:
    """Features and decoys are exchangeable: over 20 seeds, found ones stay within what q promises."""
    found = [
        (q_values(statistics(draws(300, 0, seed)), statistics(draws(300, 0, 100 + seed))) < 0.05).sum()
        for seed in range(20)
    ]

    assert np.mean([count > 0 for count in found]) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 20)


def test_planted_effects_are_found_and_few_others() -> None:
    shares, power = [], []
    for seed in range(20):
        values = np.concatenate([draws(60, 1.5, seed), draws(240, 0, 50 + seed)])
        found = q_values(statistics(values), statistics(draws(300, 0, 100 + seed))) < 0.05
        shares.append(found[60:].sum() / max(found.sum(), 1))
        power.append(found[:60].mean())

    assert np.mean(shares) <= 0.05 + 2 * np.std(shares) / math.sqrt(20)
    assert np.mean(power) > 0.6


@pytest.mark.parametrize("recordings", [8, 12, 16])
@pytest.mark.parametrize("reached", [0.8, 1.6, 3.0])
def test_the_smallest_effect_that_would_be_seen_is_seen_four_times_in_five(recordings: int, reached: float) -> None:
    """Of features that each have the effect that their first recordings named, in as many new ones."""
    first, new = np.random.default_rng(3).standard_normal((2, 2_000, recordings))
    effects = np.array([smallest_seen(row, reached) for row in first])
    seen = np.mean(statistics(new + effects[:, None]) >= reached)

    assert seen == pytest.approx(0.8, abs=0.03)


def test_what_is_needed_is_the_smallest_that_passes_or_else_what_beats_every_decoy() -> None:
    features, decoys = statistics(draws(300, 1.5, 1)), statistics(draws(300, 0, 2))
    passing = features[q_values(features, decoys) < 0.05]

    assert needed(features, decoys, 0.05) == threshold(features, decoys, 0.05) == passing.min()
    assert needed(decoys, decoys, 0.05) == decoys.max()
    assert threshold(decoys, decoys, 0.05) == math.inf == smallest_seen(np.arange(4.0), math.inf)


@pytest.mark.parametrize(("found", "passing"), [(20, 0), (21, 21)])
def test_fewer_than_twenty_one_features_cannot_pass(found: int, passing: int) -> None:
    features, decoys = np.repeat([9.0, 0.5], [found, 60 - found]), np.full(60, 1.0)

    assert (q_values(features, decoys) < SIGNIFICANT_Q).sum() == passing


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    generator = np.random.default_rng(5)
    held = [low <= 0.3 <= high for low, high in (interval(row, generator) for row in draws(400, 0.3, 6))]

    assert 0.90 < np.mean(held) < 0.99


def test_ranks_among_controls_count_equal_ones_half() -> None:
    assert rank_among(2.0, np.array([1.0, -1.0, 3.0, 2.0])) == pytest.approx((2 + 0.5) / 4)

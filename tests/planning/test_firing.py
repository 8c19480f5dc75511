"""From the windows of a trial to the corpus: means are kept, bounds hold, and more is never less."""

import numpy as np
import pytest

from atlas.planning.firing import CorpusExtent, expected, full, matched, mixture

TRIED, FEATURES = 100, 4_000


def extent(windows: int = 2_000, **changes: int) -> CorpusExtent:
    given = {"recordings": windows, "shard_windows": 512, "top": 20, "others": 4}
    return CorpusExtent(windows=windows, **given | changes)


def counts_of(shares: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.random.default_rng(1).binomial(TRIED, shares)


def test_features_that_all_fire_alike_fire_as_often_in_the_corpus() -> None:
    firing = expected(mixture(counts_of(np.full(FEATURES, 0.3)), TRIED), extent())

    assert firing.clips == pytest.approx(600, rel=0.02)
    assert (firing.active, firing.tested) == pytest.approx((1, 1), abs=1e-6)
    assert firing.examples == pytest.approx(40, abs=0.01)


def test_examples_of_rare_features_are_near_those_of_an_oracle() -> None:
    random = np.random.default_rng(2)
    shares = np.exp(random.normal(np.log(0.006), 1.5, FEATURES)).clip(0, 0.9)
    fired = random.binomial(2_000, shares)
    oracle = (np.minimum(20, fired) + np.minimum(16, fired) + 4 * (fired > 0)).mean()

    firing = expected(mixture(counts_of(shares), TRIED), extent())

    assert firing.examples == pytest.approx(oracle, rel=0.1)
    assert firing.tested == pytest.approx((fired >= 5).mean(), rel=0.1)
    assert firing.clips == pytest.approx(fired.mean(), rel=0.1)
    assert firing.breadth == pytest.approx(np.log1p(fired).mean(), rel=0.1)
    assert firing.few == pytest.approx((np.minimum(10, fired) + np.minimum(8, fired) + 2 * (fired > 0)).mean(), rel=0.1)


def test_no_expectation_passes_what_is_most() -> None:
    most = full(extent())
    firing = expected(mixture(counts_of(np.full(FEATURES, 0.9)), TRIED), extent())

    assert firing.examples <= most.examples + 1e-9
    assert firing.picks <= most.picks + 1e-9


def test_a_larger_corpus_never_has_fewer_examples() -> None:
    weights = mixture(counts_of(np.full(FEATURES, 0.004)), TRIED)
    sizes = [expected(weights, extent(windows)).examples for windows in (100, 1_000, 10_000)]

    assert sizes == sorted(sizes)


def test_a_control_matches_the_features_that_fire_in_enough_of_the_sample() -> None:
    half = np.concatenate([np.full(500, 0.3), np.full(500, 1e-5)])

    number, weights = matched(mixture(counts_of(half), TRIED), 1_000, 200, 1_000)

    assert number == pytest.approx(500, rel=0.05)
    assert expected(weights, extent()).clips == pytest.approx(600, rel=0.02)


def test_features_that_never_fired_are_not_taken_for_dead() -> None:
    firing = expected(mixture(np.zeros(FEATURES, np.int64), TRIED), extent(20_000))

    assert 0 < firing.active < 1

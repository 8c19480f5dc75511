"""Logistic regression: the minimum of its loss, by gradients and by another's minimiser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from atlas.analyse.testing.logistic import fit_logistic, loss

Doubles = NDArray[np.float64]


def drawn(
    seed: int, recordings: int, features: int, strata: int
) -> tuple[Doubles, NDArray[np.bool_], NDArray[np.int64]]:
    """Recordings of some strata, each of which has both kinds."""
    random = np.random.default_rng(seed)
    stratum = np.sort(np.append(np.repeat(np.arange(strata), 2), random.integers(strata, size=recordings)))
    values = random.standard_normal((len(stratum), features))
    labelled = values.sum(axis=1) + random.standard_normal(len(stratum)) > 0.3 * stratum
    first = np.searchsorted(stratum, np.arange(strata))
    labelled[first], labelled[first + 1] = True, False
    return values, labelled, stratum


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6), st.integers(0, 60), st.integers(1, 6), st.integers(1, 4), st.sampled_from([0.1, 1.0, 10.0])
)
def test_the_slopes_are_those_of_another_minimiser(
    seed: int, recordings: int, features: int, strata: int, penalty: float
) -> None:
    values, labelled, stratum = drawn(seed, recordings, features, strata)
    signs = np.where(labelled, 1, -1)

    def whole(weights: Doubles) -> float:
        margin = values @ weights[:features] + weights[features:][stratum]
        return float(np.log1p(np.exp(-signs * margin)).sum() + penalty / 2 * (weights[:features] ** 2).sum())

    expected = minimize(whole, np.zeros(features + strata), method="BFGS", options={"gtol": 1e-7}).x
    assert fit_logistic(values, labelled, stratum, penalty) == pytest.approx(expected[:features], abs=2e-4)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(1, 6))
def test_the_gradient_is_nothing_at_the_minimum(seed: int, recordings: int, features: int) -> None:
    values, labelled, _ = drawn(seed, recordings, features, 1)
    slopes = fit_logistic(values, labelled, np.zeros(len(values), np.int64), 1.0)
    low, high = -50.0, 50.0
    for _ in range(100):  # the intercept, by bisection: at it, as many have the label as are expected to
        middle = (low + high) / 2
        low, high = (low, middle) if expit(values @ slopes + middle).sum() > labelled.sum() else (middle, high)
    surprise = expit(values @ slopes + low) - labelled
    assert values.T @ surprise + slopes == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("gap", [1e-3, 1.0, 30.0])
def test_a_label_that_is_separated_perfectly_has_finite_slopes(gap: float) -> None:
    labelled = np.arange(200) >= 100
    values = np.where(labelled, gap, -gap)[:, None] * [1.0, 1.0]
    first, second = fit_logistic(values, labelled, np.zeros(200, np.int64), 1.0)
    assert first == pytest.approx(second)
    assert 0 < first < 10


def test_a_lone_outlier_of_a_rare_label_has_finite_slopes() -> None:
    values = np.zeros((10_000, 1))
    values[0] = 100.0
    (slope,) = fit_logistic(values, np.arange(10_000) == 0, np.zeros(10_000, np.int64), 1.0)
    assert 0 < slope < 1
    assert np.isfinite(slope)


def test_a_constant_has_no_slope_and_nothing_to_fit_by_gives_none() -> None:
    labelled, stratum = np.arange(20) % 3 == 0, np.arange(20) // 10
    assert fit_logistic(np.zeros((20, 2)), labelled, stratum, 1.0).tolist() == [0.0, 0.0]
    assert fit_logistic(np.empty((20, 0)), labelled, stratum, 1.0).tolist() == []


def test_how_frequent_a_label_is_in_a_stratum_is_no_evidence() -> None:
    stratum = np.repeat([0, 1], 50)
    labelled = np.concatenate([np.arange(50) < 45, np.arange(50) < 5])
    within = np.tile([1.0, -1.0], 50)  # as often with the label as without, but for five of each stratum
    alone = fit_logistic(within[:, None], labelled, stratum, 1.0)
    shifted = fit_logistic((within + 3 * stratum)[:, None], labelled, stratum, 1.0)
    assert shifted == pytest.approx(alone, abs=1e-8)


def test_the_loss_is_the_negative_log_likelihood_and_half_of_the_penalised_squares() -> None:
    design, labelled = np.array([[1.0, 1.0], [2.0, 1.0], [-1.0, 1.0]]), np.array([True, False, True])
    weights, ridge = np.array([0.5, -0.25]), np.array([2.0, 0.0])
    p = expit(design @ weights)
    expected = -np.log(p[0]) - np.log(1 - p[1]) - np.log(p[2]) + 0.5**2
    assert loss(design, labelled, ridge, weights) == pytest.approx(expected)

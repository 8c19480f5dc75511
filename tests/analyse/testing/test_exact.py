"""The exact test against scipy and against counting every arrangement; q against its definition."""

from itertools import combinations, product
from math import comb, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from atlas.analyse.testing.exact import SMALLEST, exact_p, q_values


def p_of(hits: int, passing: list[int], labelled: list[int], sizes: list[int]) -> float:
    one = exact_p(np.array([hits]), np.array([passing]), np.array(labelled), np.array(sizes))
    return float(one[0])


def arrangements(passing: list[int], labelled: list[int], sizes: list[int]) -> dict[int, float]:
    """hits -> its chance, by convolving counts of subsets: whole numbers until the end."""
    ways = {0: 1}
    for m, k, n in zip(passing, labelled, sizes, strict=True):
        here = {a: comb(k, a) * comb(n - k, m - a) for a in range(min(m, k) + 1)}
        ways = {
            total: sum(ways[s] * here[total - s] for s in ways if total - s in here)
            for total in range(max(ways) + max(here) + 1)
        }
    whole = sum(ways.values())
    return {hits: count / whole for hits, count in ways.items() if count}


def twice_the_smaller_tail(hits: int, chances: dict[int, float]) -> float:
    upper = sum(chance for other, chance in chances.items() if other >= hits)
    lower = sum(chance for other, chance in chances.items() if other <= hits)
    return min(1.0, 2 * min(upper, lower))


strata = st.lists(
    st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=4,
)


@given(strata)
def test_p_is_twice_the_smaller_tail_of_all_arrangements(table: list[tuple[int, int, int]]) -> None:
    passing, labelled, sizes = (list(column) for column in zip(*table, strict=True))
    chances = arrangements(passing, labelled, sizes)

    for hits in chances:
        expected = twice_the_smaller_tail(hits, chances)
        assert p_of(hits, passing, labelled, sizes) == pytest.approx(expected, rel=1e-12)


def test_arrangements_are_those_of_recordings_that_change_places() -> None:
    chances = arrangements([2, 1], [2, 1], [4, 3])
    first, second = list(combinations(range(4), 2)), list(combinations(range(3), 1))
    counted = [len({0, 1} & set(a)) + len({0} & set(b)) for a, b in product(first, second)]
    assert chances == {hits: pytest.approx(counted.count(hits) / len(counted)) for hits in (0, 1, 2, 3)}


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))), st.data())
def test_one_stratum_is_scipys_hypergeometric(table: tuple[int, int, int], data: st.DataObject) -> None:
    m, k, n = table
    hits = data.draw(st.integers(max(0, m + k - n), min(m, k)))
    scipys = hypergeom(n, k, m)
    expected = min(1, 2 * min(scipys.sf(hits - 1), scipys.cdf(hits)))
    assert p_of(hits, [m], [k], [n]) == pytest.approx(expected, rel=1e-9)


def test_far_tails_keep_their_relative_accuracy() -> None:
    assert log(p_of(90, [100], [100], [2000])) == pytest.approx(log(2) + hypergeom(2000, 100, 100).logsf(89), rel=1e-10)
    apart = p_of(45, [50], [50], [1000]) * p_of(44, [49], [50], [1000])
    both = p_of(89, [50, 49], [50, 50], [1000, 1000])
    assert log(both) < log(1e-90)
    assert log(both) == pytest.approx(log(apart), rel=0.1)
    assert p_of(500, [500], [500], [2000]) == SMALLEST


@given(strata)
def test_a_feature_that_follows_the_stratum_alone_earns_nothing(table: list[tuple[int, int, int]]) -> None:
    _, labelled, sizes = (list(column) for column in zip(*table, strict=True))
    passing = [size * (place % 2) for place, size in enumerate(sizes)]
    hits = sum(k for place, k in enumerate(labelled) if place % 2)
    assert p_of(hits, passing, labelled, sizes) == pytest.approx(1, abs=1e-12)


@given(strata)
def test_chance_alone_is_called_no_more_often_than_p_says(table: list[tuple[int, int, int]]) -> None:
    passing, labelled, sizes = (list(column) for column in zip(*table, strict=True))
    chances = arrangements(passing, labelled, sizes)
    for level in (0.01, 0.05, 0.2):
        called = [chance for hits, chance in chances.items() if p_of(hits, passing, labelled, sizes) <= level]
        assert sum(called) <= level + 1e-12


@given(strata, st.data())
def test_strata_may_come_in_any_order_and_labels_may_be_turned_round(
    table: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    passing, labelled, sizes = (list(column) for column in zip(*table, strict=True))
    hits = data.draw(st.sampled_from(sorted(arrangements(passing, labelled, sizes))))
    p = p_of(hits, passing, labelled, sizes)
    turned = [n - k for n, k in zip(sizes, labelled, strict=True)]
    assert p_of(hits, passing[::-1], labelled[::-1], sizes[::-1]) == pytest.approx(p, rel=1e-12)
    assert p_of(sum(passing) - hits, passing, turned, sizes) == pytest.approx(p, rel=1e-12)


def test_many_tests_at_once_are_the_same_tests() -> None:
    random = np.random.default_rng(0)
    labelled, sizes = np.array([3, 8, 5]), np.array([20, 30, 12])
    passing = random.integers(0, sizes + 1, (200, 3))
    hits = random.hypergeometric(labelled, sizes - labelled, passing).sum(axis=1)
    single = [p_of(int(h), m.tolist(), labelled.tolist(), sizes.tolist()) for h, m in zip(hits, passing, strict=True)]
    assert exact_p(hits, passing, labelled, sizes).tolist() == pytest.approx(single, rel=1e-13)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), max_size=30))
def test_q_is_the_least_share_of_false_calls_at_which_a_test_is_called(p: list[float]) -> None:
    known = [value for value in p if value == value]
    expected = [
        min([other * len(known) / sum(one <= other for one in known) for other in known if other >= value] + [1.0])
        if value == value
        else np.nan
        for value in p
    ]
    assert q_values(np.array(p)).tolist() == pytest.approx(expected, nan_ok=True)


def test_a_worked_family_of_q() -> None:
    q = q_values(np.array([[0.01, 0.2, np.nan], [0.04, 0.03, np.nan]]))
    assert q.ravel().tolist() == pytest.approx([0.04, 0.2, np.nan, 0.16 / 3, 0.16 / 3, np.nan], nan_ok=True)

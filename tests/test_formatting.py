"""Numbers in words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.formatting import counted, duration, figure, fraction, listed, percent, q_value


@pytest.mark.parametrize(("seconds", "words"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (90, "1.5 min"), (5400, "1.5 h")])
def test_a_duration_is_told_in_a_unit_of_its_size(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 shards"), (1, "1 shard"), (2000, "2,000 shards")])
def test_one_of_a_thing_is_not_many(number: int, words: str) -> None:
    assert counted(number, "shard") == words


def test_a_noun_may_bring_its_plural() -> None:
    assert [counted(number, "dictionary", "dictionaries") for number in (1, 2)] == ["1 dictionary", "2 dictionaries"]


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")], ids=len
)
def test_a_list_ends_with_and(words: list[str], text: str) -> None:
    assert listed(words) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.0031, "0.31 %"),
        (0.003, "0.30 %"),
        (0.031, "3.1 %"),
        (0.31, "31 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.000031, "0.0031 %"),
        (0.0000031, "under 0.001 %"),
        (0.9949, "99 %"),
        (0.9951, "over 99 %"),
    ],
)
def test_a_share_is_a_percentage_of_two_digits(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"), [(31.4, "31"), (2.44, "2.4"), (0.044, "0.044"), (1312, "1,300"), (math.inf, "∞"), (0, "0")]
)
def test_a_ratio_has_two_digits(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.984, ".98"), (0.5, ".50"), (1, "1"), (0.999, ">.99"), (0.001, "<.01"), (0, "0"), (-0.12, "-.12"), (-1, "-1")],
)
def test_a_fraction_has_no_leading_zero_and_never_claims_a_bound(value: float, text: str) -> None:
    assert fraction(value) == text


@pytest.mark.parametrize(
    ("q", "text"),
    [(1, "1"), (0.0496, ".050"), (0.034, ".034"), (0.0006, ".001"), (0.0004, "4e-4"), (1.2e-9, "1e-9"), (0, "0")],
)
def test_a_q_is_three_decimals_or_a_power_of_ten(q: float, text: str) -> None:
    assert q_value(q) == text


@given(st.floats(1e-5, 1), st.floats(1e-5, 1))
def test_a_larger_share_never_reads_smaller(one: float, other: float) -> None:
    small, large = (float(percent(share).removeprefix("over ").split()[0]) for share in sorted((one, other)))
    assert small <= large

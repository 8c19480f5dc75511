"""Figures as text."""

import math

import pytest

from atlas.render import numbers, svg
from atlas.render.svg import ChartTick


@pytest.mark.parametrize(
    "formatter",
    [
        numbers.percent,
        numbers.unit,
        numbers.probability,
        numbers.figure,
        numbers.count,
        numbers.signed,
        numbers.nats,
        numbers.signed_nats,
    ],
)
@pytest.mark.parametrize("absent", [None, math.nan])
def test_a_figure_that_is_not_there_is_a_dash(formatter, absent) -> None:  # type: ignore[no-untyped-def]
    assert formatter(absent) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(8.9, "8.90"), (0.03124, "0.0312"), (12_345.0, "12,300"), (0.0, "0"), (-1.5, "-1.50"), (3e-7, "3.0e-7")],
)
def test_activations_have_three_digits(value: float, text: str) -> None:
    assert numbers.figure(value) == text


def test_shifts_have_two_decimals_and_where_it_counts_their_sign() -> None:
    assert [numbers.hundredths(value) for value in (0.6, 12.344)] == ["0.60", "12.34"]
    assert [numbers.signed(value) for value in (1.2, -0.954)] == ["+1.20", "−0.95"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0212, ".021"),
        (-0.0003, "−.0003"),
        (1.24, "1.2"),
        (-12.0, "−12"),
        (0.0, "0"),
        (-2e-5, "<.0001"),
        (0.0996, ".10"),
    ],
)
def test_changes_of_log_probability_have_two_digits(value: float, text: str) -> None:
    assert numbers.nats(value) == text
    assert numbers.signed_nats(value) == (f"+{text}" if value >= 1e-4 else text)


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.25, "0.25"), (10.0, "10"), (-0.001, "0"), (100.5, "100.5")])
def test_coordinates_are_as_short_as_can_be(value: float, text: str) -> None:
    assert numbers.plain(value) == text


def test_hours_below_one_are_minutes() -> None:
    assert (numbers.hours(0.199), numbers.hours(3.44)) == ("12 min", "3.4 h")


def test_bars_are_one_path_and_runs_of_empty_ones_are_left_out() -> None:
    assert svg.steps([0, 5, 5, 0, 0, 2.5], 4, 100) == "M4 100v-5h8v5M20 100v-2.5h4v2.5"


def test_a_count_of_one_is_seen_on_a_log_axis_and_the_largest_fills_it() -> None:
    heights = svg.log_heights([0, 1, 999], 999, 96)

    assert heights[0] == 0
    assert heights[1] == pytest.approx(96 * math.log(2) / math.log(1000))
    assert heights[2] == 96


def test_a_log_axis_has_ticks_at_powers_of_ten() -> None:
    assert svg.log_ticks(999, 96, 4) == [ChartTick("90.37", "1"), ChartTick("66.68", "10"), ChartTick("35.86", "100")]
    assert svg.log_ticks(0, 96, 4) == []


def test_an_area_climbs_a_step_a_place_and_comes_back() -> None:
    assert svg.climb([26.04, 27, 24.5, 24.5], 52, 159, 2) == "M52 159H26l1-2-2.5-2 0-2H52"

"""The two worlds: no number and no option of one is ever drawn in the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.demo.scenes.worlds import CELL, DIGITS, FINEST, Draws, World, dealt, world_of

numbers = st.floats(-1e4, 1e4, allow_nan=False)


@given(st.integers(0, 300))
def test_neighbouring_cells_belong_to_different_worlds(cell: int) -> None:
    middle = FINEST * np.expm1((cell + 0.5) * CELL)
    next_middle = FINEST * np.expm1((cell + 1.5) * CELL)

    assert world_of(middle) == World(cell % 2)
    assert {world_of(middle), world_of(next_middle)} == {World.TRAINING, World.SHOWN}
    assert world_of(-middle) != world_of(middle)


@given(st.sampled_from(World), st.integers(0, 2**32), numbers, st.floats(1.2, 100))
def test_a_number_lies_within_its_range_and_in_its_world(world: World, seed: int, low: float, factor: float) -> None:
    high = low + max(abs(low), 0.01) * factor
    draws = Draws(world, seed)

    value = draws.number("value", low, high)

    slack = 10.0**-DIGITS * max(abs(low), abs(high)) * 10
    assert low - slack <= value <= high + slack
    assert world_of(value) == world
    assert draws.truth == {"value": value}


@pytest.mark.parametrize("world", World)
def test_numbers_fill_their_range_evenly(world: World) -> None:
    draws = Draws(world, 1)

    values = [draws.number("value", 100.0, 200.0) for _ in range(2_000)]
    ratios = [draws.ratio("ratio", 1.0, 100.0) for _ in range(2_000)]

    assert np.quantile(values, [0.25, 0.5, 0.75]) == pytest.approx([125, 150, 175], abs=6)
    assert np.quantile(ratios, [0.25, 0.5, 0.75]) == pytest.approx([10**0.5, 10, 10**1.5], rel=0.15)


def test_whole_numbers_stay_whole_and_apart() -> None:
    drawn = {world: {Draws(world, seed).whole("people", 5, 40) for seed in range(300)} for world in World}

    assert drawn[World.TRAINING].isdisjoint(drawn[World.SHOWN])
    assert drawn[World.TRAINING] | drawn[World.SHOWN] == set(range(5, 41))


@given(st.lists(st.integers(), unique=True, min_size=2))
def test_options_are_dealt_out_to_one_world_each(options: list[int]) -> None:
    training, shown = (dealt(options, world) for world in World)

    assert set(training) | set(shown) == set(options)
    assert set(training).isdisjoint(shown)
    assert abs(len(training) - len(shown)) <= 1


def test_equal_seeds_draw_the_same_and_other_worlds_or_seeds_do_not() -> None:
    drawn = [Draws(world, *seed).random.random() for world in World for seed in ((1, 2), (1, 3), (2, 1))]

    assert drawn[0] == Draws(World.TRAINING, 1, 2).random.random()
    assert len(set(drawn)) == 6


def test_draws_below_a_prefix_share_the_record_and_the_stream() -> None:
    draws = Draws(World.SHOWN, 0)

    inner = draws.below("second").below("room")
    inner.note("rt60_s", 0.3)

    assert draws.truth == {"second.room.rt60_s": 0.3}
    assert inner.random is draws.random

"""Batches: the same whether activations are held in memory, loaded by rounds, or gone on with in the middle."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import pytest
import torch
from torch import Tensor

from atlas.measure.listening import ClipSource
from atlas.train.config import CourseConfig
from atlas.train.frames import Activations, Stock, batches
from atlas.train.split import endless, groups, rounds
from tests.train.test_split import source

FRAMES = [30, 50, 20, 41, 9, 77, 64, 12]
CLIPS = [source(number, valid) for number, valid in enumerate(FRAMES)]
TAPS = {"near": 3, "far": 2}


class Echo:
    """Gives each frame its clip and place, at two taps, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def load(self, clips: Sequence[ClipSource], advance: object = None) -> Activations:
        self.asked.append([clip.number for clip in clips])
        rows = [torch.tensor([clip.number, frame]) for clip in clips for frame in range(clip.valid)]
        told = torch.stack(rows).float()
        return {"near": torch.cat([told, -told[:, :1]], dim=1), "far": told}


def course(buffer_frames: int, **settings: object) -> CourseConfig:
    return CourseConfig(buffer_frames=buffer_frames, batch_frames=32, **settings)


def drawn(asked: CourseConfig, first: int, steps: int, *, held: bool) -> tuple[list[Activations], Echo]:
    echo = Echo()
    stock = Stock(echo, CLIPS, asked.buffer_frames)
    if held:
        stock.fill(lambda _: None)
    planned = rounds(endless(groups(["x"] * len(CLIPS), None), FRAMES, asked.seed), FRAMES, asked.buffer_frames)
    return list(islice(batches(stock, planned, asked, first), steps)), echo


def same(some: Sequence[Activations], others: Sequence[Activations]) -> bool:
    return len(some) == len(others) and all(
        torch.equal(one[tap], other[tap]) for one, other in zip(some, others, strict=True) for tap in TAPS
    )


@pytest.mark.parametrize("room", [120, 200, 400])
def test_batches_are_the_same_held_in_memory_and_loaded_by_rounds(room: int) -> None:
    held, once = drawn(course(room), 0, 30, held=True)
    loaded, often = drawn(course(room), 0, 30, held=False)

    assert same(held, loaded)
    assert once.asked == [list(range(len(CLIPS)))]
    assert len(often.asked) > 1


@pytest.mark.parametrize("first", [1, 5, 6, 17])
def test_batches_go_on_at_any_step_and_load_no_round_that_is_over(first: int) -> None:
    whole, all_rounds = drawn(course(150), 0, 25, held=False)
    rest, its_rounds = drawn(course(150), first, 25 - first, held=False)

    assert same(whole[first:], rest)
    assert its_rounds.asked == all_rounds.asked[-len(its_rounds.asked) :]
    assert first < 5 or len(its_rounds.asked) < len(all_rounds.asked)


def test_a_batch_holds_the_same_frames_at_every_tap() -> None:
    for batch in drawn(course(150), 0, 10, held=False)[0]:
        assert batch["near"].shape == (32, 3)
        assert torch.equal(batch["near"][:, :2], batch["far"])


def test_frames_of_a_round_come_at_most_once() -> None:
    asked = course(120)
    stock = Stock(Echo(), CLIPS, 120)
    order = torch.randperm(112, generator=torch.Generator().manual_seed(0))
    seen: list[Tensor] = [batch["far"] for batch in stock.shuffled([1, 3, 4, 7], order, asked.batch_frames)]
    counts = Counter(map(tuple, torch.cat(seen).tolist()))

    assert len(seen) == 3
    assert set(counts.values()) == {1}
    assert {clip for clip, _ in counts} == {1, 3, 4, 7}


def test_another_seed_gives_another_order() -> None:
    one, other = (drawn(course(200, seed=seed), 0, 5, held=False)[0] for seed in (0, 1))

    assert not same(one, other)


def test_a_stock_knows_whether_it_fits_the_buffer() -> None:
    assert Stock(Echo(), CLIPS, sum(FRAMES)).fits
    assert not Stock(Echo(), CLIPS, sum(FRAMES) - 1).fits

"""The loss: right answers cost nothing, wrong ones do, and what is said of padding does not count."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tools.demo.listener.lessons import TAGS_WEIGHT, loss_of
from tools.demo.listener.network import Answers
from tools.demo.listener.trainingset import NOT_VALID, Batch

PHONES = torch.tensor([[0, 1, 1, 2, NOT_VALID, NOT_VALID], [0, 0, 0, 0, 0, NOT_VALID]])
TAGS = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
BATCH = Batch(torch.zeros(2, 80, 12), PHONES, TAGS)
SURE = 30.0


def sure(numbers: list[list[int]]) -> Tensor:
    return torch.nn.functional.one_hot(torch.tensor(numbers), 3).float() * SURE


HEARD = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0))
RIGHT = Answers(sure([[0, 1, 1, 2, 0, 0], [0] * 6]), ((TAGS * 2 - 1) * SURE)[:, None].expand(2, 6, 2), HEARD, HEARD)
SPELLED = sure([[0, 1, 0, 2, 0, 0], [0] * 6])


def test_right_answers_cost_nothing() -> None:
    assert loss_of([RIGHT, RIGHT], SPELLED, BATCH).item() == pytest.approx(0, abs=1e-4)


def test_what_is_said_of_padding_does_not_count() -> None:
    padding = (PHONES == NOT_VALID)[..., None]
    phones, tags = RIGHT.phones.where(~padding, 99.0), RIGHT.tags.where(~padding, -99.0)
    other = Answers(phones, tags, HEARD, HEARD.where(~padding, 5.0))

    assert loss_of([other], SPELLED.where(~padding, 7.0), BATCH, echo=1.0).item() == pytest.approx(0, abs=1e-4)


def test_an_echo_is_right_up_to_its_size_and_its_mean() -> None:
    larger = replace(RIGHT, echo=3 * HEARD + 2)
    turned = replace(RIGHT, echo=-HEARD)

    assert loss_of([larger], SPELLED, BATCH, echo=1.0).item() == pytest.approx(0, abs=1e-4)
    assert loss_of([turned], SPELLED, BATCH, echo=1.0).item() == pytest.approx(2, abs=1e-4)


def test_a_wrong_tag_in_a_frame_costs_its_share_of_the_clip() -> None:
    tags = RIGHT.tags.clone()
    tags[0, 1, 0] = -SURE  # one of four valid frames of one of two clips

    loss = loss_of([replace(RIGHT, tags=tags)], SPELLED, BATCH).item()

    assert loss == pytest.approx(TAGS_WEIGHT * SURE / 4 / 2, rel=1e-3)


def test_a_phone_at_the_wrong_time_costs() -> None:
    late = replace(RIGHT, phones=RIGHT.phones.roll(1, 1))

    assert loss_of([late], SPELLED, BATCH).item() > 1


def test_the_spelling_may_stand_anywhere_and_must_be_right() -> None:
    early, wrong = sure([[1, 2, 0, 0, 0, 0], [0] * 6]), sure([[0, 2, 0, 1, 0, 0], [0] * 6])

    assert loss_of([RIGHT], early, BATCH).item() == pytest.approx(0, abs=1e-4)
    assert loss_of([RIGHT], wrong, BATCH).item() > 1


def test_clips_without_speech_have_no_spelling() -> None:
    silent = Batch(BATCH.mels, PHONES.clamp(max=0), TAGS)
    answers = replace(RIGHT, phones=sure([[0] * 6] * 2))

    assert loss_of([answers], SPELLED, silent).item() == pytest.approx(0, abs=1e-4)

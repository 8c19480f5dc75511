"""The listener: its blocks are the encoder's own, and its checkpoint is one that the atlas reads."""

from pathlib import Path

import numpy as np
import pytest
import torch

from atlas.encoders.whisper import find_source, log_mel
from tests.tools.demo.listener.small import SHAPE, WINDOW
from tools.demo.listener.network import SHAPE as REAL_SHAPE
from tools.demo.listener.network import Listener, directions, save_encoder, sureness, untrained


def test_its_blocks_over_a_whole_window_are_the_encoders_own(tmp_path: Path) -> None:
    listener = Listener(untrained(SHAPE, 0), (0, 1), 3, 4)
    save_encoder(listener.encoder, SHAPE, tmp_path / "encoder.pt")
    read = find_source(str(tmp_path / "encoder.pt")).load(torch.device("cpu"), torch.float32)
    listener.encoder.load_state_dict(read.module.state_dict())  # in half precision, as it was written
    mel = torch.from_numpy(log_mel(np.random.default_rng(0).standard_normal(9_000).astype("f4"), WINDOW, 80))[None]

    with torch.inference_mode():
        blocks = listener.blocks(mel)

    found = read.activations(mel, ["encoder.blocks.0", "encoder.blocks.1"])
    assert all(torch.allclose(own, found[f"encoder.blocks.{number}"], atol=1e-5) for number, own in enumerate(blocks))


def test_every_head_answers_every_frame_of_any_window() -> None:
    listener = Listener(untrained(SHAPE, 0), (0, 1), 3, 4)

    answers, spelled = listener(torch.zeros(2, 80, 20))

    assert [tuple(one.phones.shape) for one in answers] == [(2, 10, 3)] * 2
    assert [tuple(one.tags.shape) for one in answers] == [(2, 10, 4)] * 2
    assert tuple(spelled.shape) == (2, 10, 3)


def test_in_the_echo_phones_that_are_unlikely_and_tags_that_are_far_below_even_chances_do_not_sound() -> None:
    phones = torch.log(torch.tensor([[0.3, 0.6, 0.1, 1e-9], [1.0, 1e-9, 1e-9, 1e-9]]))
    found = sureness(phones, torch.tensor([[-9.0, -1.0], [0.0, 3.0]]))

    assert found.tolist() == [pytest.approx([5 / 9, 0, 0, 0, 0.5]), [0, 0, 0, 1, 1]]


def test_the_untrained_encoder_is_the_same_for_the_same_seed_alone() -> None:
    first, same, other = (untrained(SHAPE, seed).conv1.weight for seed in (1, 1, 2))

    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_the_real_listener_has_about_a_million_weights_and_ten_seconds() -> None:
    weights = sum(weight.numel() for weight in untrained(REAL_SHAPE, 0).parameters())

    assert 0.8e6 < weights < 1.2e6
    assert REAL_SHAPE.window_s == 10


def test_directions_for_echoes_are_at_right_angles_and_point_to_what_is_heard_in_any_block() -> None:
    draw = torch.Generator().manual_seed(0)
    sure = (torch.rand(4_000, 3, generator=draw) < torch.tensor([0.5, 0.1, 0.1])).float()
    true, _ = torch.linalg.qr(torch.randn(8, 3, generator=draw))
    heard = sure @ (true.T * torch.tensor([1.0, 3.0, 3.0])[:, None])
    noise = torch.randn(4_000, 8, generator=draw)
    found = directions([(sure, heard), (sure, 100 * heard + noise)])

    lengths = found.norm(dim=1)
    units = found / lengths[:, None]
    assert torch.allclose(units @ units.T, torch.eye(3), atol=1e-4)
    assert (units * true.T).sum(1).min() > 0.99
    assert torch.allclose(lengths, 1 / sure.std(0), rtol=1e-3)

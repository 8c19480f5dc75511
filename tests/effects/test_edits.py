"""Edits and their controls: what they change, by how much, and where."""

import numpy as np
import pytest
import torch

from atlas.effects.edits import (
    Covariance,
    FeatureFiring,
    ablated,
    decoy,
    dosed,
    isotropic,
    multiplied,
    scaled,
    shifted,
    silent_stretch,
)

WIDTH, VALID = 6, 40


def firing(frames: tuple[int, ...] = (3, 4, 10)) -> FeatureFiring:
    generator = np.random.default_rng(1)
    directions = torch.from_numpy(generator.standard_normal((1, WIDTH)).astype(np.float32))
    directions = (directions / directions.norm()).expand(len(frames), -1)
    values = generator.uniform(1, 3, len(frames)).astype(np.float32)
    return FeatureFiring(np.array(frames), values, directions)


def activations() -> torch.Tensor:
    return torch.randn(VALID, WIDTH, generator=torch.Generator().manual_seed(2))


def test_an_ablation_takes_away_what_the_decoder_adds_and_nothing_else() -> None:
    x, one = activations(), firing()
    changed = ablated(one).applied(x)
    expected = x.clone()
    for frame, value, direction in zip(one.frames, one.values, one.directions, strict=True):
        expected[frame] -= float(value) * direction

    torch.testing.assert_close(changed, expected)
    others = np.setdiff1d(np.arange(VALID), one.frames)
    assert torch.equal(changed[others], x[others])


def test_a_factor_of_one_changes_nothing_and_of_zero_ablates() -> None:
    x, one = activations(), firing()

    assert torch.equal(multiplied(one, 1).applied(x), x)
    torch.testing.assert_close(multiplied(one, 0).change, ablated(one).change)
    torch.testing.assert_close(multiplied(one, -1).change, 2 * ablated(one).change)


def test_a_dose_sets_the_value_and_keeps_the_error() -> None:
    x, one = activations(), firing()
    changed = dosed(one, 5.0).applied(x)
    frame, value, direction = one.frames[0], float(one.values[0]), one.directions[0]

    torch.testing.assert_close(changed[frame] - x[frame], (5.0 - value) * direction)


def test_a_decoy_moves_the_same_frames_as_far_and_takes_away_what_is_there() -> None:
    x, edit = activations(), ablated(firing())
    direction = isotropic(WIDTH, np.random.default_rng(3))
    centred = x[edit.frames] - x.mean(0)
    control = decoy(edit, direction, centred)

    assert (control.frames == edit.frames).all()
    torch.testing.assert_close(control.norms, edit.norms)
    after = centred + control.change
    assert float((after @ direction).sum().abs()) <= float((centred @ direction).sum().abs()) + float(edit.norms.sum())
    assert float((control.change @ direction).sum()) * float((centred @ direction).sum()) < 0


def test_scaling_makes_frames_shorter_by_as_much() -> None:
    x, edit = activations(), ablated(firing())
    control = scaled(edit, x[edit.frames])
    after = control.applied(x)

    torch.testing.assert_close(control.norms, edit.norms)
    torch.testing.assert_close(
        after[edit.frames]
        / after[edit.frames].norm(dim=-1, keepdim=True)
        * torch.sign(x[edit.frames].norm(dim=-1) - edit.norms)[:, None],
        x[edit.frames] / x[edit.frames].norm(dim=-1, keepdim=True),
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_shift_keeps_the_pattern_and_stays_within_the_clip(seed: int) -> None:
    edit = ablated(firing())
    moved = shifted(edit, VALID, np.random.default_rng(seed))
    by = (moved.frames - edit.frames) % VALID

    assert len(set(by.tolist())) == 1
    assert VALID / 4 <= by[0] <= 3 * VALID / 4
    assert torch.equal(moved.change, edit.change)


def test_a_silent_stretch_never_touches_an_active_frame_and_may_lie_anywhere_else() -> None:
    active = np.array([0, 12, 13, 39])
    starts = set()
    for seed in range(300):
        stretch = silent_stretch(active, VALID, 10, np.random.default_rng(seed))
        assert stretch is not None
        assert not set(stretch.tolist()) & set(active.tolist())
        starts.add(int(stretch[0]))

    assert starts == {1, 2, *range(14, 30)}
    assert silent_stretch(active, VALID, 30, np.random.default_rng(0)) is None
    assert silent_stretch(np.array([], np.int64), 5, 10, np.random.default_rng(0)) is None


def test_directions_of_the_covariance_vary_as_activations_do() -> None:
    spread = torch.tensor([5.0, 1.0, 1.0, 0.1, 0.1, 0.0])
    x = torch.randn(20_000, WIDTH, generator=torch.Generator().manual_seed(4)) * spread + 3
    covariance = Covariance.of(x)
    generator = np.random.default_rng(5)
    drawn = torch.stack([covariance.draw(generator) for _ in range(400)])

    assert float(drawn[:, 0].abs().mean()) > 0.8
    assert float(drawn[:, 5].abs().max()) < 1e-3
    torch.testing.assert_close(drawn.norm(dim=-1), torch.ones(400))

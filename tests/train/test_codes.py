"""Which values are active: the fast selections against plain sorting, on values with ties and few above zero."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from atlas.train.codes import (
    active_features,
    active_values,
    in_columns,
    kept,
    of_each_frame,
    smallest_of_largest,
    where_active,
)
from atlas.train.config import AutoencoderConfig
from atlas.train.rules import RULES

FRAMES, N = 12, 20


def drawn(seed: int, frames: int = FRAMES, n: int = N) -> Tensor:
    return torch.randn(frames, n, generator=torch.Generator().manual_seed(seed))


@given(st.integers(0, 50), st.integers(1, FRAMES * N), st.floats(-1, 5))
def test_the_smallest_of_the_largest_values_is_that_of_sorting_whatever_the_guess(
    seed: int, count: int, guess: float
) -> None:
    z = drawn(seed)
    ordered = sorted((value for value in z.flatten().tolist() if value > 0), reverse=True)

    assert smallest_of_largest(z, count, guess) == (ordered[count - 1] if count <= len(ordered) else 0.0)


@given(st.integers(0, 50), st.integers(1, N))
def test_of_each_frame_the_k_largest_values_above_zero_are_kept(seed: int, k: int) -> None:
    z = drawn(seed)
    expected = torch.zeros_like(z)
    for row, values in zip(expected, z, strict=True):
        for place in sorted(range(N), key=lambda place: -float(values[place]))[:k]:
            row[place] = max(float(values[place]), 0.0)

    assert torch.equal(of_each_frame(z, k).to_dense(), expected)


def test_batch_top_k_keeps_k_values_a_frame_on_the_mean_and_none_at_or_below_zero() -> None:
    rule = RULES["batch_top_k"](AutoencoderConfig(name="a", tap="t", k=3))
    z, silent = drawn(1), -drawn(2).abs()
    codes = rule.learn(z).to_dense()

    assert int((codes > 0).sum()) == 3 * FRAMES
    assert float(codes[codes > 0].min()) > float(z[codes == 0].max())
    assert rule.threshold == pytest.approx(float(codes[codes > 0].min()))
    assert not rule.learn(silent).to_dense().any()


def test_the_threshold_follows_the_smallest_value_kept_as_a_running_mean() -> None:
    rule = RULES["batch_top_k"](AutoencoderConfig(name="a", tap="t", k=2))
    smallest = [float(rule.learn(drawn(seed)).values().min()) for seed in range(3)]

    expected = 0.95 * (0.95 * smallest[0] + 0.05 * smallest[1]) + 0.05 * smallest[2]
    assert rule.threshold == pytest.approx(expected)


@pytest.mark.parametrize("layout", ["sparse", "dense"])
def test_both_layouts_of_codes_answer_alike(layout: str) -> None:
    z, other = drawn(1), drawn(2)
    z[:, 4] = -1
    expected = z.clamp_min(0)
    codes = kept(z, z > 0) if layout == "sparse" else expected

    assert torch.equal(where_active(codes, other).to_dense(), other * (expected > 0))
    assert torch.equal(active_features(codes), (expected > 0).any(dim=0))
    assert not active_features(codes)[4]
    assert torch.equal(active_values(codes).sort().values, expected[expected > 0].sort().values)


def test_codes_of_some_features_find_their_places_among_all() -> None:
    z, columns = drawn(1), torch.tensor([2, 5, 11])
    expected = torch.zeros_like(z)
    expected[:, columns] = z[:, columns].clamp_min(0)

    assert torch.equal(in_columns(of_each_frame(z[:, columns], 3), columns, z).to_dense(), expected)

"""Counting what is active together, against dense products."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.analyse.overlap import samples
from atlas.analyse.overlap.samples import frames_together, recordings_together, sample_of
from tests.analyse.making import Clip, clips_frame
from tests.analyse.sampled import CLIP_FRAMES, codes_frame, noise, sample


@pytest.fixture(autouse=True)
def _blocks_of_few_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "CELLS_AT_ONCE", 64)


def test_frames_together_are_those_of_a_dense_product() -> None:
    one, other = noise(400, 13, 0.3, 1), noise(400, 21, 0.2, 2)

    blocks = list(frames_together(sample(one), sample(other)))

    assert len(blocks) == 5
    assert np.concatenate([block.features for block in blocks]).tolist() == list(range(13))
    assert np.array_equal(np.concatenate([block.counts for block in blocks]), one.T.astype(int) @ other.astype(int))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 999), st.lists(st.sampled_from("abcd"), min_size=12, max_size=12))
def test_recordings_together_are_counted_once_wherever_their_clips_lie(seed: int, names: list[str]) -> None:
    active = noise(12 * CLIP_FRAMES, 9, 0.2, seed)
    of_frame = np.repeat(np.array(names), CLIP_FRAMES)

    blocks = list(recordings_together(sample(active, recordings=names), sample(active, recordings=names)))

    expected = np.zeros((9, 9), int)
    for name in set(names):
        here = active[of_frame == name].astype(int)
        expected += (here.T @ here) > 0
    compared = active.sum(axis=0) >= 30
    assert np.array_equal(np.concatenate([block.counts for block in blocks]), expected[compared])


def test_a_frame_without_active_features_is_a_frame() -> None:
    active = noise(100, 5, 0.5)
    active[10:30] = False

    found = sample(active)

    assert len(found.recording) == 100
    assert np.array_equal(np.diff(found.rows), active.sum(axis=1))
    assert np.array_equal(found.active, active.sum(axis=0))


def test_thirty_frames_are_enough_to_be_compared_and_29_are_not() -> None:
    active = np.zeros((60, 3), bool)
    active[:30, 0] = active[:29, 1] = True

    assert sample(active).compared.tolist() == [True, False, False]


def test_the_order_of_clips_changes_no_count() -> None:
    active = noise(200, 8, 0.4)
    names = [f"recording {number}" for number in range(10)]
    turned = active.reshape(10, CLIP_FRAMES, 8)[::-1].reshape(200, 8)

    first, second = sample(active, recordings=names), sample(turned, recordings=names[::-1])

    assert np.array_equal(first.features, second.features)
    assert np.array_equal(first.frames, second.frames)


def test_feature_numbers_beyond_16_bits_are_kept() -> None:
    codes = codes_frame(np.ones((40, 1), bool))
    far = codes.with_columns(pl.col("features").list.eval(pl.element() + 69_999))

    found = sample_of("wide", 70_000, far, clips_frame([Clip("a"), Clip("b")]))

    assert np.flatnonzero(found.active).tolist() == [69_999]
    assert [block.counts[0].nonzero()[0].tolist() for block in frames_together(found, found)] == [[69_999]]


def test_dictionaries_that_are_sampled_on_other_frames_are_not_compared() -> None:
    with pytest.raises(ValueError, match="a and b are sampled on other frames"):
        list(frames_together(sample(noise(40, 3, 0.9), "a"), sample(noise(60, 3, 0.9), "b")))

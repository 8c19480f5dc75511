"""The clips that a feature keeps, and the traces around their peaks, against sorting all clips."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.audio.samples import MEL_BANDS
from atlas.encoders.whisper import GRID
from atlas.measure.topk import EMPTY, SHARE_STEPS, Picks, hash_keys, peak_keys, reach_of
from tests.measure.making import Clip, draw_clips

N, WINDOW, LENGTHS = 5, 230, (230, 6, 90, 160, 30, 200, 77, 1, 150, 120)
REACH = 75  # 1.5 s
RECORDING = np.array([number // 2 for number in range(len(LENGTHS))], np.int32)


def drawn(seed: int, steps: int) -> list[Clip]:
    return draw_clips(seed, LENGTHS, N, WINDOW, 5, steps)


def top_of(clips: list[Clip], slots: int, groups: np.ndarray = RECORDING) -> Picks:
    state = Picks.of_slots(N, slots)
    for clip in clips:
        state.offer(clip.codes, clip.number, clip.seen, peak_keys(clip.seen.peaks, clip.number), REACH, groups)
    return state.canonical()


def draw_of(clips: list[Clip], slots: int) -> Picks:
    state = Picks.of_slots(N, slots)
    for clip in clips:
        state.offer(clip.codes, clip.number, clip.seen, hash_keys(len(clip.seen.fired), clip.hash64), REACH)
    return state.canonical()


def kept(picks: Picks, feature: int) -> list[int]:
    return picks.clips[feature, picks.keys[feature] != EMPTY].tolist()


def trace_of(picks: Picks, feature: int, slot: int) -> tuple[np.ndarray, np.ndarray]:
    """The active frames around a pick's peak, and their values."""
    log = slice(picks.starts[feature, slot], picks.starts[feature, slot] + int(picks.sizes[feature, slot]))
    frames = picks.offsets[log].astype(int) + int(picks.frames[feature, slot]) - REACH
    return frames, picks.shares[log] / SHARE_STEPS * float(picks.peaks[feature, slot])


@given(st.integers(0, 2**32), st.sampled_from((0, 2)), st.integers(1, 6))
@settings(max_examples=30)
def test_the_top_are_the_largest_peaks_one_a_recording(seed: int, steps: int, slots: int) -> None:
    clips = drawn(seed, steps)
    picks = top_of(clips, slots)
    for f in range(N):
        firing = sorted(
            (clip for clip in clips if clip.valid_values[:, f].any()), key=lambda clip: -clip.valid_values[:, f].max()
        )
        best = {clip.number // 2: clip for clip in reversed(firing)}  # of each recording; clips of equal peaks in order
        expected = sorted(best.values(), key=lambda clip: (-clip.valid_values[:, f].max(), clip.number))[:slots]
        assert kept(picks, f) == [clip.number for clip in expected]
        assert picks.peaks[f, : len(expected)].tolist() == [clip.valid_values[:, f].max() for clip in expected]
        assert picks.frames[f, : len(expected)].tolist() == [clip.valid_values[:, f].argmax() for clip in expected]


@given(st.integers(0, 2**32), st.integers(1, 6))
@settings(max_examples=20)
def test_the_draw_are_the_firing_clips_of_smallest_hash(seed: int, slots: int) -> None:
    clips = drawn(seed, 0)
    picks = draw_of(clips, slots)
    for f in range(N):
        firing = [clip for clip in clips if clip.valid_values[:, f].any()]
        assert kept(picks, f) == [clip.number for clip in sorted(firing, key=lambda clip: clip.hash64)[:slots]]


def test_a_trace_reaches_a_second_and_a_half_and_on_a_fine_grid_as_far_as_a_byte_counts() -> None:
    finer = [replace(GRID, rate_hz=24_000), replace(GRID, hop=160)]  # 75 and 100 frames a second

    assert [reach_of(grid) for grid in (GRID, *finer)] == [REACH, 112, 127]


@given(st.integers(0, 2**32), st.sampled_from((0, 3)))
@settings(max_examples=20)
def test_a_trace_holds_the_active_frames_around_the_peak_to_one_step(seed: int, steps: int) -> None:
    clips = drawn(seed, steps)
    for picks in (top_of(clips, 3), draw_of(clips, 3)):
        for f, slot in zip(*np.nonzero(picks.keys != EMPTY), strict=True):
            column = clips[picks.clips[f, slot]].valid_values[:, f]
            peak = int(column.argmax())
            expected = [t for t in np.flatnonzero(column).tolist() if peak - REACH <= t <= peak + REACH]
            frames, values = trace_of(picks, f, slot)
            assert frames.tolist() == expected
            assert np.abs(values - column[expected]).max() <= float(column.max()) / SHARE_STEPS * 0.501


def test_equal_peaks_go_to_the_clip_of_smallest_number_whenever_it_comes() -> None:
    values = np.ones((3, N), np.float32)
    clips = [Clip(number, number, number, values, np.zeros((3, MEL_BANDS), np.float32)) for number in range(6)]
    one_each = np.arange(6, dtype=np.int32)
    for order in ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 2, 4, 1]):
        assert kept(top_of([clips[number] for number in order], 3, one_each), 0) == [0, 1, 2]


def test_equal_peaks_in_one_recording_leave_the_clip_of_smallest_number() -> None:
    values = np.ones((3, N), np.float32)
    clips = [Clip(number, 0, number, values, np.zeros((3, MEL_BANDS), np.float32)) for number in range(4)]
    together = np.zeros(4, np.int32)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]):
        assert kept(top_of([clips[number] for number in order], 3, together), 0) == [0]


def test_a_recording_that_improves_gives_way_to_none_of_the_others() -> None:
    levels = {0: 5.0, 1: 3.0, 2: 4.0, 3: 9.0}  # clips 0 and 3 are one recording
    groups = np.array([0, 1, 2, 0], np.int32)
    clips = [
        Clip(number, 0, number, np.full((1, N), level, np.float32), np.zeros((1, MEL_BANDS), np.float32))
        for number, level in levels.items()
    ]
    assert kept(top_of(clips, 3, groups), 0) == [3, 2, 1]
    assert kept(top_of(clips, 2, groups), 0) == [3, 2]


def test_the_log_is_compacted_and_never_holds_more_garbage_than_half() -> None:
    rng = np.random.default_rng(0)
    state = Picks.of_slots(N, 2)
    for number in range(60):  # each clip louder than the last: every one replaces another
        values = (rng.random((100, N)) < 0.5) * np.float32(number + 1)
        clip = Clip(number, number, number, values.astype(np.float32), np.zeros((100, MEL_BANDS), np.float32))
        keys = peak_keys(clip.seen.peaks, number)
        state.offer(clip.codes, number, clip.seen, keys, REACH, np.arange(60, dtype=np.int32))
        assert state.garbage <= state.used // 2
        assert state.used <= 2 * int(state.sizes.astype(int).sum()) + 1
    assert kept(state.canonical(), 0) == [59, 58]


def test_a_feature_that_never_fires_keeps_nothing() -> None:
    picks = top_of([Clip(0, 0, 0, np.zeros((3, N), np.float32), np.zeros((3, MEL_BANDS), np.float32))], 2)
    assert (picks.keys == EMPTY).all()
    assert len(picks.offsets) == 0
    assert not picks.peaks.any()


@pytest.mark.parametrize("slots", [20, 32, 100])
def test_all_slots_can_be_filled(slots: int) -> None:
    rng = np.random.default_rng(4)
    levels = rng.permutation(slots + 30).astype(np.float32) + 1
    groups = np.arange(len(levels), dtype=np.int32)
    clips = [
        Clip(number, number, number, np.full((1, N), level, np.float32), np.zeros((1, MEL_BANDS), np.float32))
        for number, level in enumerate(levels)
    ]
    picks = top_of(clips[:40], slots, groups)
    picks.unite(top_of(clips[40:], slots, groups), groups)
    assert kept(picks, 0) == np.argsort(-levels, kind="stable")[:slots].tolist()


def test_the_largest_peak_has_the_smallest_key() -> None:
    peaks = np.array([3e38, 2.0, 1.0, 1e-40], np.float32)
    assert (np.diff(peak_keys(peaks, 7).astype(object)) > 0).all()
    assert peak_keys(peaks, 7)[1] < peak_keys(peaks, 8)[1]
    assert peak_keys(peaks, 2**32 - 1)[0] < peak_keys(peaks, 0)[1]
    assert (peak_keys(peaks, 2**32 - 1) < EMPTY).all()


def test_no_hash_is_mistaken_for_an_empty_slot() -> None:
    assert hash_keys(2, 2**64 - 1).tolist() == [2**64 - 2] * 2
    assert hash_keys(1, 5).tolist() == [5]

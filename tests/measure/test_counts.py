"""What is counted and summed of each feature, against naive loops over dense values."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.audio.samples import MEL_BANDS
from atlas.measure.counts import COLUMNS, Counts
from atlas.measure.kernels import accumulate
from atlas.measure.peak_stats import histogram_bins
from atlas.measure.scales import BINS, HEADROOM_BITS, Scales, exponent_of
from atlas.measure.states import ClipPeaks
from atlas.measure.threads import Threads
from tests.measure.making import ONSET, SCALES, Clip, coded, context, draw_clip, draw_clips

N = 9


def counted(clips: list[Clip], scales: Scales = SCALES) -> Counts:
    own = context(clips[0].values.shape[1], scales=scales)
    state = Counts.empty(own)
    for clip in clips:
        state.add(clip.coded, own)
    return state


def clips(seed: int, steps: int = 0) -> list[Clip]:
    return draw_clips(seed, (1, 3, 20, 60, 80), N, 80, 5, steps)


@given(st.integers(0, 2**32), st.sampled_from((0, 3)))
@settings(max_examples=20)
def test_the_counts_are_those_of_a_naive_loop(seed: int, steps: int) -> None:
    made = clips(seed, steps)
    state = counted(made)
    for f in range(N):
        columns = [clip.valid_values[:, f] > 0 for clip in made]
        assert state.column("frames_active")[f] == sum(int(on.sum()) for on in columns)
        assert state.column("runs")[f] == sum(sum(on for on, _ in groupby(column.tolist())) for column in columns)
        assert state.column("frames_onset")[f] == sum(int(on[:ONSET].sum()) for on in columns)
        assert state.column("frames_padded")[f] == sum(int((clip.values[clip.valid :, f] > 0).sum()) for clip in made)
    assert not state.column("frames_clamped").any()


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_the_sums_are_those_of_64_bit_floats(seed: int) -> None:
    made = clips(seed)
    state, values = counted(made), np.concatenate([clip.valid_values for clip in made]).astype(np.float64)
    mels = np.concatenate([clip.mel for clip in made]).astype(np.float64)
    step = len(made) / 2 / SCALES.sum_scale  # half a unit of the fixed point for each clip
    np.testing.assert_allclose(state.sums(SCALES), values.sum(axis=0), rtol=1e-12, atol=step)
    np.testing.assert_allclose(state.squares(SCALES), (values**2).sum(axis=0), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(state.mel_sums(SCALES), values.T @ mels, rtol=1e-5, atol=1e-2)


@given(st.integers(0, 2**32), st.sampled_from((0, 2)))
@settings(max_examples=20)
def test_what_was_seen_of_a_clip_is_what_a_loop_sees(seed: int, steps: int) -> None:
    clip = draw_clip(np.random.default_rng(seed), 0, N, 60, 70, steps=steps)
    seen, values = clip.seen, clip.valid_values
    assert seen.fired.tolist() == np.flatnonzero((values > 0).any(axis=0)).tolist()
    for i, f in enumerate(seen.fired.tolist()):
        assert seen.peaks[i] == values[:, f].max()
        assert seen.frames[i] == values[:, f].argmax()  # the first of equal frames
        assert seen.active[i] == (values[:, f] > 0).sum()
        assert seen.sums[i] == pytest.approx(float(values[:, f].sum(dtype=np.float64)), rel=1e-6)
        assert seen.matched[i] == values[slice(*clip.matched), f].max()
        assert seen.matched_in_cell[i] == values[slice(*clip.matched_in_cell), f].max()


def test_a_clip_too_short_for_a_stretch_has_no_peak_in_it() -> None:
    clip = draw_clip(np.random.default_rng(0), 0, N, 5, 20)
    assert (clip.matched, clip.matched_in_cell != (-1, -1)) == ((-1, -1), True)
    assert np.isnan(clip.seen.matched).all()
    assert not np.isnan(clip.seen.matched_in_cell).any()
    assert not np.isnan(clip.seen.peaks).any()
    shorter = draw_clip(np.random.default_rng(0), 0, N, 3, 20)
    assert np.isnan(shorter.seen.matched_in_cell).all()


def test_a_stretch_ends_before_its_last_frame() -> None:
    values = np.array([[1], [2], [3], [4]], np.float32)
    clip = Clip(0, 0, 1, values, np.zeros((4, MEL_BANDS), np.float32), (1, 3), (0, 2))
    assert (clip.seen.matched.tolist(), clip.seen.matched_in_cell.tolist()) == ([3.0], [2.0])


def test_a_run_goes_on_over_neighbouring_frames_and_not_from_clip_to_clip() -> None:
    values = np.array([[1], [1], [0], [1]], np.float32)
    two = [Clip(number, 0, number, values, np.zeros((4, MEL_BANDS), np.float32)) for number in (0, 1)]
    assert counted(two).column("runs").tolist() == [4]


def test_the_onset_is_the_first_half_second() -> None:
    values = np.ones((40, 1), np.float32)
    assert counted([Clip(0, 0, 0, values, np.zeros((40, MEL_BANDS), np.float32))]).column("frames_onset")[0] == 25


def test_values_above_the_limit_are_counted_and_clamped_in_sums_alone() -> None:
    values = np.array([[1e6], [1.5], [SCALES.limit]], np.float32)
    clip = Clip(0, 0, 0, values, np.ones((3, MEL_BANDS), np.float32))
    state = counted([clip])
    kept = [SCALES.limit, 1.5, SCALES.limit]
    assert SCALES.limit == 4 * 2**HEADROOM_BITS
    assert state.column("frames_clamped").tolist() == [1]
    assert state.sums(SCALES).tolist() == [sum(kept)]
    assert state.squares(SCALES).tolist() == [sum(value * value for value in kept)]
    assert state.mel_sums(SCALES)[0].tolist() == [sum(kept)] * MEL_BANDS
    assert clip.seen.peaks.tolist() == [1e6]
    assert state.histogram[0, BINS - 1] == 3 - 1


@pytest.mark.parametrize("exponent", [-40, 0, 60])
def test_the_fixed_point_follows_the_unit(exponent: int) -> None:
    scales = Scales(exponent, 0)
    values = np.float32(2.0**exponent) * np.array([[1], [0.75], [2**-9]], np.float32)
    clip = Clip(0, 0, 0, values, np.ones((3, MEL_BANDS), np.float32))
    state = counted([clip], scales)
    assert state.sums(scales).tolist() == [float(values.sum(dtype=np.float64))]
    assert state.squares(scales).tolist() == [float((values.astype(np.float64) ** 2).sum())]
    assert np.flatnonzero(state.histogram[0]).tolist() == [BINS - 12 - 36, BINS - 12 - 2, BINS - 12]


def test_values_too_small_for_the_fixed_point_are_counted_and_sum_to_nothing() -> None:
    values = np.array([[1e-30], [1e-44]], np.float32)
    state = counted([Clip(0, 0, 0, values, np.ones((2, MEL_BANDS), np.float32))])
    assert state.column("frames_active").tolist() == [2]
    assert state.sums(SCALES).tolist() == [0.0]
    assert state.histogram[0, 0] == 2


def test_squares_of_many_loud_frames_overflow_neither_word() -> None:
    scales = Scales(0, 0)
    values = np.full((1500, 1), scales.limit, np.float32)
    clip = Clip(0, 0, 0, values, np.zeros((1500, MEL_BANDS), np.float32))
    state = counted([clip])
    one = counted([clip], scales)
    total = counted([clip], scales)
    for _ in range(21):  # doubled: 2^21 clips of 1500 frames, at the limit
        total.merge(total, context(1, scales=scales))
    assert (total.table >= 0).all()
    assert total.squares(scales).tolist() == [2.0**21 * 1500 * scales.limit**2]
    assert total.sums(scales).tolist() == [2.0**21 * 1500 * scales.limit]
    assert one.squares(scales).tolist() == state.squares(SCALES).tolist()


def bins_by_kernel(values: np.ndarray, first_bin: int) -> list[int]:
    return [accumulate.histogram_bin(int(bits), first_bin, BINS) for bits in values.view(np.uint32)]


@given(
    st.lists(st.floats(2.0**-149, 2.0**127, width=32), min_size=1, max_size=30),
    st.integers(-30, 30),
)
def test_both_halves_of_the_code_put_a_value_into_the_same_bin(numbers: list[float], exponent: int) -> None:
    values = np.array(numbers, np.float32)
    first_bin = Scales(exponent, 0).first_bin
    assert bins_by_kernel(values, first_bin) == histogram_bins(values, first_bin).tolist()


@pytest.mark.parametrize("exponent", [-7, 0, 5])
def test_a_value_at_an_edge_belongs_to_the_bin_above_it(exponent: int) -> None:
    scales = Scales(exponent, 0)
    edges = np.array(scales.edges(), np.float32)
    below = np.nextafter(edges, np.float32(0))
    expected = [min(i, BINS - 1) for i in range(BINS + 1)]
    for bins in (bins_by_kernel(edges, scales.first_bin), histogram_bins(edges, scales.first_bin).tolist()):
        assert bins == expected
    for bins in (bins_by_kernel(below, scales.first_bin), histogram_bins(below, scales.first_bin).tolist()):
        assert bins == [max(i - 1, 0) for i in range(BINS + 1)]


def test_the_histogram_reaches_from_three_octaves_above_the_unit_thirteen_down() -> None:
    edges = Scales(2, 0).edges()
    assert (len(edges), edges[0], edges[-1]) == (BINS + 1, 2.0**-11, 2.0**5)


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_the_histogram_counts_each_active_value_once(seed: int) -> None:
    made = clips(seed)
    values = np.concatenate([clip.valid_values for clip in made])
    edges = np.array(SCALES.edges(), np.float32)
    for f, counts in enumerate(counted(made).histogram):
        active = np.clip(values[:, f][values[:, f] > 0], edges[0], np.nextafter(edges[-1], np.float32(0)))
        assert counts.tolist() == np.histogram(active, edges)[0].tolist()


def test_the_exponent_is_that_of_the_power_of_two_at_or_above() -> None:
    assert [exponent_of(value) for value in (1.0, 1.01, 2.0, 0.5, 0.3, 1e-30)] == [0, 1, 1, -1, -1, -99]
    assert [exponent_of(value) for value in (0.0, float("inf"), float("nan"))] == [0, 0, 0]


def test_no_bit_depends_on_the_number_of_threads() -> None:
    clip = draw_clip(np.random.default_rng(3), 0, 300, 60, 70)
    alone, alone_seen = counted([clip]), clip.seen
    for number in (2, 3):
        threads = Threads(number)
        own = context(300, threads=threads)
        state = Counts.empty(own)
        seen = state.count(coded(clip.values, clip.valid, threads), clip.view, own)
        threads.close()
        assert all(np.array_equal(getattr(state, name), getattr(alone, name)) for name in Counts.__slots__)
        assert all(np.array_equal(getattr(seen, name), getattr(alone_seen, name)) for name in ClipPeaks.__slots__)


def test_the_columns_are_those_that_the_kernel_fills() -> None:
    values = np.array([[2.0], [0.0], [2000.0], [1.0]], np.float32)
    row = counted([Clip(0, 0, 0, values, np.ones((3, MEL_BANDS), np.float32))]).table[0].tolist()
    squares = round((4 + SCALES.limit**2) * SCALES.square_scale)
    expected = (2, 2, 2, 1, round((2 + SCALES.limit) * SCALES.sum_scale), squares % 2**32, squares // 2**32, 1)
    assert dict(zip(COLUMNS, row, strict=True)) == dict(zip(COLUMNS, expected, strict=True))

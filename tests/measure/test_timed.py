"""Timed labels: the frames of a label, counts, circular shifts and moments, against loops over frames."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.audio.samples import MEL_BANDS
from atlas.encoders.whisper import GRID
from atlas.measure.features import timed_frame
from atlas.measure.scales import MOMENT_BITS, MOMENT_SQUARE_BITS
from atlas.measure.states import array_names
from atlas.measure.threads import Threads
from atlas.measure.tiers import OTHER, AlignedTier, frequent_labels, read_tiers
from atlas.measure.timed import TimedCounts
from atlas.schema import ALIGNMENTS
from atlas.schema.thresholds import SHIFTS
from tests.measure.making import ONE, SCALES, Clip, context, corpus_context, draw_clips
from tests.measure.small import small

N, LABELS = 6, 5


def labelled(seed: int, clips: list[Clip]) -> AlignedTier:
    """Random labels in runs; the last clip has none, and label 4 does not occur."""
    rng = np.random.default_rng(seed)
    frames = {
        clip.number: np.repeat(rng.integers(0, LABELS - 1, clip.valid), rng.integers(1, 9, clip.valid))[: clip.valid]
        for clip in clips[:-1]
    }
    labels = {clip: some.astype(np.int32) for clip, some in frames.items()}
    return AlignedTier("phones", (OTHER, "a", "b", "c", "never"), labels)


def counted(clips: list[Clip], *tiers: AlignedTier, threads: Threads = ONE) -> TimedCounts:
    own = context(clips[0].values.shape[1], corpus=corpus_context(tiers=tiers, threads=threads))
    state = TimedCounts.empty(own)
    for recording in sorted({clip.recording for clip in clips}):
        within = [clip for clip in clips if clip.recording == recording]
        state.begin([clip.number for clip in within], own)
        for clip in within:
            state.add(clip.coded, own)
        state.end(own)
    return state


def joined(clips: list[Clip], tier: AlignedTier, recording: int) -> tuple[np.ndarray, np.ndarray]:
    """The labels [frames] and the values [frames, n] of a recording's clips that have labels."""
    within = [clip for clip in clips if clip.recording == recording and clip.number in tier.frames]
    labels = [tier.frames[clip.number] for clip in within]
    return np.concatenate([np.zeros(0, int), *labels]), np.concatenate(
        [np.zeros((0, N)), *(c.valid_values for c in within)]
    )


cases = given(st.integers(0, 2**32), st.sampled_from((0, 3)))


@cases
@settings(max_examples=20)
def test_counts_and_sums_are_those_of_a_loop_over_recordings(seed: int, steps: int) -> None:
    clips = draw_clips(seed, (40, 7, 1, 33, 60, 25, 30), N, 60, 4, steps)
    tier = labelled(seed, clips)
    state = counted(clips, tier)
    for label in range(LABELS):
        columns, frames, recordings = [], 0, np.zeros(N, int)
        for recording in range(4):
            labels, values = joined(clips, tier, recording)
            frames += int((labels == label).sum())
            columns.append(values[labels == label])
            recordings += (values > 0).any(axis=0) & (labels == label).any()
        values = np.concatenate(columns)
        assert state.label_frames[label] == frames
        assert state.counts[:, label].tolist() == (values > 0).sum(axis=0).tolist()
        assert state.recordings[:, label].tolist() == recordings.tolist()
        sums = state.sums[:, label] / [SCALES.sum_scale, SCALES.timed_square_scale]
        np.testing.assert_allclose(sums[:, 0], values.sum(axis=0), atol=4 / SCALES.sum_scale)
        np.testing.assert_allclose(sums[:, 1], (values**2).sum(axis=0), atol=4 / SCALES.timed_square_scale)


@cases
@settings(max_examples=20)
def test_the_shifted_counts_are_those_of_rolled_labels(seed: int, steps: int) -> None:
    clips = draw_clips(seed, (40, 7, 1, 33, 60, 25, 30), N, 60, 4, steps)
    tier = labelled(seed, clips)
    expected = np.zeros((N, LABELS, SHIFTS), int)
    for number, labels in tier.frames.items():
        for shift in range(SHIFTS):
            rolled = np.roll(labels, -(len(labels) * (shift + 1) // 6))
            for label in range(LABELS):
                expected[:, label, shift] += (clips[number].valid_values[rolled == label] > 0).sum(axis=0)
    assert counted(clips, tier).shifted.tolist() == expected.tolist()


@cases
@settings(max_examples=20)
def test_the_moments_are_of_observed_less_expected_in_each_recording(seed: int, steps: int) -> None:
    clips = draw_clips(seed, (40, 7, 1, 33, 60, 25, 30), N, 60, 4, steps)
    tier = labelled(seed, clips)
    state = counted(clips, tier)
    first, second = np.zeros((N, LABELS)), np.zeros((N, LABELS))
    for recording in range(4):
        labels, values = joined(clips, tier, recording)
        active = values > 0
        for label in set(labels.tolist()):
            difference = active[labels == label].sum(axis=0) - active.sum(axis=0) * (labels == label).mean()
            first[:, label] += difference
            second[:, label] += difference**2
    np.testing.assert_allclose(state.moments[:, :, 0] / 2**MOMENT_BITS, first, atol=4 / 2**MOMENT_BITS)
    np.testing.assert_allclose(state.moments[:, :, 1] / 2**MOMENT_SQUARE_BITS, second, atol=4 / 2**MOMENT_SQUARE_BITS)


@cases
@settings(max_examples=10)
def test_counts_over_all_labels_add_up_to_the_active_frames_of_labelled_clips(seed: int, steps: int) -> None:
    clips = draw_clips(seed, (40, 7, 33, 60), N, 60, 4, steps)
    state = counted(clips, labelled(seed, clips))
    active = sum((clip.valid_values > 0).sum(axis=0) for clip in clips[:-1])
    assert state.counts.sum(axis=1).tolist() == active.tolist()
    assert (state.shifted.sum(axis=1) == active[:, None]).all()
    assert state.label_frames.sum() == 40 + 7 + 33
    assert abs(state.moments[:, :, 0].sum(axis=1)).max() <= LABELS * 3  # differences cancel, to rounding


def test_values_far_above_the_unit_are_clamped_as_in_all_sums() -> None:
    values = np.array([[1e30], [1.0]], np.float32)
    clip = Clip(0, 0, 0, values, np.zeros((2, MEL_BANDS), np.float32))
    state = counted([clip], AlignedTier("phones", (OTHER, "a"), {0: np.array([1, 0], np.int32)}))
    assert (state.sums[0, 1] / [SCALES.sum_scale, SCALES.timed_square_scale]).tolist() == [
        SCALES.limit,
        SCALES.limit**2,
    ]


def test_no_bit_depends_on_the_number_of_threads() -> None:
    clips = draw_clips(1, (60, 60, 60), 200, 60, 2)
    tier = labelled(1, clips)
    alone = counted(clips, tier)
    threads = Threads(2)
    shared = counted(clips, tier, threads=threads)
    threads.close()
    assert all(np.array_equal(getattr(alone, name), getattr(shared, name)) for name in array_names(TimedCounts))


def spans(*rows: tuple[int, str, float, float, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(ALIGNMENTS.columns), orient="row")


CLIPS = pl.DataFrame({"clip": [0, 1, 2], "valid_frames": [10, 5, 8]})


def tiers_of(rows: pl.DataFrame, most: int, within: set[int]) -> tuple[AlignedTier, ...]:
    return read_tiers(rows.lazy(), CLIPS, frequent_labels(rows.lazy(), most), GRID, within)


def test_a_frame_has_the_label_at_its_middle() -> None:
    (tier,) = tiers_of(spans((0, "phones", 0.0, 0.03, "a"), (0, "phones", 0.03, 0.069, "b")), 9, {0})
    assert tier.labels == (OTHER, "a", "b")
    assert tier.frames[0].tolist() == [1, 2, 2, 0, 0, 0, 0, 0, 0, 0]  # middles at 10, 30, 50, 70 ms


@pytest.mark.parametrize(
    ("start_s", "end_s", "frames"),
    [
        (0.0299, 0.0501, [1, 2]),  # a tenth of a millisecond around the middles of frames 1 and 2, at 30 and 50 ms
        (0.0301, 0.0501, [2]),
        (0.0299, 0.0499, [1]),
        (0.0301, 0.0499, []),
        (0.03, 0.05, [1]),  # a middle belongs to the span that begins there
        (0.0299999, 0.0500001, [1, 2]),
    ],
)
def test_times_finer_than_ten_milliseconds_decide_which_middles_lie_within(
    start_s: float, end_s: float, frames: list[int]
) -> None:
    (tier,) = tiers_of(spans((0, "phones", start_s, end_s, "a")), 9, {0})
    assert np.flatnonzero(tier.frames[0]).tolist() == frames


def test_a_span_beyond_the_clip_ends_with_it() -> None:
    (tier,) = tiers_of(spans((1, "phones", 0.05, 9.0, "a")), 9, {1})
    assert tier.frames[1].tolist() == [0, 0, 1, 1, 1]


def test_only_the_most_frequent_labels_are_counted_and_the_rest_is_other() -> None:
    rows = [(0, "phones", t / 50, (t + 1) / 50, label) for t, label in enumerate("cabacb")]
    (tier,) = tiers_of(spans(*rows, (2, "phones", 0, 0.1, "c")), 2, {0})
    assert tier.labels == (OTHER, "a", "c")  # c three times; of a and b, twice each, the first by name
    assert tier.frames[0].tolist() == [2, 1, 0, 1, 2, 0, 0, 0, 0, 0]


def test_labels_are_those_of_the_whole_corpus_and_frames_only_those_within() -> None:
    rows = spans((0, "words", 0, 0.1, "x"), (1, "words", 0, 0.1, "y"), (2, "phones", 0, 0.1, "z"))
    phones, words = tiers_of(rows, 9, {1})
    assert (phones.name, phones.labels, dict(phones.frames)) == ("phones", (OTHER, "z"), {})
    assert (words.name, words.labels, list(words.frames)) == ("words", (OTHER, "x", "y"), [1])


def test_the_table_has_a_row_where_a_feature_fired_in_a_recording_with_the_label() -> None:
    clips = draw_clips(9, (40, 33, 60, 20), N, 60, 3)
    tier = labelled(9, clips)
    state = counted(clips, tier)
    frame = timed_frame(replace(small().merged, states={"timed": state}, tiers=[tier]))
    expected = sorted((f, tier.labels[label]) for f, label in zip(*np.nonzero(state.recordings), strict=True))
    assert list(zip(frame["feature"], frame["label"], strict=True)) == expected
    for row in frame.iter_rows(named=True):
        at = (row["feature"], tier.labels.index(row["label"]))
        assert row["frames_active"] == state.counts[at]
        assert row["frames_label"] == state.label_frames[at[1]]
        assert row["shifted"] == state.shifted[at].tolist()
        assert row["sum"] == state.sums[at][0] / SCALES.sum_scale
        assert row["recording_moments"] == (state.moments[at] / [2**MOMENT_BITS, 2**MOMENT_SQUARE_BITS]).tolist()


@pytest.mark.parametrize("tiers", [[], [AlignedTier("phones", (OTHER,), {})]])
def test_the_table_of_a_corpus_without_alignments_is_empty(tiers: list[AlignedTier]) -> None:
    state = TimedCounts.empty(context(N, corpus=corpus_context(tiers=tiers)))
    assert timed_frame(replace(small().merged, states={"timed": state}, tiers=tiers)).height == 0


def test_tiers_are_counted_beside_each_other_as_each_would_be_alone() -> None:
    clips = draw_clips(9, (40, 33, 60, 20), N, 60, 3)
    phones = labelled(9, clips)
    frames = {clip: (labels + 1) % 3 for clip, labels in phones.frames.items() if clip != 1}
    words = AlignedTier("words", (OTHER, "x", "y"), frames)
    together = counted(clips, phones, words)
    frame = timed_frame(replace(small().merged, states={"timed": together}, tiers=[phones, words]))
    alone = [
        timed_frame(replace(small().merged, states={"timed": counted(clips, tier)}, tiers=[tier]))
        for tier in (phones, words)
    ]
    assert all(len(one) for one in alone)
    assert frame.equals(pl.concat(alone).sort("feature", "tier", "label"))

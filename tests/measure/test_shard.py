"""What a shard leaves besides its states: the tables of peaks, sampled codes and tracks."""

import numpy as np
import pytest

from atlas.audio.draws import sampled_frames
from atlas.measure.shard import (
    TRACK_FRAMES,
    codes_frame,
    peaks_frame,
    sampled_codes,
    tracks_frame,
    tracks_of,
)
from atlas.schema import CODES, PEAKS, PEAKS_SMALL, TRACKS
from atlas.schema.thresholds import TRACKED_FEATURES
from tests.measure.making import draw_clip
from tests.measure.small import CODE_RATE, N, small


def test_peaks_have_a_row_where_a_feature_fired_in_a_clip() -> None:
    expected = {(f, clip.number) for f in range(N) for clip in small().firing(f)}
    assert set(zip(small().peaks["feature"], small().peaks["clip"], strict=True)) == expected
    assert small().peaks.height == len(expected)


def test_a_row_of_peaks_says_what_the_feature_did_in_the_clip() -> None:
    clips = {clip.number: clip for clip in small().clips}
    for row in small().peaks.iter_rows(named=True):
        clip = clips[row["clip"]]
        column = clip.valid_values[:, row["feature"]]
        assert row["peak"] == column.max()
        assert row["peak_frame"] == column.argmax()
        assert row["frames_active"] == (column > 0).sum()
        assert row["sum"] == pytest.approx(column.sum(), rel=1e-5)
        assert row["peak_matched"] == column[slice(*clip.matched)].max()
        assert row["peak_cell"] == column[slice(*clip.matched_in_cell)].max()


def test_a_clip_without_a_stretch_has_a_blank() -> None:
    clips = [draw_clip(np.random.default_rng(number), number, 30, valid, 20) for number, valid in enumerate((3, 5, 15))]
    frame = peaks_frame([np.full(len(c.seen.fired), c.number, np.uint32) for c in clips], [c.seen for c in clips], 30)
    assert frame.schema == dict(PEAKS_SMALL.columns)
    assert set(frame["clip"].filter(frame["peak_matched"].is_null())) == {0, 1}
    assert set(frame["clip"].filter(frame["peak_matched"].is_not_null())) == {2}
    assert set(frame["clip"].filter(frame["peak_cell"].is_null())) == {0}
    assert set(frame["clip"].filter(frame["peak_cell"].is_not_null())) == {1, 2}
    assert frame.equals(frame.sort("feature", "clip"))


def test_codes_are_those_of_the_sampled_frames() -> None:
    expected = []
    for clip in small().clips:
        for frame in sampled_frames(clip.hash64, clip.valid, CODE_RATE).tolist():
            row = clip.valid_values[frame]
            features = np.flatnonzero(row)
            expected.append((clip.number, frame, features.tolist(), row[features].astype(np.float16).tolist()))
    assert small().codes.rows() == expected
    assert 0.2 < len(expected) / len(small().values()) < 0.3


def test_a_value_beyond_sixteen_bits_keeps_the_largest_that_fits() -> None:
    clip = draw_clip(np.random.default_rng(0), 3, 4, 2, 2)
    rows = clip.codes.rows
    rows.counts[:] = 1
    rows.values[:, 0], rows.features[:, 0] = (1e30, 65504.0), 2
    frame = codes_frame([sampled_codes(rows, 3, np.array([0, 1]))])
    assert frame.rows() == [(3, 0, [2], [65504.0]), (3, 1, [2], [65504.0])]


def test_tracks_are_the_features_of_largest_sum() -> None:
    rows = small().tracks.partition_by("clip", as_dict=True)
    for clip in small().clips:
        sums = clip.valid_values.sum(axis=0, dtype=np.float64)
        best = [f for f in np.argsort(-sums, kind="stable").tolist() if sums[f] > 0][:TRACKED_FEATURES]
        frame = rows[clip.number,]
        assert frame["feature"].to_list() == best
        assert frame["rank"].to_list() == list(range(1, len(best) + 1))
        assert frame["peak"].to_list() == clip.valid_values[:, best].max(axis=0).tolist()


def test_a_track_holds_the_larger_of_each_two_frames() -> None:
    clips = {clip.number: clip for clip in small().clips}
    for clip, _, _, feature, peak, trace in small().tracks.iter_rows():
        column = clips[clip].valid_values[:, feature]
        padded = np.append(column, [0] * (len(column) % TRACK_FRAMES)).reshape(-1, TRACK_FRAMES)
        shares = padded.max(axis=1).astype(np.float64) / peak * 255
        assert len(trace) == len(shares)
        assert np.abs(np.array(trace) - shares).max() <= 0.5001
        assert max(trace) == 255


@pytest.mark.parametrize("steps", [0, 1])
def test_of_many_features_the_tracks_are_the_twelve_of_largest_sum(steps: int) -> None:
    clip = draw_clip(np.random.default_rng(1), 0, 60, 30, 30, steps=steps)
    best = np.argsort(-clip.valid_values.sum(axis=0, dtype=np.float64), kind="stable")[:TRACKED_FEATURES]
    assert len(clip.seen.fired) > 2 * TRACKED_FEATURES
    assert tracks_of(clip.codes, clip.seen, clip.view).features.tolist() == best.tolist()


def test_equal_sums_go_to_the_smaller_feature() -> None:
    clip = draw_clip(np.random.default_rng(0), 0, 40, 3, 3)
    clip.values[:] = 1
    assert tracks_of(clip.codes, clip.seen, clip.view).features.tolist() == list(range(TRACKED_FEATURES))


def test_a_shard_in_which_nothing_fires_leaves_empty_tables() -> None:
    assert codes_frame([]).equals(CODES.empty())
    assert tracks_frame("made", []).equals(TRACKS.empty())
    assert peaks_frame([], [], 2**17).equals(PEAKS.empty())
    assert peaks_frame([], [], 30).equals(PEAKS_SMALL.empty())


def test_sparse_counts_and_codes_of_the_fit_are_those_of_all_shards() -> None:
    values = small().values()
    assert small().fit.sums[:2].tolist() == [len(values), int((values > 0).sum())]
    assert small().fit.unexplained(small().merged.scales) == 0.0  # the made dictionary rebuilds its input

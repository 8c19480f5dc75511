"""Examples, mel pictures and timed labels of a whole atlas against the same from dense codes, each in naive lines."""

from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from tests.measure.dense import Dense, table

OTHERS = 4
Found = dict[str, list[int]]


def expected_examples(case: Dense, feature: int) -> Found:
    """group -> rows of `clips`, by rank."""
    peaks = case.peaks[:, feature]
    firing = np.flatnonzero(peaks)
    by_peak = sorted(firing, key=lambda row: (-peaks[row], row))
    recordings = case.corpus.numbers_of("recording")
    best: dict[int, int] = {}
    for row in by_peak:
        best.setdefault(recordings[row], row)
    drawn = sorted(firing, key=lambda row: case.corpus.hashes[row])[:32]
    found: Found = {"top": list(best.values())[:20], "random": drawn[:OTHERS], "low": [], "mid": [], "high": []}
    rising = sorted(firing, key=lambda row: (peaks[row], row))
    for row in drawn[OTHERS:]:
        group = found[("low", "mid", "high")[rising.index(row) * 3 // len(firing)]]
        if len(group) < OTHERS:
            group.append(row)
    return found | {"quiet": expected_quiet(case, feature, drawn[:OTHERS])}


def expected_quiet(case: Dense, feature: int, drawn: list[int]) -> list[int]:
    clips, chosen = case.corpus.clips, []
    dataset, energy_db = clips["dataset"].to_list(), clips["energy_db"].to_numpy().astype(np.float64)
    for row in drawn:
        silent = [
            other
            for other in np.flatnonzero(case.peaks[:, feature] == 0)
            if dataset[other] == dataset[row] and abs(energy_db[other] - energy_db[row]) <= 3 and other not in chosen
        ]
        if silent:
            chosen.append(min(silent, key=lambda other: case.corpus.hashes[other]))
    return chosen


def stretch(case: Dense, feature: int, row: int) -> NDArray[np.float32]:
    """The values around a clip's peak, 1.5 s each way within its valid part."""
    values = case.by_clip[row][: case.corpus.valid[row], feature]
    peak = int(values.argmax())
    return values[max(peak - 75, 0) : peak + 76]


def test_examples_are_the_right_clips_in_the_right_order(case: Dense) -> None:
    examples, clips = table(case, "examples"), case.corpus.clips["clip"].to_numpy()
    expected = []
    for feature in range(case.values.shape[1]):
        found = expected_examples(case, feature)
        for group in ("top", "high", "mid", "low", "random", "quiet"):
            expected += [(feature, group, rank, clips[row]) for rank, row in enumerate(found[group], start=1)]

    assert examples.select("feature", "group", "rank", "clip").rows() == expected


def test_examples_show_the_stretch_around_the_peak(case: Dense) -> None:
    row_of = {number: row for row, number in enumerate(case.corpus.clips["clip"])}
    largest = case.values.max(axis=0)
    shown = table(case, "examples").filter(pl.col("group") != "quiet")
    for one in shown.iter_rows(named=True):
        row, feature = row_of[one["clip"]], one["feature"]
        values = case.by_clip[row][: case.corpus.valid[row], feature]
        peak = int(values.argmax())
        first, last = max(peak - 75, 0), min(peak + 76, len(values))
        assert one["peak"] == values[peak]
        assert (one["start_s"], one["peak_s"], one["end_s"]) == (first / 50, (peak + 0.5) / 50, last / 50)
        assert_allclose(one["trace"], values[first:last] / largest[feature] * 255, atol=0.51)


def test_silent_examples_have_silent_traces_within_the_clip(case: Dense) -> None:
    valid = dict(zip(case.corpus.clips["clip"], case.corpus.valid, strict=True))
    for one in table(case, "examples").filter(pl.col("group") == "quiet").iter_rows(named=True):
        assert one["peak"] == 0
        assert one["trace"] == [0] * min(valid[one["clip"]], 151)
        assert round((one["end_s"] - one["start_s"]) * 50) == len(one["trace"])
        assert 0 <= one["start_s"] < one["peak_s"] < one["end_s"] <= valid[one["clip"]] / 50


def test_the_mass_shown_is_that_of_the_stretches_of_different_clips(case: Dense) -> None:
    shown = table(case, "features")["mass_shown"].to_numpy()
    for feature in np.flatnonzero(case.active.any(axis=0)):
        found = expected_examples(case, int(feature))
        clips = {row for group, rows in found.items() for row in rows if group != "quiet"}
        mass = sum(float(stretch(case, int(feature), row).sum(dtype=np.float64)) for row in clips)
        assert_allclose(shown[feature], mass / case.values[:, feature].sum(dtype=np.float64), rtol=1e-3)


def test_mel_spectra_are_means_weighted_by_values(case: Dense) -> None:
    mel = table(case, "mel")
    alive = case.active.any(axis=0)
    weights = case.values[:, alive].astype(np.float64)
    expected = (weights.T @ case.corpus.mel) / weights.sum(axis=0)[:, None]

    assert_array_equal(mel["spectrum"].is_null(), ~alive)
    assert_allclose(np.array(mel.filter(pl.Series(alive))["spectrum"].to_list()), expected, atol=0.05)


def test_mel_patches_are_means_around_the_peaks_of_top_examples(case: Dense) -> None:
    mel = table(case, "mel")
    for feature in range(0, case.values.shape[1], 7):
        top = expected_examples(case, feature)["top"]
        if not top:
            assert mel["patch"][feature] is None
            continue
        windows = np.full((len(top), 50, 80), np.nan)
        for window, row in zip(windows, top, strict=True):
            peak = int(case.by_clip[row][: case.corpus.valid[row], feature].argmax())
            for place in range(50):
                if 0 <= peak - 25 + place < case.corpus.valid[row]:
                    window[place] = case.corpus.mels[row][peak - 25 + place]
        heard = ~np.isnan(windows).all(axis=(0, 2))
        patch = np.array(mel["patch"][feature]).reshape(80, 50).T
        assert (patch[~heard] == 255).all()
        assert_allclose(patch[heard] / 2, np.nanmean(windows[:, heard], axis=0), atol=0.51)
        assert mel["windows"][feature] == len(top)


def frame_labels(case: Dense, tier: str) -> dict[int, list[str]]:
    """row of `clips` -> the label at the middle of each frame, for clips with labels in a tier."""
    spans = pl.read_parquet(case.corpus.folder / "alignments.parquet").filter(pl.col("tier") == tier)
    row_of = {number: row for row, number in enumerate(case.corpus.clips["clip"])}
    labels: dict[int, list[str]] = {}
    for clip, start_s, end_s, label in spans.select("clip", "start_s", "end_s", "label").iter_rows():
        row = row_of[clip]
        frames = labels.setdefault(row, [""] * int(case.corpus.valid[row]))
        for frame in range(len(frames)):
            if start_s <= (frame + 0.5) / 50 < end_s:
                frames[frame] = label
    return labels


@pytest.fixture
def tiers(case: Dense) -> dict[str, dict[int, list[str]]]:
    names = pl.read_parquet(case.corpus.folder / "alignments.parquet")["tier"].unique()
    return {tier: frame_labels(case, tier) for tier in names}


def test_timed_labels_are_counted_frame_by_frame(case: Dense, tiers: dict[str, dict[int, list[str]]]) -> None:
    counted = {(row["feature"], row["tier"], row["label"]): row for row in table(case, "timed_counts").to_dicts()}
    seen = 0
    for tier, clips in tiers.items():
        labels = np.concatenate([np.array(labels) for labels in clips.values()])
        values = np.concatenate([case.by_clip[row][: len(labels)] for row, labels in clips.items()])
        turned = [
            np.concatenate([np.roll(labels, -(len(labels) * part // 6)) for labels in clips.values()])
            for part in range(1, 6)
        ]
        for label in np.unique(labels):
            here = values[labels == label].astype(np.float64)
            shifted = np.stack([(values[turn == label] > 0).sum(axis=0) for turn in turned])
            for feature in range(values.shape[1]):
                row = counted.get((feature, tier, str(label)))
                if row is None:
                    assert not here[:, feature].any()
                    continue
                seen += 1
                assert row["frames_label"] == (labels == label).sum()
                assert row["frames_active"] == (here[:, feature] > 0).sum()
                assert row["shifted"] == shifted[:, feature].tolist()
                assert_allclose(row["sum"], here[:, feature].sum(), rtol=1e-5, atol=1e-4)
                assert_allclose(row["sum_squares"], (here[:, feature] ** 2).sum(), rtol=1e-4, atol=1e-2)
    assert seen == len(counted) > 0


def test_timed_labels_have_the_moments_of_their_recordings(case: Dense, tiers: dict[str, dict[int, list[str]]]) -> None:
    recording_of = case.corpus.clips["recording"].to_list()
    found: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    for tier, clips in tiers.items():
        for recording in {recording_of[row] for row in clips}:
            rows = [row for row in clips if recording_of[row] == recording]
            labels = np.concatenate([np.array(clips[row]) for row in rows])
            active = np.concatenate([case.by_clip[row][: len(clips[row])] for row in rows]) > 0
            for label in np.unique(labels):
                difference = active[labels == label].sum(axis=0) - active.sum(axis=0) * (labels == label).mean()
                for feature in np.flatnonzero(active.any(axis=0)):
                    found[int(feature), tier, str(label)].append(float(difference[feature]))
    rows = table(case, "timed_counts").to_dicts()

    assert {(row["feature"], row["tier"], row["label"]) for row in rows} == set(found)
    for row in rows:
        differences = np.array(found[row["feature"], row["tier"], row["label"]])
        assert row["recordings"] == len(differences)
        expected = (differences.sum(), (differences**2).sum())
        assert_allclose(row["recording_moments"], expected, atol=2**-9 * len(differences), rtol=1e-6)

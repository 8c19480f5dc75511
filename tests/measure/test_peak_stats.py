"""Where features fire, from the rows of `peaks`, against the dense values of a small corpus."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.measure import peak_stats as module
from atlas.measure.peak_stats import THIRDS, Firing, firing
from atlas.measure.scales import BINS
from atlas.measure.topk import EMPTY
from tests.measure.making import SCALES
from tests.measure.small import DEAD, DENSE, OTHERS, PROBLEMS, RECORDING_OF, SINGLE, STEPS, N, small


def found() -> Firing:
    return small().merged.firing


def test_the_corpus_is_read_into_numbers() -> None:
    view, table = small().merged.corpus, small().table
    assert (view.domains, view.datasets) == (("music", "speech"), ("ahead", "birds", "choir"))
    heard = table.filter(view.usable)
    assert [view.domains[number] for number in view.domain[view.usable]] == heard["domain"].to_list()
    assert [view.datasets[number] for number in view.dataset[view.usable]] == heard["dataset"].to_list()
    assert view.domain[list(PROBLEMS)].tolist() == view.dataset[list(PROBLEMS)].tolist() == [-1, -1]
    assert view.recording.tolist() == RECORDING_OF
    assert np.flatnonzero(~view.usable).tolist() == list(PROBLEMS)
    assert view.valid[list(PROBLEMS)].tolist() == [0, 0]
    assert (view.clips, view.frames) == (38, len(small().values()))
    for number, name in enumerate(view.datasets):
        clips = [clip for clip in small().clips if small().column("dataset")[clip.number] == name]
        assert view.dataset_clips()[number] == len(clips)
        assert view.dataset_frames()[number] == sum(clip.valid for clip in clips)


def test_clips_and_recordings_are_those_in_which_a_feature_fires() -> None:
    for f in range(N):
        assert found().clips[f] == len(small().firing(f))
        assert found().recordings[f] == len({clip.recording for clip in small().firing(f)})


def test_each_dataset_has_its_own_frames_clips_and_recordings() -> None:
    for f in range(N):
        for number, name in enumerate(small().merged.corpus.datasets):
            clips = [clip for clip in small().firing(f) if small().column("dataset")[clip.number] == name]
            assert found().dataset_clips[f, number] == len(clips)
            assert found().dataset_frames[f, number] == sum(int((clip.valid_values[:, f] > 0).sum()) for clip in clips)
            assert found().dataset_recordings[f, number] == len({clip.recording for clip in clips})


def test_the_histogram_of_peaks_counts_the_clips_of_each_domain() -> None:
    edges = np.array(SCALES.edges(), np.float32)
    for f in range(N):
        for number, name in enumerate(small().merged.corpus.domains):
            clips = [clip for clip in small().firing(f) if small().column("domain")[clip.number] == name]
            peaks = np.clip([clip.valid_values[:, f].max() for clip in clips], edges[0], np.nextafter(edges[-1], 0))
            assert found().peak_histogram[f, number].tolist() == np.histogram(peaks, edges)[0].tolist()
    assert found().peak_histogram.shape == (N, 2, BINS)


@pytest.mark.parametrize("feature", range(N))
def test_thirds_hold_equally_many_of_all_firing_clips(feature: int) -> None:
    draw, clips = small().merged.draw, small().firing(feature)
    ordered = [c.number for c in sorted(clips, key=lambda clip: (clip.valid_values[:, feature].max(), clip.number))]
    third = {number: place * 3 // len(ordered) for place, number in enumerate(ordered)}
    drawn = [clip.number for clip in small().by_hash(clips)[:32]]
    assert draw.clips[feature, draw.keys[feature] != EMPTY].tolist() == drawn
    assert found().thirds[feature].tolist() == [third[number] for number in drawn] + [-1] * (32 - len(drawn))
    sizes = [list(third.values()).count(number) for number in range(3)]
    assert max(sizes) - min(sizes) <= 1


def test_a_single_firing_clip_lies_in_the_lowest_third() -> None:
    assert THIRDS == ("low", "mid", "high")
    assert found().thirds[SINGLE].tolist() == [0] + [-1] * 31
    assert set(found().thirds[DEAD].tolist()) == {-1}


@pytest.mark.parametrize("feature", range(N))
def test_quiet_clips_are_the_first_by_hash_of_the_same_dataset_within_3_db(feature: int) -> None:
    dataset, energy = small().column("dataset"), small().column("energy_db")
    drawn, taken = small().by_hash(small().firing(feature))[:OTHERS], {c.number for c in small().firing(feature)}
    expected = []
    for clip in drawn:
        like = [
            other.number
            for other in small().by_hash(list(small().clips))
            if other.number not in taken
            and dataset[other.number] == dataset[clip.number]
            and abs(energy[other.number] - energy[clip.number]) <= 3
        ]
        expected.append(like[0] if like else -1)
        taken |= set(like[:1])
    assert found().quiet[feature].tolist() == expected + [-1] * (OTHERS - len(expected))


def test_the_small_corpus_has_quiet_clips_and_features_without_any() -> None:
    assert (found().quiet[DENSE] == -1).all()
    assert (found().quiet >= 0).sum() > N


@pytest.mark.parametrize("rows", [1, 60, 200])
def test_nothing_depends_on_how_many_features_are_taken_at_once(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", rows)
    middle = small().peaks["clip"].median()
    paths = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for path, part in zip(paths, (pl.col("clip") <= middle, pl.col("clip") > middle), strict=True):
        small().peaks.filter(part).sort("feature", "clip").write_parquet(path)
    again = firing(paths, small().merged.corpus, small().merged.draw, SCALES, OTHERS)
    assert all(np.array_equal(getattr(again, name), getattr(found(), name)) for name in Firing.__slots__)


def test_peaks_without_rows_leave_every_feature_silent(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    small().peaks.head(0).write_parquet(path)
    draw = type(small().merged.draw).of_slots(N, 32)
    silent = firing([path], small().merged.corpus, draw, SCALES, OTHERS)
    assert not silent.clips.any()
    assert not silent.recordings.any()
    assert not silent.peak_histogram.any()
    assert (silent.thirds == -1).all()
    assert (silent.quiet == -1).all()
    assert silent.dataset_clips.shape == (N, 3)


def test_equal_peaks_are_told_apart_by_clip() -> None:
    """The feature of few values has many equal peaks; its thirds still split them in order of clips."""
    peaks = {clip.number: float(clip.valid_values[:, STEPS].max()) for clip in small().firing(STEPS)}
    assert len(set(peaks.values())) == 2
    draw = small().merged.draw
    thirds = dict(zip(draw.clips[STEPS].tolist(), found().thirds[STEPS].tolist(), strict=True))
    same = sorted(clip for clip in thirds if peaks.get(clip) == 2.0)
    assert all(thirds[one] <= thirds[other] for one, other in pairwise(same))

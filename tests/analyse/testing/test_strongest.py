"""The strongest recordings of the whole corpus, and what loudness and length alone tell, against plain loops."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing.confounds import confounds
from atlas.analyse.testing.recordings import recordings_of
from atlas.analyse.testing.strongest import NO_CLIP, precisions, strongest_shares
from atlas.encoders.whisper import GRID
from tests.analyse.making import DOMAINS, Clip, clips_frame, naive_auroc, peaks_frame, world

RANDOM = np.random.default_rng(5)


def test_one_clip_stands_for_each_recording_and_the_largest_peaks_come_first() -> None:
    clips = [Clip(f"r{number // 3}", "sound" if number % 2 else "speech") for number in range(90)]
    peaks = np.round(RANDOM.exponential(1, (4, 90)) * (RANDOM.random((4, 90)) < 0.7), 1)
    peaks[2, 12:] = 0
    mine = world(clips, np.zeros((4, 90)), peaks)
    found = np.concatenate([block.strongest for block in mine.blocks(3)])
    for feature in range(4):
        order = sorted(
            np.flatnonzero(peaks[feature] > 0),
            key=lambda clip: (-peaks[feature, clip], mine.recordings.clip_rank[clip]),
        )
        expected, seen = [], set()
        for clip in order:
            if clips[clip].recording not in seen:
                seen.add(clips[clip].recording)
                expected.append(clip)
        kept = [clip for clip in found[feature].tolist() if clip != NO_CLIP]
        assert kept == expected[:20]
    assert (found[2] == NO_CLIP).sum() == 16


def test_precision_counts_what_a_listener_would_hear_first() -> None:
    strongest = np.stack([np.arange(20), np.where(np.arange(20) < 4, np.arange(20), NO_CLIP)])
    ten, as_many = precisions(strongest, np.array([0, 1, 2, 11]), 4)
    assert ten.tolist() == [0.3, 0.3]
    assert as_many.tolist() == [0.75, 0.75]
    assert precisions(strongest, np.arange(20), 50)[1].tolist() == [1, 0.2]


def test_where_the_strongest_recordings_lie_and_peak(tmp_path: Path) -> None:
    clips = clips_frame([Clip(f"r{number}", "speech" if number < 5 else "sound", frames=100) for number in range(30)])
    frames = np.array([[0] * 10 + [50] * 20, [99, 95, 4, *[50] * 27], [94, 5, *[50] * 28]])
    peaks = peaks_frame(np.stack([np.arange(30, 0, -1.0), np.arange(30, 0, -1.0), np.arange(1, 31.0)]))
    rows = peaks.with_columns(peak_frame=pl.Series(frames.ravel()).cast(pl.UInt16))
    rows.filter((pl.col("feature") != 1) | (pl.col("clip") < 4)).write_parquet(tmp_path / "a.parquet")
    found = strongest_shares(
        pl.scan_parquet(tmp_path / "a.parquet"), 3, recordings_of(clips, DOMAINS), GRID, ["speech"]
    )
    assert found["clips"].to_list() == [[*range(20)], [*range(29, 9, -1)]]
    assert found.drop("clips").rows() == [(0, 0.5, 0.5), (2, 0.0, 0.0)]  # the other one fires in four recordings only


def test_loudness_and_length_alone_are_told_within_datasets() -> None:
    clips = [
        Clip(
            f"r{number}",
            dataset=f"set{number % 2}",
            labels=["soft"] * (number % 3 == 0),
            frames=100 + 7 * (number % 11),
        )
        for number in range(60)
    ]
    mine = world(clips, np.ones((1, 60)))
    kind = mine.kinds[0]
    clip = mine.recordings.clip[kind.recordings]
    frames = np.array([clips[number].frames for number in clip])
    has = np.isin(clip % 3, 0)
    ((loudness, length),) = confounds(kind, mine.recordings)
    assert loudness == 0.5  # all alike
    assert length == pytest.approx(naive_auroc(frames, has, kind.stratum))

"""One clip stands for a recording; cells are domains within datasets; blocks are `peaks` as matrices."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing import blocks as blocks_module
from atlas.analyse.testing.blocks import block_of, blocks
from atlas.analyse.testing.recordings import Cell, recordings_by_cell, recordings_of
from atlas.audio import draws
from tests.analyse.making import DOMAINS, Clip, clips_frame, peaks_frame

LONG, SHORT = 100, 20
CLIPS = clips_frame(
    [
        *(Clip("a", frames=LONG) for _ in range(5)),
        *(Clip("b", "music", frames=LONG) for _ in range(5)),
        *(Clip("c", "speech", "voices", frames=frames) for frames in (LONG, SHORT)),
        Clip("d", "speech", "voices", frames=SHORT - 1),
        Clip("e", "speech", "lost", frames=LONG, problem="broken"),
        *(Clip(f"f{number}", "speech", "voices", frames=LONG) for number in range(3)),
    ]
)


def test_cells_are_ordered_by_the_configs_domains_and_leave_out_what_cannot_be_read() -> None:
    found = recordings_of(CLIPS, DOMAINS)

    assert found.domains == DOMAINS
    assert found.cells == (Cell("speech", "voices"), Cell("music", "street"), Cell("sound", "street"))
    assert found.clip_cell.tolist() == [2] * 5 + [1] * 5 + [0] * 3 + [-1] + [0] * 3
    assert found.clip_frames[13] == 0
    assert found.cells_of("music").tolist() == [1]


def test_the_clip_of_smallest_hash_among_those_long_enough_stands_for_its_recording() -> None:
    found = recordings_of(CLIPS, DOMAINS)
    hashes = draws.clip_hashes(CLIPS)
    length = draws.matched_frames(CLIPS)
    assert length == SHORT

    names = CLIPS["recording"].gather(found.clip).to_list()
    assert sorted(names) == ["a", "b", "c", "f0", "f1", "f2"]
    for name, clip in zip(names, found.clip.tolist(), strict=True):
        rows = CLIPS.filter((pl.col("recording") == name) & (pl.col("valid_frames") >= length))["clip"].to_list()
        assert clip == min(rows, key=lambda row: hashes[row])
    assert found.cell.tolist() == [0, 0, 0, 0, 1, 2]
    assert found.hashes.tolist() == hashes[found.clip].tolist()
    assert found.hashes[:4].tolist() == sorted(found.hashes[:4].tolist())


def test_by_cell_a_clip_is_long_enough_that_is_as_long_as_the_stretch_of_its_dataset() -> None:
    """Of the short dataset all recordings can be tested; a recording that lies in both is held to both lengths."""
    frame = clips_frame(
        [
            *(Clip(f"long{number}", dataset="readings", frames=LONG + number) for number in range(10)),
            *(Clip(f"short{number}", dataset="commands", frames=SHORT + number // 2) for number in range(11)),
            Clip("long5", dataset="readings", frames=LONG - 1),
            Clip("both", dataset="readings", frames=SHORT + 2),
            *(Clip("both", dataset="commands", frames=frames) for frames in (SHORT - 1, SHORT, SHORT + 1)),
        ]
    )
    hashes = draws.clip_hashes(frame)
    lengths = draws.cell_frames(frame).tolist()
    assert set(lengths) == {LONG - 1, SHORT}
    assert draws.matched_frames(frame) == SHORT

    found = recordings_by_cell(frame, DOMAINS)

    names = frame["recording"].gather(found.clip).to_list()
    assert sorted(names) == sorted({*frame["recording"]})
    for name, clip in zip(names, found.clip.tolist(), strict=True):
        rows = frame.filter(pl.col("recording") == name).rows(named=True)
        able = [row["clip"] for row in rows if row["valid_frames"] >= lengths[row["clip"]]]
        assert clip == min(able, key=lambda row: hashes[row])
    assert found.cell.tolist() == found.clip_cell[found.clip].tolist()
    assert set(recordings_of(frame, DOMAINS).clip) != set(found.clip)


def test_no_clips_make_no_recordings() -> None:
    for frame in (CLIPS.clear(), CLIPS.filter(pl.col("problem").is_not_null())):
        for read in (recordings_of, recordings_by_cell):
            found = read(frame, DOMAINS)
            assert (found.domains, found.cells, found.clip.tolist()) == ((), (), [])


def test_a_block_holds_the_peaks_of_the_stretch_that_recordings_are_tested_in() -> None:
    random = np.random.default_rng(2)
    matched, in_cell = random.random((2, 3, len(CLIPS) - 4))
    peaks = peaks_frame(matched, in_cell=in_cell)
    for read, expected in ((recordings_of, matched), (recordings_by_cell, in_cell)):
        found = read(CLIPS.head(len(CLIPS) - 4), DOMAINS)
        assert block_of(peaks, found, 0, 3).matched.tolist() == expected[:, found.clip].astype(np.float32).tolist()


def test_a_block_holds_the_matched_peaks_of_recordings_and_counts_of_cells() -> None:
    random = np.random.default_rng(0)
    whole = random.uniform(0, 1, (4, len(CLIPS))) * (random.random((4, len(CLIPS))) < 0.6)
    whole[:, 13] = 0
    whole[2] = 0
    matched = whole * (random.random(whole.shape) < 0.7)
    active = random.integers(1, 50, whole.shape)
    found = recordings_of(CLIPS, DOMAINS)

    block = block_of(peaks_frame(matched, whole, active), found, 0, 4)

    assert block.matched.tolist() == matched[:, found.clip].astype(np.float32).tolist()
    for cell in range(3):
        here = whole[:, found.clip_cell == cell] > 0
        assert block.clips_active[:, cell].tolist() == here.sum(axis=1).tolist()
        assert block.frames_active[:, cell].tolist() == (active[:, found.clip_cell == cell] * here).sum(axis=1).tolist()


def test_a_null_matched_peak_is_that_of_a_clip_too_short_to_test() -> None:
    found = recordings_of(CLIPS, DOMAINS)
    peaks = peaks_frame(np.ones((1, len(CLIPS) - 4)))
    short = peaks.with_columns(pl.when(pl.col("clip") == 12).then(None).otherwise("peak_matched").alias("peak_matched"))

    assert block_of(short, found, 0, 1).clips_active.sum() == 13
    assert not np.isnan(block_of(short, found, 0, 1).matched).any()


def test_blocks_read_from_shards_hold_what_one_block_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    matched = random.random((7, len(CLIPS))) * (random.random((7, len(CLIPS))) < 0.5)
    matched[:, 13] = 0
    found, peaks = recordings_of(CLIPS, DOMAINS), peaks_frame(matched)
    paths = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for path, shard in zip(paths, (pl.col("clip") < 8, pl.col("clip") >= 8), strict=True):
        peaks.filter(shard).write_parquet(path)
    monkeypatch.setattr(blocks_module, "FEATURES_AT_ONCE", 3)

    read = list(blocks(pl.scan_parquet(paths), found, 7))

    whole = block_of(peaks, found, 0, 7)
    assert [block.first for block in read] == [0, 3, 6]
    for name in ("matched", "frames_active", "clips_active"):
        assert np.concatenate([getattr(block, name) for block in read]).tolist() == getattr(whole, name).tolist()

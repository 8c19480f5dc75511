"""Equal inputs give equal bytes, whatever the folder, the workers, the shards, the order, and the clips elsewhere."""

import shutil
from pathlib import Path

import polars as pl
import pytest
import torch

from atlas.pipeline import Options, build
from tests.building import build_all, build_stage, contents, replaced, run_of, scanner_of, stored_world, tables


def peaks(atlas: Path) -> dict[str, pl.DataFrame]:
    """The peaks of each dictionary, put together again from their shards."""
    folders = sorted((atlas / "peaks").iterdir())
    return {folder.name: pl.read_parquet(folder / "*.parquet").sort("feature", "clip") for folder in folders}


def assert_same_peaks(one: Path, other: Path) -> None:
    found, expected = peaks(one), peaks(other)

    assert list(found) == list(expected)
    assert [name for name in found if not found[name].equals(expected[name])] == []


def test_a_second_run_into_another_folder_leaves_the_same_bytes(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path
) -> None:
    build_all(tiny_config, tmp_path)

    assert contents(tmp_path) == contents(tiny_atlas)


@pytest.mark.parametrize("workers", [2, 3])
def test_worker_processes_leave_the_same_bytes(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path, workers: int
) -> None:
    build(run_of(tiny_config, tmp_path, threads=workers), Options(workers=workers), lambda line: None)

    assert contents(tmp_path) == contents(tiny_atlas)


def test_two_threads_leave_the_same_bytes_as_one(tiny_config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    build(run_of(tiny_config, tmp_path, threads=2), Options(), lambda line: None)
    torch.set_num_threads(before)

    assert contents(tmp_path) == contents(tiny_atlas)


@pytest.mark.parametrize("windows", [7, 64, 512])
def test_the_size_of_shards_changes_no_table(tiny_config: Path, tiny_atlas: Path, tmp_path: Path, windows: int) -> None:
    config = replaced(
        tiny_config, ("shard_windows = 16", f"shard_windows = {windows}"), name=f"shards-of-{windows}.toml"
    )
    build_all(config, tmp_path)
    found, expected = tables(tmp_path), tables(tiny_atlas)
    clips = [pl.read_parquet(folder / "clips.parquet") for folder in (tmp_path, tiny_atlas)]

    assert found.keys() == expected.keys()
    assert {name for name in found if found[name] != expected[name]} <= {"clips.parquet", "atlas.json"}
    assert clips[0].drop("shard").equals(clips[1].drop("shard"))
    assert clips[0]["shard"].n_unique() == {7: 7, 64: 1, 512: 1}[windows]
    assert_same_peaks(tmp_path, tiny_atlas)


def finish(config: Path, out: Path) -> None:
    """What follows a scan."""
    for stage in ("merge", "analyse", "media"):
        build_stage(stage, config, out)


def test_shards_may_be_scanned_in_any_order(tiny_config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    build_stage("index", tiny_config, tmp_path)
    build_stage("calibrate", tiny_config, tmp_path)
    scanner = scanner_of(run_of(tiny_config, tmp_path))
    for shard in (2, 0, 1):
        scanner.scan(shard, lambda _: None)
    finish(tiny_config, tmp_path)

    assert contents(tmp_path) == contents(tiny_atlas)


def test_parts_that_are_scanned_apart_merge_to_the_same_bytes(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path
) -> None:
    build_stage("index", tiny_config, tmp_path)
    build_stage("calibrate", tiny_config, tmp_path)
    said = [build_stage("scan", tiny_config, tmp_path, Options(share=(part, 2))) for part in (2, 1)]
    finish(tiny_config, tmp_path)

    assert [line.rpartition(",")[0] for line in said] == [
        "scan       16 windows in 1 shard",
        "scan       27 windows in 2 shards",
    ]
    assert contents(tmp_path) == contents(tiny_atlas)


def test_the_order_of_the_manifest_does_not_matter(tiny_config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    header, *lines = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    turned = tiny_config.parent / "corpus/turned.csv"
    turned.write_text("\n".join([header, *lines[20:], *reversed(lines[:20])]) + "\n", encoding="utf-8")
    build_all(replaced(tiny_config, ("corpus/manifest.csv", "corpus/turned.csv"), name="turned.toml"), tmp_path)
    found, expected = contents(tmp_path), contents(tiny_atlas)

    assert {name for name in found if found[name] != expected[name]} == {"atlas.json"}  # it names the manifest


def test_a_second_build_touches_no_file(tiny_config: Path, tiny_atlas: Path) -> None:
    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in tiny_atlas.rglob("*")}

    before = times()

    assert build_all(tiny_config, tiny_atlas) == [
        "index      was done before",
        "calibrate  was done before",
        "scan       was done before (3 shards)",
        f"merge      was done before; the tables are in {tiny_atlas}",
        "analyse    was done before",
        "media      was done before",
    ]
    assert times() == before


def test_a_clip_more_changes_nothing_of_the_other_clips(tiny_config: Path, tmp_path: Path) -> None:
    manifest = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    lines = [line for line in manifest if "street" not in line]
    found: list[tuple[pl.DataFrame, dict[str, pl.DataFrame]]] = []
    for number, kept in enumerate((lines, [line for line in lines if "voices/04.flac" not in line])):
        world = tmp_path / str(number)
        build_all(stored_world(world, tiny_config.parent, kept), world / "atlas")
        clips = pl.read_parquet(world / "atlas/clips.parquet").select("clip", "path", "offset_s")
        found.append((clips, peaks(world / "atlas")))
    (more, with_one_more), (fewer, expected) = found
    moved = fewer.join(more, on=["path", "offset_s"], how="left", suffix="_now").select("clip", "clip_now")

    assert len(more) == len(fewer) + 1
    assert not moved["clip"].equals(moved["clip_now"])
    for name, rows in expected.items():
        renumbered = rows.join(moved, on="clip").drop("clip").rename({"clip_now": "clip"}).select(rows.columns)
        known = with_one_more[name].filter(pl.col("clip").is_in(moved["clip_now"].to_list()))
        assert known.equals(renumbered.sort("feature", "clip"))


def test_a_copied_folder_goes_on_where_it_was(tiny_config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_atlas, copy)
    shutil.rmtree(copy / "features")

    assert [line.split()[:2] for line in build_all(tiny_config, copy)[:3]] == [
        ["index", "was"],
        ["calibrate", "was"],
        ["scan", "was"],
    ]
    assert contents(copy) == contents(tiny_atlas)

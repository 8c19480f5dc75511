"""`atlas demo`: where it builds, and that what it built is there to stay."""

import json
import os
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from atlas.cli import main
from atlas.demo.show import DEFAULT, demo_folder


def test_a_second_demo_finds_all_done_and_says_where_it_is(demo_atlas: Path) -> None:
    result = CliRunner().invoke(main, ["demo", "--out", str(demo_atlas)])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "index      was done before",
        "calibrate  was done before",
        "scan       was done before (9 shards)",
        f"merge      was done before; the tables are in {demo_atlas}",
        "analyse    was done before",
        f"demo       a synthetic corpus through a micro Whisper; the tables are in {demo_atlas}",
    ]


def test_it_builds_below_the_folder_of_sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert demo_folder() == DEFAULT == Path("site/demo-atlas")


def test_where_nothing_can_be_written_it_builds_in_a_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert demo_folder().parent == tmp_path
    assert demo_folder().name.startswith("atlas-demo-")


def test_every_page_to_come_will_say_that_the_corpus_is_synthetic(demo_atlas: Path) -> None:
    assert "synthetic" in json.loads((demo_atlas / "atlas.json").read_text(encoding="utf-8"))["title"]
    assert set(pl.read_parquet(demo_atlas / "clips.parquet")["licence"]) == {"CC0 1.0"}

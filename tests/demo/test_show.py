"""`atlas demo`: where it builds, and that what it built is there to stay."""

import os
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from atlas.cli import main
from atlas.demo.show import DEFAULT, atlas_beside, demo_folder
from atlas.publish.checks import check_site


def test_a_second_demo_finds_all_done_and_touches_no_page(demo_site: Path, demo_atlas: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in demo_site.rglob("*") if path.is_file()}
    result = CliRunner().invoke(main, ["demo", "--out", str(demo_site), "--no-serve"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[:7] == [
        "index      was done before",
        "calibrate  was done before",
        "scan       was done before (9 shards)",
        f"merge      was done before; the tables are in {demo_atlas}",
        "analyse    was done before",
        "effects    was done before",
        "media      was done before",
    ]
    assert result.stdout.splitlines()[7].startswith("import     ")
    assert ", of which 0 were written anew and 0 deleted, in " in result.stdout.splitlines()[8]
    assert result.stdout.splitlines()[9].endswith(f"look at it again with: atlas serve {demo_site}")
    assert {path: path.stat().st_mtime_ns for path in demo_site.rglob("*") if path.is_file()} == before


def test_it_builds_below_the_folder_of_sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert demo_folder() == DEFAULT == Path("site/demo")
    assert atlas_beside(demo_folder()) == Path("site/demo-atlas")


def test_where_nothing_can_be_written_it_builds_in_a_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert demo_folder().parent.parent == tmp_path
    assert demo_folder().parent.name.startswith("atlas-")


def test_every_page_says_that_the_corpus_is_synthetic(demo_site: Path, demo_atlas: Path) -> None:
    pages = [
        *demo_site.glob("*.html"),
        *demo_site.glob("[dlc]/**/*.html"),
        *sorted(demo_site.glob("f/*/1*.html"))[::50],
    ]
    silent = [path.name for path in pages if "synthetic" not in path.read_text(encoding="utf-8")]

    assert len(pages) > 100
    assert silent == []
    assert set(pl.read_parquet(demo_atlas / "clips.parquet")["licence"]) == {"CC0 1.0"}


def test_the_site_has_nothing_that_a_check_finds_wrong(demo_site: Path) -> None:
    assert check_site(demo_site, lambda line: None) == []

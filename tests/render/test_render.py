"""The stage as a whole: complete, the same with any number of workers, and touching nothing that has not changed."""

import re
from pathlib import Path
from posixpath import dirname, join, normpath

import polars as pl
import pytest

from atlas.config.settings import Config
from atlas.render.run import render
from atlas.schema import CLIPS
from atlas.store import AtlasFolder
from tests.synthetic import Spec, write_atlas

CONFIG = Config.model_validate(
    {
        "title": "Tiny",
        "corpus": {"manifest": "manifest.csv"},
        "encoder": {"model": "tiny.en"},
        "dictionary": [{"name": "block2", "tap": "encoder.blocks.2", "checkpoint": "ae.pt"}],
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AtlasFolder:
    return AtlasFolder(write_atlas(tmp_path_factory.mktemp("atlas"), Spec(features=12, clips=60)))


def contents(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_rendering_twice_touches_no_file_and_workers_change_no_byte(folder: AtlasFolder, tmp_path: Path) -> None:
    first = render(folder, CONFIG, tmp_path / "one", workers=1)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "one").rglob("*")}
    (tmp_path / "one" / "f" / "block2" / "999.html").write_text("stale")
    again = render(folder, CONFIG, tmp_path / "one", workers=1)
    render(folder, CONFIG, tmp_path / "two", workers=2)

    files = contents(tmp_path / "one")
    assert f"of which {len(files) - 1:,} were written anew and 0 deleted" in first
    assert "of which 0 were written anew and 1 deleted" in again
    folders = {path for path in stamps if path.is_dir()}
    assert {path: path.stat().st_mtime_ns for path in stamps if path not in folders} == {
        path: stamp for path, stamp in stamps.items() if path not in folders
    }
    assert contents(tmp_path / "two") == files


def test_an_atlas_that_has_changed_is_read_again_by_the_same_process(tmp_path: Path) -> None:
    folder = AtlasFolder(write_atlas(tmp_path / "atlas", Spec(features=12, clips=60)))
    render(folder, CONFIG, tmp_path / "site", workers=1)
    clips = folder.read_table(CLIPS)
    folder.write_table(CLIPS, clips.with_columns(licence=pl.lit("Licence of another day")))
    render(folder, CONFIG, tmp_path / "site", workers=1)

    pages = [*(tmp_path / "site/f/block2").glob("*.html"), tmp_path / "site/about.html"]
    assert sum("Licence of another day" in page.read_text(encoding="utf-8") for page in pages) > 6


def test_links_of_feature_pages_lead_to_files(folder: AtlasFolder, tmp_path: Path) -> None:
    render(folder, CONFIG, tmp_path / "site", workers=1)
    files = contents(tmp_path / "site")

    missing = set()
    for address, content in files.items():
        if address.startswith("f/"):
            for link in re.findall(r'(?:href|src)="([^"#?]+)', content.decode()):
                if not link.startswith("data:") and normpath(join(dirname(address), link)) not in files:
                    missing.add(link)
    assert missing == set()

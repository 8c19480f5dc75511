"""A site out of its archive, opened from the disk."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

from atlas.config.loading import load_config
from atlas.publish.archive import ArchiveOrder, archive
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.test_sound import BUTTON, SILENT, SOUNDING
from tests.browser.visits import Visits
from tests.publish.test_archive import CONFIG
from tests.synthetic import Spec, write_atlas


def test_an_unpacked_archive_opens_from_the_disk_with_sound_search_and_map(browser: Any, tmp_path: Path) -> None:
    root, site, path = tmp_path / "atlas", tmp_path / "site", tmp_path / "kept.toml"
    path.write_text(CONFIG, encoding="utf-8")
    config = load_config(path)
    render(AtlasFolder(write_atlas(root, Spec(features=24, clips=60))), config, site, 1)
    archive(config, ArchiveOrder(name="kept", root=root, site=site, to=tmp_path))
    with ZipFile(tmp_path / "kept-site.zip") as packed:
        packed.extractall(tmp_path / "unpacked")
    visits = Visits(browser, f"{(tmp_path / 'unpacked/kept').as_uri()}/")

    page = visits.open("index.html")
    page.goto(f"{visits.base}f/block2/1.html")
    page.locator(BUTTON).first.click()
    page.wait_for_function(SOUNDING)
    page.wait_for_function(SILENT)
    page.wait_for_function("() => document.querySelector('.pic img').naturalWidth > 0")
    page.goto(f"{visits.base}search.html?q=siren")
    page.locator("#rows > li").first.wait_for()
    page.goto(f"{visits.base}map.html")
    page.locator("canvas").first.wait_for()

    visits.close()
    assert visits.problems == []

"""A site out of its archive, opened from the disk."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

from atlas.config.settings import Config
from atlas.config.site import SiteConfig
from atlas.publish.archive import ArchiveOrder, archive
from tests.browser.conftest import NOTICE
from tests.browser.test_sound import BUTTON, SILENT, SOUNDING
from tests.browser.visits import Visits


def test_an_unpacked_archive_opens_from_the_disk_with_sound_search_and_map(
    browser: Any, site: Path, tmp_path: Path
) -> None:
    config = Config.model_construct(dictionary=(), site=SiteConfig(notice=NOTICE))
    archive(config, ArchiveOrder(name="kept", root=site.parents[2] / "atlas", site=site, to=tmp_path))
    with ZipFile(tmp_path / "kept-site.zip") as packed:
        packed.extractall(tmp_path / "unpacked")
    visits = Visits(browser, f"{(tmp_path / 'unpacked/kept').as_uri()}/")

    page = visits.open("index.html")
    page.goto(f"{visits.base}f/block1/1.html")
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

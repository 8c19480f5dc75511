"""Features whose bodies lie in shards: shown by stubs, or where there are none by 404.html and the alias."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import SiteConfig
from atlas.publish.checks import check_site
from atlas.publish.serve import address_of, server_of
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.visits import Visits
from tests.synthetic import Spec, write_atlas

SPEC = Spec(features=72, clips=72, controls=False)
MISSING = "the server responded with a status of 404"
"what Chromium says of a page that a host shows in place of what is missing"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The site of one atlas with stubs and without, each below another folder."""
    folder = tmp_path_factory.mktemp("packed")
    atlas = AtlasFolder(write_atlas(folder / "atlas", SPEC))
    made = {}
    for stubs in (True, False):
        site = made[stubs] = folder / f"served-{stubs}" / "below" / "site"
        site.parent.mkdir(parents=True)
        render(atlas, Config.model_construct(dictionary=(), site=SiteConfig(packed=True, stubs=stubs)), site, 1)
    return made


@dataclass(frozen=True, slots=True)
class Opened:
    """A site in a browser."""

    visits: Visits
    stubs: bool
    http: bool

    def linked(self, feature: int) -> str:
        """Where links of the site lead to a feature."""
        return f"f/block2/{feature}.html" if self.stubs else f"f.html#block2/{feature}"


@pytest.fixture(
    params=[(True, True), (True, False), (False, True), (False, False)], ids="stubs={0[0]},http={0[1]}".format
)
def opened(request: pytest.FixtureRequest, browser: Any, sites: dict[bool, Path]) -> Iterator[Opened]:
    """A site with stubs or without, over http below a sub-path or from the disk."""
    stubs, http = request.param
    server = server_of(sites[stubs].parent.parent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    visits = Visits(browser, f"{address_of(server)}below/site/" if http else f"{sites[stubs].as_uri()}/")
    yield Opened(visits, stubs, http)
    visits.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert [problem for problem in visits.problems if MISSING not in problem] == []


def shows(page: Any, feature: int) -> None:
    """Wait until a feature is shown, with styles and its scripts at work."""
    page.wait_for_selector(f'main [data-star="block2/{feature}"]:not([hidden])')
    assert page.locator(".turn input").input_value() == str(feature)
    assert page.locator(".bar").bounding_box()["height"] == 44
    assert page.locator("#main").is_visible()


def test_a_feature_leads_to_others_to_its_clips_and_back(opened: Opened) -> None:
    page = opened.visits.open(opened.linked(70))
    shows(page, 70)
    page.keyboard.press("j")
    shows(page, 71)
    page.go_back()
    shows(page, 70)
    page.fill(".turn input", "3")
    page.press(".turn input", "Enter")
    shows(page, 3)
    assert page.url == opened.visits.base + opened.linked(3)
    page.click("main li:first-child div a[href*='c/']")
    page.wait_for_selector("section.axis")


def test_search_and_the_table_lead_to_features(opened: Opened) -> None:
    page = opened.visits.open("search.html?q=block2/5")
    page.click("#jumps .said > a")
    shows(page, 5)
    page = opened.visits.open("d/block2.html")
    page.click("[aria-rowcount] td a >> nth=0")
    page.wait_for_selector("main [data-star]:not([hidden])")


def test_the_alias_shows_the_feature_and_an_anchor_keeps_it(opened: Opened) -> None:
    page = opened.visits.open("f.html#block2/12")
    shows(page, 12)
    page.click("nav.groups a >> nth=1")
    page.wait_for_function("location.hash.endsWith('high-1')")
    for _ in range(2):
        shows(page, 12)
        assert page.locator("#high-1").is_visible()
        assert page.title().endswith("block2/12")
        page.reload()
    page.go_back()
    page.wait_for_function("location.hash === '#block2/12' || location.pathname.includes('/f/block2/')")
    shows(page, 12)


def test_the_address_to_cite_shows_the_feature_at_its_example(opened: Opened) -> None:
    if not opened.stubs and not opened.http:
        pytest.skip("without a host there is no 404.html, and the alias is what works")
    page = opened.visits.open("f/block2/12.html#low-1")
    shows(page, 12)
    assert page.locator("#low-1").is_visible(), "its group is opened"
    assert page.evaluate("document.querySelector('main li img').src").startswith(opened.visits.base + "media/")
    page = opened.visits.open("f/block2/12.html?embed=true")
    page.wait_for_selector("html.embed body.feature h1")


def test_what_is_not_there_is_said(opened: Opened) -> None:
    page = opened.visits.open("f.html#block9/1" if not opened.stubs else "f.html#nothing")
    page.wait_for_function("document.querySelector('main').innerText.match(/no such feature|cannot be shown/)")
    if opened.http:
        page = opened.visits.open("c/missing.html")
        assert "There is no such page" in page.inner_text("main")
    opened.visits.close()
    opened.visits.problems.clear()  # a page in place of one that is missing lacks its styles and scripts too


def test_both_sites_are_in_order(sites: dict[bool, Path]) -> None:
    assert {stubs: check_site(site, lambda line: None) for stubs, site in sites.items()} == {True: [], False: []}
    assert not (sites[False] / "f").exists()

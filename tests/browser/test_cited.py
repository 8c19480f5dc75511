"""A page that was opened by a copied address says whether it still shows what was cited; former names lead to today's.

Each test runs on a site of whole pages, on one with stubs and on one without, over http and from the disk.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import CiteConfig, SiteConfig
from atlas.publish.checks import check_site
from atlas.render.run import render
from atlas.schema.site import PublishedSite, read_site
from atlas.store import AtlasFolder
from tests.browser.conftest import over_http
from tests.browser.test_pages import complaints
from tests.browser.visits import Visits
from tests.synthetic import Spec, write_atlas

SPEC = Spec(features=72, clips=72)
DOI = "10.5281/zenodo.1"
KINDS = {
    "whole": SiteConfig(redirects={"layer2": "block2"}),
    "stubs": SiteConfig(redirects={"layer2": "block2"}, packed=True),
    "bare": SiteConfig(redirects={"layer2": "block2"}, packed=True, stubs=False),
}
ELSEWHERE, LATER = "0" * 8, "f" * 8
"no dictionary's identity, and no figures'"
QUIET = ("status of 404", "ERR_FILE_NOT_FOUND")
"what Chromium says of a page that 404.html shows in its place"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The site of one atlas in each of its forms."""
    folder = tmp_path_factory.mktemp("cited")
    atlas = AtlasFolder(write_atlas(folder / "atlas", SPEC))
    made = {}
    for kind, settings in KINDS.items():
        site = made[kind] = folder / kind / "below" / "site"
        site.parent.mkdir(parents=True)
        cite = CiteConfig(doi=DOI) if kind == "whole" else CiteConfig()
        render(atlas, Config.model_construct(dictionary=(), site=settings, cite=cite), site, 1)
    return made


@dataclass(frozen=True, slots=True)
class Cited:
    """A site in a browser, and what it says of itself."""

    visits: Visits
    kind: str
    http: bool
    said: PublishedSite

    def print_of(self, name: str, figures: str | None = None) -> str:
        return f"{self.said.dictionaries[name].identity}-{figures or self.said.figures_of(name)}"

    def open(self, feature: str, print_: str, **more: Any) -> Any:
        """The page of a feature as its copied address opens it, once it is shown."""
        asked = f"v={print_}"
        placed = self.kind != "bare" or self.http
        address = f"f/{feature}.html?{asked}" if placed else f"f.html?{asked}#{feature}"
        page = self.visits.open(address, **more)
        page.wait_for_selector("body.feature h1, main.control h1")
        page.wait_for_timeout(300)
        return page


@pytest.fixture(params=[(kind, http) for kind in KINDS for http in (True, False)], ids="{0[0]},http={0[1]}".format)
def cited(request: pytest.FixtureRequest, browser: Any, sites: dict[str, Path]) -> Iterator[Cited]:
    kind, http = request.param
    site = sites[kind]
    with ExitStack() as stack:
        base = stack.enter_context(over_http(site)) if http else f"{site.as_uri()}/"
        visits = Visits(browser, base)
        yield Cited(visits, kind, http, read_site((site / "site.json").read_bytes(), "site.json"))
        visits.close()
    assert [problem for problem in visits.problems if not any(said in problem for said in QUIET)] == []


def test_nothing_is_said_of_an_address_that_fits(cited: Cited) -> None:
    for given in (cited.print_of("block2"), cited.said.dictionaries["block2"].identity):
        assert cited.open("block2/12", given).locator("#cited").count() == 0


def test_other_figures_are_said_quietly(cited: Cited) -> None:
    note = cited.open("block2/12", cited.print_of("block2", LATER)).locator("#cited")

    assert note.get_attribute("role") == "status"
    assert note.inner_text() == (
        "What is shown here has been measured or analysed anew since this address was copied, so figures may differ."
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_another_dictionary_is_said_loudly_above_the_heading(cited: Cited, width: int) -> None:
    page = cited.open("block2/12", f"{ELSEWHERE}-{LATER}", width=width)
    banner = page.get_by_role("alert")
    box, heading = banner.bounding_box(), page.locator("h1").bounding_box()

    assert banner.count() == 1
    assert banner.inner_text().startswith(
        "This is not the feature that was cited. The address was made when block2 was"
    )
    assert "No dictionary of this atlas has the weights that were cited." in banner.inner_text()
    expected = f"https://doi.org/{DOI}" if cited.kind == "whole" else "about.html#cite"
    assert banner.locator("a").get_attribute("href").endswith(expected)
    assert heading["y"] >= box["y"] + box["height"]
    assert box["x"] + box["width"] <= width
    page.get_by_role("button", name="Close this warning").click()
    assert page.locator("#cited").count() == 0


def test_it_leads_to_the_dictionary_that_was_cited_where_that_is_here(cited: Cited) -> None:
    page = cited.open("block2/12", cited.print_of("block2-random"))
    link = page.get_by_role("alert").locator("a")
    assert link.inner_text() == "block2-random/12"
    link.click()
    page.locator("h1", has_text="block2-random/12").wait_for()
    page.wait_for_timeout(300)

    assert page.locator("#cited").count() == 0


def test_a_direction_of_a_control_says_it_as_well(cited: Cited) -> None:
    assert cited.open("block2-random/3", ELSEWHERE).get_by_role("alert").count() == 1
    assert cited.open("block2-random/3", cited.print_of("block2-random")).locator("#cited").count() == 0


def test_an_address_that_was_cut_off_is_said_to_be(cited: Cited) -> None:
    broken = ["12ab", "", "12AB34CD", "00000000-1", "00000000.00000000", "<b>", "%"]
    for given in broken if cited.kind == "whole" else broken[:1]:
        page = cited.open("block2/12", given)
        assert "was not copied whole" in page.locator("#cited").inner_text()
        assert page.locator("#cited").get_attribute("role") == "status"


def test_former_addresses_lead_to_those_of_today_with_all_that_follows(cited: Cited) -> None:
    given = cited.print_of("block2")
    addresses = [f"f.html?v={given}#layer2/12/low-1"]
    addresses += [f"f/layer2/12.html?v={given}#low-1"] if cited.kind != "bare" or cited.http else []
    for address in addresses:
        page = cited.visits.open(address)
        page.wait_for_selector("body.feature #low-1")
        page.wait_for_timeout(300)
        assert page.locator(".turn input").get_attribute("data-dictionary") == "block2"
        assert f"?v={given}#" in page.url
        assert "low-1" in page.url
        assert page.locator("#low-1").is_visible()
        assert page.locator("#cited").count() == 0


def test_former_addresses_lead_on_without_scripts_as_well(cited: Cited) -> None:
    for address in ("d/{}.html", "f/{}/12.html") if cited.kind != "bare" else ("d/{}.html",):
        page = cited.visits.open(address.format("layer2"), scripts=False)
        page.wait_for_url(f"**/{address.format('block2')}")
        page.locator("h1").wait_for()


def test_pages_of_dictionaries_and_shared_lists_follow_and_compare_as_well(cited: Cited) -> None:
    page = cited.visits.open(f"d/layer2.html?v={ELSEWHERE}")
    page.wait_for_url("**/d/block2.html?v=*")
    assert page.get_by_role("alert").inner_text().startswith("This is not the dictionary that was cited.")
    names = "block2", "block2-random"
    identities = [cited.said.dictionaries[name].identity for name in names]
    figures = ".".join(map(cited.said.figures_of, names))
    lists = "list.html?features=layer2/3,layer2/4,block2-random/5"
    page = cited.visits.open(f"{lists}&v={'.'.join(identities)}-{figures}")
    page.locator("#rows li").nth(2).wait_for()
    assert page.locator("#cited").count() == 0
    page = cited.visits.open(f"{lists}&v={'.'.join(reversed(identities))}-{figures}")
    said = page.get_by_role("alert").inner_text()
    assert said.startswith("This is not the list that was cited. The address was made when block2 was")
    assert "What was cited is called block2-random here." in said
    page = cited.visits.open(f"{lists}&v={'.'.join(identities)}-{LATER}.{LATER}")
    assert "measured or analysed anew" in page.locator("#cited").inner_text()
    page = cited.visits.open(f"{lists}&v={'.'.join(identities)}-{LATER}")
    assert "was not copied whole" in page.locator("#cited").inner_text()


def test_the_search_box_knows_a_former_name(cited: Cited) -> None:
    page = cited.open("block2/12", cited.print_of("block2"))
    page.locator(".bar .find input").fill("layer2/7")
    page.locator(".bar .find input").press("Enter")
    page.locator('.turn input[value="7"]').wait_for()

    assert page.locator(".turn input").get_attribute("data-dictionary") == "block2"


def test_an_embedded_feature_warns_and_keeps_small_notes_for_itself(cited: Cited) -> None:
    warned = cited.open("block2/12", f"{ELSEWHERE}&embed=true")
    noted = cited.open("block2/12", f"{cited.print_of('block2', LATER)}&embed=true")

    assert warned.get_by_role("alert").is_visible()
    assert not noted.locator("#cited").is_visible()


def test_a_feature_that_is_no_longer_there_is_looked_for_elsewhere(browser: Any, tmp_path: Path) -> None:
    """404.html, where the config says at which path the site stands."""
    site = tmp_path / "below" / "site"
    site.parent.mkdir()
    settings = SiteConfig(base_url="https://example.org/below/site/")
    atlas = AtlasFolder(write_atlas(tmp_path / "atlas", Spec(features=48, clips=60)))
    render(atlas, Config.model_construct(dictionary=(), site=settings, cite=CiteConfig()), site, 1)
    said = json.loads((site / "site.json").read_text())
    with over_http(site) as base:
        visits = Visits(browser, base)
        page = visits.open(f"f/gone/7.html?v={said['dictionaries']['block2']['identity']}")
        banner = page.get_by_role("alert")
        assert "What was cited is called block2/7 here." in banner.inner_text()
        banner.locator("a").click()
        page.wait_for_url(re.compile("/f/block2/7"))
        assert page.locator("#cited").count() == 0
        visits.close()


@pytest.mark.parametrize("address", ["f/gone/5.html", "f/block2/5000.html", "d/gone.html"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_gone_is_looked_for_and_no_file_is_named(
    browser: Any, tmp_path: Path, sites: dict[str, Path], kind: str, address: str
) -> None:
    """404.html in every form of site; its links fit the root of the host."""
    said = read_site((sites[kind] / "site.json").read_bytes(), "site.json")
    site = tmp_path / "below" / "site"
    site.parent.mkdir()
    settings = KINDS[kind].model_copy(update={"base_url": "https://example.org/below/site/"})
    render(AtlasFolder(sites[kind].parents[2] / "atlas"), Config.model_construct(dictionary=(), site=settings), site, 1)
    with over_http(site) as base:
        visits = Visits(browser, base)
        page = visits.open(f"{address}?v={said.dictionaries['block2-random'].identity}")
        banner = page.get_by_role("alert")
        banner.wait_for()
        assert "What was cited is called block2-random" in banner.inner_text()
        page.wait_for_timeout(200)
        assert page.locator("#cited").count() == 1
        told = page.locator("main").inner_text()
        assert ("This atlas has no such feature." in told) == (kind == "bare" and address.startswith("f/"))
        assert ".js" not in told
        page = visits.open(f"{address}?v={ELSEWHERE}")
        page.get_by_role("alert").wait_for()
        visits.close()


def test_a_body_that_cannot_be_loaded_is_compared_all_the_same_and_is_no_missing_feature(
    browser: Any, tmp_path: Path, sites: dict[str, Path]
) -> None:
    site = shutil.copytree(sites["stubs"], tmp_path / "site")
    (site / "p/block2/0.js").unlink()
    visits = Visits(browser, f"{site.as_uri()}/")
    page = visits.open(f"f/block2/12.html?v={ELSEWHERE}")
    page.get_by_role("alert").wait_for()
    assert "The page cannot be shown: p/block2/0.js could not be loaded." in page.locator("main").inner_text()
    visits.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_banner(browser: Any, sites: dict[str, Path], theme: str) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with over_http(sites["whole"]) as base:
        visits = Visits(browser, base)
        for given in (ELSEWHERE, "cut"):
            page = visits.open(f"f/block2/12.html?v={given}", theme=theme)
            page.locator("#cited").wait_for()
            page.evaluate(axe)
            assert complaints(page, "{}") == []
        visits.close()


def test_every_form_is_in_order(sites: dict[str, Path]) -> None:
    assert {kind: check_site(site, lambda line: None) for kind, site in sites.items()} == {kind: [] for kind in KINDS}
    assert (sites["stubs"] / "f/layer2/12.html").is_file()
    assert not (sites["bare"] / "f").exists()

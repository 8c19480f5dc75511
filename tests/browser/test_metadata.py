"""The data block of the home page is read by programs and run by no browser; how to cite is copied from About."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import CiteConfig, SiteConfig
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.conftest import over_http
from tests.browser.test_pages import complaints
from tests.browser.visits import Visits
from tests.synthetic import HOSTILE, Spec, write_atlas

WATCHING = (
    "addEventListener('securitypolicyviolation', (event) => console.error(`violated ${event.violatedDirective}`));"
)
TITLE = f'{HOSTILE[0]} & 100 % "音声"'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small site that says how it is cited."""
    folder = tmp_path_factory.mktemp("cited")
    cite = CiteConfig.model_validate({"authors": ["Doe, Jane"], "title": TITLE, "year": 2026, "doi": "10.1234/atlas"})
    settings = SiteConfig.model_validate({"base_url": "https://example.org/atlas/"})
    config = Config.model_construct(dictionary=(), site=settings, cite=cite)
    site = folder / "served" / "below" / "site"
    site.parent.mkdir(parents=True)
    render(AtlasFolder(write_atlas(folder / "atlas", Spec(features=12, clips=24))), config, site, 1)
    assert Path(site / "CITATION.cff").is_file()
    with over_http(site) as served:
        yield served


@pytest.fixture
def visits(browser: Any, address: str) -> Iterator[Visits]:
    opened = Visits(browser, address, WATCHING)
    yield opened
    opened.close()
    assert opened.problems == []


@pytest.mark.parametrize("page", ["index.html", "f/block2/1.html", "about.html", "labels.html"])
def test_no_page_breaks_its_security_policy(visits: Visits, page: str) -> None:
    opened = visits.open(page)
    opened.wait_for_load_state("load")
    opened.wait_for_timeout(100)

    assert opened.locator("h1").count() == 1


def test_the_data_block_is_data_and_holds_the_title_as_it_is(visits: Visits) -> None:
    page = visits.open("index.html")
    block = page.locator('script[type="application/ld+json"]')

    content = json.loads(block.text_content())
    assert (content["@type"], content["name"]) == ("Dataset", TITLE)
    assert page.locator("main script").count() == 0


def test_a_script_in_the_page_would_be_told(browser: Any, address: str) -> None:
    opened = Visits(browser, address, WATCHING)
    page = opened.open("index.html")
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), { textContent: 'alert(1)' }))")
    page.wait_for_timeout(100)
    opened.close()

    assert any("violated script-src" in problem for problem in opened.problems)


def test_two_clicks_copy_the_bibtex_entry_and_the_reference(visits: Visits) -> None:
    page = visits.open("about.html#cite", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the BibTeX entry").click()
    page.locator(".copy", has_text="Copied").wait_for()
    entry = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Copy the reference").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('Doe'))")

    assert entry.startswith("@misc{doe2026")
    assert entry.endswith("}")
    assert "https://doi.org/10.1234/atlas" in page.evaluate("navigator.clipboard.readText()")


def test_where_the_clipboard_is_closed_the_entry_is_selected(visits: Visits) -> None:
    page = visits.open("about.html#cite")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.get_by_role("button", name="Copy the BibTeX entry").click()
    page.locator(".copy", has_text="Selected").wait_for()

    assert page.evaluate("getSelection().toString().trim()").startswith("@misc{doe2026")


@pytest.mark.parametrize("page", ["about.html#cite", "labels.html", "f/block2/1.html"])
def test_the_doi_and_what_is_copied_can_be_used_by_all(visits: Visits, page: str) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    opened = visits.open(page, width=390)
    opened.wait_for_load_state("load")
    opened.evaluate(axe)

    assert complaints(opened, "{}") == []
    assert opened.get_by_role("link", name="doi:10.1234/atlas").first.is_visible()
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390

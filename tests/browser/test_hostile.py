"""Hostile text in every field that reaches a page comes out as text: nothing runs, nothing is asked for outside."""

from pathlib import Path
from typing import Any

from atlas.publish.checks import check_site
from tests.browser.visits import Visits
from tests.synthetic import HOSTILE

PAGES = (
    "index.html",
    "f/block2/*.html",
    "c/*.html",
    "l/*/*.html",
    "labels.html",
    "about.html",
    "data.html",
    "d/block2.html",
    "map.html",
)


def test_no_text_of_an_atlas_runs_or_breaks_a_page(browser: Any, hostile_site: Path) -> None:
    visits = Visits(browser, f"{hostile_site.as_uri()}/")
    found = [path for pattern in PAGES for path in sorted(hostile_site.glob(pattern))[:5]]
    page = visits.open("search.html?q=%3C/script%3E")
    page.wait_for_timeout(200)

    for path in found:
        page.goto(path.as_uri())
        page.wait_for_timeout(50)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.querySelectorAll('main img[onerror], main script').length") == 0

    visits.close()
    assert visits.problems == []
    assert len(found) > 15


def test_hostile_words_and_names_stand_under_traces_and_in_search_as_text(browser: Any, hostile_site: Path) -> None:
    visits = Visits(browser, f"{hostile_site.as_uri()}/")
    spoken = [path for path in hostile_site.glob("f/block2/*.html") if "data-at" in path.read_text(encoding="utf-8")]
    page = visits.open(spoken[0].relative_to(hostile_site).as_posix())
    placed = page.locator(".placed bdi")

    assert placed.count() > 0
    assert page.evaluate("[...document.querySelectorAll('.placed bdi')].every((label) => label.style.left)")
    page.goto(f"{hostile_site.as_uri()}/search.html?q=script")
    page.locator("#clips:not([hidden])").wait_for()
    page.locator("#clips").evaluate("(box) => { box.open = true; }")
    assert page.locator("#clips li").count() > 0
    assert page.locator("#clips script").count() == 0
    page.goto(f"{hostile_site.as_uri()}/search.html?q=%3C/script%3E")
    page.locator("#rows > li:first-child .why", has_text="named by").wait_for()
    assert page.locator("#rows > li:first-child .said > a bdi").inner_text() == HOSTILE[0]
    assert page.locator("#rows script").count() == 0

    visits.close()
    assert visits.problems == []


def test_every_link_of_a_hostile_site_resolves(hostile_site: Path) -> None:
    assert check_site(hostile_site, lambda line: None) == []


def test_every_link_of_a_site_resolves(site: Path) -> None:
    assert check_site(site, lambda line: None) == []

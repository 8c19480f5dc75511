"""Every kind of page loads without a complaint, fits its window, is there without scripts, and can be used by all."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.browser.visits import Visit, Visits

KINDS = {
    "home": "index.html",
    "feature": "f/block1/1.html",
    "dictionary": "d/block1.html",
    "links": "d/block1/links-1.html",
    "comparison": "compare/block1--block2.html",
    "label": "l/*/*.html",
    "labels": "labels.html",
    "clip": "c/*.html",
    "map": "map.html",
    "search": "search.html?q=si",
    "list": "list.html?features=block1/1,block2/7&title=Two",
    "about": "about.html",
    "guide": "guide.html",
    "data": "data.html",
    "charts": "charts.html",
    "missing": "404.html",
    "alias": "f.html",
}
WIDTHS = (390, 1280, 1920)
SERIOUS = ("serious", "critical")
NAMES = """() => [...document.querySelectorAll("main button, main a[role=button]")]
    .filter((one) => one.checkVisibility()).map((one) => one.getAttribute("aria-label") || one.textContent.trim())"""
WIDEST = """() => [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility())
    .map((one) => [one.getBoundingClientRect().right, one.outerHTML.slice(0, 120)]).sort((a, b) => b[0] - a[0])[0]"""


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def address(request: pytest.FixtureRequest, site: Path) -> str:
    """The address of one page of each kind."""
    if "*" not in request.param:
        return str(request.param)
    found = sorted(site.glob(request.param))
    assert found, f"no page {request.param}"
    return found[0].relative_to(site).as_posix()


@pytest.fixture
def visits(browser: Any, served: str) -> Iterator[Visits]:
    """Pages over http; what they complain of is another test's."""
    opened = Visits(browser, served)
    yield opened
    opened.close()


def settled(page: Any) -> Any:
    """The page once its scripts have filled it."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(200)
    return page


def test_a_page_loads_without_a_complaint(visit: Visit, address: str) -> None:
    page = settled(visit(address))

    assert page.locator("h1").count() == 1
    assert page.locator(".notice").inner_text().startswith("This corpus is synthetic")


def test_a_page_is_there_without_scripts(visits: Visits, address: str) -> None:
    page = visits.open(address, scripts=False)

    assert page.locator("h1").count() == 1
    assert len(page.locator("main").inner_text()) > 40


def test_a_page_fits_windows_of_every_width(visits: Visits, address: str) -> None:
    page = settled(visits.open(address, WIDTHS[0]))

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(WIDEST)


def test_buttons_have_names_of_their_own(visits: Visits, address: str) -> None:
    names = settled(visits.open(address)).evaluate(NAMES)

    assert sorted({name for name in names if names.count(name) > 1 or not name}) == []


def test_axe_finds_nothing_serious(visits: Visits, address: str) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = settled(visits.open(address))
    page.evaluate(axe)

    told = complaints(page, "{}")
    page.emulate_media(color_scheme="dark")
    told += complaints(page, "{ runOnly: ['color-contrast'] }")

    assert told == []


def complaints(page: Any, options: str) -> list[tuple[str, str]]:
    """What axe holds to be serious: the rule, and the first element that breaks it."""
    found = page.evaluate(f"axe.run(document, {options})")["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS]

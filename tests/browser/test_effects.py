"""The panel of what a feature does: it fits every window, reads in both themes, and its links and sounds work."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import MediaConfig, SiteConfig
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.conftest import NOTICE
from tests.browser.visits import Visits
from tests.causes import Cases, with_effects
from tests.synthetic import LICENCES, Spec, write_atlas

SPEC = Spec(features=48, clips=300, annotated=True)
WIDTHS = (390, 800, 1280, 1920)
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cases]:
    """A small site of an atlas whose effects were measured."""
    folder = tmp_path_factory.mktemp("effects")
    cases = with_effects(write_atlas(folder / "atlas", SPEC))
    media = MediaConfig(redistribute=LICENCES[:2])
    config = Config.model_construct(dictionary=(), site=SiteConfig(notice=NOTICE), media=media)
    render(AtlasFolder(folder / "atlas"), config, folder / "site", 1)
    return folder / "site", cases


@pytest.fixture
def pages(browser: Any, measured: tuple[Path, Cases]) -> Iterator[Visits]:
    """Opens pages from the disk, and fails the test at its end if one complained or asked for something outside."""
    visits = Visits(browser, f"{measured[0].as_uri()}/")
    yield visits
    visits.close()
    assert visits.problems == []


@pytest.fixture(params=["passing", "inert", "beyond_budget"])
def address(request: pytest.FixtureRequest, measured: tuple[Path, Cases]) -> str:
    return f"f/block2/{getattr(measured[1], request.param)}.html"


def test_the_panel_fits_windows_of_every_width(pages: Visits, address: str) -> None:
    page = pages.open(address, WIDTHS[0])

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".doing").first.is_visible()


def test_axe_finds_nothing_serious_in_both_themes(browser: Any, measured: tuple[Path, Cases], address: str) -> None:
    visits = Visits(browser, f"{measured[0].as_uri()}/")  # axe asks for style sheets, which the policy forbids
    page = visits.open(address)
    page.wait_for_timeout(200)
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run(document)")["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS] == []
    visits.close()


def test_the_sentence_leads_to_the_panel_and_its_figures_are_defined(
    pages: Visits, measured: tuple[Path, Cases]
) -> None:
    page = pages.open(f"f/block2/{measured[1].passing}.html")
    page.locator(".doing a").click()
    assert page.url.endswith("#does")
    assert page.locator("#does").bounding_box()["y"] >= 0

    page.locator("#does .def", has_text="smallest seen").click()
    shown = page.locator(".definition:not([hidden])")
    shown.wait_for()
    assert "four times in five" in shown.inner_text()


def test_nothing_of_it_stands_in_what_is_embedded(pages: Visits, measured: tuple[Path, Cases]) -> None:
    page = pages.open(f"f/block2/{measured[1].passing}.html?embed=true")

    assert not page.locator(".does").first.is_visible()
    assert not page.locator(".doing-more").first.is_visible()

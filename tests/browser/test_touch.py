"""A phone in the hand: fingers instead of a mouse, so nothing may need hover, and each target has room for one."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_pages import KINDS, WIDEST, settled
from tests.browser.test_sound import A_PIXEL_S, BUTTON, FEATURE, RUN_UP_S, SILENT, SOUNDING, now, snippet
from tests.browser.test_ways import POINT, arrived
from tests.browser.visits import Visit, Visits

PHONE = {"width": 390, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
CRAMPED = """() => {
  const LEAST = 24;
  const WHAT = "a[href], button, summary, select, input:not([type=checkbox]), label:has(input[type=checkbox])";
  const targets = [...document.querySelectorAll(WHAT)].map((one) => ({ one, box: one.getBoundingClientRect() }))
    .filter(({ one, box }) => one.checkVisibility() && (one.tabIndex >= 0 || one.matches("label")) && box.width > 1);
  const small = ({ box }) => box.width < LEAST || box.height < LEAST;
  const inSentence = ({ one }) => {
    const around = getComputedStyle(one).display === "inline" && one.closest("p, dd, small, figcaption");
    return around && around.textContent.trim() !== one.textContent.trim();
  };
  const apart = ({ box }, other) => {
    const x = box.left + box.width / 2, y = box.top + box.height / 2, { left, right, top, bottom } = other.box;
    if (small(other)) return Math.hypot(x - (left + right) / 2, y - (top + bottom) / 2);
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom)) + LEAST / 2;
  };
  const within = (one, other) => one.contains(other) || other.contains(one);
  return targets.filter((one) => small(one) && !inSentence(one))
    .filter((one) => targets.some((other) => !within(one.one, other.one) && apart(one, other) < LEAST - 0.5))
    .map(({ one, box }) => [one.outerHTML.slice(0, 160), box.width, box.height]);
}"""
"""Targets smaller than 24 px with another so near that a finger hits it (WCAG 2.2, 2.5.8); not links in a sentence."""


@pytest.fixture
def page(visit: Visit) -> Any:
    return visit(FEATURE, **PHONE)


def test_a_tap_plays_and_another_stops(page: Any) -> None:
    button = page.locator(BUTTON).first
    box = button.bounding_box()

    button.tap()
    page.wait_for_function(SOUNDING)
    button.tap()
    page.wait_for_function(SILENT)

    assert (box["width"], box["height"]) == (44, 44)


def test_a_tap_on_the_map_shows_a_feature_and_another_opens_it(visit: Visit) -> None:
    page = visit("map.html", **PHONE)
    page.wait_for_selector("#rows > li")
    page.locator("canvas").scroll_into_view_if_needed()
    x, y = page.evaluate(POINT)
    box = page.locator("canvas").bounding_box()

    page.touchscreen.tap(box["x"] + x, box["y"] + y)
    page.wait_for_selector("#card:not([hidden]) li")
    name = page.locator("#card .code").inner_text()
    page.touchscreen.tap(box["x"] + x, box["y"] + y)

    arrived(page, rf"/f/{name}\.html$")


def test_over_the_map_one_finger_scrolls_the_page_and_two_zoom(visit: Visit) -> None:
    page = visit("map.html", **PHONE)
    page.wait_for_selector("#rows > li")
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hands = page.context.new_cdp_session(page)
    width = "() => { const { view } = window.atlas.map.map; return view.x1 - view.x0; }"
    whole = page.evaluate(width)

    def touch(*places: list[tuple[float, float]]) -> None:
        for number, fingers in enumerate(places):
            points = [{"x": left, "y": top, "id": finger} for finger, (left, top) in enumerate(fingers)]
            kind = "touchMove" if number else "touchStart"
            hands.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        hands.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    touch(*([(x, y - moved)] for moved in range(0, 201, 20)))
    page.wait_for_function("() => scrollY > 100")
    assert page.evaluate(width) == whole
    page.evaluate("scrollTo(0, 0)")
    touch(*([(x - apart, y), (x + apart, y)] for apart in (20, 30, 45, 60)))
    page.wait_for_function(f"() => ({width})() < {whole / 1.5}")


def test_a_tap_in_the_picture_plays_from_there(page: Any) -> None:
    button = page.locator(BUTTON).nth(1)
    begin, end = snippet(button)
    picture = button.locator("xpath=ancestor::li[1]").locator("svg.seek")
    box = picture.bounding_box()

    picture.tap(position={"x": box["width"] * 0.7, "y": 20})
    page.wait_for_function(SOUNDING)

    left = float(picture.get_attribute("viewBox").split()[0])
    tapped = min(max((left + 0.7 * 150) / 50 + 0.1, begin), end)
    assert -A_PIXEL_S < now(page) - (tapped - RUN_UP_S) < 0.6


def test_the_menu_of_groups_opens_the_group_that_is_tapped(page: Any) -> None:
    link = page.locator("nav.groups a").nth(1)
    first = page.locator(link.get_attribute("href"))
    assert not first.is_visible()

    link.tap()
    first.wait_for()
    page.wait_for_function("(row) => row.getBoundingClientRect().top < innerHeight", arg=first.element_handle())

    first.locator("a.play[href]").tap()
    page.wait_for_function(SOUNDING)


@pytest.fixture
def a_page(request: pytest.FixtureRequest, browser: Any, served: str, site: Path) -> Any:
    visits = Visits(browser, served)
    path = request.param if "*" not in request.param else next(site.glob(request.param)).relative_to(site).as_posix()
    yield settled(visits.open(path, **PHONE))
    visits.close()


@pytest.mark.parametrize("a_page", KINDS.values(), ids=list(KINDS), indirect=True)
def test_a_page_fits_the_screen_and_its_targets_a_finger(a_page: Any) -> None:
    assert a_page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [390, 390], a_page.evaluate(WIDEST)
    assert a_page.evaluate(CRAMPED) == []

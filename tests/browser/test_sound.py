"""Sound on a feature page: it plays, the playhead moves with it, and it stops where the snippet ends."""

import re
from typing import Any

import pytest

from atlas.schema.media import LEAD_S
from tests.browser.visits import Visit

FEATURE = "f/block1/1.html"
COLUMNS_A_SECOND = 50
RUN_UP_S = 0.141  # how much before its snippet a sound begins to play, at most
A_PIXEL_S = 0.02  # of a picture of 3 s, on a phone, rounded up
SOUNDING = "() => window.sounds.some((sound) => !sound.paused && sound.currentTime > 0)"
SILENT = "() => window.sounds.length && window.sounds.every((sound) => sound.paused)"
HEADS = """async () => {
  const found = [];
  const sound = window.sounds.find((one) => !one.paused);
  for (let frame = 0; frame < 12; frame += 1) {
    await new Promise(requestAnimationFrame);
    await new Promise((next) => setTimeout(next, 0));
    const head = document.querySelector("svg .head");
    if (head && sound && !sound.paused) found.push([Number(head.getAttribute("x")), sound.currentTime]);
  }
  return found;
}"""
BUTTON = "a.play[href]"
PRESSED = """() => {
  document.querySelector("a.play[href]").click();
  return Number(document.querySelector("svg .head").getAttribute("x"));
}"""


def snippet(button: Any) -> tuple[float, float]:
    """Where a button's sound begins and ends in its file."""
    found = re.search(r"#t=([\d.]+),([\d.]+)$", button.get_attribute("href"))
    assert found
    return float(found[1]), float(found[2])


@pytest.fixture
def page(visit: Visit) -> Any:
    return visit(FEATURE)


def now(page: Any) -> float:
    """Where the sound that played last stands."""
    return float(page.evaluate("Math.max(...window.sounds.map((sound) => sound.currentTime))"))


def test_a_button_plays_its_snippet_and_stops_at_its_end(page: Any) -> None:
    button = page.locator(BUTTON).first
    begin, end = snippet(button)

    button.click()
    page.wait_for_function(SOUNDING)
    assert begin - RUN_UP_S <= now(page) < end
    assert button.get_attribute("aria-pressed") == "true"
    page.wait_for_function(SILENT)

    assert end <= now(page) < end + 0.15
    assert button.get_attribute("aria-pressed") == "false"


def test_the_playhead_moves_with_the_sound(page: Any) -> None:
    button = page.locator(BUTTON).first
    button.click()
    page.wait_for_function(f"() => window.sounds.some((sound) => sound.currentTime > {snippet(button)[0]})")

    heads = page.evaluate(HEADS)

    assert len(heads) > 3
    late = [abs(x / COLUMNS_A_SECOND - (time - LEAD_S)) for x, time in heads]
    assert sorted(late)[len(late) // 2] < 0.025
    assert heads[-1][0] > heads[0][0]


def test_the_playhead_stands_where_the_sound_will_begin_while_it_is_loaded(page: Any) -> None:
    begin, _ = snippet(page.locator(BUTTON).first)

    place = page.evaluate(PRESSED)

    assert place == pytest.approx((begin - LEAD_S) * COLUMNS_A_SECOND, abs=0.01)


def test_a_second_button_silences_the_first(page: Any) -> None:
    buttons = page.locator(BUTTON)
    buttons.nth(0).click()
    page.wait_for_function(SOUNDING)
    buttons.nth(1).click()
    page.wait_for_timeout(200)

    assert page.evaluate("window.sounds.filter((sound) => !sound.paused).length") == 1
    assert [buttons.nth(place).get_attribute("aria-pressed") for place in (0, 1)] == ["false", "true"]


def test_space_plays_and_escape_stops(page: Any) -> None:
    page.keyboard.press("Space")
    page.wait_for_function(SOUNDING)
    page.keyboard.press("Escape")

    page.wait_for_function(SILENT)


def test_a_click_in_the_picture_plays_from_there(page: Any) -> None:
    button = page.locator(BUTTON).nth(1)
    begin, end = snippet(button)
    picture = button.locator("xpath=ancestor::li[1]").locator("svg.seek")
    box = picture.bounding_box()

    picture.click(position={"x": box["width"] * 0.6, "y": 20})
    page.wait_for_function(SOUNDING)

    left = float(picture.get_attribute("viewBox").split()[0])
    clicked = min(max((left + 0.6 * 150) / COLUMNS_A_SECOND + LEAD_S, begin), end)
    assert -A_PIXEL_S < now(page) - (clicked - RUN_UP_S) < 0.6


def test_repeat_plays_again(page: Any) -> None:
    page.locator("button.repeat").first.click()
    button = page.locator(BUTTON).first
    begin, end = snippet(button)

    button.click()
    page.wait_for_function(SOUNDING)
    page.evaluate(f"window.sounds.forEach((sound) => {{ if (!sound.paused) sound.currentTime = {end - 0.1}; }})")
    page.wait_for_timeout(600)

    assert button.get_attribute("aria-pressed") == "true"
    assert begin - RUN_UP_S <= now(page) < end


def test_pictures_load_and_are_as_high_as_the_row(page: Any) -> None:
    image = page.locator(".pic img").first

    page.wait_for_function("() => document.querySelector('.pic img').naturalWidth > 0")
    assert image.evaluate("(one) => one.naturalHeight") == 80

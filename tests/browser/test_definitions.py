"""Definitions where figures stand: one popover, by mouse, finger and keys; without scripts, the about page."""

from typing import Any

import pytest

from tests.browser.test_sound import FEATURE
from tests.browser.visits import Visit

MARK = 'a.def[href$="#define-density"]'
SHOWN = ".definition:not([hidden])"
FOCUSED = "document.activeElement.textContent"


@pytest.fixture
def page(visit: Visit) -> Any:
    return visit(FEATURE)


def test_a_click_on_a_figures_name_shows_its_definition_beside_it_and_another_hides_it(page: Any) -> None:
    mark = page.locator(MARK).first
    mark.click()
    shown = page.locator(SHOWN)
    shown.wait_for()

    assert "The share of valid frames on which the feature is active." in shown.inner_text()
    name, box = mark.bounding_box(), shown.bounding_box()
    assert box["y"] >= name["y"] + name["height"] or box["y"] + box["height"] <= name["y"]
    assert abs(box["y"] - name["y"]) < 300
    mark.click()
    shown.wait_for(state="detached")
    assert page.url.endswith(FEATURE)


def test_one_popover_serves_all_names_and_its_texts_are_loaded_once(page: Any) -> None:
    for number in range(3):
        page.locator("a.def").nth(number).click()
        page.locator(SHOWN).wait_for()

    assert page.locator(".definition").count() == 1
    assert page.locator('script[src$="data/definitions.js"]').count() == 1
    page.locator("h1").click()
    assert page.locator(SHOWN).count() == 0


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_keys_open_it_and_escape_gives_the_focus_back(key: str, page: Any) -> None:
    mark = page.locator(MARK).first
    mark.focus()
    page.keyboard.press(key)
    page.locator(SHOWN).wait_for()

    assert mark.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "dialog"
    page.keyboard.press("Escape")
    assert page.locator(SHOWN).count() == 0
    assert page.evaluate(FOCUSED) == "Density"
    assert page.evaluate("sounds.length") == 0


def test_the_tab_key_leads_through_it_and_on(page: Any) -> None:
    mark = page.locator(MARK).first
    mark.focus()
    page.keyboard.press("Enter")
    page.locator(SHOWN).wait_for()

    for text in ("×", "All definitions"):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED) == text
    page.keyboard.press("Tab")
    assert page.locator(SHOWN).count() == 0
    assert page.evaluate("document.activeElement.className") == "def"
    assert page.evaluate(FOCUSED) != "Density"


def test_on_a_phone_it_stays_within_the_screen(visit: Visit) -> None:
    page = visit(FEATURE, width=390, has_touch=True, is_mobile=True)
    for mark in page.locator("a.def").all()[:8]:
        mark.tap()
        box = page.locator(SHOWN).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.keyboard.press("Escape")


def test_without_scripts_a_figures_name_leads_to_its_definition(visit: Visit) -> None:
    page = visit(FEATURE, scripts=False)
    page.locator(MARK).first.click()

    assert page.url.endswith("about.html#define-density")
    assert "The share of valid frames" in page.locator("#define-density").inner_text()

"""What is to be printed of a feature: its address where it is served from one, and a button that copies it."""

from typing import Any

import pytest

from tests.browser.visits import Visit, Visits

FEATURE = "f/block1/1.html"


def test_two_clicks_copy_a_line_with_the_address_that_the_page_is_served_from(browser: Any, served: str) -> None:
    visits = Visits(browser, served)
    page = visits.open(f"{FEATURE}?embedplots=false#top-1", permissions=["clipboard-read", "clipboard-write"])
    page.locator(".cite summary").click()
    page.locator(".cite button").click()
    page.locator(".cite button", has_text="Copied").wait_for()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".cite p").inner_text()
    assert f", block1/1. {served}{FEATURE} (atlas " in copied
    visits.close()
    assert visits.problems == []


def test_where_the_clipboard_is_closed_the_line_is_selected(visit: Visit) -> None:
    page = visit(FEATURE)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.locator(".cite summary").click()
    page.locator(".cite button").click()
    page.locator(".cite button", has_text="Selected").wait_for()

    assert page.evaluate("getSelection().toString().trim()") == page.locator(".cite p").inner_text()


def test_on_a_phone_the_line_fits_the_screen(visit: Visit) -> None:
    page = visit(FEATURE, width=390)
    page.locator(".cite summary").click()
    box = page.locator(".cite div").bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_from_a_disk_or_without_scripts_says_that_it_is_not_published(
    browser: Any, site: Any, scripts: bool
) -> None:
    visits = Visits(browser, f"{site.as_uri()}/")
    page = visits.open(FEATURE, scripts=scripts)
    page.locator(".cite summary").click()

    assert ", block1/1. Not published yet: set [site] base_url (atlas " in page.locator(".cite p").inner_text()
    assert page.locator(".cite button").count() == int(scripts)
    visits.close()

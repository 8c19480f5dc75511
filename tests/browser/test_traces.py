"""What a trace tells under the pointer and by keys; the keys' own list; and how many features are starred."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from atlas.render import svg
from atlas.render.parts import snippets
from tests.browser.test_sound import FEATURE
from tests.browser.visits import Visit, Visits

READOUT = ".rows .readout"
ROW = "#top-1"


@pytest.fixture
def page(visit: Visit) -> Any:
    return visit(FEATURE)


def test_a_trace_tells_seconds_from_the_peak_and_the_value_under_the_pointer(page: Any) -> None:
    picture = page.locator(f"{ROW} svg.pic")
    box = picture.bounding_box()
    page.mouse.move(box["x"] + box["width"] * (75.5 / 150), box["y"] + 40)

    assert page.locator(READOUT).inner_text() == f"peak · {page.locator(f'{ROW} b').inner_text()}"
    page.mouse.move(box["x"] + box["width"] * (50.5 / 150), box["y"] + 40)
    assert page.locator(READOUT).inner_text().startswith("−0.50 s · ")
    page.locator("h1").hover()
    assert page.locator(READOUT).count() == 0


def test_arrows_move_along_the_trace_of_the_button_in_focus(page: Any) -> None:
    page.locator(f"{ROW} .play").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(READOUT).inner_text().startswith("+0.10 s · ")
    page.keyboard.press("Shift+ArrowLeft")
    assert page.locator(READOUT).inner_text().startswith("+0.08 s · ")
    page.keyboard.press("Tab")
    assert page.locator(READOUT).count() == 0


def test_a_value_is_the_range_of_the_step_that_is_drawn(page: Any) -> None:
    page.locator(f"{ROW} .play").focus()
    peak, most = float(page.locator(f"{ROW} b").inner_text()), float(page.locator(".rows").get_attribute("data-max"))
    step = most * svg.STEP / snippets.TRACE
    ranges = []
    for _ in range(14):
        page.keyboard.press("Shift+ArrowRight")
        told = page.locator(READOUT).inner_text().split(" · ")[1].replace("silent", "up to 0").removeprefix("about ")
        low, _, high = told.replace("up to", "0 to").partition(" to ")
        ranges.append((float(low), float(high or low)))

    assert ranges[0][1] > 0
    assert all(0 <= low <= high <= peak * 1.05 and high - low <= step * 1.2 for low, high in ranges)
    assert min(ranges)[1] < peak / 2
    assert any(high - low > step / 2 for low, high in ranges)


LAID_OUT = """() => [...document.querySelectorAll(".rows > ol .placed")].map((line) =>
    [...line.querySelectorAll("bdi")].map((label) => {
      const { left, right } = label.getBoundingClientRect();
      return { shown: !label.hidden, marked: label.matches(".at"), left, right };
    }))"""
"where the words and phones of each row stand"


def test_words_under_a_trace_do_not_run_into_each_other_and_the_one_that_names_the_feature_stays(
    browser: Any, hostile_site: Path
) -> None:
    visits = Visits(browser, f"{hostile_site.as_uri()}/")
    pages = [path for path in hostile_site.glob("f/block2/*.html") if "data-at" in path.read_text(encoding="utf-8")]
    hidden = marked = 0
    for width in (390, 1280):
        for path in pages[:4]:
            page = visits.open(path.relative_to(hostile_site).as_posix(), width=width)
            for line in page.evaluate(LAID_OUT):
                shown = sorted((one for one in line if one["shown"]), key=lambda one: one["left"])
                assert shown
                assert all(one["right"] <= other["left"] for one, other in pairwise(shown))
                hidden += len(line) - len(shown)
                if any(one["marked"] for one in line):
                    marked += 1
                    assert any(one["marked"] for one in shown)
    visits.close()
    assert hidden
    assert marked


def test_a_question_mark_lists_the_keys_of_the_page_and_escape_closes_the_list(page: Any) -> None:
    page.keyboard.press("?")
    listed = page.locator("dialog.keys")
    listed.wait_for()

    assert {"j", "k", "r", "s", "/", "Esc", "?"} <= set(listed.locator("kbd").all_inner_texts())
    page.keyboard.press("Escape")
    assert not listed.is_visible()
    page.locator(".bar .help").click()
    assert listed.is_visible()


def test_the_list_of_keys_leaves_out_what_a_page_has_no_use_for(visit: Visit) -> None:
    page = visit("about.html")
    page.keyboard.press("?")

    keys = page.locator("dialog.keys kbd").all_inner_texts()
    assert "/" in keys
    assert not {"j", "s", "Space"} & set(keys)


def test_the_bar_tells_how_many_features_are_starred(page: Any) -> None:
    count = page.locator(".bar .pages .count")
    assert count.inner_text() == ""
    page.keyboard.press("s")
    assert count.inner_text() == "1"
    page.keyboard.press("s")
    assert count.inner_text() == ""

"""The ways through a site: keys, search, lists, stars, the map, themes, aliases, embeds, back and forward."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.visits import Visit, Visits

FEATURE = "f/block1/1.html"
POINT = """() => {
  const { map, placed } = window.atlas.map, { across, down } = window.atlas.drawing, view = placed();
  const at = [...map.points.x.keys()].find((i) => !Number.isNaN(map.points.x[i]));
  return [across(view, map.points.x[at]) / view.scale, down(view, map.points.y[at]) / view.scale];
}"""
"where in the canvas the map's first point lies"


def address(page: Any) -> str:
    """What follows the site's root."""
    found = re.search(r"below/site/(.*)$", page.url)
    assert found
    return found[1]


def arrived(page: Any, pattern: str) -> None:
    page.wait_for_url(re.compile(pattern))


def test_j_and_k_turn_pages_and_r_leads_to_a_live_feature(visit: Visit) -> None:
    page = visit(FEATURE)

    page.keyboard.press("j")
    arrived(page, r"/f/block1/2\.html$")
    page.keyboard.press("k")
    arrived(page, r"/f/block1/1\.html$")
    page.keyboard.press("r")
    page.wait_for_function("() => !location.pathname.endsWith('/f/block1/1.html')")

    assert address(page).startswith("f/block1/")


def test_slash_leads_to_search_and_a_name_right_to_its_feature(visit: Visit) -> None:
    page = visit(FEATURE)

    page.keyboard.press("/")
    page.keyboard.type("block2/7")
    page.keyboard.press("Enter")

    arrived(page, r"/f/block2/7\.html$")


def test_search_finds_labels_and_features_and_keeps_its_state_in_the_address(visit: Visit) -> None:
    page = visit("index.html")
    page.keyboard.press("/")
    page.keyboard.type("siren")
    page.keyboard.press("Enter")
    arrived(page, r"search\.html\?q=siren")
    page.wait_for_selector("#rows > li")

    assert "siren" in page.locator("#cards").inner_text()
    rows = page.locator("#rows > li").count()
    page.locator("fieldset input[value=block2]").check()
    page.wait_for_function("() => location.search.includes('dictionary=block2')")
    page.wait_for_function(f"() => document.querySelectorAll('#rows > li').length < {rows}")
    names = page.locator("#rows .code").all_inner_texts()

    assert names
    assert all(name.startswith("block2/") for name in names)
    page.go_back()
    page.wait_for_function(f"() => document.querySelectorAll('#rows > li').length === {rows}")
    page.go_forward()
    page.wait_for_function(f"() => document.querySelectorAll('#rows > li').length < {rows}")


def test_nothing_found_says_what_to_loosen(visit: Visit) -> None:
    page = visit("search.html?q=siren%20zzzz")

    page.wait_for_function("() => document.getElementById('nothing').textContent.includes('zzzz')")
    assert page.locator("#rows > li").count() == 0


def test_a_list_holds_what_its_address_names(visit: Visit) -> None:
    page = visit("list.html?features=block1/1,block2/7,block9/1&title=Sirens")
    page.wait_for_selector("#rows > li")

    assert page.locator("h1").inner_text() == "Sirens"
    assert page.locator("#rows .code").all_inner_texts() == ["block1/1", "block2/7"]
    assert "no block9/1" in page.locator("#said").inner_text()


def test_a_star_is_kept_and_listed(visit: Visit) -> None:
    page = visit(FEATURE)
    page.keyboard.press("s")

    assert page.locator("main .star").first.get_attribute("aria-pressed") == "true"
    page.goto(page.url.replace(FEATURE, "list.html"))
    page.wait_for_selector("#rows > li")
    assert page.locator("#rows .code").all_inner_texts() == ["block1/1"]


def test_the_alias_leads_to_the_feature(visit: Visit) -> None:
    page = visit("f.html#block2/7")

    arrived(page, r"/f/block2/7\.html$")


def test_the_theme_is_switched_and_remembered(visit: Visit) -> None:
    page = visit(FEATURE)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.locator("button.theme").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()

    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(21, 23, 26)")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_the_dictionary_table_keeps_at_most_sixty_rows_in_the_document(visit: Visit) -> None:
    page = visit("d/block1.html")
    table = page.locator("#table table[aria-rowcount]").first
    table.wait_for()

    assert int(table.get_attribute("aria-rowcount")) >= 80
    assert 10 < page.locator("#table tbody tr").count() <= 60


def test_an_embedded_feature_is_small_and_has_no_bar(visit: Visit) -> None:
    page = visit(f"{FEATURE}?embed=true")
    page.set_viewport_size({"width": 540, "height": 300})
    page.wait_for_timeout(100)

    assert page.locator("h1").is_visible()
    assert not page.locator("header.bar").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 540


# ---- the map


@pytest.fixture
def map_page(visit: Visit) -> Any:
    page = visit("map.html")
    page.wait_for_selector("#rows > li")
    return page


def test_the_map_draws_its_points_and_lists_them(map_page: Any) -> None:
    assert float(map_page.locator("canvas").get_attribute("data-painted-ms")) < 500
    assert re.fullmatch(r"\d+ features in view", map_page.locator("#count").inner_text())
    colours = map_page.evaluate("""() => {
      const canvas = document.getElementById("map");
      const data = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      return new Set(data).size;
    }""")
    assert colours > 3


def test_keys_walk_over_the_map_and_open_a_feature(map_page: Any) -> None:
    map_page.locator("canvas").focus()
    map_page.keyboard.press("ArrowRight")
    map_page.wait_for_selector("#card:not([hidden]) li")
    first = map_page.locator("#card .code").inner_text()
    map_page.keyboard.press("ArrowRight")
    map_page.wait_for_function(f"() => document.querySelector('#card .code').textContent !== '{first}'")
    second = map_page.locator("#card .code").inner_text()
    map_page.keyboard.press("Enter")

    arrived(map_page, rf"/f/{second}\.html$")


def test_an_area_of_the_map_becomes_a_list(map_page: Any) -> None:
    whole = int(map_page.locator("#count").inner_text().split()[0])
    box = map_page.locator("canvas").bounding_box()
    map_page.locator("input[name=area]").check()
    map_page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    map_page.mouse.down()
    map_page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6, steps=4)
    map_page.mouse.up()
    map_page.wait_for_function("() => document.getElementById('count').textContent.includes('in the area')")
    found = int(map_page.locator("#count").inner_text().split()[0])

    assert 0 < found < whole
    assert "area=" in address(map_page)
    map_page.locator("#open").click()
    arrived(map_page, r"list\.html\?features=block1/")
    map_page.wait_for_selector("#rows > li")
    assert map_page.locator("#rows > li").count() == found


def test_the_wheel_scrolls_with_ctrl_it_zooms_and_zero_shows_everything(map_page: Any) -> None:
    whole = map_page.locator("#count").inner_text()
    box = map_page.locator("canvas").bounding_box()
    map_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    map_page.mouse.wheel(0, 200)
    map_page.wait_for_function("() => scrollY > 0")
    assert map_page.locator("#count").inner_text() == whole
    map_page.keyboard.down("Control")
    map_page.mouse.wheel(0, -800)
    map_page.keyboard.up("Control")
    map_page.wait_for_function(f"() => document.getElementById('count').textContent !== '{whole}'")
    map_page.locator("canvas").focus()
    map_page.keyboard.press("0")

    map_page.wait_for_function(f"() => document.getElementById('count').textContent === '{whole}'")


def test_any_two_figures_are_axes_and_the_address_remembers_them(map_page: Any) -> None:
    map_page.select_option("select[name=x]", "density")
    map_page.select_option("select[name=y]", "auroc")
    map_page.select_option("select[name=colour]", "state")
    map_page.wait_for_function("() => location.search.includes('colour=state')")
    map_page.reload()
    map_page.wait_for_selector("#rows > li")

    assert map_page.locator("select[name=x]").input_value() == "density"
    assert map_page.locator("select[name=y]").input_value() == "auroc"
    assert "live" in map_page.locator("#legend").inner_text()
    assert "without these figures" in map_page.locator("#note").inner_text()


def test_pointing_at_the_map_shows_a_feature_that_can_be_heard_and_a_click_opens_it(map_page: Any) -> None:
    place = map_page.evaluate(POINT)
    map_page.locator("input[name=hear]").check()
    box = map_page.locator("canvas").bounding_box()

    map_page.mouse.move(box["x"] + place[0], box["y"] + place[1])
    map_page.wait_for_selector("#card:not([hidden]) li")

    if map_page.locator("#card a.play[href]").count():
        map_page.wait_for_function("() => window.sounds.some((sound) => !sound.paused)")
    name = map_page.locator("#card .code").inner_text()
    map_page.mouse.click(box["x"] + place[0], box["y"] + place[1])
    arrived(map_page, rf"/f/{name}\.html$")
    map_page.go_back()
    map_page.wait_for_selector("#card:not([hidden]) li")
    assert map_page.locator("#card .code").inner_text() == name
    map_page.locator("canvas").focus()
    map_page.keyboard.press("Escape")
    assert not map_page.locator("#card").is_visible()


def test_the_pointer_reaches_the_card_of_a_feature_and_leaves_it(map_page: Any) -> None:
    place, box = map_page.evaluate(POINT), map_page.locator("canvas").bounding_box()

    map_page.mouse.move(box["x"] + place[0], box["y"] + place[1])
    card = map_page.wait_for_selector("#card:not([hidden])").bounding_box()
    map_page.mouse.move(card["x"] + 20, card["y"] + 10)
    map_page.wait_for_timeout(400)
    assert map_page.locator("#card").is_visible()
    map_page.mouse.move(2, 2)
    map_page.wait_for_selector("#card", state="hidden")


def test_an_address_opens_the_map_at_a_feature(visit: Visit) -> None:
    page = visit("f/block1/1.html")

    page.locator("a.place").click()
    arrived(page, r"map\.html\?dictionary=block1&feature=1$|feature=1&")
    page.wait_for_selector("#card:not([hidden]) li")

    assert page.locator("#card .code").inner_text() == "block1/1"
    assert page.locator("select[name=x]").input_value() == "map_x"
    shown = page.evaluate(
        "() => { const { map } = window.atlas.map; return [map.zoomed, map.points.feature[map.current]]; }"
    )
    assert shown == [True, 1]
    assert page.evaluate("document.activeElement.id") == "map"
    page.keyboard.press("Enter")
    arrived(page, r"/f/block1/1\.html$")


def test_a_search_on_the_map_marks_and_lists_what_it_means_and_stands_in_the_address(map_page: Any) -> None:
    whole = map_page.locator("#count").inner_text()
    name = map_page.evaluate("""() => {
      const { points } = window.atlas.map.map;
      const drawn = [...points.x.keys()].filter((i) => !Number.isNaN(points.x[i]));
      return drawn.map((i) => window.atlas.points.shortName(points, i)).find((text) => text);
    }""")

    map_page.fill("#choices input[name=q]", name)
    map_page.wait_for_function("() => document.getElementById('count').textContent.includes('match')")
    heading = map_page.locator("#count").inner_text()

    assert re.fullmatch(rf"\d+ features? match(es)? “{re.escape(name)}”", heading)
    first = map_page.locator("#rows .code").first.inner_text()
    assert name.split()[0] in map_page.locator("#rows .said").first.inner_text()
    map_page.keyboard.press("Enter")
    map_page.wait_for_selector("#card:not([hidden]) li")
    assert map_page.locator("#card .code").inner_text() == first
    map_page.reload()
    map_page.wait_for_function(f"() => document.getElementById('count').textContent === {heading!r}")
    map_page.locator("#clear").click()
    map_page.fill("#choices input[name=q]", "nothing that is there")
    map_page.wait_for_function("() => document.getElementById('count').textContent.startsWith('0 features match')")
    map_page.locator("#clear").click()
    map_page.locator("#zoom-whole").click()
    map_page.wait_for_function(f"() => document.getElementById('count').textContent === {whole!r}")


def test_without_scripts_the_map_is_the_list_of_its_names(visit: Visit) -> None:
    page = visit("map.html", scripts=False)

    assert not page.locator("#choices, .plot, #keys, .seen").filter(visible=True).count()
    assert page.locator(".says summary").first.is_visible()
    page.locator(".says a[href^='l/']").first.click()
    arrived(page, r"/l/[^/]+/[^/]+\.html$")


def test_nothing_is_thrown_where_the_map_has_no_size(visit: Visit) -> None:
    page = visit("map.html")
    page.wait_for_selector("#rows > li")

    page.evaluate("document.querySelector('.plot').hidden = true")
    page.select_option("select[name=colour]", "density")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(300)
    page.evaluate("document.querySelector('.plot').hidden = false")

    page.wait_for_function("() => document.getElementById('map').width > 0")
    assert page.evaluate("document.getElementById('count').textContent").endswith("in view")


def test_a_group_of_the_map_s_legend_can_be_hidden(map_page: Any) -> None:
    whole = int(map_page.locator("#count").inner_text().split()[0])

    map_page.locator("#legend button").first.click()
    map_page.wait_for_function(f"() => !document.getElementById('count').textContent.startsWith('{whole} ')")

    assert map_page.locator("#legend button").first.get_attribute("aria-pressed") == "false"


def test_a_map_without_coordinates_shows_two_figures(browser: Any, bare_site: Path) -> None:
    visits = Visits(browser, f"{bare_site.as_uri()}/")
    page = visits.open("map.html")
    page.wait_for_function("() => document.getElementById('note').textContent")

    assert page.locator("select[name=x]").input_value() == "density"
    assert "No feature here has both figures" in page.locator("#note").inner_text()
    page.select_option("select[name=y]", "max")
    page.wait_for_function("() => document.getElementById('count').textContent.includes('features in view')")
    visits.close()
    assert visits.problems == []


def test_the_row_of_groups_leads_to_the_same_frames_elsewhere_and_stays_one_line_on_a_phone(visit: Visit) -> None:
    for width in (390, 1280):
        page = visit(FEATURE, width=width)
        row = page.locator("nav.groups")
        assert row.bounding_box()["height"] <= 28
        row.get_by_text("Elsewhere").click()

        page.wait_for_url(re.compile("#same$"))
        page.wait_for_function("() => document.querySelector('#same h2').getBoundingClientRect().top < innerHeight")


def test_a_phone_has_the_pages_and_the_theme_in_a_menu_that_says_what_it_is(visit: Visit) -> None:
    page = visit(FEATURE, width=390, has_touch=True, is_mobile=True)
    summary = page.locator(".bar .menu summary")
    assert summary.evaluate("(one) => getComputedStyle(one, '::before').content") == '"Menu"'
    summary.tap()
    items = page.locator(".bar .menu li:visible").all_inner_texts()
    pages = ["Labels", "Map", "Starred", "Guide", "Data", "About", "Light or dark"]
    assert [text.strip() for text in items][-len(pages) :] == pages
    page.get_by_text("Light or dark").tap()
    assert page.locator("html").get_attribute("data-theme") == "dark"

    page = visit(FEATURE)
    page.locator(".bar .menu summary").click()
    assert not page.get_by_text("Light or dark").is_visible()

"""Finding features: the search page and the box in the bar, the table of all features, stars and lists."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SPEC, Visit

BOX = ".bar input[name=q]"
QUERY = "#search input[name=q]"
NAMES = "#rows .said .code"


def ready(page: Any) -> Any:
    page.wait_for_selector("#search[data-ready]")
    return page


def found(page: Any) -> str:
    return str(page.inner_text("#count"))


def address(page: Any) -> str:
    return str(page.evaluate("location.search"))


def test_search_puts_labels_first_then_the_features_that_find_them(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))

    assert page.input_value(QUERY) == "siren"
    card = page.locator("#cards .card").first
    assert re.fullmatch(r"siren\nlabel, .+\n\d+ features? at q < \.05", card.inner_text())
    assert page.locator("#rows > li").count() > 0
    assert page.locator("#rows .why").first.inner_text().startswith("siren AUROC ")
    card.click()
    page.wait_for_url("**/l/label/siren.html")


def test_a_row_plays_its_top_example(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))
    button = page.locator("#rows a.play").first

    assert re.fullmatch(r"Play block\d/\d+, siren.*, \d\.\d s", button.get_attribute("aria-label"))
    button.click()
    page.wait_for_function("() => atlas.nowPlaying() && atlas.nowPlaying().at > 0")


def test_filters_and_words_stand_in_the_address_and_back_and_forward_work(visit: Visit) -> None:
    page = ready(visit("search.html"))
    everything = found(page)
    page.fill(QUERY, "siren")
    page.wait_for_function("() => location.search === '?q=siren'")
    sirens = found(page)
    page.check("input[name=domain][value=sound]")
    page.select_option("select[name=sort]", "density")
    page.fill("input[name=density] >> nth=1", "50")
    page.keyboard.press("Tab")
    assert address(page) == "?q=siren&domain=sound&density=~0.5&sort=density"
    for _ in range(3):
        page.go_back()
    page.wait_for_function("() => location.search === '?q=siren'")
    page.wait_for_function(f"() => document.getElementById('count').textContent === '{sirens}'")
    page.go_back()
    page.wait_for_function(f"() => document.getElementById('count').textContent === '{everything}'")
    assert page.input_value(QUERY) == ""
    page.go_forward()
    page.wait_for_function(f"() => document.getElementById('count').textContent === '{sirens}'")


def test_dead_features_are_hidden_by_a_chip_that_can_be_removed(visit: Visit) -> None:
    page = ready(visit("search.html"))
    before = int(found(page).split()[0])
    chip = page.locator("#chips .chip", has_text="dead on this corpus")
    hidden = int(re.findall(r"\d+", chip.inner_text())[0])

    chip.click()

    page.wait_for_function(f"() => document.getElementById('count').textContent === '{before + hidden} features'")
    assert address(page) == "?show=dead"


def test_nothing_found_says_what_to_loosen(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren+zebra"))

    assert found(page) == "0 features"
    page.locator("#nothing button", has_text="Without “zebra”").click()
    page.wait_for_function("() => location.search === '?q=siren'")


def test_the_box_of_any_page_leads_to_search_and_names_of_features_to_their_pages(visit: Visit) -> None:
    page = visit("about.html")
    page.keyboard.press("/")
    page.keyboard.type("siren")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=siren")
    ready(page)
    page.fill(QUERY, "block2/7")
    assert page.inner_text("#jumps") == "Go to block2/7"
    page.keyboard.press("Enter")
    page.wait_for_url("**/f/block2/7.html")
    page.fill(BOX, "block1/9")
    page.keyboard.press("Enter")
    page.wait_for_url("**/f/block1/9.html")


def test_without_scripts_search_leads_to_labels_and_links(visit: Visit, site: Path) -> None:
    page = visit("search.html", scripts=False)
    targets = page.locator("noscript a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")

    assert targets[:2] == ["labels.html", "d/block1/links-1.html"]
    assert [target for target in targets if not (site / target).is_file()] == []
    assert not page.locator("#search").is_visible()


def test_the_table_holds_few_rows_and_all_features(visit: Visit) -> None:
    page = visit("d/block1.html")
    table = page.locator("#table table")
    table.wait_for()

    assert table.get_attribute("aria-rowcount") == str(SPEC.features + 2)
    assert page.locator("#table tbody.body tr").count() <= 60
    page.evaluate("document.querySelector('.everything').scrollTop = 1e9")
    last = page.locator(f"#table tbody.body tr[aria-rowindex='{SPEC.features + 2}'] td >> nth=0")
    assert last.inner_text() == str(SPEC.features - 1)


def test_any_column_of_the_table_sorts_and_filters(visit: Visit) -> None:
    page = visit("d/block1.html")
    page.locator("#table th[data-column=density] button").click()
    assert page.get_attribute("#table th[data-column=density]", "aria-sort") == "descending"
    page.locator("#table th[data-column=density] button").click()
    assert page.get_attribute("#table th[data-column=density]", "aria-sort") == "ascending"
    page.get_by_label("Filter State").fill("dead")
    dead = page.locator("#table tbody.body tr").count()
    assert page.inner_text("#table [role=status]") == f"{dead} feature{'s' * (dead != 1)} of {SPEC.features}"
    page.get_by_label("Filter Density").fill("> 0")
    assert page.inner_text("#table [role=status]") == f"0 features of {SPEC.features}"


def test_stars_are_kept_and_make_a_list_that_a_link_shows_to_others(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))
    names = [page.locator(NAMES).nth(row).inner_text() for row in (1, 0)]
    for row in (1, 0):
        page.locator("#rows button.star").nth(row).click()
    page.goto(page.url.split("search.html")[0] + "list.html")
    page.wait_for_selector("#rows > li >> nth=1")
    assert page.locator(NAMES).all_inner_texts() == names
    page.fill("input[name=title]", "Two sirens & <b>more</b>")
    link = page.input_value("input[name=link]")
    assert link.split("list.html")[1] == f"?features={','.join(names)}&title=Two%20sirens%20%26%20%3Cb%3Emore%3C%2Fb%3E"
    page.locator("#rows button.star").first.click()
    page.wait_for_selector("#rows > li >> nth=1", state="detached")

    other = visit(link[link.index("list.html") :])
    other.wait_for_selector("#rows > li >> nth=1")
    assert other.locator(NAMES).all_inner_texts() == names
    assert other.inner_text("h1") == "Two sirens & <b>more</b>"


def test_a_list_says_what_the_atlas_does_not_have(visit: Visit) -> None:
    page = visit("list.html?features=block1/3,block9/1,block1/9999,block1/3")
    page.wait_for_selector("#rows > li")

    assert page.inner_text("#said") == "1 feature; this atlas has no block9/1, block1/9999"
    assert visit("list.html").locator("#said").inner_text().startswith("No feature is starred yet.")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    page = ready(visit("search.html?q=s", width=width))

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_menu_leads_to_every_page(visit: Visit) -> None:
    page = visit("index.html", width=390)
    page.click(".menu summary")
    page.click(".menu a:text-is('Map')")

    assert page.locator("h1").inner_text() == "Map"


def test_the_name_of_a_dictionary_leads_to_it_and_a_number_beyond_says_how_far_they_go(visit: Visit) -> None:
    page = visit("search.html?q=block2/80")
    page.wait_for_selector("#nothing p")
    assert "block1 to 79, block2 to 79" in page.inner_text("#nothing")

    page.fill("#search [name=q]", "block2")
    page.press("#search [name=q]", "Enter")
    page.wait_for_url("**/d/block2.html")

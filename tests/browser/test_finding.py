"""Finding features: the search page and the box in the bar, the table of all features, stars and lists."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SPEC, Visit, rendered
from tests.browser.visits import Visits
from tests.synthetic import Spec

BOX = ".bar input[name=q]"
QUERY = "#search input[name=q]"
NAMES = "#rows .said .code"


SHIFTS = """
  window.shifted = 0;
  const add = (list) => { for (const { value } of list.getEntries()) window.shifted += value; };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def said_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of which every clip has a transcript."""
    return rendered(tmp_path_factory.mktemp("spoken"), Spec(features=48, clips=72, annotated=True))


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
    assert re.fullmatch(r"siren\nlabel, .+\n\d+ features? named after it", card.inner_text())
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


def test_what_a_feature_only_leans_to_stands_behind_its_number_in_rows_and_muted_in_tables(visit: Visit) -> None:
    page = ready(visit("search.html?q=leans"))
    link = page.locator("#rows .said > a").first

    assert re.fullmatch(r"block\d/\d+ leans to .+", link.inner_text())
    assert link.locator(".muted").inner_text().startswith("leans to ")
    page = visit("d/block1.html?label=leans")
    page.wait_for_selector("#table tbody.body td.muted bdi")
    named = visit("d/block1.html?label=siren&sort=-auroc")
    named.wait_for_selector("#table tbody.body td bdi")
    assert named.locator("#table tbody.body td.muted").filter(has_text=re.compile("^siren$")).count() == 0


def test_on_a_phone_name_and_number_have_a_line_each(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren", width=390))
    link = page.locator("#rows .said > a", has=page.locator("bdi")).first
    name, number = link.locator("bdi").bounding_box(), link.locator(".code").bounding_box()

    assert number["y"] >= name["y"] + name["height"] or name["y"] >= number["y"] + number["height"]
    assert number["x"] + number["width"] <= 390


def test_filters_and_words_stand_in_the_address_and_back_and_forward_work(visit: Visit) -> None:
    page = ready(visit("search.html"))
    everything = found(page)
    page.fill(QUERY, "siren")
    page.wait_for_function("() => location.search === '?q=siren'")
    page.wait_for_function(f"() => document.getElementById('count').textContent !== '{everything}'")
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


def test_nothing_found_leads_on_to_the_nearest_labels_or_to_the_commonest(visit: Visit) -> None:
    page = ready(visit("search.html?q=syren"))
    near = page.locator("#nothing .card")

    assert page.inner_text("#nothing p >> nth=0") == "No recording is labelled “syren”. The nearest labels:"
    assert near.first.inner_text().startswith("siren\n")
    page.fill(QUERY, "xylophonist")
    page.wait_for_function("() => document.getElementById('nothing').textContent.includes('“xylophonist”')")
    kinds = [kind.split(",")[0] for kind in page.locator("#nothing .card .muted").all_inner_texts()]
    assert kinds
    assert kinds == sorted(kinds, key=["label", "word", "phone"].index)
    page.locator("#nothing .card").first.click()
    page.wait_for_url("**/l/label/*.html")


def test_a_label_that_no_feature_is_found_for_is_told_from_one_that_nothing_has(
    browser: Any, site: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(site, tmp_path / "site")
    text = (copy / "data" / "words.js").read_text(encoding="utf-8")
    words = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    words["words"].append([words["kinds"].index("language"), "eo", 0, 0, 0, ["Esperanto"]])
    (copy / "data" / "words.js").write_text(f"atlasWords({json.dumps(words)});", encoding="utf-8")
    visits = Visits(browser, f"{copy.as_uri()}/")
    page = ready(visits.open("search.html?q=esperanto"))

    said = page.inner_text("#nothing p >> nth=0")
    assert said.startswith("Recordings here are labelled Esperanto, but no feature is found for it:")
    page.locator("#nothing a").first.click()
    page.wait_for_url("**/labels.html#kind-language")
    visits.close()
    assert visits.problems == []


def test_a_word_that_no_label_has_leads_to_the_clips_that_say_it_and_what_fires_most_there(
    browser: Any, said_site: Path, tmp_path: Path
) -> None:
    site = shutil.copytree(said_site, tmp_path / "site")
    texts = (site / "data" / "texts.js").read_text(encoding="utf-8")
    (site / "data" / "texts.js").write_text(texts.replace("the ", "xylophonist the "), encoding="utf-8")
    visits = Visits(browser, f"{site.as_uri()}/")
    page = ready(visits.open("search.html?q=xylophonist"))

    assert re.match(r"Said in \d+ clips?", page.inner_text("#clips summary"))
    assert page.locator("#clips li b").first.inner_text() == "xylophonist"
    assert page.locator("#saying .rows > li a.play").count() > 0
    visits.close()
    assert visits.problems == []


def test_plurals_are_found(visit: Visit) -> None:
    page = ready(visit("search.html?q=sirens"))

    assert page.locator("#cards .card b").first.inner_text() == "siren"
    assert page.locator("#rows > li").count() > 0


def test_a_bare_number_shows_its_features_with_name_and_sound(visit: Visit) -> None:
    page = ready(visit("search.html?q=7"))
    rows = page.locator("#jumps .rows > li")

    assert rows.locator(".code").all_inner_texts() == ["block1/7", "block2/7"]
    assert rows.locator("a.play, .play.off").count() == 2
    assert all(rows.locator("bdi").all_inner_texts())


def test_arrows_go_from_the_field_through_what_is_found_and_back(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))
    focus = "document.activeElement.className"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focus) == "card"
    while page.evaluate(focus) == "card":
        page.keyboard.press("ArrowDown")
    first = page.locator("#rows .said > a").first.get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == first
    for _ in range(page.locator("#cards .card").count() + 1):
        page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.name") == "q"
    page.click(".bar .help")
    assert "through what is found" in page.inner_text("dialog.keys")


@pytest.mark.parametrize("width", [390, 1280])
def test_what_comes_late_moves_nothing_on_the_search_page(browser: Any, said_site: Path, width: int) -> None:
    visits = Visits(browser, f"{said_site.as_uri()}/", SHIFTS)
    page = ready(visits.open("search.html?q=siren", width=width))
    page.wait_for_function("() => /\\d clip|no clip/.test(document.querySelector('#clips summary').textContent)")
    page.wait_for_timeout(200)

    assert page.evaluate("window.shifted") < 0.01
    visits.close()
    assert visits.problems == []


def test_facets_say_how_many_features_each_would_leave(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))
    box = page.locator("label", has=page.locator("input[name=dictionary][value=block2]"))
    features = int(box.locator("small").inner_text())

    box.locator("input").check()
    page.wait_for_function(f"() => document.getElementById('count').textContent.startsWith('{features} feature')")


def test_the_first_rows_need_names_and_one_shard_of_a_dictionary_and_no_figures(visit: Visit) -> None:
    page = visit("search.html?q=siren")
    page.wait_for_selector("#rows > li")
    page.evaluate("performance.setResourceTimingBufferSize(1000)")
    ready(page)
    loaded = "performance.getEntriesByType('resource').map((entry) => entry.name.split('/data/')[1]).filter(Boolean)"
    if page.url.startswith("http"):
        order = page.evaluate(loaded)
        shards = [name for name in order if "/terms" in name]
        assert len(shards) == 2
        assert order.index("block1/core.js") > order.index(shards[-1])
        assert not [name for name in order if "/figures" in name or "random" in name]


def test_the_box_of_any_page_leads_to_search_and_names_of_features_to_their_pages(visit: Visit) -> None:
    page = visit("about.html")
    page.keyboard.press("/")
    page.keyboard.type("siren")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=siren")
    ready(page)
    page.fill(QUERY, "block2/7")
    page.wait_for_selector("#jumps .code:text-is('block2/7')")
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


def test_names_of_columns_are_seen_whole_up_to_the_figures_beside_controls(visit: Visit) -> None:
    page = visit("d/block1.html")
    head = page.wait_for_selector("#table th[data-column=beyond] button").bounding_box()
    frame = page.locator("#table .everything").bounding_box()

    assert head["x"] + head["width"] <= frame["x"] + frame["width"]


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
    assert address(page) == "?sort=density&state=dead&density=%3E%200"

    other = visit("d/block1.html?sort=-max&state=dead")
    other.locator("#table table").wait_for()
    assert other.get_attribute("#table th[data-column=max]", "aria-sort") == "descending"
    assert other.input_value("#table [aria-label='Filter State']") == "dead"
    assert other.inner_text("#table [role=status]").startswith(f"{dead} feature")


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
    several = r"[0-9a-f]{8}(?:\.[0-9a-f]{8})?"
    print_, title = f"v={several}-{several}", "Two%20sirens%20%26%20%3Cb%3Emore%3C%2Fb%3E"
    assert re.fullmatch(rf"\?features={','.join(names)}&{print_}&title={title}", link.split("list.html")[1])
    page.locator("#rows button.star").first.click()
    page.wait_for_selector("#rows > li >> nth=1", state="detached")

    other = visit(link[link.index("list.html") :])
    other.wait_for_selector("#rows > li >> nth=1")
    assert other.locator(NAMES).all_inner_texts() == names
    assert other.inner_text("h1") == "Two sirens & <b>more</b>"
    assert other.locator("#cited").count() == 0


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

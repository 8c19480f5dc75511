"""Finding features by what they do: the facet and the orders of search, the table of a dictionary, the map."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import MediaConfig
from atlas.render.run import render
from atlas.store import AtlasFolder
from tests.browser.visits import Visit, Visits
from tests.causes import Cases, with_effects
from tests.synthetic import LICENCES, Spec, write_atlas

SPEC = Spec(features=80, clips=160, annotated=True)
NAMES = "#rows .said .code"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cases]:
    """A site of one dictionary with its control, and what is known of its effects."""
    folder = tmp_path_factory.mktemp("causes")
    found = with_effects(write_atlas(folder / "atlas", SPEC))
    render(
        AtlasFolder(folder / "atlas"),
        Config.model_construct(dictionary=(), media=MediaConfig(redistribute=LICENCES[:2])),
        folder / "site",
        1,
    )
    return folder / "site", found


@pytest.fixture
def visit(browser: Any, cases: tuple[Path, Cases]) -> Iterator[Visit]:
    visits = Visits(browser, f"{cases[0].as_uri()}/")
    yield visits.open
    visits.close()
    assert visits.problems == []


def ready(page: Any) -> Any:
    page.wait_for_selector("#search[data-ready]")
    page.wait_for_function("() => document.querySelectorAll('#rows .n').length > 0")
    return page


def sizes(page: Any) -> list[float]:
    """What the marks of rows say, in nats."""
    page.wait_for_function("() => /[0-9]/.test(document.querySelector('#rows .causal')?.textContent)")
    marks = page.locator("#rows .causal").all_inner_texts()
    return [abs(float(text.split()[1].replace("−", "-"))) for text in marks]


def test_the_facet_keeps_features_that_pass_and_they_carry_a_mark(visit: Visit, cases: tuple[Path, Cases]) -> None:
    page = ready(visit("search.html"))
    before = page.locator("#rows > li").count()
    count = int(page.locator("label", has_text="passes the test").locator("small").inner_text())

    page.get_by_label("passes the test").check()
    page.wait_for_url("**?does=passes")
    page.wait_for_function(f"() => document.querySelectorAll('#rows > li').length === {count}")

    assert 0 < count < before
    assert page.locator("#rows .causal").count() == count
    assert f"block2/{cases[1].passing}" in page.locator(NAMES).all_inner_texts()
    assert f"block2/{cases[1].inert}" not in page.locator(NAMES).all_inner_texts()
    page.get_by_role("button", name="Remove the filter passes").click()
    page.wait_for_function(f"() => document.querySelectorAll('#rows > li').length === {before}")


def test_features_come_by_the_size_of_their_effect_and_can_be_bounded_by_it(visit: Visit) -> None:
    page = ready(visit("search.html?does=passes"))
    page.locator("select[name=sort]").select_option("effect_size")
    page.wait_for_url("**sort=effect_size")

    ordered = sizes(page)
    assert ordered == sorted(ordered, reverse=True)
    middle = ordered[len(ordered) // 2]
    page.get_by_label("Size of effect, nats, at least").fill(str(middle))
    page.get_by_label("Size of effect, nats, at least").press("Tab")
    page.wait_for_function(f"() => document.querySelectorAll('#rows > li').length < {len(ordered)}")
    assert min(sizes(page)) >= middle


def test_a_word_that_ablation_lowers_leads_to_features(visit: Visit) -> None:
    page = ready(visit("search.html?q=loses:+six"))

    assert page.locator("#rows .why").first.inner_text().startswith("ablation lowers six by ")


def test_the_table_has_columns_of_effects_that_sort_largest_first(visit: Visit) -> None:
    page = visit("d/block2.html")
    page.get_by_role("button", name="Effect", exact=True).click()
    cells = page.locator("#table .body tr td:nth-child(15)")

    found = [float(text.replace("−", "-")) for text in cells.all_inner_texts()[:10]]
    assert found == sorted(found)
    assert found[0] < 0
    page.get_by_label("Filter What it does").fill("screened")
    page.wait_for_function("() => !document.querySelector('#table .body').textContent.includes('passes')")
    assert set(page.locator("#table .body tr td:nth-child(14)").all_inner_texts()) == {"screened only"}


def test_a_dictionary_without_effects_has_no_columns_of_them(visit: Visit) -> None:
    page = visit("d/block2-random.html")
    page.wait_for_selector("#table .body tr")

    assert page.get_by_role("button", name="What it does").count() == 0
    assert page.locator("#effects").count() == 0


def test_the_map_colours_features_by_what_they_do(visit: Visit) -> None:
    page = visit("map.html?dictionary=block2&x=effect_size&y=effect_statistic&colour=does")
    page.wait_for_selector("#legend li")

    groups = [text.rsplit(" ", 1)[0] for text in page.locator("#legend li").all_inner_texts()]
    assert [group.split(" ", 1)[-1].strip() for group in groups] == ["passes", "no effect seen"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "address", ["search.html?does=passes", "d/block2.html", "about.html", "guide.html", "data.html"]
)
def test_no_page_is_wider_than_the_window(visit: Visit, address: str, width: int) -> None:
    page = visit(address, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width

"""The demo's own site, as a visitor goes through it, with what no made-up atlas has: real sounds, labels and truth."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.browser.conftest import over_http
from tests.browser.test_finding import address, found, ready
from tests.browser.test_sound import BUTTON, SILENT, SOUNDING, now, snippet
from tests.browser.test_ways import POINT, arrived
from tests.browser.visits import Visit

LABEL = "siren"
KINDS = (
    "index.html",
    "f/block3/0.html",
    "f/block3-random/0.html",
    "d/block1.html",
    "d/block1/links-1.html",
    "compare/*.html",
    "l/label/siren.html",
    "l/phone/*.html",
    "labels.html",
    "c/*.html",
    "map.html",
    "search.html?q=siren",
    "list.html?features=block1/1,block3/2&title=Two",
    "about.html",
    "404.html",
)
LOUDEST = """async () => {
  const context = new AudioContext(), ear = context.createAnalyser(), heard = new Float32Array(ear.fftSize);
  const sound = window.sounds.find((one) => !one.paused);
  context.createMediaElementSource(sound).connect(ear).connect(context.destination);
  let loudest = 0;
  for (let turn = 0; turn < 40; turn += 1) {
    await new Promise((next) => setTimeout(next, 25));
    ear.getFloatTimeDomainData(heard);
    loudest = Math.max(loudest, ...heard);
  }
  return loudest;
}"""
"of the sound that plays, within a second"


@pytest.fixture(scope="module")
def siren(demo_atlas: Path) -> str:
    """A feature that was named after sirens, such as block3/77."""
    tables = [pl.read_parquet(demo_atlas / "findings" / f"{name}.parquet") for name in ("block1", "block3")]
    return "{}/{}".format(
        *pl.concat(tables).filter(named_by="label", label=LABEL).select("dictionary", "feature").row(0)
    )


@pytest.fixture(scope="module")
def demo_served(demo_site: Path) -> Iterator[str]:
    with over_http(demo_site) as address:
        yield address


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest, demo_site: Path) -> str:
    """Where the demo's site begins, here instead of the made-up one."""
    if request.param == "http":
        return str(request.getfixturevalue("demo_served"))
    return f"{demo_site.as_uri()}/"


def each_kind(site: Path) -> list[str]:
    """The address of one page of each kind."""
    return [kind if "*" not in kind else next(site.glob(kind)).relative_to(site).as_posix() for kind in KINDS]


def test_every_kind_of_page_opens_and_says_that_the_corpus_is_synthetic(
    visit: Visit, base: str, demo_site: Path
) -> None:
    page = visit("index.html")

    for kind in each_kind(demo_site):
        page.goto(base + kind)
        page.wait_for_timeout(100)
        assert page.locator("h1").count() == 1, kind
        assert page.inner_text(".notice").startswith("This corpus is synthetic"), kind


def test_every_kind_of_page_is_there_without_scripts(visit: Visit, base: str, demo_site: Path, siren: str) -> None:
    page = visit("index.html", scripts=False)

    for kind in each_kind(demo_site):
        page.goto(base + kind)
        assert page.locator("h1").count() == 1, kind
        assert len(page.inner_text("main")) > 40, kind
    page.goto(f"{base}f/{siren}.html")
    sound = page.locator(BUTTON).first.evaluate("(link) => link.href")
    assert (demo_site / sound.split("#")[0].removeprefix(base)).is_file()


def test_a_top_example_is_heard_and_stops_where_it_ends(visit: Visit, base: str, siren: str) -> None:
    page = visit(f"f/{siren}.html")
    button = page.locator("#top-1 a.play")
    _, end = snippet(button)

    button.click()
    page.wait_for_function(SOUNDING)
    if base.startswith("http"):  # what comes from the disk, a page may play but not look at
        assert page.evaluate(LOUDEST) > 0.01
    page.wait_for_function(SILENT)

    assert end <= now(page) < end + 0.15
    assert button.get_attribute("aria-pressed") == "false"


def test_the_truth_stands_beside_the_finding(visit: Visit, siren: str) -> None:
    page = visit(f"f/{siren}.html")
    finding, truth = page.locator(".verdict").all_text_contents()

    assert page.inner_text("h1").startswith("siren")
    assert finding.startswith("Siren: held-out F1 ")
    assert re.match(r"\d+ of its 10 strongest recordings are labelled siren", page.inner_text(".lead"))
    assert re.match(r"Known, as this corpus was made: siren in \d+ of its \d+ top examples", truth)
    assert page.locator(".evidence tr").count() == 4
    assert page.locator(".evidence th a").first.inner_text().endswith("random directions")
    page.locator("#top-1 a[href*='/c/']").click()
    arrived(page, r"/c/[0-9a-f]{16}\.html$")
    assert "how this clip was made" in page.inner_text("main")


def test_search_for_a_label_shows_its_card_and_features_that_play(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))

    assert re.fullmatch(
        r"siren\nlabel, .+\n\d+ features? named after it", page.locator("#cards .card").first.inner_text()
    )
    assert page.locator("#rows .why").first.inner_text().startswith("siren AUROC ")
    page.locator("#rows a.play").first.click()
    page.wait_for_function(SOUNDING)
    page.locator("#cards .card").first.click()
    arrived(page, r"/l/label/siren\.html$")


def test_facets_narrow_the_search_and_back_and_forward_undo_and_redo_it(visit: Visit) -> None:
    page = ready(visit("search.html?q=siren"))
    whole = found(page)
    counted = "() => document.getElementById('count').textContent {} '{}'"

    page.check("fieldset input[value=block3]")
    page.wait_for_function(counted.format("!==", whole))
    narrowed = found(page)
    names = page.locator("#rows .said .code").all_inner_texts()

    assert names
    assert {name.split("/")[0] for name in names} == {"block3"}
    assert address(page) == "?q=siren&dictionary=block3"
    page.go_back()
    page.wait_for_function(counted.format("===", whole))
    page.go_forward()
    page.wait_for_function(counted.format("===", narrowed))


def test_the_map_tells_and_plays_what_is_pointed_at(visit: Visit) -> None:
    page = visit("map.html")
    page.wait_for_selector("#rows > li")
    page.check("input[name=hear]")
    box, place = page.locator("canvas").bounding_box(), page.evaluate(POINT)

    page.mouse.move(box["x"] + place[0], box["y"] + place[1])
    page.wait_for_selector("#card:not([hidden]) li")
    page.wait_for_function(SOUNDING)
    name = page.inner_text("#card .code")
    page.mouse.click(box["x"] + place[0], box["y"] + place[1])

    arrived(page, rf"/f/{name}\.html$")


def test_keys_turn_play_stop_star_and_search(visit: Visit, siren: str) -> None:
    page = visit(f"f/{siren}.html")
    dictionary, number = siren.split("/")

    page.keyboard.press("j")
    arrived(page, rf"/f/{dictionary}/{int(number) + 1}\.html$")
    page.keyboard.press("k")
    arrived(page, rf"/f/{siren}\.html$")
    page.keyboard.press("Space")
    page.wait_for_function(SOUNDING)
    page.keyboard.press("Escape")
    page.wait_for_function(SILENT)
    page.keyboard.press("s")
    page.reload()
    assert page.locator("main .star").first.get_attribute("aria-pressed") == "true"
    page.keyboard.press("r")
    page.wait_for_url(lambda url: siren not in url)
    page.keyboard.press("/")
    page.keyboard.type("siren")
    page.keyboard.press("Enter")
    arrived(page, r"/search\.html\?q=siren$")


def test_an_embedded_feature_fits_its_frame_and_plays(visit: Visit, siren: str) -> None:
    page = visit(f"f/{siren}.html?embed=true&embedplots=false", width=540)

    assert not page.locator("header.bar").is_visible()
    assert not page.locator(".side").is_visible()
    assert page.locator(".rows .play:visible").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 540
    page.locator(BUTTON).first.click()
    page.wait_for_function(SOUNDING)


def test_a_list_holds_the_features_that_its_address_names(visit: Visit, siren: str) -> None:
    page = visit(f"list.html?features={siren},block3-random/64&title=Sirens")
    page.wait_for_selector("#rows > li >> nth=1")

    assert page.inner_text("h1") == "Sirens"
    assert page.locator("#rows .code").all_inner_texts() == [siren, "block3-random/64"]


def test_the_table_of_a_dictionary_sorts_all_its_features(visit: Visit) -> None:
    page = visit("d/block1.html")
    head = page.locator("#table th[data-column=density]")
    head.locator("button").click()
    place = page.locator("#table th").evaluate_all(
        "heads => heads.findIndex((one) => one.dataset.column === 'density')"
    )
    cells = page.locator(f"#table tbody.body td:nth-child({place + 1})").all_inner_texts()
    densities = [float(cell.removesuffix("%").strip()) for cell in cells]

    assert head.get_attribute("aria-sort") == "descending"
    assert page.locator("#table table").get_attribute("aria-rowcount") == "1026"
    assert 10 < len(densities) <= 60
    assert densities == sorted(densities, reverse=True)

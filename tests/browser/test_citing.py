"""The Share panel: what it copies is what is cited and lands there, whatever a title holds and wherever a page lies."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import Config
from atlas.config.site import CiteConfig, SiteConfig
from atlas.reading.bibtex import bibtex
from atlas.reading.citation import CitedFeature, reference, work_of
from atlas.render.run import render
from atlas.render.site import SiteAtlas, site_atlas
from atlas.store import AtlasFolder
from tests.browser.conftest import over_http
from tests.browser.test_pages import complaints
from tests.browser.visits import Visit, Visits
from tests.synthetic import Spec, write_atlas

FEATURE = "f/block1/1.html"
BASE = "https://example.org/an_atlas/"
CITE = CiteConfig.model_validate({"authors": ["Doe, Jane {J}"], "year": 2026, "doi": "10.5281/zenodo.1"})
SETTINGS = SiteConfig(base_url=BASE)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SiteAtlas]:
    """A site that says where it is published, whose texts hold what each format reads as a command."""
    folder = tmp_path_factory.mktemp("citing")
    atlas = AtlasFolder(write_atlas(folder / "atlas", Spec(features=48, clips=72, hostile=True)))
    site = folder / "served" / "below" / "site"
    site.parent.mkdir(parents=True)
    render(atlas, Config.model_construct(dictionary=(), site=SETTINGS, cite=CITE), site, 1)
    return site, site_atlas(atlas.root, SETTINGS)


@pytest.fixture
def published(browser: Any, hostile: tuple[Path, SiteAtlas]) -> Iterator[Visits]:
    """Opens pages of it over http."""
    with over_http(hostile[0]) as address:
        visits = Visits(browser, address)
        yield visits
        visits.close()
    assert visits.problems == []


def opened(page: Any) -> Any:
    """The page with its panel."""
    page.locator(".sharing summary").first.click()
    page.locator(".sharing .lines").wait_for()
    return page


def line(page: Any, called: str) -> str:
    """What a line of the panel copies."""
    return str(page.get_by_label(called, exact=True).input_value())


def copied(page: Any, called: str) -> str:
    """What lies in the clipboard after its button."""
    page.get_by_role("button", name=f"Copy {called}", exact=True).click()
    page.locator(".sharing button", has_text="Copied").first.wait_for()
    return str(page.evaluate("navigator.clipboard.readText()"))


CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def test_two_clicks_copy_a_link_that_shows_the_feature_without_a_word(browser: Any, served: str) -> None:
    visits = Visits(browser, served)
    page = opened(visits.open(f"{FEATURE}?embedplots=false#top-1", **CLIPBOARD))
    link = copied(page, "Link")

    assert link.startswith(f"{served}{FEATURE}?v=")
    assert link == line(page, "Link")
    assert page.locator(".sharing [role=status]").inner_text() == "Link: copied"
    page.goto(link)
    page.wait_for_timeout(300)
    assert page.locator("h1").inner_text()
    assert page.locator("#cited").count() == 0
    visits.close()
    assert visits.problems == []


def named(site: Path) -> int:
    """A feature whose title is a hostile text of the corpus."""
    pages = (site / "f" / "block2").glob("*.html")
    return min(int(page.stem) for page in pages if re.search("<h1[^>]*>[^<]*&lt;", page.read_text(encoding="utf-8")))


def test_every_line_says_what_python_says_whatever_the_title_holds(
    published: Visits, hostile: tuple[Path, SiteAtlas]
) -> None:
    site, atlas = hostile
    number = named(site)
    page = opened(published.open(f"f/block2/{number}.html"))
    heading = page.locator("h1").text_content()
    work = work_of(atlas.card.title, CITE, SETTINGS)
    feature = CitedFeature(f"block2/{number}", heading, atlas.fingerprint("block2"))
    link = f"{BASE}f/block2/{number}.html?v={atlas.fingerprint('block2')}"

    assert "<" in heading
    assert line(page, "Link") == link
    assert line(page, "Reference") == reference(work, feature)
    assert line(page, "BibTeX") == bibtex(work, feature).rstrip()
    assert line(page, "LaTeX, short") == f"\\feature{{block2}}{{{number}}}"
    assert line(page, "LaTeX").startswith(f"\\href{{{link.replace('_', chr(92) + '_')}}}{{block2/{number}: ")
    assert "\\textless{}" in line(page, "LaTeX")
    assert line(page, "Markdown").startswith(f"[block2/{number}: ")
    assert "\\<" in line(page, "Markdown")
    assert line(page, "Markdown").endswith(f"]({link.replace('_', '%5f')})")
    assert line(page, "JSON") == f"{BASE}f/block2/{number}.json"
    assert f'file.get_slice("decoder")[{number}]' in line(page, "Decoder")


def test_dollar_signs_of_a_title_stay_as_they_are(published: Visits) -> None:
    page = published.open("f/block2/1.html")
    title = "$$ and $& and $1"
    page.evaluate("title => { document.querySelector('main h1').textContent = title }", title)
    opened(page)

    assert f"block2/1: {title}. In: " in line(page, "Reference")
    assert r"\$\$ and \$\& and \$1" in line(page, "BibTeX")


class Frames(HTMLParser):
    """The frames of a snippet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "iframe"
        self.found.append(dict(attrs))


def test_an_embed_shows_what_was_chosen_and_its_snippet_asks_for_it(
    published: Visits, hostile: tuple[Path, SiteAtlas]
) -> None:
    number = named(hostile[0])
    page = opened(published.open(f"f/block2/{number}.html"))
    page.locator(".embedding summary").click()
    frame = page.frame_locator(".embedding iframe")
    frame.locator("html.embed .rows").wait_for()
    assert frame.locator(".side").is_visible()

    page.get_by_role("checkbox", name="Histogram").uncheck()
    page.get_by_label("Theme").select_option("dark")
    frame.locator("html.no-plots[data-theme=dark] .rows").wait_for()
    assert not frame.locator(".side").is_visible()
    (made,) = Frames(line(page, "Embed")).found
    asked = f"v={hostile[1].fingerprint('block2')}&embed=true&embedplots=false&embedtheme=dark"
    assert made["src"] == f"{BASE}f/block2/{number}.html?{asked}"
    assert made["title"] == f"block2/{number}: {page.locator('h1').text_content()}"


def test_what_the_panel_leads_to_is_in_the_site(published: Visits, hostile: tuple[Path, SiteAtlas]) -> None:
    page = opened(published.open("f/block2/1.html"))
    style = page.locator(".sharing a[download]").get_attribute("href")

    assert style == "../../atlas.sty"
    assert (hostile[0] / "atlas.sty").is_file()
    assert (hostile[0] / line(page, "JSON").removeprefix(BASE)).is_file()
    assert f"{BASE}data/vectors/block2.safetensors" in line(page, "Decoder")
    assert (hostile[0] / "data/vectors/block2.safetensors").is_file()


def test_where_the_clipboard_is_closed_the_line_is_selected(visit: Visit) -> None:
    page = opened(visit(FEATURE))
    page.evaluate("""() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error());
        document.execCommand = () => false;
    }""")
    page.get_by_role("button", name="Copy BibTeX").click()
    page.locator(".sharing button", has_text="Selected").wait_for()

    assert page.evaluate("getSelection().toString()") == line(page, "BibTeX")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_open_panel_fits_and_axe_finds_nothing_serious(browser: Any, served: str, width: int, theme: str) -> None:
    visits = Visits(browser, served)
    page = opened(visits.open(FEATURE, width=width, theme=theme))
    page.locator(".embedding summary").click()
    page.frame_locator(".embedding iframe").locator("h1").wait_for()
    box = page.locator(".sharing > div").bounding_box()
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints(page, "{}") == []
    visits.close()
    assert visits.problems == []


def test_a_key_opens_the_panel_and_escape_closes_it(visit: Visit) -> None:
    page = visit(FEATURE)
    page.keyboard.press("c")
    page.locator(".sharing .lines").wait_for()
    page.keyboard.press("Escape")
    page.locator(".sharing:not([open])").wait_for()
    page.keyboard.press("?")

    assert "cite and share" in page.locator("dialog.keys").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_from_a_disk_or_without_scripts_says_that_it_is_not_published(
    browser: Any, site: Any, scripts: bool
) -> None:
    visits = Visits(browser, f"{site.as_uri()}/")
    page = visits.open(FEATURE, scripts=scripts)
    page.locator(".sharing summary").click()
    panel = page.locator(".sharing > div")

    if scripts:
        page.locator(".sharing .lines").wait_for()
        assert "Not published yet: these addresses hold on this machine alone" in panel.inner_text()
        assert line(page, "Link").startswith(f"{site.as_uri()}/{FEATURE}?v=")
        assert line(page, "BibTeX").endswith("howpublished = {Feature of {Synthetic atlas}}\n}")
        assert line(page, "Reference").endswith("In: Synthetic atlas.")
    else:
        assert "block1/1" in panel.inner_text()
        assert "Not published yet: set [site] base_url (atlas " in panel.inner_text()
    visits.close()


def test_dictionaries_labels_and_lists_are_shared_too(visit: Visit, site: Path) -> None:
    label = next(path.relative_to(site).as_posix() for path in sorted(site.glob("l/label/*.html")))
    for address, ending in ((label, label), ("d/block1.html", "?v=")):
        page = opened(visit(address))
        assert ending in line(page, "Link")
        assert line(page, "Markdown").endswith(f"]({line(page, 'Link')})")
        assert line(page, "BibTeX").startswith("@misc{synthetic")
    page = visit("list.html?features=block1/1,block2/7&title=Two")
    page.locator(".sharing:not([hidden])").wait_for()
    opened(page)
    assert page.locator("#share [name=link]").input_value() == page.locator(".sharing input").first.input_value()
    page.locator("#share [name=title]").fill("Three [x]")
    assert line(page, "Markdown").startswith("[Three \\[x\\]](")


def test_the_text_for_pages_without_scripts_is_the_reference(hostile: tuple[Path, SiteAtlas]) -> None:
    site, atlas = hostile
    text = (site / "f/block2/1.html").read_text(encoding="utf-8")
    plain = unescape(text.partition('class="sharing"><summary>Share</summary><div><p>')[2].partition("</p>")[0])

    assert plain.startswith("Doe, Jane {J} (2026). block2/1")
    assert f"{BASE}f/block2/1.html?v={atlas.fingerprint('block2')} (archived as https://doi.org/10.5281/" in plain

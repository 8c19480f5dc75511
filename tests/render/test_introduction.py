"""What a newcomer is told: the terms, the guide's marks, lines about dictionaries, and where a page leads."""

import re
from dataclasses import replace

import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import about, compare, dictionary, guide, home, label
from atlas.render.pages.guide import MARKS
from atlas.render.parts.best import best_features
from atlas.render.parts.detections import label_address
from atlas.render.parts.introduction import TERMS
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import templates_folder
from atlas.speech.languages import is_language, language_name
from tests.render.sites import SMALL, Parsed, opened

LINE = "What <b>block1</b> is."


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    small = opened(tmp_path_factory.mktemp("told"), SMALL)
    settings = SiteConfig(project="https://example.org/project", paper="https://example.org/paper?a=1&b=2")
    return replace(site_atlas(small.folder.root, settings), abouts=(("block1", LINE),))


def text_of(pages: object, address: str) -> str:
    return str(dict(pages)[address])  # type: ignore[call-overload]


def test_home_and_about_begin_with_the_terms_and_lead_to_guide_project_and_paper(told: SiteAtlas) -> None:
    for pages, address in ((home.pages(told), "index.html"), (about.pages(told), "about.html")):
        page = Parsed(text_of(pages, address))
        links = set(page.values("href"))

        assert all(meaning in page.said for _, meaning in TERMS)
        assert {"guide.html", "https://example.org/project", "https://example.org/paper?a=1&b=2"} <= links
        assert "Documentation" not in page.said


def test_every_mark_of_the_drawing_is_explained() -> None:
    drawn = (templates_folder() / "guide.html").read_text(encoding="utf-8")
    numerals = drawn.partition('<g class="numeral">')[2].partition("</g>")[0]

    assert re.findall(r">(\d+)</text>", numerals) == [str(number) for number in range(1, len(MARKS) + 1)]


def test_the_guide_leads_to_a_feature_to_try_it_on(told: SiteAtlas) -> None:
    page = Parsed(text_of(guide.pages(told), "guide.html"))

    assert all(f"{name}." in page.said for name, _ in MARKS)
    assert any(re.fullmatch(r"f/block[12]/\d+\.html", link) for link in page.values("href"))


def test_the_line_about_a_dictionary_stands_wherever_it_is_introduced(told: SiteAtlas) -> None:
    places = (
        (home.pages(told), "index.html"),
        (about.pages(told), "about.html"),
        (dictionary.pages(told), "d/block1.html"),
        (compare.pages(told), "compare/block1--block2.html"),
    )

    assert [LINE in Parsed(text_of(pages, address)).said for pages, address in places] == [True] * 4


def test_a_labels_page_says_the_best_of_its_control_first(told: SiteAtlas) -> None:
    pages = dict(label.pages(told))
    for key, best in list(best_features(told).items())[:5]:
        said = Parsed(str(pages[label_address(*key)])).said
        first = said.partition("Best of 96 features: ")[2].partition("All of it is correlation")[0]

        assert f"{best.dictionary}/{best.feature}" in first
        has = f"the best of 96 random directions has {best.rivals[0].figure}"
        assert (has if best.rivals[0].value is not None else "none of 96 random directions finds it") in first


@pytest.mark.parametrize(
    ("code", "name"), [("de", "German"), ("pt-BR", "Portuguese"), ("PT_br", "Portuguese"), ("xx", "xx"), ("", "")]
)
def test_codes_of_languages_have_names(code: str, name: str) -> None:
    assert language_name(code) == name
    assert is_language(name) == (name in ("German", "Portuguese"))

"""What the head of a page says to previews, search engines and reference managers, and the files beside the pages."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from atlas.config.site import CiteConfig, SiteConfig
from atlas.render.pages import (
    about,
    citing,
    controls,
    dictionary,
    feature,
    home,
    label,
    labels,
    lists,
    mapping,
    packed,
    preview,
    search,
    standing,
    table,
)
from atlas.render.pages import data as data_pages
from atlas.render.pages import downloads as downloads_pages
from atlas.render.site import SiteAtlas
from tests.render.sites import SMALL, Parsed, opened
from tests.synthetic import HOSTILE, Spec

BASE = "https://example.org/atlas/"
CITE = CiteConfig.model_validate(
    {
        "authors": ["Doe, Jane", {"name": "Müller, Jördis", "orcid": "0000-0002-1825-0097"}],
        "year": 2026,
        "doi": "10.5281/zenodo.1234567",
        "licence": "CC-BY-4.0",
        "version": "1.0.0",
        "paper": "https://example.org/paper.pdf",
    }
)
KINDS = (home, about, dictionary, labels, label, lists, standing, search, mapping, table)
MADE_BY_SCRIPTS = ("list.html", "search.html", "map.html")
STANDING_IN = ("404.html", "f.html")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    bare = opened(tmp_path_factory.mktemp("atlas"), SMALL, SiteConfig.model_validate({"base_url": BASE[:-1]}))
    return replace(bare, cite=CITE)


@pytest.fixture(scope="module")
def pages(atlas: SiteAtlas) -> dict[str, str]:
    return made(atlas)


@pytest.fixture(scope="module")
def bare(atlas: SiteAtlas) -> dict[str, str]:
    """The same without an address and without a word on how it is cited."""
    return made(SiteAtlas(atlas.folder, atlas.card, SiteConfig()))


def made(atlas: SiteAtlas) -> dict[str, str]:
    """Every kind of page, and the first features and directions."""
    every = [page for kind in KINDS for page in kind.pages(atlas)]
    every += [*feature.pages(atlas, "block1", 0, 16), *controls.pages(atlas, "block1-random", 0, 16)]
    return {address: str(text) for address, text in every if address.endswith(".html")}


def head(text: str) -> dict[str, list[str]]:
    """What the head says, by the names and properties of its elements."""
    said: dict[str, list[str]] = {}
    for tag, attributes in Parsed(text).elements:
        names = {attributes.get("name"), attributes.get("property")} if tag == "meta" else {attributes.get("rel")}
        for name in filter(None, names):
            said.setdefault(name, []).append(attributes.get("content") or attributes.get("href") or "")
    return said


def data(text: str) -> Any:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    return json.loads(block)


def test_a_feature_page_says_what_a_reference_manager_takes(atlas: SiteAtlas, pages: Mapping[str, str]) -> None:
    views = {address: head(text) for address, text in pages.items() if address.startswith("f/block1/")}
    titles = [view["citation_title"][0] for view in views.values()]

    assert any(re.fullmatch(r"block1/\d+: .+", title) for title in titles)
    for address, said in views.items():
        number = re.findall(r"\d+", address)[1]
        assert said["citation_title"][0].startswith(f"block1/{number}")
        assert said["citation_title"] == said["og:title"]
        assert said["citation_author"] == ["Doe, Jane", "Müller, Jördis"]
        assert said["citation_publication_date"] == ["2026"]
        assert said["citation_doi"] == ["10.5281/zenodo.1234567"]
        assert said["citation_public_url"] == [f"{BASE}{address}?v={atlas.fingerprint('block1')}"]
        assert said["canonical"] == said["og:url"] == [f"{BASE}{address}"]
        assert said["og:image"] == [f"{BASE}preview.png"]
        assert said["og:site_name"] == ["Synthetic atlas"]
        assert said["DC.rights"] == ["CC-BY-4.0"]
        assert said["description"] == said["og:description"]
        assert said["description"][0]


def test_directions_of_a_control_are_not_cited_and_their_stubs_not_looked_for(pages: Mapping[str, str]) -> None:
    views = {address: head(text) for address, text in pages.items() if address.startswith("f/block1-random/")}

    assert not any(name.startswith(("citation_", "og:", "DC.")) for said in views.values() for name in said)
    assert {tuple(said.get("robots", ())) for said in views.values()} == {(), ("noindex",)}
    assert all(("robots" in said) != ("canonical" in said) for said in views.values())


def test_the_home_page_is_the_whole_as_a_dataset(atlas: SiteAtlas, pages: Mapping[str, str]) -> None:
    said, content = head(pages["index.html"]), data(pages["index.html"])

    assert said["canonical"] == said["citation_public_url"] == [BASE]
    assert (said["DC.type"], said["DC.title"]) == (["Dataset"], ["Synthetic atlas"])
    assert said["DC.creator"] == said["citation_author"] == ["Doe, Jane", "Müller, Jördis"]
    assert said["DC.identifier"] == ["https://doi.org/10.5281/zenodo.1234567"]
    assert (content["@type"], content["url"]) == ("Dataset", BASE)
    assert 50 <= len(content["description"]) <= 5000
    downloads = {one["contentUrl"].removeprefix(BASE) for one in content["distribution"]}
    files = {address for kind in (table, data_pages, downloads_pages) for address, _ in kind.pages(atlas)}
    assert downloads <= files
    assert {"data/features.csv", "d/block1.csv", "data/vectors/block1.safetensors"} <= downloads
    assert [address for address, text in pages.items() if "application/ld+json" in text] == ["index.html"]


def test_lists_and_labels_are_cited_too_but_a_list_has_no_one_address(pages: Mapping[str, str]) -> None:
    found = next(address for address in pages if address.startswith("l/label/"))

    for address in ("labels.html", "d/block1.html", found):
        said = head(pages[address])
        assert said["citation_public_url"] == [BASE + address]
        assert said["citation_author"]
    assert "citation_public_url" not in head(pages["list.html"])
    assert "og:title" in head(pages["list.html"])


def test_every_page_of_one_address_names_it(pages: Mapping[str, str]) -> None:
    for address, text in pages.items():
        said = head(text)
        stub = address.startswith("f/block1-random/") and "robots" in said
        if address in MADE_BY_SCRIPTS or address in STANDING_IN or stub:
            assert "canonical" not in said, address
            assert ("robots" in said) == (address not in MADE_BY_SCRIPTS), address
        else:
            assert said["canonical"] == [BASE + ("" if address == "index.html" else address)], address


def test_the_picture_of_every_page_is_a_file_of_the_site(atlas: SiteAtlas, pages: Mapping[str, str]) -> None:
    files = {BASE + address for address, _ in preview.pages(atlas)}
    pictures = {address: head(text).get("og:image", []) for address, text in pages.items()}

    assert pictures["index.html"] == [f"{BASE}preview.png"]
    assert {address: named for address, named in pictures.items() if not files.issuperset(named)} == {}


def test_the_doi_stands_on_every_page(atlas: SiteAtlas, pages: Mapping[str, str]) -> None:
    assert [address for address, text in pages.items() if "doi:10.5281/zenodo.1234567" not in Parsed(text).said] == []
    site = feature.site_of(atlas)
    view = feature.feature_view(atlas, site, atlas.dictionary("block1"), 3)
    assert ">doi:10.5281/zenodo.1234567</a>" in packed._body(site, view)


def test_without_an_address_nothing_that_needs_one_is_said(bare: Mapping[str, str], atlas: SiteAtlas) -> None:
    names = {name for text in bare.values() for name in head(text)}

    assert names & {"canonical", "og:url", "og:image", "twitter:card", "citation_public_url", "DC.identifier"} == set()
    assert names & {"citation_author", "citation_doi", "citation_publication_date", "DC.creator", "DC.rights"} == set()
    assert {"citation_title", "og:title", "og:description"} <= names
    assert data(bare["index.html"]).keys() == {
        "@context",
        "@type",
        "name",
        "description",
        "keywords",
        "isAccessibleForFree",
    }
    unpublished = SiteAtlas(atlas.folder, atlas.card, SiteConfig())
    assert list(preview.pages(unpublished)) == []
    assert [address for address, _ in citing.pages(unpublished)] == ["cite.bib"]
    assert "CITATION.cff" not in bare["about.html"]


def test_what_has_a_doi_is_not_called_unpublished(atlas: SiteAtlas) -> None:
    archived = replace(atlas, settings=SiteConfig())
    shared = [text for text in made(archived).values() if 'class="sharing"' in text]

    assert any("(archived as https://doi.org/10.5281/zenodo.1234567) (atlas " in text for text in shared)
    assert any(". https://doi.org/10.5281/zenodo.1234567</p>" in text for text in shared)
    assert not any("Not published yet" in text for text in shared)


def test_a_feature_page_grows_by_little(pages: Mapping[str, str], bare: Mapping[str, str]) -> None:
    grown = [
        len(text.encode()) - len(bare[address].encode()) for address, text in pages.items() if "f/block1/" in address
    ]

    assert max(grown) < 1500


def test_a_stub_of_a_packed_site_stays_small(atlas: SiteAtlas) -> None:
    stubs = [str(text) for address, text in packed.pages(atlas, "block1", 0, 64) if address.startswith("f/")]

    assert max(len(stub.encode()) for stub in stubs) < 800


def test_about_has_what_is_copied_and_the_files_beside_it(atlas: SiteAtlas, pages: Mapping[str, str]) -> None:
    said, files = Parsed(pages["about.html"]), dict(citing.pages(atlas))

    assert {"cite.bib", "CITATION.cff"} == files.keys() <= set(said.values("href"))
    assert " ".join(str(files["cite.bib"]).split()) in said.said
    assert "https://example.org/paper.pdf" in said.values("href")
    assert "https://creativecommons.org/licenses/by/4.0/" in said.values("href")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    spec = Spec(features=48, dictionaries=("block1",), clips=48, hostile=True)
    atlas = opened(tmp_path_factory.mktemp("hostile"), spec, SiteConfig.model_validate({"base_url": BASE}))
    names = [" ".join(text[:80].split()) for text in HOSTILE]
    cite = CiteConfig.model_validate(
        {"title": HOSTILE[0], "authors": names, "licence": HOSTILE[1], "version": HOSTILE[2]}
    )
    return replace(atlas, cite=cite)


def test_hostile_titles_and_names_come_out_as_text(hostile: SiteAtlas) -> None:
    made = dict(home.pages(hostile)) | dict(feature.pages(hostile, "block1", 0, 48))
    for address, text in made.items():
        if not address.startswith(("index", "f/")):
            continue
        page = Parsed(str(text))
        said = head(str(text))
        assert said["citation_author"] == [author.name for author in hostile.work.authors]
        scripts = [attributes for tag, attributes in page.elements if tag == "script"]
        assert all("src" in one or one == {"type": "application/ld+json"} for one in scripts), address
    assert Parsed(str(made["index.html"])).crossed == []
    content = data(str(made["index.html"]))
    assert content["name"] == HOSTILE[0]
    assert [creator["name"] for creator in content["creator"] if creator["@type"] == "Organization"]
    block = re.search(r"ld\+json\">(.*?)</script>", str(made["index.html"]), re.DOTALL)
    assert block
    assert not set("<>&") & set(block[1])


def test_the_picture_is_of_the_size_that_previews_ask_for_and_drawn_alike(atlas: SiteAtlas, tmp_path: Path) -> None:
    ((address, picture),) = preview.pages(atlas)
    assert isinstance(picture, bytes)
    image = Image.open(io.BytesIO(picture))

    assert (address, image.format, image.size) == ("preview.png", "PNG", (1200, 630))
    assert preview.drawn(atlas) == picture
    assert len(picture) < 300_000
    bare = opened(tmp_path, Spec(features=8, clips=24, controls=False, analysed=False, media=False))
    assert Image.open(io.BytesIO(preview.drawn(bare))).size == (1200, 630), "without a map"


@pytest.mark.parametrize("title", [*HOSTILE, "音声", "a " * 400])
def test_whatever_the_title_is_the_picture_is_drawn(atlas: SiteAtlas, title: str) -> None:
    titled = SiteAtlas(atlas.folder, replace(atlas.card, title=title), atlas.settings)

    assert Image.open(io.BytesIO(preview.drawn(titled))).size == (1200, 630)


def test_a_title_in_letters_that_the_font_may_not_have_gives_way_to_the_model(atlas: SiteAtlas) -> None:
    def title(text: str) -> str:
        titled = SiteAtlas(atlas.folder, replace(atlas.card, title=text), atlas.settings)
        return " ".join(line.text for line in preview.preview(titled).lines if line.bold)

    assert title("Whisper für Vögel – блок 2") == "Whisper für Vögel – блок 2"
    assert title("音声の特徴") == title("a 😀") == atlas.card.encoder.model
    assert title("x" * 10_000).endswith("…")
    assert len(title("word " * 400)) < 120

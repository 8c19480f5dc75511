"""Every kind of page of tiny atlases, and the view of a feature, held against what was looked at and found right.

After a change that is meant: `make snapshots`, read the difference, commit it.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import about, clip, dictionary, feature, packed, search, standing
from atlas.render.pages.feature import feature_view
from atlas.render.run import KINDS
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import site_of
from tests.synthetic import Spec, write_atlas

KEPT = Path(__file__).parent / "snapshots"
FEATURE = 3
NAMED_BY_PEAKS = 6
ONE = Spec(features=16, clips=60, top=3, others=1)
ANNOTATED = replace(ONE, annotated=True)
TWO = Spec(features=12, dictionaries=("block1", "block2"), clips=18, top=2, others=1)
PAGES = {
    "404.html": "404.html",
    "about.html": "about.html",
    "alias.html": "f.html",
    "charts.html": "charts.html",
    "clip.html": "c/dc75d5eec2139214.html",
    "compare.html": "compare/block1--block2.html",
    "dictionaries.html": "dictionaries.html",
    "dictionary.html": "d/block2.html",
    "guide.html": "guide.html",
    "home.html": "index.html",
    "label.html": "l/label/organ.html",
    "labels.html": "labels.html",
    "list.html": "list.html",
    "map.html": "map.html",
    "search.html": "search.html",
    "table.html": "d/block2/links-1.html",
}
"the snapshot of each kind of page -> the page that stands for its kind"
ANNOTATED_PAGES = {
    "annotated-about.html": "about.html",
    "annotated-clip.html": "c/328a08c4a2f00866.html",
    "annotated-dictionary.html": "d/block2.html",
    "annotated-search.html": "search.html",
}
OTHERS = (
    *("alias-without-stubs.html", "feature.html", "feature.json", "stub.html"),
    *("annotated-feature.html", "annotated-feature.json", *ANNOTATED_PAGES),
)
LIBRARY_MADE = (  # its bytes are those of one version of a library
    (re.compile(r"data:image/webp;base64,[\w+/=]+"), "(a picture)"),
    (re.compile(r'<svg [^>]*( aria-label="[^"]+") class="overview">.*?</svg>', re.DOTALL), r"<svg\1>(a chart)</svg>"),
)


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("one"), ONE)
    return site_atlas(folder, SiteConfig(notice="This corpus is synthetic."))


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return site_atlas(write_atlas(tmp_path_factory.mktemp("annotated"), ANNOTATED), SiteConfig())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """All pages but those of features, by address."""
    two = site_atlas(write_atlas(tmp_path_factory.mktemp("two"), TWO), SiteConfig())
    made = (page for kind in KINDS for page in kind(two))
    return {address: str(text) for address, text in made if address.endswith(".html")}


def held_against(name: str, text: str) -> None:
    path = KEPT / name
    for pattern, replacement in LIBRARY_MADE:
        text = pattern.sub(replacement, text)
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} differs; if that is meant: make snapshots"


def test_the_view_of_a_feature_is_as_it_was(atlas: SiteAtlas) -> None:
    view = feature_view(atlas, site_of(atlas), atlas.dictionary("block2"), FEATURE)

    held_against("feature.json", json.dumps(asdict(view), indent=1, ensure_ascii=False) + "\n")


def test_the_page_of_a_feature_is_as_it_was(atlas: SiteAtlas) -> None:
    ((_, text),) = feature.pages(atlas, "block2", FEATURE, FEATURE + 1)

    held_against("feature.html", str(text))


def test_the_page_of_a_feature_that_its_peaks_name_is_as_it_was(annotated: SiteAtlas) -> None:
    view = feature_view(annotated, site_of(annotated), annotated.dictionary("block2"), NAMED_BY_PEAKS)
    ((_, text),) = feature.pages(annotated, "block2", NAMED_BY_PEAKS, NAMED_BY_PEAKS + 1)

    held_against("annotated-feature.json", json.dumps(asdict(view), indent=1, ensure_ascii=False) + "\n")
    held_against("annotated-feature.html", str(text))


@pytest.mark.parametrize("name", ANNOTATED_PAGES)
def test_a_page_that_tells_of_annotations_is_as_it_was(annotated: SiteAtlas, name: str) -> None:
    made = dict(page for kind in (about, clip, dictionary, search) for page in kind.pages(annotated))

    held_against(name, str(made[ANNOTATED_PAGES[name]]))


def test_the_stub_of_a_feature_and_the_page_in_place_of_stubs_are_as_they_were(atlas: SiteAtlas) -> None:
    without = site_atlas(atlas.folder.root, SiteConfig(packed=True, stubs=False))

    held_against("stub.html", str(dict(packed.pages(atlas, "block2", 0, 16))[f"f/block2/{FEATURE}.html"]))
    held_against("alias-without-stubs.html", str(dict(standing.pages(without))["f.html"]))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_each_kind_is_as_it_was(pages: Mapping[str, str], name: str) -> None:
    held_against(name, pages[PAGES[name]])


def test_every_kind_of_page_has_a_snapshot_and_every_snapshot_a_page(pages: Mapping[str, str]) -> None:
    kinds = {address.split("/")[0] for address in pages} - {
        "data.html"
    }  # it tells bytes of Parquet, which polars packs
    assert kinds == {address.split("/")[0] for address in PAGES.values()}
    assert {path.name for path in KEPT.iterdir()} == {*PAGES, *OTHERS}

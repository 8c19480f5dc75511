"""Home, dictionary, comparison, label, clip and about pages of made-up atlases: whole, linked, escaped, repeatable."""

import json
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from atlas.config.site import SiteConfig
from atlas.render.definitions import OF_EFFECTS, SECTIONS
from atlas.render.pages import clip as clips
from atlas.render.site import SiteAtlas
from atlas.render.templating import POLICY
from atlas.schema.media import LEAD_S
from tests.render.sites import SMALL, Parsed, opened, written
from tests.synthetic import HOSTILE, Spec

BARE = Spec(features=48, clips=24, controls=False, analysed=False, media=False)
OWN = re.compile(
    r"(index|charts|guide|dictionaries)\.html|about\.html|labels\.html|(d|compare)/[^/]+\.html|(l|c)/.+\.html"
)
GENERATED = re.compile(
    r"(assets|charts|media)/.+|(map|search|list|data)\.html|cite\.bib|d/[^/]+\.csv|d/[^/]+/links-1\.html"
)
FEATURE = re.compile(r"f/([^/]+)/(\d+)\.html")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def pages(small: SiteAtlas) -> dict[str, str]:
    return written(small)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    spec = Spec(features=48, dictionaries=("block1",), clips=48, hostile=True)
    return written(opened(tmp_path_factory.mktemp("hostile"), spec))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(opened(tmp_path_factory.mktemp("bare"), BARE))


def test_every_kind_of_page_is_there(pages: dict[str, str]) -> None:
    kinds = {address.split("/")[0] for address in pages}

    assert kinds == {
        "index.html",
        "charts.html",
        "dictionaries.html",
        "guide.html",
        "about.html",
        "labels.html",
        "d",
        "compare",
        "l",
        "c",
    }


def test_pages_made_twice_are_equal(small: SiteAtlas, pages: dict[str, str]) -> None:
    assert written(SiteAtlas(small.folder, small.card, small.settings)) == pages


def test_every_element_is_closed_in_turn(pages: dict[str, str], hostile: dict[str, str], bare: dict[str, str]) -> None:
    for address, text in (pages | hostile | bare).items():
        parsed = Parsed(text)
        assert (parsed.crossed, parsed.open) == ([], []), address


def test_the_security_policy_holds(pages: dict[str, str], hostile: dict[str, str], bare: dict[str, str]) -> None:
    for address, text in (pages | hostile | bare).items():
        parsed = Parsed(text)
        assert POLICY in parsed.values("content"), address
        assert list(parsed.values("style")) == [], address
        assert [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")] == []
        scripts = [attributes for tag, attributes in parsed.elements if tag in ("script", "style")]
        data = {"type": "application/ld+json"}
        assert all("src" in attributes or attributes == data for attributes in scripts), address


def test_every_link_leads_to_a_page_that_is_made(small: SiteAtlas, pages: dict[str, str]) -> None:
    for address, text in pages.items():
        for link in Parsed(text).values("href", "src"):
            if link.startswith("https://"):  # where a recording comes from, as its corpus says
                continue
            path, _, anchor = link.partition("#")
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(address), unquote(path.split("?")[0])))
            feature = FEATURE.fullmatch(goal)
            if feature:
                assert int(feature[2]) < small.feature_count(feature[1]), (address, link)
            elif OWN.fullmatch(goal) or not path:
                page = pages[goal if path else address]
                assert not anchor or anchor in Parsed(page).values("id"), (address, link)
            else:
                assert GENERATED.fullmatch(goal), (address, link)


def test_what_a_link_to_media_promises_lies_in_the_atlas(small: SiteAtlas, pages: dict[str, str]) -> None:
    media = {
        link.split("#")[0].split("/", link.count("../"))[-1]
        for text in pages.values()
        for link in Parsed(text).values("href", "src")
        if "media/" in link
    }

    assert media
    assert [name for name in sorted(media) if not (small.folder.root / name).exists()] == []


def test_names_of_buttons_are_unique_on_a_page_but_for_one_sound_shown_twice(pages: dict[str, str]) -> None:
    for address, text in pages.items():
        buttons = {
            (attributes["aria-label"], attributes.get("href"))
            for tag, attributes in Parsed(text).elements
            if tag == "a" and attributes.get("role") == "button"
        }
        assert len({name for name, _ in buttons}) == len(buttons), address


def test_no_address_is_named_twice_on_a_page(pages: dict[str, str], bare: dict[str, str]) -> None:
    for address, text in (pages | bare).items():
        names = list(Parsed(text).values("id"))
        assert len(names) == len(set(names)), address


def test_hostile_texts_come_out_as_text(hostile: dict[str, str]) -> None:
    everything = " ".join(Parsed(text).said for text in hostile.values())
    for text in HOSTILE:
        assert " ".join(text.split())[:200] in everything
    for address, text in hostile.items():
        parsed = Parsed(text)
        assert "alert(1)" not in "".join(value for value in parsed.values("src", "href")), address
        assert [tag for tag, attributes in parsed.elements if tag == "img" and "onerror" in attributes] == []


def test_addresses_are_made_of_harmless_characters(hostile: dict[str, str]) -> None:
    assert [address for address in hostile if not re.fullmatch(r"[a-z0-9./-]{1,120}", address)] == []


def test_an_atlas_with_nothing_but_measurements_says_so(bare: dict[str, str]) -> None:
    said = {address: Parsed(text).said for address, text in bare.items()}

    assert sorted(said) == [
        *("about.html", "charts.html", "d/block2.html", "guide.html", "index.html", "labels.html"),
    ]
    assert "No sound is published with this atlas, so features can be read but not heard." in said["index.html"]
    assert "This corpus has no labels, or they have not been analysed yet" in said["labels.html"]
    assert "No control was measured beside it" in said["d/block2.html"]
    assert "Labels have not been analysed" in said["d/block2.html"]


def test_a_clip_page_has_its_sound_its_picture_and_its_features_on_one_axis(
    small: SiteAtlas, pages: dict[str, str]
) -> None:
    clip = small.clips.filter("audio", "picture").row(0, named=True)
    parsed = Parsed(pages[f"c/{clip['key']}.html"])
    seconds = clip["valid_frames"] / 50

    assert f"../media/audio/{clip['key']}.mp3#t={LEAD_S:g},{seconds + LEAD_S:g}" in parsed.values("href")
    widths = {
        attributes["width"]
        for _, attributes in parsed.elements
        if {"ruler", "whole", "tier", "band", "over"} & set((attributes.get("class") or "").split())
    }
    assert len(widths) == 1
    over = next(attributes for _, attributes in parsed.elements if attributes.get("class") == "over seek")
    assert over["viewbox"] == f"0 0 {clip['valid_frames']} 1"
    tracks = small.tracks("block1").filter(clip=clip["clip"])
    listed = [f"../f/block1/{feature}.html" for feature in tracks.sort("rank")["feature"]]
    links = [attributes for tag, attributes in parsed.elements if tag == "a" and "title" not in attributes]
    assert [link for attributes in links if "f/block1/" in (link := attributes["href"] or "")] == listed


def test_the_about_page_defines_every_figure_and_names_every_licence(small: SiteAtlas, pages: dict[str, str]) -> None:
    parsed = Parsed(pages["about.html"])
    told = [figure for section in SECTIONS if section.key != OF_EFFECTS for figure in section.figures]

    assert {definition.anchor for definition in told} <= set(parsed.values("id"))
    assert all(definition.text in parsed.said for definition in told)
    assert all(licence in parsed.said for licence in small.clips["licence"].drop_nulls().unique())
    assert small.card.fingerprint in parsed.said


def test_the_truth_of_a_made_corpus_stands_on_the_page_of_its_clip(small: SiteAtlas, tmp_path: Path) -> None:
    row = small.clips.filter("audio").row(0, named=True)
    truth = tmp_path / "truth.jsonl"
    truth.write_text(json.dumps({"path": row["path"], "room.size_m": 7.5}), encoding="utf-8")
    atlas = SiteAtlas(small.folder, small.card, SiteConfig.model_construct(truth=truth))
    made = {address: text for address, text in clips.pages(atlas) if isinstance(text, str)}

    assert "room.size_m 7.5" in Parsed(made[f"c/{row['key']}.html"]).said
    assert sum("room.size_m" in text for text in made.values()) == 1

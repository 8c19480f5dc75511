"""Sitemaps name files of the site and nothing else, within the protocol's limits."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from atlas.config.settings import Config
from atlas.config.site import SiteConfig
from atlas.publish.checks import check_site
from atlas.render.pages.sitemap import pages, sitemaps
from atlas.render.parts.featuredata import address_to_cite
from atlas.render.run import render
from atlas.render.site import SiteAtlas
from atlas.store import AtlasFolder
from tests.render.sites import opened
from tests.synthetic import Spec, write_atlas

BASE = "https://example.org/atlas/"
NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
SETTINGS = {
    "whole": {"base_url": BASE},
    "packed": {"base_url": BASE, "packed": True},
    "without stubs": {"base_url": BASE, "packed": True, "stubs": False},
}


def located(text: str) -> list[str]:
    return [str(place.text) for place in ElementTree.fromstring(text).findall("*/s:loc", NAMESPACE)]


def site_of(folder: Path, settings: dict[str, object]) -> Path:
    config = Config.model_construct(dictionary=(), site=SiteConfig.model_validate(settings))
    render(AtlasFolder(write_atlas(folder / "atlas", Spec(features=70, clips=60))), config, folder / "site", 1)
    return folder / "site"


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
def test_every_address_is_a_file_and_every_page_that_is_looked_for_is_named(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    site = site_of(tmp_path, settings)
    named = located((site / "sitemap.xml").read_text(encoding="utf-8"))
    addresses = {place.removeprefix(BASE) or "index.html" for place in named}

    files = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert len(addresses) == len(named)
    assert addresses <= files
    left_out = files - addresses
    assert {"404.html", "f.html"} == {address for address in left_out if "/" not in address}
    assert {address.split("/")[1] for address in left_out if "/" in address} <= {"block2-random"}
    assert sum(address.startswith("f/block2/") for address in addresses) == (0 if "stubs" in settings else 70)
    assert check_site(site, lambda line: None) == []
    robots = (site / "robots.txt").read_text()
    assert robots == f"User-agent: *\nAllow: /\n\nSitemap: {BASE}sitemap.xml\n"


def test_a_site_without_an_address_has_no_sitemap_and_an_index_of_relative_links(tmp_path: Path) -> None:
    site = site_of(tmp_path, {})

    assert not list(site.glob("sitemap*"))
    assert "Sitemap" not in (site / "robots.txt").read_text()
    index = (site / "llms.txt").read_text(encoding="utf-8")
    linked = [line.split("](")[1].split(")")[0] for line in index.splitlines() if line.startswith("- [")]
    assert {"index.html", "about.html", "d/block2.html", "d/block2.csv", "site.json", "cite.bib"} <= set(linked)
    assert all((site / address).is_file() for address in linked)


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "f/{dictionary}/{number}.html"),
        ({"packed": True, "stubs": False}, "f.html#{dictionary}/{number}"),
        ({"base_url": BASE}, BASE + "f/{dictionary}/{number}.html"),
        ({"base_url": BASE, "packed": True, "stubs": False}, BASE + "f/{dictionary}/{number}.html"),
    ],
    ids=str,
)
def test_the_index_says_where_features_lie_as_they_are_cited(
    tmp_path: Path, settings: dict[str, object], address: str
) -> None:
    atlas = opened(tmp_path, Spec(features=16, clips=24), SiteConfig.model_validate(settings))
    index = str(dict(pages(atlas, []))["llms.txt"])

    assert f"A feature has its page at {address}.\n" in index
    at, _, place = address.replace("{dictionary}/{number}", "block2/7").partition("#")
    cited = f"{at}?v={atlas.fingerprint('block2')}{'#' if place else ''}{place}"
    assert address_to_cite(atlas, "block2", 7) == cited


def test_beyond_what_one_file_may_hold_there_are_parts_and_an_index_of_them() -> None:
    addresses = [f"f/a/{number}.html" for number in range(7)]
    files = {address: str(text) for address, text in sitemaps(BASE, addresses, most=3)}

    assert list(files) == ["sitemap.xml", "sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]
    assert located(files["sitemap.xml"]) == [BASE + name for name in list(files)[1:]]
    parts = [located(files[name]) for name in list(files)[1:]]
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [place for part in parts for place in part] == [BASE + address for address in addresses]


def test_a_part_of_the_largest_size_is_within_the_protocol_s_bytes() -> None:
    addresses = [f"f/a-rather-long-name-of-a-dictionary/{number}.html" for number in range(100_001)]
    files = dict(sitemaps("https://somebody.github.io/an-audio-feature-atlas/", addresses))

    assert len(files) == 4
    assert max(len(text) for text in files.values()) < 50_000_000
    assert max(str(text).count("<url>") for text in files.values()) == 50_000


def test_addresses_with_signs_of_xml_are_escaped() -> None:
    ((_, text),) = sitemaps("https://example.org/a&b/ü<c>/", ["index.html", "about.html"])

    assert located(str(text)) == [
        "https://example.org/a&b/%C3%BC%3Cc%3E/",
        "https://example.org/a&b/%C3%BC%3Cc%3E/about.html",
    ]


def test_pages_at_former_names_are_left_out(tmp_path: Path) -> None:
    atlas = opened(tmp_path, Spec(features=16, clips=24))
    published = replace(atlas, settings=SiteConfig.model_validate({"base_url": BASE}))
    assert isinstance(published, SiteAtlas)
    made = dict(
        pages(published, ["f/old/1.html", "d/old.html", "f/block2/1.html", "d/block2.html", "d/block2/links-1.html"])
    )

    assert [place.removeprefix(BASE) for place in located(str(made["sitemap.xml"]))] == [
        *("d/block2.html", "d/block2/links-1.html", "f/block2/1.html"),
    ]

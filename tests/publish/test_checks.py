"""`check_site` on a small site that is in order, and on the same with one fault planted at a time."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.publish.checks import REQUIRED, check_site
from atlas.publish.hosts import HOSTS
from atlas.render.templating import POLICY

HEAD = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY.replace(chr(39), "&#39;")}">'
PAGE = f'{HEAD}<link rel="stylesheet" href="ROOTassets/site.css"><title>T</title>'
INDEX = {
    "dictionaries": [
        {"name": "", "features": 1, "scripts": {"clips": 1}},
        {"name": "block2", "features": 3, "scripts": {"core": 1}},
    ]
}


def page(depth: int, body: str = "") -> str:
    return PAGE.replace("ROOT", "../" * depth) + body


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Every required page, three features, and links of every kind that is allowed."""
    files = {name: page(0) for name in REQUIRED} | {
        "index.html": page(
            0,
            '<a href="f/block2/1.html#top-1">1</a> <a href="search.html?q=a&amp;b#x">search</a>'
            '<a href="#here">here</a>'
            '<i id="here"></i> <a href="d/">d</a> <a href="https://example.org/">source</a>'
            '<img src="data:image/webp;base64,AA"> <a href="f.html#block2/2">alias</a>',
        ),
        "search.html": page(0, '<p id="x">'),
        "d/block2.html": page(1),
        "d/index.html": page(1, '<a href="..">up</a>'),
        **{f"f/block2/{n}.html": page(2, '<p id="top-1"><a href="../../index.html">up</a>') for n in range(3)},
        "assets/site.css": 'p { background: url("dot.svg") }',
        "assets/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "assets/player.js": 'document.createElementNS("http://www.w3.org/2000/svg", "path");',
        "data/index.js": f"atlasIndex({json.dumps(INDEX)});\n",
        "data/clips.js": "",
        "data/block2/core.js": "",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def problems_of(site: Path) -> list[str]:
    return check_site(site, lambda line: None)


def test_a_site_in_order_has_no_problems_and_says_what_it_is(site: Path) -> None:
    lines: list[str] = []

    assert check_site(site, lines.append) == []
    assert len(lines) == 1
    assert lines[0].startswith("check      19 files, 0.0 MB, of which 12 pages, the largest 1 kB: 0 problems")


PLANTED = {
    "a link to nothing": ('<a href="f/block2/3.html">', "f/block2/3.html: linked from about.html, and not there"),
    "a picture that is not there": ('<img src="media/a.webp">', "media/a.webp: linked from about.html, and not there"),
    "a sound that is not there": ('<b data-audio="media/a.mp3">', "media/a.mp3: linked from about.html, and not there"),
    "an anchor that is not there": (
        '<a href="f/block2/1.html#top-2">',
        "f/block2/1.html#top-2: linked from about.html, and f/block2/1.html has no such anchor",
    ),
    "a link from the root": (
        '<a href="/index.html">',
        "/index.html: linked from about.html, and leads out of the site; links are relative to their page",
    ),
    "a link above the site": (
        '<a href="../index.html">',
        "../index.html: linked from about.html, and leads out of the site; links are relative to their page",
    ),
    "a font from elsewhere": (
        '<link rel="stylesheet" href="https://fonts.example/a.css">',
        "about.html asks for https://fonts.example/a.css, which is outside of the site",
    ),
    "a script from elsewhere": (
        '<script src="//cdn.example/a.js"></script>',
        "about.html asks for //cdn.example/a.js, which is outside of the site",
    ),
    "data that is no picture": (
        '<a href="data:text/html,x">',
        "about.html asks for data:text/html,x, which is outside of the site",
    ),
    "a javascript address": (
        '<a href="javascript:alert(1)">',
        "about.html holds a javascript: address, which the security policy forbids",
    ),
    "a script in the page": (
        "<script>alert(1)</script>",
        "about.html holds a script in the page, which the security policy forbids",
    ),
    "a script in the page by another type": (
        '<script type="module">alert(1)</script>',
        "about.html holds a script in the page, which the security policy forbids",
    ),
    "data of another type": (
        '<script type="application/json">{}</script>',
        "about.html holds a script in the page, which the security policy forbids",
    ),
    "a script that names the type of data elsewhere": (
        '<script data-a=" type=" type="text/javascript">alert(1)</script>',
        "about.html holds a script in the page, which the security policy forbids",
    ),
    "a style attribute": (
        '<p class="a" style="top: 0">',
        "about.html holds a style attribute, which the security policy forbids",
    ),
    "a style element": ("<style>p {}</style>", "about.html holds a style element, which the security policy forbids"),
    "an event handler": (
        '<img src="assets/dot.svg" onerror="alert(1)">',
        "about.html holds an event handler in an attribute, which the security policy forbids",
    ),
    "an id twice": ('<i id="a"></i><i id="a"></i>', "about.html uses the id a twice"),
}


@pytest.mark.parametrize(("planted", "said"), PLANTED.values(), ids=list(PLANTED))
def test_what_is_planted_in_a_page_is_told(site: Path, planted: str, said: str) -> None:
    (site / "about.html").write_text(page(0, planted), encoding="utf-8")

    assert problems_of(site) == [said]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<!doctype html><title>T</title>", "has no security policy"),
        (page(0).replace("media-src", "frame-src"), "has another security policy than the tool gives to this site"),
        (f'<link rel="icon" href="assets/dot.svg">{HEAD}', "loads something before its security policy"),
    ],
)
def test_every_page_has_the_security_policy_before_anything_else(site: Path, content: str, said: str) -> None:
    (site / "about.html").write_text(content, encoding="utf-8")

    assert problems_of(site) == [f"about.html {said}"]


def test_escaped_text_is_no_fault(site: Path) -> None:
    text = "&lt;script&gt;alert(1)&lt;/script&gt; style=&#34;top: 0&#34; href=&#34;/x&#34; onerror=&#34;x&#34;"
    (site / "about.html").write_text(page(0, f'<p title="{text}">{text}</p>'), encoding="utf-8")

    assert problems_of(site) == []


def test_a_block_of_linked_data_and_addresses_in_the_head_are_no_fault(site: Path) -> None:
    data = '<script type="application/ld+json">{"url":"https://example.org/","name":" href=\\u003c"}</script>'
    links = '<link rel="canonical" href="https://example.org/about.html">'
    picture = '<meta property="og:image" content="https://example.org/preview.png">'
    (site / "about.html").write_text(page(0, data + links + picture), encoding="utf-8")

    assert problems_of(site) == []


def test_each_feature_has_its_address(site: Path) -> None:
    (site / "f/block2/0.html").unlink()
    (site / "f/block2/2.html").unlink()

    assert problems_of(site) == [
        "f/block2/0.html is missing: block2 has 3 features, and each has a page".replace(
            " is", " (and 1 other file) is"
        )
    ]


def test_a_fault_of_many_pages_is_told_once(site: Path) -> None:
    (site / "assets/site.css").unlink()

    assert problems_of(site) == ["assets/site.css: linked from 404.html (and 11 other files), and not there"]


def test_assets_ask_for_nothing_outside_and_for_nothing_missing(site: Path) -> None:
    (site / "assets/site.css").write_text("@import url(https://a.example/a.css); p { background: url(gone.svg) }")
    (site / "assets/player.js").write_text("const home = 'https://b.example/';")

    assert problems_of(site) == [
        "assets/player.js names https://b.example/, which is outside of the site",
        "assets/site.css asks for https://a.example/a.css, which is outside of the site",
        "gone.svg: asked for by assets/site.css, and not there",
    ]


def test_a_page_that_leads_on_leads_to_a_page_of_the_site(site: Path) -> None:
    refresh = '<noscript><meta http-equiv="refresh" content="0; url={}"></noscript>'
    (site / "d/index.html").write_text(page(1, refresh.format("block2.html")), encoding="utf-8")
    assert problems_of(site) == []

    (site / "d/index.html").write_text(page(1, refresh.format("block3.html")), encoding="utf-8")
    assert problems_of(site) == ["d/block3.html: linked from d/index.html, and not there"]

    (site / "d/index.html").write_text(page(1, refresh.format("https://a.example/")), encoding="utf-8")
    assert problems_of(site) == ["d/index.html asks for https://a.example/, which is outside of the site"]


PUBLISHED = {
    "format": 1,
    "title": "T",
    "tool": "tool 1",
    "base_url": None,
    "doi": None,
    "atlas": "0",
    "figures": "1",
    "files_for_features": True,
    "dictionaries": {"block2": {"features": 3, "identity": "2", "sha256": "", "tap": "t", "control_of": None}},
}


def test_each_feature_has_its_address_under_its_former_name_too(site: Path) -> None:
    (site / "site.json").write_text(json.dumps({**PUBLISHED, "redirects": {"old": "block2", "older": "block1"}}))
    (site / "d/old.html").write_text(page(1), encoding="utf-8")
    (site / "f/old").mkdir()
    (site / "f/old/1.html").write_text(page(2), encoding="utf-8")

    assert problems_of(site) == [
        "f/old/0.html (and 1 other file) is missing: block2 was called old, and its 3 features are cited so",
        "site.json leads from older to block1, and the site has no such dictionary",
    ]


def test_scripts_of_the_index_and_required_pages_are_there(site: Path) -> None:
    (site / "data/block2/core.js").unlink()
    (site / ".nojekyll").unlink()

    assert problems_of(site) == [
        ".nojekyll is missing",
        "data/block2/core.js is missing, though data/index.js names it",
    ]


def test_without_stubs_every_feature_has_its_shard(site: Path) -> None:
    for number in range(3):
        (site / f"f/block2/{number}.html").unlink()
    alias = '<a href="f.html#block2/1">1</a>'
    (site / "index.html").write_text(page(0, alias), encoding="utf-8")
    (site / "f.html").write_text(page(0).replace("<!doctype html>", '<!doctype html><html data-root="" data-alias>'))
    (site / "404.html").write_text(page(2, '<a href="#main" id="main">x</a> <a href="../../about.html">about</a>'))

    assert problems_of(site) == ["p/block2/0.js is missing: block2 has 3 features, and each has a page"]
    (site / "p/block2").mkdir(parents=True)
    (site / "p/block2/0.js").touch()
    assert problems_of(site) == []


def test_links_of_the_page_for_what_is_missing_may_begin_at_the_root_of_the_host(site: Path) -> None:
    (site / "404.html").write_text(page(0, '<a href="/atlas/about.html">about</a> <a href="/atlas/no.html">no</a>'))

    assert problems_of(site) == [
        "/atlas/no.html: linked from 404.html, and leads out of the site; links are relative to their page"
    ]


def test_an_index_that_cannot_be_read_is_a_problem(site: Path) -> None:
    (site / "data/index.js").write_text("atlasIndex(")

    told = "data/index.js cannot be read (ValueError), so it is not known which features there are"
    assert problems_of(site) == [told]


def test_limits_of_the_host_are_told(site: Path) -> None:
    (site / "data/clips.js").write_bytes(b" " * 4_000_000)
    host = replace(HOSTS["github"], site_bytes=3_000_000, file_bytes=2_000_000, files=18)

    assert check_site(site, lambda line: None, host) == [
        "the site has 4 MB, and GitHub Pages takes 3 MB; lower [media] budget_mb, or give [media] base_url",
        "the site has 19 files, and GitHub Pages takes 18; set [site] packed = true, stubs = false",
        "data/clips.js has 4.0 MB, and GitHub Pages takes no file above 2.0 MB",
    ]
    assert problems_of(site) == []


def test_a_folder_that_is_no_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"no index\.html, so no site"):
        check_site(tmp_path, lambda line: None)

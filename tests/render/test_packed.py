"""Stubs and shards: small, complete, and the same body as the page that they stand for."""

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.config.site import SiteConfig
from atlas.render.pages import feature, packed
from atlas.render.pages.packed import SHARD, Kind, tables_of
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import POLICY
from atlas.schema.card import CARD, card_bytes
from tests import cards
from tests.synthetic import Spec, write_atlas

FEATURES = SHARD + 6


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("atlas"), Spec(features=FEATURES, clips=200, top=10, others=2))
    return site_atlas(folder, SiteConfig())


def body_at(shard: str, place: int) -> str:
    """Read one body as `packed.js` does."""
    text = re.fullmatch(r'atlasShard\("block2",\d+,"([\w+/=]+)"\);\n', shard)
    assert text
    return bodies_of(*json.loads(gzip.decompress(base64.b64decode(text[1]))))[place]


def bodies_of(kinds: list[Kind], orders: list[list[int]]) -> list[str]:
    """Every body, line by line."""
    next_rows = [0] * len(kinds)
    bodies = []
    for order in orders:
        lines = []
        for kind in order:
            lines.append(line_of(kinds[kind], next_rows[kind]))
            next_rows[kind] += 1
        bodies.append("\n".join(lines))
    return bodies


def line_of(kind: Any, row: int) -> str:
    """One line of a kind."""
    (first, *parts), *columns = kind
    cut = [(columns[column] if isinstance(column, int) else column).split("\n")[row] for column in columns]
    return str(first + "".join(value + part for value, part in zip(cut, parts, strict=True)))


def test_every_feature_has_a_stub_and_its_body_is_that_of_the_full_page(atlas: SiteAtlas) -> None:
    full = {address: str(text) for address, text in feature.pages(atlas, "block2", 0, FEATURES)}
    made = {address: str(text) for address, text in packed.pages(atlas, "block2", 0, FEATURES)}

    assert sorted(made) == sorted([*full, "p/block2/0.js", "p/block2/1.js"])
    for number in (0, 7, SHARD - 1, SHARD, FEATURES - 1):
        body = body_at(made[f"p/block2/{number // SHARD}.js"], number % SHARD)
        page = full[f"f/block2/{number}.html"]
        rows = re.findall(r'id="\w+-\d+"', page)
        assert re.findall(r'id="\w+-\d+"', body) == rows
        assert body[: body.index("<section><h2>All labels")] in page if "All labels" in body else body in page


def test_a_stub_is_small_and_holds_the_policy(atlas: SiteAtlas) -> None:
    stubs = [str(text) for address, text in packed.pages(atlas, "block2", 0, SHARD) if address.startswith("f/")]

    assert max(len(stub.encode()) for stub in stubs) < 800
    assert all(POLICY in stub for stub in stubs)


def _write_card(folder: Path, **features: int) -> None:
    dictionaries = {name: cards.sae_card(features=number) for name, number in features.items()}
    (folder / CARD).write_bytes(card_bytes(replace(cards.CARD, dictionaries=dictionaries)))


@pytest.mark.parametrize(("said", "features", "expected"), [(None, 12_288, False), (None, 12_289, True)])
def test_beyond_two_dictionaries_of_six_thousand_pages_are_packed(
    tmp_path: Path, said: bool | None, features: int, expected: bool
) -> None:
    _write_card(tmp_path, a=features - 1000, b=1000)

    assert site_atlas(tmp_path, SiteConfig(packed=said)).packed is expected
    assert site_atlas(tmp_path, SiteConfig(packed=not expected)).packed is not expected


@pytest.mark.parametrize(
    ("said", "features", "expected"),
    [
        (SiteConfig(), 300_000, False),
        (SiteConfig(), 300_001, True),
        (SiteConfig(stubs=False), 12_289, True),
        (SiteConfig(stubs=False), 12_288, False),
        (SiteConfig(stubs=True), 300_001, False),
        (SiteConfig(packed=False), 300_001, False),
    ],
)
def test_beyond_three_hundred_thousand_features_there_are_no_stubs(
    tmp_path: Path, said: SiteConfig, features: int, expected: bool
) -> None:
    _write_card(tmp_path, a=features)

    assert site_atlas(tmp_path, said).aliased is expected


def test_without_stubs_there_are_shards_alone_whose_links_start_from_the_root(atlas: SiteAtlas) -> None:
    bare = site_atlas(atlas.folder.root, SiteConfig(packed=True, stubs=False))
    made = {address: str(text) for address, text in packed.pages(bare, "block2", 0, FEATURES)}

    assert sorted(made) == ["p/block2/0.js", "p/block2/1.js"]
    body = body_at(made["p/block2/0.js"], 7)
    assert '<a rel="next" href="f.html#block2/8"' in body
    assert ". In: Synthetic atlas. Not published yet: set [site] base_url (atlas" in body
    links = re.findall(r' (?:href|src)="([^"]+)"', body)
    assert {re.split(r"[/.#]", link)[0] for link in links if not link.startswith(("#", "data:"))} == {
        *("index", "d", "labels", "map", "list", "guide", "about", "f", "media", "c", "l", "data")
    }


@given(st.lists(st.text('<a>"#,1 \n', max_size=60), max_size=5))
def test_tables_lose_nothing(bodies: list[str]) -> None:
    assert bodies_of(*tables_of(bodies)) == bodies


def test_what_lines_share_is_said_once() -> None:
    kinds, orders = tables_of(['<i id="a.mp3"><b src="a.mp3">', '<i id="c.mp3"><b src="c.mp3">\nx'])

    assert kinds == [[['<i id="', '.mp3"><b src="', '.mp3">'], "a\nc", 0], [["x"]]]
    assert orders == [[0], [0, 1]]

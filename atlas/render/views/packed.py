"""Feature pages of large atlases: a stub at the address of each, and the pages' bodies in shards of 64.

A shard is a script that hands over gzip in base64, because a page that lies on a disk may load scripts and nothing
else. The bodies are those of the full pages with half the rows; `packed.js` puts them into the stub. They are cut into
pieces, and like pieces of all 64 stand together: gzip sees 32 KB at once, which is about one body.
"""

import base64
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from atlas.render import numbers
from atlas.render.pages import Page, Site, page, site_of
from atlas.render.reading import Atlas
from atlas.render.views.extent import extent_of
from atlas.render.views.feature import FeatureView, feature_view

SHARD = 64  # features
LARGEST_UNPACKED = 2 * 6_144  # features of a site: with pages of 45 KB it still leaves room for sound in 1 GB
SUMMARY, TITLE = 100, 60  # characters

_PIECES = re.compile(r"(?=<(?:section|details|h2|ol|div|li|tr|svg|p)\b)")
_KIND = 14  # characters that say of which kind a piece is, digits left out
_FIRST, _AFTER = '<a class="skip"', "</main>"


def is_packed(atlas: Atlas) -> bool:
    """What the config says; without it, by the number of features."""
    if atlas.settings.packed is not None:
        return atlas.settings.packed
    return sum(int(card["features"]) for card in atlas.card["dictionaries"].values()) > LARGEST_UNPACKED


def pages(atlas: Atlas, name: str, first: int, stop: int) -> Iterator[Page]:
    """The stubs and shards of a block of features that begins and ends with a shard."""
    site = site_of(atlas)
    dictionary = atlas.dictionary(name, first, stop)
    extent = extent_of(dictionary.card, packed=True)
    for start in range(dictionary.first, dictionary.stop, SHARD):
        bodies: list[str] = []
        for feature in range(start, min(start + SHARD, dictionary.stop)):
            view = feature_view(atlas, site, dictionary, feature, extent)
            bodies.append(_body(site, view))
            yield _stub(site, view)
        yield f"p/{name}/{start // SHARD}.js", _shard(name, start // SHARD, bodies)


def _stub(site: Site, view: FeatureView) -> Page:
    title = f"{numbers.cut(view.title, TITLE)} · {view.name}" if view.labelled else view.name
    views = {"title": title, "summary": numbers.cut(view.verdict.text, SUMMARY), "dictionary": view.dictionary}
    return page(site, f"f/{view.name}.html", "stub.html", **views)


def _body(site: Site, view: FeatureView) -> str:
    """What stands in the body of the full page, up to its scripts."""
    _, text = page(site, f"f/{view.name}.html", "feature.html", feature=view)
    assert isinstance(text, str)
    return text[text.index(_FIRST) : text.index(_AFTER) + len(_AFTER)]


def _shard(name: str, number: int, bodies: Sequence[str]) -> str:
    content = json.dumps(sorted_pieces(bodies), ensure_ascii=False, separators=(",", ":"))
    packed = gzip.compress(content.encode(), 6, mtime=0)
    return f'atlasShard("{name}",{number},"{base64.b64encode(packed).decode()}");\n'


@lru_cache(maxsize=2**14)
def _kind(beginning: str) -> str:
    return re.sub(r"\d", "", beginning)


def sorted_pieces(bodies: Sequence[str]) -> tuple[list[list[str]], list[list[int]]]:
    """The pieces of all bodies, kind by kind; and of each body the kinds of its pieces, in their order."""
    places: dict[str, int] = {}
    kinds: list[list[str]] = []
    orders: list[list[int]] = []
    for body in bodies:
        pieces = _PIECES.split(body)
        order = [places.setdefault(_kind(piece[:_KIND]), len(places)) for piece in pieces]
        kinds += [[] for _ in range(len(places) - len(kinds))]
        for kind, piece in zip(order, pieces, strict=True):
            kinds[kind].append(piece)
        orders.append(order)
    return kinds, orders

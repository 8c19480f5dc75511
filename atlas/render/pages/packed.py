"""Feature pages of large atlases: a stub at the address of each, and the pages' bodies in shards of 64.

Beyond the number of files that a host takes there are no stubs: `404.html`, which hosts show at whatever address has no
file, and the alias `f.html`, which needs no host, load the shard.

A shard is a script that hands over gzip in base64, because a page that lies on a disk may load scripts and nothing
else. The bodies are those of the full pages with half the rows; `packed.js` puts them into the stub.

In a shard, bodies are tables. Lines that begin alike and have as many marks are of one kind, and what stands between
the marks is columns. What a whole column begins and ends with is said once, and a column once for all that equal it.
That takes 40 % less than gzip of like pieces side by side, as gzip sees 32 KB at once.
"""

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from functools import cache

from atlas.render import numbers
from atlas.render.pages.feature import FeatureView, feature_view
from atlas.render.parts.extent import FEATURES_OF_A_SHARD, extent_of
from atlas.render.site import ALIAS, SiteAtlas
from atlas.render.templating import Page, Site, filled, page, site_of

SHARD = FEATURES_OF_A_SHARD
SUMMARY, TITLE = 70, 40  # characters

_EFFORT = 6  # 9 takes twice as long, and 4 % off
_MARKS = '"#,>'
_BEGINNING = 12  # characters of a line that say, with the number of its marks, of which kind it is


def pages(atlas: SiteAtlas, name: str, first: int, stop: int) -> Iterator[Page]:
    """The stubs and shards of a block of features that begins and ends with a shard."""
    site = site_of(atlas)
    dictionary = atlas.dictionary(name, first, stop)
    extent = extent_of(dictionary.card, packed=True)
    for start in range(dictionary.first, dictionary.stop, SHARD):
        bodies: list[str] = []
        for feature in range(start, min(start + SHARD, dictionary.stop)):
            view = feature_view(atlas, site, dictionary, feature, extent)
            bodies.append(_body(site, view))
            if not atlas.aliased:
                yield _stub(site, view)
        yield f"p/{name}/{start // SHARD}.js", _shard(name, start // SHARD, bodies)


def _stub(site: Site, view: FeatureView) -> Page:
    title = f"{numbers.cut(view.title, TITLE)} · {view.name}" if view.labelled else view.name
    views = {"title": title, "summary": numbers.cut(view.verdict.text, SUMMARY), "dictionary": view.dictionary}
    return page(site, f"f/{view.name}.html", "stub.html", **views)


def _body(site: Site, view: FeatureView) -> str:
    """The partial that the full page includes as well; without stubs, as seen from the site's root."""
    return filled(site, ALIAS if site.aliased else f"f/{view.name}.html", "feature_body.html", feature=view)


def _shard(name: str, number: int, bodies: Sequence[str]) -> str:
    content = json.dumps(tables_of(bodies), ensure_ascii=False, separators=(",", ":"))
    packed = gzip.compress(content.encode(), _EFFORT, mtime=0)
    return f'atlasShard("{name}",{number},"{base64.b64encode(packed).decode()}");\n'


Kind = list[list[str] | str | int]
"what all lines of a kind have in common, in parts; then between each two parts a column, or the number of its equal"


def tables_of(bodies: Sequence[str]) -> tuple[list[Kind], list[list[int]]]:
    """The lines of all bodies, kind by kind; and of each body the kinds of its lines, in their order."""
    kinds: dict[tuple[int, str], int] = {}
    rows: list[list[list[str]]] = []
    orders: list[list[int]] = []
    for lines in _cut(bodies):
        order = []
        for line in lines:
            kind = kinds.setdefault((len(line), line[0][:_BEGINNING]), len(kinds))
            if kind == len(rows):
                rows.append([])
            rows[kind].append(line)
            order.append(kind)
        orders.append(order)
    return [_kind(lines) for lines in rows], orders


def _cut(bodies: Sequence[str]) -> Iterator[Iterator[list[str]]]:
    """The lines of each body, cut behind their marks; no page holds the sign that they are cut at. Equal lines, such
    as headings, are one object."""

    @cache
    def cut(line: str) -> list[str]:
        return line.split("\0")

    for body in bodies:
        for mark in _MARKS:
            body = body.replace(mark, mark + "\0")
        yield map(cut, body.split("\n"))


def _kind(lines: Sequence[list[str]]) -> Kind:
    if all(line is lines[0] for line in lines):
        return [["".join(lines[0])]]
    parts, columns = [""], list[str | int]()
    places: dict[str, int] = {}
    for values in zip(*lines, strict=True):
        before, different, after = _shared(values)
        parts[-1] += before
        if different:
            parts.append(after)
            column = "\n".join(different)
            known = places.setdefault(column, len(columns))
            columns.append(column if known == len(columns) else known)
    return [parts, *columns]


def _shared(values: tuple[str, ...]) -> tuple[str, list[str], str]:
    """What values begin with and end with alike, and between these what differs; nothing where all are one."""
    if values.count(values[0]) == len(values):
        return values[0], [], ""
    low, high = min(values), max(values)
    before = low[: _alike(low, high)]
    rests = [value[len(before) :] for value in values]
    after = min(rests, key=len)
    for rest in rests:
        while not rest.endswith(after):
            after = after[1:]
    return before, [rest.removesuffix(after) for rest in rests], after


def _alike(low: str, high: str) -> int:
    """How many characters two texts begin with alike, of which the first is not above the second."""
    return next((place for place, letter in enumerate(low) if letter != high[place]), len(low))

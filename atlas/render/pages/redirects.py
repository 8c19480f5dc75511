"""Pages at the addresses that a dictionary had under a former name: each leads to the one of today.

A script keeps what follows the address, a fingerprint or an example; without scripts the page leads there all the same.
Where features have no files, `404.html` and the alias know the names instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from atlas.render.pages import compare, table
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, Site, page, site_of


@dataclass(frozen=True, slots=True)
class Moved:
    """What a former address leads to."""

    old: str
    new: str
    title: str
    to: str
    "as seen from the former address"
    canonical: str


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """A page a former address."""
    site = site_of(atlas)
    for old, new in atlas.redirects.items():
        for former, address in zip(_addresses(atlas, new, old), _addresses(atlas, new, new), strict=True):
            yield _moved(site, old, new, former, address)
    for once, today in _pairs(atlas):
        addresses = (compare.address_of(*names) for names in (once, today))
        yield _moved(site, " and ".join(once), " and ".join(today), *addresses)


def _addresses(atlas: SiteAtlas, name: str, called: str) -> Iterator[str]:
    """Every page of one dictionary, as if it were called so."""
    features = atlas.feature_count(name)
    yield f"d/{called}.html"
    yield from (f"d/{called}/links-{number}.html" for number in range(1, -(-features // table.LINKS) + 1))
    if not atlas.aliased:
        yield from (f"f/{called}/{feature}.html" for feature in range(features))


def _pairs(atlas: SiteAtlas) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Compared dictionaries by names of which one at least is a former one, and by those of today."""
    for one, other in compare.pairs(atlas):
        for former in product(_names(atlas, one), _names(atlas, other)):
            if former != (one, other):
                yield former, (one, other)


def _names(atlas: SiteAtlas, name: str) -> tuple[str, ...]:
    """What a dictionary is and was called."""
    return name, *atlas.former_names(name)


def _moved(site: Site, old: str, new: str, former: str, address: str) -> Page:
    to = "../" * former.count("/") + address
    title = address.partition("/")[2].removesuffix(".html") if address.startswith("f/") else new
    moved = Moved(old, new, title, to, f"{site.base_url}{address}" if site.base_url else to)
    return page(site, former, "moved.html", moved=moved)

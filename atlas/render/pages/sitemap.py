"""What tells programs which pages there are: `sitemap.xml`, `robots.txt` and `llms.txt`, of the pages that were made.

A sitemap holds whole addresses, so a site has one only where the config says where it is published. Directions of
controls, and pages that stand in for others, are left out: nobody looks for them.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

from atlas.reading.citation import reference
from atlas.render.pages import compare
from atlas.render.parts.introduction import in_a_sentence
from atlas.render.site import ALIAS, SiteAtlas
from atlas.render.templating import HOME, Page

SITEMAP, ROBOTS, INDEX = "sitemap.xml", "robots.txt", "llms.txt"
MOST = 50_000
"addresses in a file, by the protocol"
ENTRIES = {
    HOME: "what the atlas holds, its dictionaries and a few features to hear",
    "about.html": "method, corpus and licences, definitions of all figures, how to cite",
    "guide.html": "how to read the pages",
    "data.html": "the tables to download, and what each column means",
    "data/features.csv": "every feature with its name, its address and its figures, a row each",
    "labels.html": "every label of the corpus, with the feature that finds it best",
    "dictionaries.html": "the figures of all dictionaries beside each other",
    "map.html": "features that fire together lie together",
    "search.html": "features by label, word, phone or number",
    "site.json": "what this site is, for programs",
    "cite.bib": "BibTeX",
    "CITATION.cff": "the Citation File Format",
}
_STANDING_IN = ("404.html", ALIAS)
_PROTOCOL = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_OF_DICTIONARY = re.compile(r"(f|d)/([^/]+?)(?:/.+|\.html)")


def pages(atlas: SiteAtlas, addresses: Collection[str]) -> Iterator[Page]:
    """The files. addresses: of everything else in the site."""
    base = atlas.work.address
    yield INDEX, _index(atlas, addresses)
    yield ROBOTS, "User-agent: *\nAllow: /\n" + (f"\nSitemap: {_whole(base, SITEMAP)}\n" if base else "")
    if base:
        compared = {compare.address_of(*pair) for pair in compare.pairs(atlas)}
        known = (one for one in sorted(addresses) if not one.startswith("compare/") or one in compared)
        yield from sitemaps(base, [address for address in known if _is_looked_for(atlas, address)])


def sitemaps(base: str, addresses: Sequence[str], most: int = MOST) -> Iterator[Page]:
    """One file; beyond what one may hold, several and the index of them."""
    starts = range(0, len(addresses), most)
    if len(starts) <= 1:
        yield SITEMAP, _listed("urlset", "url", base, addresses)
        return
    parts = [SITEMAP.replace(".", f"-{number}.") for number, _ in enumerate(starts, 1)]
    yield SITEMAP, _listed("sitemapindex", "sitemap", base, parts)
    for part, start in zip(parts, starts, strict=True):
        yield part, _listed("urlset", "url", base, addresses[start : start + most])


def _listed(whole: str, part: str, base: str, addresses: Sequence[str]) -> str:
    lines = "".join(f"<{part}><loc>{escape(_whole(base, address))}</loc></{part}>\n" for address in addresses)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{whole} {_PROTOCOL}>\n{lines}</{whole}>\n'


def _whole(base: str, address: str) -> str:
    return quote(f"{base}{'' if address == HOME else address}", safe="/:?#[]@!$&'()*+,;=%~")


def _is_looked_for(atlas: SiteAtlas, address: str) -> bool:
    if not address.endswith(".html") or address in _STANDING_IN:
        return False
    of = _OF_DICTIONARY.fullmatch(address)
    if of is None:
        return True
    card = atlas.card.dictionaries.get(of[2])  # none: a former name, whose page leads on
    return card is not None and (of[1] == "d" or not card.control_of)


def _index(atlas: SiteAtlas, addresses: Collection[str]) -> str:
    """A page of plain text for programs that read rather than render."""
    base = atlas.work.address or ""
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    lists = {f"d/{name}.html": f"the dictionary {name}" for name in own}
    lists |= {f"d/{name}.csv": f"the figures of all features of {name}" for name in own}
    lines = [
        f"- [{address}]({base}{address}): {what}" for address, what in (ENTRIES | lists).items() if address in addresses
    ]
    where = f"A feature has its page at {atlas.lasting_address('{dictionary}/{number}')}."
    head = f"# {atlas.work.title}\n\n> {in_a_sentence(atlas)}\n\n{where}\nCite as: {reference(atlas.work)}\n"
    return head + "\n## Pages and files\n\n" + "\n".join(lines) + "\n"

"""Links of papers against a site: does the page exist, is its dictionary the one it was written for, what is it today.

What a site says of itself answers most of it; pages are asked for only where it does not.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from types import MappingProxyType

from atlas.errors import AtlasError
from atlas.formatting import listed
from atlas.publish.papers.access import SiteAccess
from atlas.publish.papers.labels import labels_of
from atlas.publish.papers.references import Reference
from atlas.render.site import ALIAS
from atlas.schema.site import PublishedSite

GOOD = "good"
FIGURES_CHANGED = "figures changed"
ANOTHER = "another dictionary"
MOVED = "moved"
NO_FEATURE = "no such feature"
NO_DICTIONARY = "no such dictionary"
NO_PAGE = "no such page"
ALIASED = "alias"
UNREACHABLE = "unreachable"
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        GOOD: "the page is there, and shows what was cited",
        FIGURES_CHANGED: "the same feature, but measured or analysed anew since, so figures may differ",
        ALIASED: "works, but is not the address to cite",
        MOVED: "leads to a page that has another address today",
        ANOTHER: "the page shows another dictionary's feature than the one cited",
        NO_FEATURE: "the dictionary has no feature of this number",
        NO_DICTIONARY: "the site has no dictionary of this name",
        NO_PAGE: "the site has no such page",
        UNREACHABLE: "the host does not answer",
    }
)
PASSING = (GOOD, ALIASED)
"what needs no change: an alias works"

AT_ONCE = 4
"requests to a host"
PAGE = ".html"
_THERE = (GOOD, FIGURES_CHANGED)
_SHOWING = (GOOD, FIGURES_CHANGED, ALIASED, MOVED, ANOTHER)
_FEATURE = re.compile(r"f/(?P<name>[^/]+)/(?P<number>[^/]+?)(?P<suffix>\.html|\.json)?")
_DICTIONARY = re.compile(r"d/(?P<name>[^/]+)\.html")
_VERSION = re.compile(r"(?P<identity>[0-9a-f]{8})(?:-(?P<figures>[0-9a-f]{8}))?")
_NAMED = re.compile(r"(?P<name>[^/?#]+)/(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """What is to be said of a link."""

    reference: Reference
    status: str
    note: str = ""
    label: str = ""
    "what the feature is called today"


def judged(references: Sequence[Reference], site: SiteAccess, known: PublishedSite) -> list[LinkFinding]:
    """A finding for each link, in their order."""
    labels = cache(partial(labels_of, site))
    pages = {reference.path for reference in references if _asks_for_page(reference, site, known)}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ordered = sorted(pages)
        answers = dict(zip(ordered, threads.map(partial(_answer, site), ordered), strict=True))
    return [_with_label(_judge(reference, known, answers), known, labels) for reference in references]


def _asks_for_page(reference: Reference, site: SiteAccess, known: PublishedSite) -> bool:
    """Features are counted in what the site says of itself; their files are looked for where that costs nothing."""
    if reference.path == ALIAS and reference.anchor:
        return False
    return not _FEATURE.fullmatch(reference.path) or (site.near and known.files_for_features)


def _answer(site: SiteAccess, path: str) -> tuple[bool, str]:
    """Whether a page is there; and why that is not known. Nothing above the site is asked for."""
    if ".." in path.split("/"):
        return False, ""
    try:
        return site.has(path), ""
    except AtlasError as error:
        return False, str(error)


def _judge(reference: Reference, known: PublishedSite, answers: Mapping[str, tuple[bool, str]]) -> LinkFinding:
    if reference.path == ALIAS and reference.anchor:
        return _of_alias(reference, known)
    if match := _FEATURE.fullmatch(reference.path):
        finding = _of_feature(reference, match, known)
        there = answers.get(reference.path, (True, ""))[0] or match["suffix"] != PAGE
        return finding if there or finding.status not in _THERE else replace(finding, status=NO_PAGE)
    if match := _DICTIONARY.fullmatch(reference.path):
        name = match["name"]
        if name in known.redirects and name not in known.dictionaries:
            return LinkFinding(reference, MOVED, f"cite d/{known.redirects[name]}.html")
        if name not in known.dictionaries:
            return LinkFinding(reference, NO_DICTIONARY, _dictionaries(known))
    there, reason = answers[reference.path]
    if reason:
        return LinkFinding(reference, UNREACHABLE, reason)
    return LinkFinding(reference, GOOD if there else NO_PAGE)


def _of_alias(reference: Reference, known: PublishedSite) -> LinkFinding:
    named = _NAMED.match(reference.anchor)
    if named is None:
        return LinkFinding(reference, NO_PAGE, "expected a feature behind #, such as f.html#block2/1234")
    address = f"f/{named['name']}/{named['number']}.html"
    match = _FEATURE.fullmatch(address)
    finding = _of_feature(reference, match, known) if match else LinkFinding(reference, NO_PAGE)
    return replace(finding, status=ALIASED, note=f"cite {address}") if finding.status == GOOD else finding


def _of_feature(reference: Reference, match: re.Match[str], known: PublishedSite) -> LinkFinding:
    name, number = match["name"], match["number"]
    today = name if name in known.dictionaries else known.redirects.get(name, name)
    address = f"f/{today}/{number}{PAGE}"
    dictionary = known.dictionaries.get(today)
    version = _VERSION.fullmatch(reference.version)
    identity = version["identity"] if version else ""
    if dictionary is None:
        return LinkFinding(reference, NO_DICTIONARY, _same_under(identity, number, known) or _dictionaries(known))
    if not _is_number(number) or int(number) >= dictionary.features:
        return LinkFinding(reference, NO_FEATURE, f"{today} has features from 0 to {dictionary.features - 1:,}")
    if reference.version and not version:
        return LinkFinding(reference, ANOTHER, f"?v={reference.version} is no fingerprint: whose it was is not known")
    if identity and identity != dictionary.identity:
        return LinkFinding(reference, ANOTHER, _written_for(identity, number, known))
    if today != name:
        return LinkFinding(reference, MOVED, f"cite {address}")
    figures = known.figures_of(today)
    if version and version["figures"] not in (None, figures):
        return LinkFinding(reference, FIGURES_CHANGED, f"cited with figures {version['figures']}, now {figures}")
    if not match["suffix"]:
        return LinkFinding(reference, ALIASED, f"some hosts want .html: cite {address}")
    return LinkFinding(reference, GOOD, "" if version else "no fingerprint to check")


def _is_number(text: str) -> bool:
    return re.fullmatch("0|[1-9][0-9]*", text) is not None


def _written_for(identity: str, number: str, known: PublishedSite) -> str:
    return _same_under(identity, number, known) or f"written for {identity}, which fits no dictionary of this site"


def _same_under(identity: str, number: str, known: PublishedSite) -> str:
    """Where the dictionary that a link was written for is today; empty where the site does not have it."""
    names = [name for name, dictionary in known.dictionaries.items() if identity and dictionary.identity == identity]
    return f"written for what is {names[0]} today: f/{names[0]}/{number}{PAGE}" if names else ""


def _dictionaries(known: PublishedSite) -> str:
    return f"there are {listed(list(known.dictionaries))}"


def _with_label(finding: LinkFinding, known: PublishedSite, labels: Callable[[str], Mapping[int, str]]) -> LinkFinding:
    """The finding with what the page that the link leads to is called today."""
    named = _FEATURE.fullmatch(finding.reference.path) or _NAMED.match(finding.reference.anchor)
    if finding.status not in _SHOWING or named is None:
        return finding
    name = named["name"] if named["name"] in known.dictionaries else known.redirects[named["name"]]
    try:
        return replace(finding, label=labels(name).get(int(named["number"]), ""))
    except AtlasError:  # the link itself is judged without
        return finding

"""Links of papers against a site: does the page exist, is its dictionary the one it was written for, what is it today.

What a site says of itself tells which features there are; whether their pages are there, the folder or the host does.
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
from atlas.publish.papers.references import Reference, features_in
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
LIST = "list.html"
_WORKING = (GOOD, FIGURES_CHANGED, ALIASED)
"if the pages are there"
_SHOWING = (GOOD, FIGURES_CHANGED, ALIASED, MOVED, ANOTHER)
_FEATURE = re.compile(r"f/(?P<name>[^/]+)/(?P<number>[^/]+?)(?P<suffix>\.html|\.json)?")
_DICTIONARY = re.compile(r"d/(?P<name>[^/]+)\.html")
_VERSION = re.compile(r"(?P<identity>[0-9a-f]{8})(?:-(?P<figures>[0-9a-f]{8}))?")
_NAMED = re.compile(r"(?P<name>[^/?#]+)/(?P<number>\d+)")
_LIST_VERSION = re.compile(r"(?P<identities>[0-9a-f]{8}(?:\.[0-9a-f]{8})*)(?P<figures>-[0-9a-f]{8})?")


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
    pages = {page for reference in references for page in _pages_of(reference, known)}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ordered = sorted(pages)
        answers = dict(zip(ordered, threads.map(partial(_answer, site), ordered), strict=True))
    return [_with_label(_judge(reference, known, answers), known, labels) for reference in references]


def _pages_of(reference: Reference, known: PublishedSite) -> tuple[str, ...]:
    """The pages that must be there for a link to work; a feature that has no file is shown by a page for all."""
    if reference.path == ALIAS and reference.anchor:
        named = _NAMED.match(reference.anchor)
        return (ALIAS, *_page_of_feature(named["name"], named["number"], known)) if named else (ALIAS,)
    match = _FEATURE.fullmatch(reference.path)
    if match and match["suffix"] != ".json":
        return _page_of_feature(match["name"], match["number"], known)
    return (reference.path,)


def _page_of_feature(name: str, number: str, known: PublishedSite) -> tuple[str, ...]:
    return (f"f/{name}/{number}{PAGE}",) if known.files_for_features and name in known.dictionaries else ()


def _answer(site: SiteAccess, path: str) -> tuple[bool, str]:
    """Whether a page is there; and why that is not known. Nothing above the site is asked for."""
    if ".." in path.split("/"):
        return False, ""
    try:
        return site.has(path), ""
    except AtlasError as error:
        return False, str(error)


def _judge(reference: Reference, known: PublishedSite, answers: Mapping[str, tuple[bool, str]]) -> LinkFinding:
    finding = _of_address(reference, known)
    if finding.status not in _WORKING:
        return finding
    for page in _pages_of(reference, known):
        there, reason = answers[page]
        if reason:
            return LinkFinding(reference, UNREACHABLE, reason)
        if not there:
            return LinkFinding(reference, NO_PAGE, "" if page == reference.path else f"{page} is not there")
    return finding


def _of_address(reference: Reference, known: PublishedSite) -> LinkFinding:
    """What is to be said of a link if all pages are there."""
    if reference.path == ALIAS and reference.anchor:
        return _of_alias(reference, known)
    if match := _FEATURE.fullmatch(reference.path):
        return _of_feature(reference, match, known)
    if match := _DICTIONARY.fullmatch(reference.path):
        name = match["name"]
        if name in known.redirects and name not in known.dictionaries:
            return LinkFinding(reference, MOVED, f"cite d/{known.redirects[name]}.html")
        if name not in known.dictionaries:
            return LinkFinding(reference, NO_DICTIONARY, _dictionaries(known))
    if reference.path == LIST:
        return _of_list(reference, known)
    return LinkFinding(reference, GOOD)


def _of_list(reference: Reference, known: PublishedSite) -> LinkFinding:
    """The worst of what is to be said of the features of a list, with all that is."""
    behind = features_in(reference.anchor) if _NAMED.match(reference.anchor) else ()
    names = reference.features or behind
    versions = _versions(reference.version, names, known)
    found = [(name, _of_listed(reference, name, versions, known)) for name in names]
    amiss = {name: finding for name, finding in found if finding.status != GOOD}
    if amiss:
        worst = max((finding.status for finding in amiss.values()), key=list(STATUSES).index)
        return LinkFinding(reference, worst, "; ".join(f"{name}: {one.note}" for name, one in amiss.items()))
    if behind and not reference.features:
        return LinkFinding(reference, NO_PAGE, f"a list is asked for by ?: cite {LIST}?features={','.join(names)}")
    return LinkFinding(reference, GOOD, found[0][1].note if found else "")


def _of_listed(reference: Reference, entry: str, versions: Mapping[str, str], known: PublishedSite) -> LinkFinding:
    named = _NAMED.fullmatch(entry)
    match = _FEATURE.fullmatch(f"f/{named['name']}/{int(named['number'])}{PAGE}") if named else None
    if named is None or match is None:
        return LinkFinding(reference, NO_FEATURE, "expected a feature, such as block2/1234")
    own = replace(reference, version=versions.get(known.redirects.get(named["name"], named["name"]), reference.version))
    return _of_feature(own, match, known)


def _versions(version: str, names: Sequence[str], known: PublishedSite) -> Mapping[str, str]:
    """The fingerprint of each dictionary of a list, which has theirs one after the other; empty where it has others."""
    match = _LIST_VERSION.fullmatch(version)
    dictionaries = dict.fromkeys(name.partition("/")[0] for name in names)
    today = list(dict.fromkeys(known.redirects.get(name, name) for name in dictionaries))
    identities = match["identities"].split(".") if match else []
    if match is None or len(identities) != len(today):
        return {}
    return {name: identity + (match["figures"] or "") for name, identity in zip(today, identities, strict=True)}


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
    reference = finding.reference
    named = _NAMED.match(reference.anchor) if reference.path == ALIAS else _FEATURE.fullmatch(reference.path)
    if finding.status not in _SHOWING or named is None:
        return finding
    name = named["name"] if named["name"] in known.dictionaries else known.redirects.get(named["name"], "")
    try:
        return replace(finding, label=labels(name).get(int(named["number"]), ""))
    except AtlasError:  # the link itself is judged without
        return finding

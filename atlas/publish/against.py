"""Which addresses of features of a published site would be lost if another one took its place.

`f/{dictionary}/{feature}.html` is a promise: to the same feature, under the same name or, through a redirect, under
another one. Figures may change; that is what the second part of `?v=` is for.
"""

from collections.abc import Iterator
from pathlib import Path

from atlas.errors import AtlasError
from atlas.formatting import counted, plain
from atlas.reading.published import SCHEMES, content_at
from atlas.schema.site import SITE, PublishedDictionary, PublishedSite, read_site


def site_at(place: str) -> PublishedSite:
    """What a site says of itself, in a folder or at an address."""
    if place.startswith(SCHEMES):
        address = f"{place.rstrip('/')}/{SITE}"
        content = content_at(address)
    else:
        address = str(Path(place) / SITE)
        content = Path(address).read_bytes() if Path(address).is_file() else None
    if content is None:
        raise AtlasError(
            f"{address}: not there, so no site that this version of the tool rendered; render it again, or give the"
            " folder that `atlas render` wrote, or the address of a site's home page"
        )
    return read_site(content, address)


def lost_addresses(before: PublishedSite, after: PublishedSite) -> list[str]:
    """Every address that stands for a feature before and not after: a sentence for those of one dictionary."""
    lost: list[str] = []
    if before.files_for_features and not after.files_for_features:
        lost.append(
            "features had files at their addresses, and have none now: only 404.html would show them there, and not to"
            " programs; set [site] stubs = true"
        )
    for name, dictionary in before.dictionaries.items():
        lost += _lost(name, dictionary, after)
    for name, today in before.redirects.items():
        if name not in before.dictionaries and today in before.dictionaries:
            lost += _lost(name, before.dictionaries[today], after)
    return [plain(line) for line in lost]


def _lost(name: str, before: PublishedDictionary, after: PublishedSite) -> Iterator[str]:
    """What is lost of one name; a redirect has to lead to the same features."""
    today = after.redirects.get(name, name)
    there = after.dictionaries.get(today)
    if there is None:
        yield (
            f"{_addresses(name, 0, before.features)}: no dictionary is called {name} any more; if it was renamed,"
            f' say so with [site] redirects = {{ {_quoted(name)} = "its name today" }}'
        )
    elif not is_same(before, there):
        leads = f"leads to {today}, which is" if today != name else "is"
        differ = _identities(before, there)
        yield (
            f"{_addresses(name, 0, before.features)}: {name} {leads} another dictionary now ({differ}); give that one a"
            " name of its own in the config"
        )
    elif there.features < before.features:
        fewer = counted(there.features, "feature")
        yield f"{_addresses(name, there.features, before.features)}: {today} has {fewer} now"


def is_same(before: PublishedDictionary, after: PublishedDictionary) -> bool:
    """Whether two dictionaries have the same features, whatever they are called."""
    if before.identity and after.identity:
        return before.identity == after.identity
    return before.sha256 == after.sha256 and before.tap == after.tap


def _identities(before: PublishedDictionary, after: PublishedDictionary) -> str:
    if before.sha256 != after.sha256:
        return f"file {before.sha256[:8] or 'none'} before, {after.sha256[:8] or 'none'} now"
    if before.tap != after.tap:
        return f"tap {before.tap} before, {after.tap} now"
    return f"identity {before.identity} before, {after.identity} now"


def _addresses(name: str, first: int, end: int) -> str:
    if end - first == 1:
        return f"f/{name}/{first}.html"
    return f"f/{name}/{first}.html to {end - 1}.html ({counted(end - first, 'address', 'addresses')})"


def _quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name

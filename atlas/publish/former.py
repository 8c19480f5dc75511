"""Addresses under former names of dictionaries: `site.json` says which there were, and each must lead somewhere."""

from collections.abc import Collection, Iterator

from atlas.formatting import counted
from atlas.schema.site import SITE, PublishedSite


def former_faults(site: PublishedSite, addresses: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every address that should lead on and does not exist, with what is wrong."""
    for old, new in site.redirects.items():
        if new in site.dictionaries:
            yield from _missing(site, old, new, addresses)
        else:
            yield SITE, f" leads from {old} to {new}, and the site has no such dictionary"


def _missing(site: PublishedSite, old: str, new: str, addresses: Collection[str]) -> Iterator[tuple[str, str]]:
    features = site.dictionaries[new].features
    wanted = [f"d/{old}.html"]
    if site.files_for_features:
        wanted += [f"f/{old}/{feature}.html" for feature in range(features)]
    for address in wanted:
        if address not in addresses:
            yield address, f" is missing: {new} was called {old}, and its {counted(features, 'feature')} are cited so"

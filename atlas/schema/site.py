"""What `site.json` at the root of a site says: which atlas it shows, and whose features its addresses stand for.

A file of another format is refused; keys that a later tool adds are passed over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from atlas.errors import AtlasError

SITE = "site.json"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDictionary:
    """A dictionary as its site names it."""

    features: int
    identity: str
    "the first part of what `?v=` carries in addresses of its features"
    sha256: str
    "of its file; empty where it has none"
    tap: str
    control_of: str | None
    figures: str = ""
    "the second part; empty where an earlier tool has named those of the whole site instead"


@dataclass(frozen=True, slots=True)
class PublishedMedia:
    """Where the sounds and pictures of a site's clips lie."""

    base_url: str | None = None
    "the address of their folder on another host; the site's own, where there is none"
    origins: tuple[str, ...] = ()
    "every other host that pages may load them from"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSite:
    """What a site says of itself."""

    title: str
    tool: str
    base_url: str | None
    doi: str | None
    atlas: str
    figures: str
    "of the whole site: of every table"
    files_for_features: bool
    "whether each feature has a file at its address; if not, 404.html shows it there"
    dictionaries: Mapping[str, PublishedDictionary]
    redirects: Mapping[str, str]
    "former name -> name today"
    media: PublishedMedia = field(default_factory=PublishedMedia)
    config: str = ""
    "a short name for what its pages took from the config; empty for sites of earlier tools"

    def figures_of(self, name: str) -> str:
        """The second part of what `?v=` carries in addresses of a dictionary."""
        return self.dictionaries[name].figures or self.figures


def read_site(content: bytes | str, where: str) -> PublishedSite:
    """What `site.json` says; `where` names it in mistakes."""
    try:
        raw: dict[str, Any] = json.loads(content)
        known = raw.get("format") == FORMAT
    except (ValueError, AttributeError):
        raise AtlasError(f"{where}: no JSON object, so not what `atlas render` writes; render the site again") from None
    if not known:
        raise AtlasError(
            f"{where}: written by another version of the tool (format {raw.get('format')}, where this one reads"
            f" {FORMAT}); render the site again with this one"
        )
    try:
        return TypeAdapter(PublishedSite).validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise AtlasError(f"{where}: {place}: {first['msg']}; render the site again") from None

"""The Jinja environment, and what every page gets: `site`, which knows how to reach the site's root from the page.

Everything is escaped, an unknown name is an error, and templates hold loops and conditions only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import atlas
from atlas.reading.citation import Work
from atlas.render.definitions import DEFINITIONS
from atlas.render.site import SiteAtlas
from atlas.schema.media import FOLDER

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'"
)
"of a site that is whole; connections fall under default-src, and the frame is the Share panel's, with a feature in it"

_OF_MEDIA = ("img-src 'self' data:", "media-src 'self'")

COMMON_SCRIPTS = ("constants", "player", "keys", "box", "stars", "define")
"what every page loads, in this order"

HOME = "index.html"
PICTURE = "preview.png"
"what links to the site are shown with"
Page = tuple[str, str | bytes]


def policy_with(hosts: Sequence[str]) -> str:
    """The policy of a site whose sounds and pictures may come from these hosts as well."""
    policy = POLICY
    for sources in _OF_MEDIA:
        policy = policy.replace(sources, " ".join((sources, *hosts)))
    return policy


@dataclass(frozen=True, slots=True)
class DictionaryLink:
    """A dictionary as the bar lists it."""

    name: str
    features: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all pages of a site share, seen from one of them."""

    title: str
    notice: str | None
    base_url: str | None
    work: Work
    version: str
    hash: str
    policy: str
    dictionaries: tuple[DictionaryLink, ...]
    aliased: bool = False  # whether links to features go by the alias
    media: str | None = None  # where sounds and pictures lie, if not in the site
    address: str = ""
    root: str = ""

    @property
    def canonical(self) -> str | None:
        """The whole address of the page; None where the config does not say where the site is published."""
        return f"{self.base_url}{'' if self.address == HOME else self.address}" if self.base_url else None

    def at(self, address: str) -> "Site":
        """The same site, seen from the page at an address."""
        return replace(self, address=address, root="../" * address.count("/"))

    def media_at(self, path: str) -> str:
        """Where the page finds a sound or a picture (`media/audio/key.mp3`)."""
        return f"{self.root}{path}" if self.media is None else self.media + path.removeprefix(f"{FOLDER}/")


def site_of(atlas_read: SiteAtlas) -> Site:
    """What the pages of an atlas share."""
    card, settings = atlas_read.card, atlas_read.settings
    links = tuple(DictionaryLink(name, atlas_read.feature_count(name), f"d/{name}.html") for name in atlas_read.names)
    policy = Markup(policy_with(atlas_read.media.hosts))  # stands in double quotes, where apostrophes need no escape
    return Site(
        title=card.title,
        notice=settings.notice,
        base_url=atlas_read.work.address,
        work=atlas_read.work,
        version=card.tool,
        hash=card.fingerprint,
        policy=policy,
        dictionaries=links,
        aliased=atlas_read.aliased,
        media=atlas_read.media.base_url,
    )


def templates_folder() -> Path:
    """Inside the package in a wheel, beside it in a checkout."""
    package = Path(atlas.__file__).parent
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


@cache
def environment() -> Environment:
    """The templates, compiled once a process."""
    made = Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {
        "common_scripts": COMMON_SCRIPTS,
        "definition_of": DEFINITIONS.__getitem__,
        "preview_picture": PICTURE,
    }
    return made


def page(site: Site, address: str, template: str, **views: object) -> Page:
    """Fill a template with views, for the page at an address."""
    return address, filled(site, address, template, **views)


def filled(site: Site, address: str, template: str, **views: object) -> str:
    """A template's text, as seen from the page at an address."""
    return environment().get_template(template).render(site=site.at(address), **views)

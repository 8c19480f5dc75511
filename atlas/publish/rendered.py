"""Whether a site is the one that a config and its atlas would give: what is published is what was meant."""

from collections.abc import Iterator
from pathlib import Path

from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.publish.against import site_at
from atlas.reading.fingerprints import figures_fingerprint
from atlas.reading.opening import open_atlas
from atlas.render.pages.manifest import config_digest
from atlas.schema.card import CARD
from atlas.schema.site import SITE, PublishedSite


def rendered_site(site: Path, config: Config, atlas: Path) -> PublishedSite:
    """What a site says of itself, if it is of this config and, where its tables are at hand, of this atlas."""
    if not site.is_dir():
        raise AtlasError(f"{site}: no such folder; make the site with `atlas render`, or name its folder with --site")
    published = site_at(str(site))
    differs = [*_from_config(published, config), *_from_atlas(published, atlas)]
    if not differs and published.config not in ("", _digest(config)):
        differs = ["the config has changed since it was rendered"]
    if differs:
        raise AtlasError(f"{site / SITE}: {'; '.join(differs)}. Run `atlas render`, and take what it makes")
    return published


def uncompared(atlas: Path) -> str | None:
    """What to say where a site cannot be compared with its tables."""
    return None if (atlas / CARD).is_file() else f"{atlas}: its tables are not at hand, so not compared"


def _digest(config: Config) -> str:
    return config_digest(config.site, config.cite, config.media, config.abouts())


def _from_config(published: PublishedSite, config: Config) -> Iterator[str]:
    base_url = config.site.base_url and config.site.base_url.rstrip("/") + "/"
    for what, there, here in (
        ("title", published.title, config.title),
        ("base_url", published.base_url, base_url),
        ("doi", published.doi, config.cite.doi),
        ("address of sounds and pictures", published.media.base_url, config.media.base_url),
        ("redirects", dict(published.redirects), dict(config.site.redirects)),
        ("dictionaries", sorted(published.dictionaries), sorted(one.name for one in config.dictionaries())),
    ):
        if there != here:
            yield f"{what} is {_told(there)}, where the config says {_told(here)}"


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return repr(value) if value else "none"


def _from_atlas(published: PublishedSite, root: Path) -> Iterator[str]:
    if not (root / CARD).is_file():
        return
    atlas = open_atlas(root)
    if published.atlas != atlas.card.fingerprint:
        yield f"the site shows another atlas than the one in {root}"
    elif published.figures != figures_fingerprint(atlas):
        yield f"figures in {root} have changed since the site was rendered"

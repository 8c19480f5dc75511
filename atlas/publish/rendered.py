"""Whether a site is the one that a config and its atlas would give: what is published is what was meant."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.formatting import counted
from atlas.publish.against import site_at
from atlas.reading.fingerprints import figures_fingerprint
from atlas.render.pages.manifest import config_digest
from atlas.render.parts.withheld import hidden_clips
from atlas.render.site import SiteAtlas, site_of_config
from atlas.schema.card import CARD
from atlas.schema.media import LICENCE, sound_path
from atlas.schema.site import SITE, PublishedSite


def rendered_site(site: Path, config: Config, atlas: Path) -> PublishedSite:
    """What a site says of itself, if it is of this config and, where its tables are at hand, of this atlas."""
    if not site.is_dir():
        raise AtlasError(f"{site}: no such folder; make the site with `atlas render`, or name its folder with --site")
    published = site_at(str(site))
    measured = site_of_config(atlas, config) if (atlas / CARD).is_file() else None
    differs = [*_from_config(published, config), *(_from_atlas(published, measured) if measured else ())]
    if not differs and measured:
        refuse_withdrawn(measured, site)
    if not differs and published.config not in ("", _digest(config)):
        differs = ["the config has changed since it was rendered"]
    if differs:
        raise AtlasError(f"{site / SITE}: {'; '.join(differs)}. Run `atlas render`, and take what it makes")
    return published


def refuse_withdrawn(atlas: SiteAtlas, site: Path | None = None) -> None:
    """Refuse sounds that were made when `[media] redistribute` named more licences, in the atlas or in its site."""
    shown = pl.col("clip").is_in(sorted(hidden_clips(atlas))) & pl.col("key").is_not_null()
    clips = atlas.clips.filter(shown)
    stale = clips.filter(pl.col("reason").is_null() | (pl.col("reason") != LICENCE))
    if len(stale):
        raise AtlasError(
            f"{atlas.folder.root}: its media were made when [media] redistribute named more licences, those of"
            f" {counted(len(stale), 'clip')}, such as {stale['licence'][0] or 'none'}. Run `atlas media` and"
            " `atlas render`, and take what they make"
        )
    heard = [key for key in clips["key"] if site is not None and sound_path(site, key).exists()]
    if heard:
        raise AtlasError(
            f"{site}: {counted(len(heard), 'sound')} of clips whose licence [media] redistribute does not name, such as"
            f" {heard[0]}. Run `atlas render`, and take what it makes"
        )


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


def _from_atlas(published: PublishedSite, atlas: SiteAtlas) -> Iterator[str]:
    root = atlas.folder.root
    if published.atlas != atlas.card.fingerprint:
        yield f"the site shows another atlas than the one in {root}"
    elif published.figures != figures_fingerprint(atlas):
        yield f"figures in {root} have changed since the site was rendered"

"""`site.json`: what a published site is, for programs: which dictionaries it shows, and whose features they are.

Publishing, checking papers and archiving read it from a folder, a branch or a host; pages do not.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence

from atlas.config.site import CiteConfig, MediaConfig, SiteConfig
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, site_of
from atlas.schema.site import FORMAT, SITE


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """The one file."""
    yield SITE, json.dumps(manifest(atlas), indent=1, ensure_ascii=False) + "\n"


def manifest(atlas: SiteAtlas) -> dict[str, object]:
    """What the file says."""
    site = site_of(atlas)
    dictionaries = {
        name: {
            "features": card.features,
            "identity": card.identity,
            "figures": atlas.figures_by_name[name],
            "sha256": card.sha256,
            "tap": card.tap,
            "control_of": card.control_of,
        }
        for name, card in atlas.card.dictionaries.items()
    }
    return {
        "format": FORMAT,
        "title": site.title,
        "tool": atlas.card.tool,
        "base_url": site.base_url,
        "doi": atlas.cite.doi,
        "encoder": {"model": atlas.card.encoder.model, "sha256": atlas.card.encoder.sha256},
        "atlas": atlas.card.fingerprint,
        "figures": atlas.figures,
        "config": config_digest(atlas.settings, atlas.cite, atlas.media, atlas.abouts),
        "files_for_features": not atlas.aliased,
        "dictionaries": dictionaries,
        "redirects": atlas.redirects,
        "media": {"base_url": atlas.media.base_url, "origins": list(atlas.media.hosts)},
    }


def config_digest(site: SiteConfig, cite: CiteConfig, media: MediaConfig, abouts: Sequence[tuple[str, str]]) -> str:
    """A short name for what pages take from the config; of files that it names their names, wherever they lie."""
    files = {key: path.name for key, path in (("truth", site.truth), ("synonyms", site.synonyms)) if path is not None}
    said = {
        "site": site.model_dump(mode="json", exclude_defaults=True, exclude={"truth", "synonyms"}) | files,
        "cite": cite.model_dump(mode="json", exclude_defaults=True),
        "media": media.model_dump(
            mode="json", exclude_defaults=True, exclude={"budget_mb"}
        ),  # words go by licences, too
        "abouts": dict(abouts),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8")).hexdigest()[:16]

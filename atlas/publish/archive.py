"""A finished site, or a site and its tables, as one zip that opens from the disk, with what Zenodo is told of it.

The site is packed as it was rendered, if it is the one that the config and the tables give today and passes its check.
A site whose sounds lie on another host is rendered anew with all its sounds, for an archive depends on no host.
Nothing is uploaded.
"""

import json
import logging
import shutil
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.formatting import counted, duration, listed
from atlas.publish.changes import NOJEKYLL
from atlas.publish.checks import check_site
from atlas.publish.content import paths_of
from atlas.publish.hosts import HOSTS
from atlas.publish.rendered import refuse_withdrawn, rendered_site
from atlas.publish.zenodo import DOTTED, api_metadata, described, dotted_metadata, missing
from atlas.publish.zipping import checksum, write_whole, write_zip
from atlas.reading.citation import Work, reference, work_of
from atlas.reading.fingerprints import ANALYSED
from atlas.reading.tables import READABLE
from atlas.render.parts.downloads import table_files
from atlas.render.run import render
from atlas.render.site import SiteAtlas, site_of_config
from atlas.schema.card import CARD
from atlas.schema.described import EVERY
from atlas.schema.media import FOLDER as MEDIA
from atlas.schema.vectors import vectors_path
from atlas.store import AtlasFolder

LOG = logging.getLogger(__name__)

What = Literal["site", "all"]
Members = dict[str, Path | bytes]

_INDENT = " " * 11
_LINE = 80  # characters
_NAMED = 5  # problems of a site that are told
_KINDS = (".parquet", ".safetensors", ".mp3", ".webp")  # of files that an atlas is read from, beside its card
_RECORD = f".done/{ANALYSED}.json"  # of the records that stages leave, the one that fingerprints are made of
_PARTS: Mapping[What, str] = {
    "site": "Unpack it and open index.html in a browser: the site needs no server and no network.",
    "all": (
        "Unpack it and open site/index.html in a browser: the site needs no server and no network. The folder tables"
        " holds what it was made from, in Parquet, which atlas.open of the Python package reads."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveOrder:
    """What is to be archived, and where to."""

    name: str
    "of the archive and of the folder in it"
    root: Path
    "of the atlas"
    site: Path
    to: Path
    what: What = "site"
    workers: int = 1


def archive(config: Config, order: ArchiveOrder) -> str:
    """Write the archive and what belongs to it; returns the closing lines."""
    started = time.monotonic()
    if order.to.resolve().is_relative_to(order.site.resolve()):
        raise AtlasError(
            f"{order.to}: lies in the folder of the site, of which the archive would become a part; name another folder"
            " with --to"
        )
    atlas = site_of_config(order.root, config)
    refuse_withdrawn(atlas)
    work = work_of(atlas.card.title, config.cite, config.site)
    target = order.to / f"{order.name}-{order.what}.zip"
    with _whole_site(config, order) as site:
        _refuse_faulty(site)
        members = _members(atlas, work, site, order)
        size = sum(len(one) if isinstance(one, bytes) else one.stat().st_size for one in members.values())
        digest = write_zip(target, members)
    kept = _describe(atlas, work, order)
    for lack in missing(work):
        LOG.warning("%s", lack)
    return "\n".join(
        (
            f"archive    {target}: {counted(len(members), 'file')}, {size / 1e6:.1f} MB, packed into"
            f" {target.stat().st_size / 1e6:.1f} MB, in {duration(time.monotonic() - started)}",
            f"{_INDENT}sha256 {digest}, also in {checksum(target).name}",
            *(f"{_INDENT}{line}" for line in _next_steps(work, order, kept)),
        )
    )


@contextmanager
def _whole_site(config: Config, order: ArchiveOrder) -> Iterator[Path]:
    """The site as it was rendered; or, where its sounds lie elsewhere, one with all of them for a while."""
    if config.media.base_url is None:
        rendered_site(order.site, config, order.root)
        yield order.site
        return
    place = order.to / f".{order.name}-site.part"
    whole = config.model_copy(update={"media": config.media.local})
    try:
        render(AtlasFolder(order.root), whole, place, order.workers)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _refuse_faulty(site: Path) -> None:
    problems = check_site(site, lambda _: None, HOSTS["folder"])
    if problems:
        more = [f"and {counted(len(problems) - _NAMED, 'more problem')}"] if len(problems) > _NAMED else []
        raise AtlasError("\n  ".join([f"{site}: not ready to be archived", *problems[:_NAMED], *more]))


def _members(atlas: SiteAtlas, work: Work, site: Path, order: ArchiveOrder) -> Members:
    """Every file of the archive by its name in there, below one folder."""
    top = order.name
    if order.what == "site":
        return {f"{top}/{name}": path for name, path in _pages(site)}
    pages: Members = {f"{top}/site/{name}": path for name, path in _pages(site)}
    tables = {f"{top}/tables/{name}": one for name, one in _tables(atlas)}
    return pages | tables | {f"{top}/README.txt": _readme(work, order.what).encode()}


def _pages(site: Path) -> Iterator[tuple[str, Path]]:
    """What a site holds by name, but for hidden files, which others than `atlas render` left there."""
    hidden = []
    for name, path in paths_of(site):
        if name != NOJEKYLL and any(part.startswith(".") for part in name.split("/")):
            hidden.append(name)
        else:
            yield name, path
    if hidden:
        more = [f"{len(hidden) - _NAMED} more"] if len(hidden) > _NAMED else []
        LOG.warning("%s: left out, as it is no part of a site: %s", site, listed([*hidden[:_NAMED], *more]))


def _tables(atlas: SiteAtlas) -> Iterator[tuple[str, Path | bytes]]:
    """What an atlas is read from: no work files, no locks, and nothing that is spoken where no licence allows it."""
    root = atlas.folder.root
    files = (file for table in EVERY for file in table_files(atlas, table))
    rewritten = {file.source: file.rewritten for file in files if file.rewritten is not None}
    kept = (*READABLE, MEDIA, vectors_path(root, "").parent.name)
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if not path.is_file():
            continue
        in_table = name.partition("/")[0].removesuffix(".parquet") in kept and path.suffix in _KINDS
        if in_table or name in (CARD, _RECORD):
            yield name, rewritten.get(path, path)


def _readme(work: Work, what: What) -> str:
    return f"{work.title}\n\n{textwrap.fill(_PARTS[what], _LINE)}\n\nTo cite it:\n{reference(work)}\n"


def _describe(atlas: SiteAtlas, work: Work, order: ArchiveOrder) -> bool:
    """Write the metadata; says whether a `.zenodo.json` that others wrote was kept."""
    api = api_metadata(work, described(atlas, work, _PARTS[order.what]))
    write_whole(order.to / f"{order.name}-zenodo.json", _written(api))
    dotted, text = order.to / DOTTED, _written(dotted_metadata(work, described(atlas, work)))
    if dotted.exists():
        return dotted.read_text(encoding="utf-8", errors="replace") != text
    write_whole(dotted, text)
    return False


def _written(metadata: Mapping[str, Any]) -> str:
    return json.dumps(metadata, ensure_ascii=False, indent=2) + "\n"


def _next_steps(work: Work, order: ArchiveOrder, kept: bool) -> Iterator[str]:
    yield f"{order.name}-zenodo.json is what Zenodo's API takes, {DOTTED} what it reads from a repository"
    if kept:
        yield f"{DOTTED} was there and says otherwise, so it is kept; delete it to have it written anew"
    draft = f"your draft with the DOI {work.doi}" if work.doi else "a new draft"
    yield f"next: upload the zip to {draft} at https://zenodo.org/me/uploads; docs/archiving.md says how"

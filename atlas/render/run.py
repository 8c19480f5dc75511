"""The stage `render`: every page of a site, in parallel, and what no page stands for any more deleted.

A kind of page is a function `pages(atlas)` that yields addresses with contents; feature pages are made in blocks of
features, which workers share.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path

from atlas.config.settings import Config
from atlas.formatting import counted, duration
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.render import constants, writing
from atlas.render.pages import (
    about,
    citing,
    clip,
    compare,
    controls,
    data,
    dictionary,
    downloads,
    feature,
    guide,
    hallucination,
    home,
    label,
    labels,
    languages,
    lists,
    manifest,
    mapping,
    packed,
    preview,
    redirects,
    search,
    sharing,
    sitemap,
    standing,
    table,
)
from atlas.render.parts import featuredata
from atlas.render.site import SiteAtlas, site_of_config
from atlas.render.templating import Page, templates_folder
from atlas.render.writing import WriteResult
from atlas.schema.media import FOLDER
from atlas.store import AtlasFolder

YOUNG = 100_000  # new objects after which cycles are looked for
BLOCK = 16 * packed.SHARD  # features that a worker reads at once

KINDS: tuple[Callable[[SiteAtlas], Iterator[Page]], ...] = (
    home.pages,
    guide.pages,
    about.pages,
    dictionary.pages,
    compare.pages,
    hallucination.pages,
    languages.pages,
    labels.pages,
    label.pages,
    clip.pages,
    standing.pages,
    search.pages,
    table.pages,
    lists.pages,
    mapping.pages,
    constants.pages,
    manifest.pages,
    sharing.pages,
    redirects.pages,
    data.pages,
    downloads.pages,
    citing.pages,
    preview.pages,
)
"every kind of page but that of features; a task each"


@dataclass(frozen=True, slots=True)
class _Task:
    """A kind of page by its place in `KINDS`, or a block of features of a dictionary."""

    kind: int | None
    dictionary: str = ""
    first: int = 0


def render(folder: AtlasFolder, config: Config, site: Path, workers: int) -> str:
    """Make the whole site; returns the closing line."""
    started = time.monotonic()
    _opened.cache_clear()  # in this process, an atlas may have been rendered that has changed since
    atlas = _opened(folder.root, config)
    writing.claim(site)
    tasks = list(_tasks(atlas))
    written: list[WriteResult] = []
    with bar("render", len(tasks), "blocks") as advance:
        for done in ordered_map(partial(_perform, folder.root, config, site), tasks, workers):
            written.append(done)
            advance(1)
    written.append(_copy(templates_folder() / "assets", site, "assets"))
    if config.media.base_url is None:
        written.append(_copy(folder.root / FOLDER, site, FOLDER))
    made = {address for result in written for address in result.addresses}
    written.append(writing.write_pages(site, sitemap.pages(atlas, made)))
    addresses = {address for result in written for address in result.addresses} | {writing.MARK}
    deleted = writing.prune(site, addresses)
    changed = sum(result.changed for result in written)
    size = sum(result.size for result in written)
    return (
        f"render     {counted(len(addresses) - 1, 'file')}, {size / 1e6:.1f} MB, of which {changed:,} were written anew"
        f" and {deleted:,} deleted, in {duration(time.monotonic() - started)}; the site is in {site}"
        f"{_elsewhere(folder.root / FOLDER, config)}"
    )


def _elsewhere(media: Path, config: Config) -> str:
    """What a site still needs whose sounds and pictures lie on another host."""
    if config.media.base_url is None:
        return ""
    sizes = [path.stat().st_size for path in _files(media)]
    return (
        f"\n           sounds and pictures ({counted(len(sizes), 'file')}, {sum(sizes) / 1e6:.1f} MB) are expected at"
        f" {config.media.base_url}; upload what is in {media} there"
    )


def _tasks(atlas: SiteAtlas) -> Iterator[_Task]:
    for kind in range(len(KINDS)):
        yield _Task(kind)
    for name in atlas.names:
        for first in range(0, atlas.feature_count(name), BLOCK):
            yield _Task(None, name, first)


_opened = cache(site_of_config)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What a feature's page is made of goes with it and lies in no cycle; looking for cycles still takes time."""
    usual = gc.get_threshold()
    gc.set_threshold(YOUNG, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _perform(root: Path, config: Config, site: Path, task: _Task) -> WriteResult:
    with _seldom_collected():
        return _write(root, config, site, task)


def _write(root: Path, config: Config, site: Path, task: _Task) -> WriteResult:
    atlas = _opened(root, config)
    if task.kind is not None:
        return writing.write_pages(site, KINDS[task.kind](atlas))
    made = packed.pages if atlas.packed else feature.pages
    if atlas.is_stubbed_control(task.dictionary):
        made = controls.pages
    block = atlas, task.dictionary, task.first, task.first + BLOCK
    return writing.write_pages(site, chain(made(*block), featuredata.pages(*block)))


def _copy(source: Path, site: Path, address: str) -> WriteResult:
    """Scripts and styles, or sounds and pictures, into the site."""
    return writing.write_pages(
        site, ((f"{address}/{path.relative_to(source).as_posix()}", path.read_bytes()) for path in _files(source))
    )


def _files(source: Path) -> Iterator[Path]:
    """What a site takes of a folder: its tables stay."""
    return (path for path in sorted(source.rglob("*")) if path.is_file() and path.suffix != ".parquet")

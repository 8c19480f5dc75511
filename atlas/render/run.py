"""The stage `render`: every page of a site, in parallel, and what no page stands for any more deleted.

A kind of page is a function `pages(atlas)` that yields addresses with contents; feature pages are made in blocks of
features, which workers share.
"""

import filecmp
import gc
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from atlas.config import Config, SiteConfig
from atlas.progress import bar
from atlas.render import writing
from atlas.render.pages import Page, templates_folder
from atlas.render.reading import Atlas, read_atlas
from atlas.render.views import (
    about,
    clip,
    compare,
    dictionary,
    feature,
    home,
    label,
    labels,
    lists,
    mapping,
    packed,
    search,
    standing,
    table,
)
from atlas.render.writing import Written
from atlas.store import AtlasFolder
from atlas.wording import counted, duration

BLOCK = 16 * packed.SHARD  # features that a worker reads at once

KINDS: tuple[Callable[[Atlas], Iterator[Page]], ...] = (
    home.pages,
    about.pages,
    dictionary.pages,
    compare.pages,
    labels.pages,
    label.pages,
    clip.pages,
    standing.pages,
    search.pages,
    table.pages,
    lists.pages,
    mapping.pages,
)
"every kind of page but that of features; a task each"


@dataclass(frozen=True, slots=True)
class _Task:
    """A kind of page by its place in `KINDS`, or a block of features of a dictionary."""

    kind: int | None
    dictionary: str = ""
    first: int = 0


def render(folder: AtlasFolder, config: Config, site: Path, workers: int) -> str:
    """Make the whole site; the closing line."""
    started = time.monotonic()
    atlas = read_atlas(folder.root, config.site)
    writing.claim(site)
    tasks = list(_tasks(atlas))
    written: list[Written] = []
    with bar("render", len(tasks), "blocks") as advance:
        for done in _each(tasks, (folder.root, config.site, site), workers):
            written.append(done)
            advance(1)
    written += [_copy_assets(site), _copy_media(folder.root / "media", site)]
    addresses = {address for one in written for address in one.addresses} | {writing.MARK}
    deleted = writing.prune(site, addresses)
    changed = sum(one.changed for one in written)
    size = sum(one.size for one in written)
    return (
        f"render     {counted(len(addresses) - 1, 'file')}, {size / 1e6:.1f} MB, of which {changed:,} were written anew"
        f" and {deleted:,} deleted, in {duration(time.monotonic() - started)}; the site is in {site}"
    )


def _tasks(atlas: Atlas) -> Iterator[_Task]:
    for kind in range(len(KINDS)):
        yield _Task(kind)
    for name in atlas.names:
        for first in range(0, atlas.features(name), BLOCK):
            yield _Task(None, name, first)


def _each(tasks: Sequence[_Task], where: tuple[Path, SiteConfig, Path], workers: int) -> Iterator[Written]:
    if workers == 1:
        yield from (_perform(task, *where) for task in tasks)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _collect_seldom) as pool:
        try:
            for future in as_completed([pool.submit(_perform, task, *where) for task in tasks]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _collect_seldom() -> None:
    """A worker makes millions of small objects and few circles: looking for circles took a fifth of its time."""
    gc.set_threshold(100_000, 50, 50)


_opened = cache(read_atlas)


def _perform(task: _Task, root: Path, settings: SiteConfig, site: Path) -> Written:
    atlas = _opened(root, settings)
    if task.kind is not None:
        return writing.write_pages(site, KINDS[task.kind](atlas))
    made = packed.pages if packed.is_packed(atlas) else feature.pages
    return writing.write_pages(site, made(atlas, task.dictionary, task.first, task.first + BLOCK))


def _copy_assets(site: Path) -> Written:
    assets = templates_folder() / "assets"
    files = sorted(path for path in assets.rglob("*") if path.is_file())
    pages = ((f"assets/{path.relative_to(assets).as_posix()}", path.read_bytes()) for path in files)
    return writing.write_pages(site, pages)


def _copy_media(media: Path, site: Path) -> Written:
    """Sound and pictures, from the atlas to the site."""
    addresses, changed, size = [], 0, 0
    for path in sorted([*media.glob("audio/*.mp3"), *media.glob("spectrograms/*.webp")]):
        address = f"media/{path.relative_to(media).as_posix()}"
        goal = site / address
        addresses.append(address)
        size += path.stat().st_size
        if not (goal.exists() and filecmp.cmp(path, goal, shallow=False)):
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal)
            changed += 1
    return Written(tuple(addresses), changed, size)

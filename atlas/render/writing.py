"""The site folder: a file is touched only if its bytes differ, and what no page stands for any more is deleted.

A folder with anything else in it is no place for a site: the first render needs an empty or a new one, and leaves a
mark by which later renders know their own. A file named README.md is left alone.
"""

import errno
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import AtlasError
from atlas.render.templating import Page

MARK = ".atlas-site"
_KEPT = ("README.md", ".gitignore", ".git", "CNAME")
_PART = ".part"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of some pages."""

    addresses: tuple[str, ...]
    changed: int
    size: int


def claim(site: Path) -> None:
    """Take a folder for the site, or refuse one that holds other things."""
    if site.is_dir() and not (site / MARK).exists():
        foreign = sorted(path.name for path in site.iterdir() if path.name not in _KEPT)
        if foreign:
            raise AtlasError(
                f"{site}: holds other files and no site, such as {foreign[0]}; give an empty or new folder"
            )
    put(site, MARK, b"The pages here were made by `atlas render`, which deletes what it does not know.\n")


def write_pages(site: Path, pages: Iterable[Page]) -> WriteResult:
    """Write pages as they come."""
    addresses: list[str] = []
    changed = size = 0
    for address, content in pages:
        data = content.encode("utf-8") if isinstance(content, str) else content
        addresses.append(address)
        changed += put(site, address, data)
        size += len(data)
    return WriteResult(tuple(addresses), changed, size)


def put(site: Path, address: str, data: bytes) -> bool:
    """Write one file whole, unless it holds these bytes already; say whether it was touched."""
    path = site / address
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except FileNotFoundError:
        pass
    temporary = path.with_name(path.name + _PART)
    try:
        try:
            temporary.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        reason = "the disk is full; make room and render again" if error.errno == errno.ENOSPC else error.strerror
        raise AtlasError(f"{path}: cannot be written: {reason}") from error
    return True


def prune(site: Path, keep: Collection[str]) -> int:
    """Delete the files that no page stands for, and folders left empty; say how many."""
    deleted = 0
    for folder, names, files in os.walk(site, topdown=True):
        here = Path(folder)
        if here == site:
            names[:] = [name for name in names if name not in _KEPT]
            files = [name for name in files if name not in _KEPT]
        for name in files:
            if (here / name).relative_to(site).as_posix() not in keep:
                (here / name).unlink()
                deleted += 1
    for folder, _, _ in os.walk(site, topdown=False):
        if Path(folder) != site and not any(Path(folder).iterdir()):
            Path(folder).rmdir()
    return deleted

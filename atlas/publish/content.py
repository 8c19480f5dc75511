"""The files of a site as git names them, and trees of such files.

A file's name is the SHA-1 of its content with git's header, computed here: what is new is known without writing any
object, in a second for thousands of pages.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from atlas.errors import AtlasError
from atlas.render.writing import MARK

FILE_MODE = "100644"
LEFT_OUT = (MARK, ".gitignore")  # at the root: what only the folder is about
_PART = ".part"


class TreeEntry(NamedTuple):
    """A file of a tree."""

    mode: str
    sha: str


Tree = Mapping[str, TreeEntry]
"path from the root -> file"


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a file, by its name in git, and where to read it."""

    sha: str
    size: int
    source: Path | bytes

    @property
    def entry(self) -> TreeEntry:
        return TreeEntry(FILE_MODE, self.sha)

    def content(self) -> bytes:
        """The bytes; refused if they are not those that were named."""
        if isinstance(self.source, bytes):
            return self.source
        data = self.source.read_bytes()
        if sha_of(data) != self.sha:
            raise AtlasError(f"{self.source}: changed while it was published; let rendering finish, and try again")
        return data


def sha_of(content: bytes) -> str:
    """The name that git gives to content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def blob_of(content: bytes) -> Blob:
    return Blob(sha_of(content), len(content), content)


def files_of(folder: Path) -> dict[str, Blob]:
    """Every file of a folder that is part of a site, by its address."""
    found = {}
    for address, path in paths_of(folder):
        data = path.read_bytes()
        found[address] = Blob(sha_of(data), len(data), path)
    return found


def paths_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """The addresses and the places of these files; refused if one is a link, or half written."""
    for place, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name != ".git")
        links = [name for name in names if Path(place, name).is_symlink()]  # to folders, which are not walked into
        for name in (*links, *sorted(files)):
            path = Path(place, name)
            address = path.relative_to(folder).as_posix()
            if address in LEFT_OUT or name == ".git":  # a file where the folder is a worktree or a submodule
                continue
            _check_file(path, address)
            yield address, path


def _check_file(path: Path, address: str) -> None:
    if path.is_symlink():
        raise AtlasError(f"{path}: a link to another file, which `atlas render` never makes; take it out of the site")
    if address.endswith(_PART):
        raise AtlasError(f"{path}: half written; let rendering finish, or render again")
    if not address.isprintable():
        raise AtlasError(f"{path}: a name with a line break or another control character; take it out of the site")


def below(place: str, tree: Tree) -> dict[str, TreeEntry]:
    """The part of a tree under a place, by paths from there."""
    if not place:
        return dict(tree)
    start = f"{place}/"
    return {path.removeprefix(start): entry for path, entry in tree.items() if path.startswith(start)}


def beside(place: str, tree: Tree) -> dict[str, TreeEntry]:
    """The rest of a tree."""
    return {path: entry for path, entry in tree.items() if place and not path.startswith(f"{place}/")}

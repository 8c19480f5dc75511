"""What of a folder `atlas publish` wrote, and what others put there: a list of ours lies in the folder itself.

A file that others wrote or changed is never deleted, and replaced only if that is meant.
"""

import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from atlas.errors import AtlasError
from atlas.formatting import plain
from atlas.publish.content import FILE_MODE, LEFT_OUT, Blob, TreeEntry, sha_of
from atlas.render.writing import put

LIST = ".atlas-published"
_FORMAT = 1
_LINK_MODE = "120000"

Written = Mapping[str, tuple[str, ...]]
"path -> names of the contents that we gave it; two where a run was stopped between them"


def files_there(folder: Path) -> dict[str, Blob]:
    """Every file that lies in the folder, a link as the file that it is; what programs keep for themselves left out."""
    return {path.relative_to(folder).as_posix(): _blob(path) for path in _paths(folder)}


def _paths(folder: Path) -> Iterator[Path]:
    for place, names, files in os.walk(folder):
        here = Path(place)
        links = [name for name in names if (here / name).is_symlink()]
        names[:] = sorted(name for name in names if name != ".git" and name not in links)
        for name in sorted([*files, *links]):
            if name != ".git" and not (here == folder and name in (*LEFT_OUT, LIST)):
                yield here / name


def _blob(path: Path) -> Blob:
    if path.is_symlink():
        leads = os.readlink(path).encode("utf-8", "surrogateescape")
        return Blob(sha_of(leads), 0, leads)
    if not path.is_file():
        raise AtlasError(f"{path}: neither a file nor a folder; take it out, or give another folder")
    data = path.read_bytes()
    return Blob(sha_of(data), len(data), path)


def entry_of(folder: Path, path: str, blob: Blob) -> TreeEntry:
    return TreeEntry(_LINK_MODE if (folder / path).is_symlink() else FILE_MODE, blob.sha)


def read_list(folder: Path) -> dict[str, tuple[str, ...]] | None:
    """What we wrote; None where we wrote nothing."""
    path = folder / LIST
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_bytes())
        if raw["format"] == _FORMAT:
            return {str(name): tuple(map(str, shas)) for name, shas in raw["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise AtlasError(f"{path}: not the list that `atlas publish` leaves; give another folder, or empty this one")


def write_list(folder: Path, files: Written) -> None:
    put(folder, LIST, (json.dumps({"format": _FORMAT, "files": dict(sorted(files.items()))}) + "\n").encode())


def of_others(there: Mapping[str, Blob], ours: Written) -> frozenset[str]:
    """The files that others wrote, or changed since we did."""
    return frozenset(path for path, blob in there.items() if blob.sha not in ours.get(path, ()))


def check_room(folder: Path, written: Collection[str], kept: Collection[str]) -> None:
    """Refuse what would have a file and a folder of one name, or lead through a link."""
    stays = frozenset(kept)
    above = {path: _above(path) for path in written}
    taken = sorted(one for folders in above.values() for one in folders if one in stays)
    blocked = sorted(frozenset(written) & {one for path in stays for one in _above(path)})
    if taken or blocked:
        one = folder / plain((taken or blocked)[0])
        raise AtlasError(f"{one}: is there, and in the way of the site; move it, or give another folder")


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]

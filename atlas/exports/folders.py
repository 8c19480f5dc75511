"""Where an export goes: a folder that appears when all of it is written, and never half.

An earlier export of the same kind, which its marker tells, is replaced; any other folder with something in it is left
alone.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from atlas import __version__
from atlas.errors import AtlasError
from atlas.formatting import counted

MARKER = ".atlas-export.json"
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class ExportSize:
    """What an export left."""

    files: int
    size: int  # bytes

    def __str__(self) -> str:
        return f"{counted(self.files, 'file')}, {self.size / _MB:.1f} MB"


@contextmanager
def fresh_folder(to: Path, kind: str) -> Iterator[Path]:
    """A folder to write into; it takes the place of `to` at the end of the block, and is gone if that fails."""
    _refuse_foreign(to, kind)
    temporary = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        marker = {"export": kind, "tool": __version__}
        (temporary / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
        _put_in_place(temporary, to)
    except OSError as error:
        raise _cannot_write(to, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def measured(folder: Path) -> ExportSize:
    """How many files an export has, without its marker, and their bytes."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MARKER]
    return ExportSize(len(files), sum(path.stat().st_size for path in files))


def _refuse_foreign(to: Path, kind: str) -> None:
    if not to.exists() or (to.is_dir() and not any(to.iterdir())):
        return
    try:
        earlier = json.loads((to / MARKER).read_text(encoding="utf-8")).get("export")
    except (OSError, ValueError, AttributeError):
        earlier = None
    if earlier != kind:
        raise AtlasError(f"{to}: holds something else than an earlier export for {kind}; give --to a new folder")


def _put_in_place(temporary: Path, to: Path) -> None:
    former = to.with_name(f".{to.name}.{os.getpid()}.former")
    if to.exists():
        os.replace(to, former)
    os.replace(temporary, to)
    shutil.rmtree(former, ignore_errors=True)


def _cannot_write(to: Path, error: OSError) -> AtlasError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AtlasError(f"{to}: the disk is full; make room and export again")
    return AtlasError(f"{to}: cannot be written: {error.strerror or error}")

"""Files -> a zip whose bytes depend on their names and contents alone, and the file with its sha256.

Names are sorted, times are the format's first day, rights are the same for all; what is compressed already is stored.
Deflate is zlib's, of the level that it takes by itself: another implementation of zlib may give other bytes.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from atlas.errors import AtlasError
from atlas.progress import bar

SUM = ".sha256"

_PART = ".part"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16  # a plain file that its owner may write
_UNIX = 3
_PACKED = (".gz", ".mp3", ".parquet", ".png", ".webp")
_CHUNK = 2**20


def write_zip(target: Path, members: Mapping[str, Path | bytes]) -> str:
    """Write files and texts by their names in the zip, and beside it what `sha256sum -c` reads; returns the sha256."""
    part = target.with_name(target.name + _PART)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _pack(part, members)
            digest = _sha256(part)
            checksum(target).unlink(missing_ok=True)  # that of a former zip must not stand beside another
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        write_whole(checksum(target), f"{digest}  {target.name}\n")
    except OSError as error:
        raise _unwritten(target, error) from error
    return digest


def checksum(target: Path) -> Path:
    """The file beside a zip that holds its sha256."""
    return target.with_name(target.name + SUM)


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all."""
    part = path.with_name(path.name + _PART)
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritten(path, error) from error


def _pack(part: Path, members: Mapping[str, Path | bytes]) -> None:
    with ZipFile(part, "w") as archive, bar("archive", len(members), "files") as advance:
        for name in sorted(members):
            source = members[name]
            info = _described(name)
            if isinstance(source, bytes):
                archive.writestr(info, source)
            else:
                info.file_size = source.stat().st_size  # beyond 4 GB, room for the larger kind of header
                with source.open("rb") as file, archive.open(info, "w") as packed:
                    shutil.copyfileobj(file, packed, _CHUNK)
            advance(1)
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _described(name: str) -> ZipInfo:
    info = ZipInfo(name, _FIRST_DAY)
    info.create_system = _UNIX
    info.external_attr = _READABLE
    info.compress_type = ZIP_STORED if name.endswith(_PACKED) else ZIP_DEFLATED
    return info


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unwritten(target: Path, error: OSError) -> AtlasError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AtlasError(f"{target}: the disk is full; make room, or name another folder with --to")
    if isinstance(error, FileNotFoundError) and error.filename:
        return AtlasError(f"{error.filename}: gone while it was archived; let `atlas render` end first, then try again")
    return AtlasError(f"{error.filename or target}: {error.strerror or error}; name another folder with --to")

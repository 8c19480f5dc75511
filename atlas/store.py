"""The atlas folder: atomic writes, markers, checked reads, and a lock.

A file is written beside its place, synced and renamed, so that whatever has its final name is whole. A stage (or one
shard of it) is done when its marker is in place; the marker holds the facts that the stage depended on, so that a
later run can say which of them changed. Nothing here knows what a stage does.
"""

import errno
import fcntl
import hashlib
import io
import json
import logging
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.schema import Table
from atlas.schema.card import CARD

LOG = logging.getLogger(__name__)

Facts = Mapping[str, str]

_MARKERS = ".done"
_LOCK = ".lock"
_TEMPORARY = ".atlas-part"
_JOINED_ROW_GROUP = 2**14
_FORMAT = 2  # of markers
_DIGEST = "sha256:"
_RENEWED = (CARD,)  # its title may be brought up to date after the stage that wrote it


def opaque(digest: str) -> str:
    """A fact that tells whether something has changed, and nothing that a user could read."""
    return _DIGEST + digest


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that differs from the run that left a marker; None where there is no such fact."""

    key: str
    before: str | None
    now: str | None

    def __str__(self) -> str:
        if _DIGEST not in f"{self.before} {self.now}":
            return f"{self.key} was {self.before or 'absent'}, is {self.now or 'absent'}"
        if self.before is None:
            return f"{self.key} is new"
        return f"{self.key} is gone" if self.now is None else f"{self.key} changed"


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a stage left."""

    size: int | None  # None where it may be brought up to date
    digest: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What a finished stage depended on and left."""

    facts: Facts
    outputs: Mapping[str, Output]  # by path
    notes: Facts

    def digest(self) -> str:
        """A fingerprint of the facts: equal facts, equal outputs."""
        return digest_of(json.dumps(dict(self.facts), sort_keys=True))

    def digest_of(self, prefixes: tuple[str, ...], suffix: str = "") -> str:
        """A digest of the outputs whose paths begin and end so."""
        mine = sorted(path for path in self.outputs if path.startswith(prefixes) and path.endswith(suffix))
        return digest_of("".join(f"{path} {self.outputs[path].digest}\n" for path in mine))


class AtlasFolder:
    """The folder of tables, markers and media that measuring leaves."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, table: Table, *parts: str) -> Path:
        """Where a table, or a part of it, lies."""
        if len(parts) != len(table.parts):
            raise ValueError(f"{table.name} is cut by {table.parts}, not {parts}")
        return self.root.joinpath(table.name, *parts).with_name(f"{(table.name, *parts)[-1]}.parquet")

    def write_table(self, table: Table, frame: pl.DataFrame, *parts: str, row_group: int | None = None) -> Path:
        """Check a frame against its table and write it whole; rows must be sorted by the key."""
        path = self.path(table, *parts)
        return self.write_parquet(path, table.check(frame, str(path)), row_group, table.metadata)

    def write_parquet(
        self, path: Path, frame: pl.DataFrame, row_group: int | None = None, metadata: dict[str, str] | None = None
    ) -> Path:
        buffer = io.BytesIO()
        frame.write_parquet(
            buffer, compression="zstd", compression_level=3, row_group_size=row_group, metadata=metadata
        )
        return self.write_bytes(path, buffer.getbuffer())

    def join_parquet(self, table: Table, pieces: Sequence[Path], *parts: str) -> Path:
        """Write a table from pieces that are sorted and follow each other, without holding them all in memory."""
        path = self.path(table, *parts)
        temporary = self._temporary(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            joined = pl.scan_parquet(list(pieces), schema=dict(table.columns))
            joined.sink_parquet(
                temporary,
                compression="zstd",
                compression_level=3,
                row_group_size=_JOINED_ROW_GROUP,
                metadata=table.metadata,
            )
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except (OSError, pl.exceptions.ComputeError) as error:
            temporary.unlink(missing_ok=True)
            raise _write_error(path, error) from error
        return path

    def read_table(self, table: Table, *parts: str) -> pl.DataFrame:
        """Read one file of a table and check its columns."""
        path = self.path(table, *parts)
        try:
            table.check_version(pl.read_parquet_metadata(path), str(path))
            return table.check(pl.read_parquet(path), str(path))
        except FileNotFoundError:
            raise self.absent(path, table.writer) from None
        except (pl.exceptions.ComputeError, OSError) as error:
            raise AtlasError(f"{path}: not a readable Parquet file ({error}); run `atlas {table.writer}`") from None

    def absent(self, path: Path, writer: str) -> AtlasError:
        """What to say of a file that is not there."""
        return AtlasError(f"{path}: not there; run the stage that writes it, `atlas {writer}`")

    def write_bytes(self, path: Path, content: bytes | memoryview) -> Path:
        """Write a file so that it is there whole or not at all."""
        temporary = self._temporary(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _write_error(path, error) from error
        return path

    def _temporary(self, path: Path) -> Path:
        return path.with_name(f"{path.name}.{socket.gethostname()}.{os.getpid()}{_TEMPORARY}")

    def write_json(self, path: Path, content: object) -> Path:
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        return self.write_bytes(path, text.encode())

    def marker(self, *stage: str) -> Marker | None:
        """The marker of a finished stage (or stage and shard) whose outputs are all there."""
        marker = self.record(*stage)
        if marker is None:
            return None
        whole = all(_stands(self.root / name, output.size) for name, output in marker.outputs.items())
        return marker if whole else None

    def record(self, *stage: str) -> Marker | None:
        """The marker of a stage, whether or not its outputs are still there."""
        path = self._marker_path(stage)
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise AtlasError(f"{path}: not a readable marker ({error}); delete it to run the stage again") from None
        if raw.get("format") != _FORMAT:
            raise AtlasError(
                f"{self.root}: made by another version of the tool, whose markers this one does not read; use another"
                " --out, or the version that made it"
            )
        return Marker(raw["facts"], {name: Output(*output) for name, output in raw["outputs"].items()}, raw["notes"])

    def left_by(self, stage: str) -> Marker | None:
        """What a stage left, that of all its shards together, whether or not it is still there."""
        whole = self.record(stage)
        shards = [record for shard in self.marked(stage) if (record := self.record(stage, shard)) is not None]
        if whole is not None or not shards:
            return whole
        outputs = {name: output for record in shards for name, output in record.outputs.items()}
        builds = sorted({record.notes.get("build", "") for record in shards})
        return Marker(shards[0].facts, outputs, {"build": " | ".join(builds)})

    def describe(self, paths: Sequence[Path]) -> dict[str, Output]:
        """Files of the folder, each with its size and digest."""
        return {path.relative_to(self.root).as_posix(): _described(path) for path in paths}

    def mark(
        self,
        stage: Sequence[str],
        facts: Facts,
        outputs: Sequence[Path],
        notes: Facts | None = None,
        described: Mapping[str, Output] | None = None,
    ) -> Marker:
        """Put a stage's marker in place, last of all; outputs that are described already are not read again."""
        marker = Marker(dict(facts), self.describe(outputs) | dict(described or {}), dict(notes or {}))
        raw = {
            "format": _FORMAT,
            "facts": marker.facts,
            "outputs": {name: [output.size, output.digest] for name, output in marker.outputs.items()},
            "notes": marker.notes,
        }
        self.write_json(self._marker_path(stage), raw)
        return marker

    def unmark(self, *stage: str) -> None:
        """Take a stage's marker away, so that it runs again."""
        self._marker_path(stage).unlink(missing_ok=True)

    def marked(self, stage: str) -> tuple[str, ...]:
        """The shards of a stage that have markers."""
        folder = self.root / _MARKERS / stage
        return tuple(sorted(path.stem for path in folder.glob("*.json"))) if folder.is_dir() else ()

    def _marker_path(self, stage: Sequence[str]) -> Path:
        return self.root.joinpath(_MARKERS, *stage).with_name(f"{stage[-1]}.json")

    def _refuse_foreign(self) -> None:
        """A folder with files of somebody else's is no place for an atlas, which deletes what it no longer needs."""
        if self.root.is_dir() and any(self.root.iterdir()) and not (self.root / _LOCK).exists():
            raise AtlasError(f"{self.root}: holds other files and no atlas; give --out an empty or a new folder")

    @contextmanager
    def lock(self, *, shared: bool = False) -> Iterator[None]:
        """Hold the folder alone, or together with others that scan other shards of the same run."""
        self._refuse_foreign()
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            file = open(self.root / _LOCK, "a+", encoding="utf-8")  # noqa: SIM115 (held until the end of the block)
        except OSError as error:
            raise _write_error(self.root, error) from error
        with file:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "another run"
                raise AtlasError(f"{self.root}: in use by {holder}; wait for it, or use another --out") from None
            except OSError as error:
                LOG.warning("%s: this disk has no locks (%s); take care that no two runs share it", self.root, error)
            if not shared:
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}")
                file.flush()
            try:
                yield
            finally:
                if not shared:
                    file.truncate(0)

    def prune(self, folders: Sequence[str], keep: Collection[Path]) -> None:
        """Delete the files in some folders that no present run has left."""
        for name in folders:
            for path in sorted((self.root / name).rglob("*"), reverse=True):
                if path.is_dir():
                    if not any(path.iterdir()):
                        path.rmdir()
                elif path not in keep:
                    path.unlink()

    def sweep(self) -> None:
        """Delete what runs that were killed left half written; call it only under the lock."""
        for path in self.root.rglob(f"*{_TEMPORARY}"):
            path.unlink(missing_ok=True)


def changes(before: Facts, now: Facts, absent: Callable[[str], str | None] = lambda _key: None) -> tuple[Change, ...]:
    """The facts that differ, by key; `absent` gives the value of a key that is no fact.

    What came or went with an entry of a list is not told key by key, as the list is told.
    """
    pairs = {key: (before.get(key, absent(key)), now.get(key, absent(key))) for key in sorted({*before, *now})}
    differing = {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
    lists = [f"{key}." for key in differing]
    return tuple(
        Change(key, *pair)
        for key, pair in differing.items()
        if not (key.startswith(tuple(lists)) and (key not in before or key not in now))
    )


def _described(path: Path) -> Output:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return Output(None if path.name in _RENEWED else path.stat().st_size, digest)


def _stands(path: Path, size: int | None) -> bool:
    try:
        actual = path.stat().st_size
    except OSError:
        return False
    return size is None or actual == size


def _write_error(path: Path, error: OSError | pl.exceptions.ComputeError) -> AtlasError:
    if isinstance(error, OSError):
        full, reason = error.errno in (errno.ENOSPC, errno.EDQUOT), error.strerror or str(error)
    else:  # polars passes the system's errors on in words alone
        full, reason = f"os error {errno.ENOSPC})" in str(error), str(error)
    if full:
        return AtlasError(f"{path}: the disk is full; make room and run the same command again, it goes on from here")
    return AtlasError(f"{path}: cannot be written: {reason}")

"""The four sources of a corpus -> entries: a manifest, a folder a domain, Hugging Face `audiofolder`, WebDataset tars.

Each source lists its files in its own columns; `entries.py` gives them their meaning. Files are found and named here,
not opened, apart from the sidecars in tar files.
"""

import glob
import json
import logging
import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from atlas.audio.files import SUFFIXES, TAR_MARK, content, tar_members
from atlas.config.settings import CorpusConfig
from atlas.corpus.entries import COLUMNS, CorpusEntry, CorpusListing, CorpusRow, entries_of, listed
from atlas.corpus.locate import root_of_shards
from atlas.corpus.presets.folder import scan
from atlas.corpus.records import Records, read_records
from atlas.errors import AtlasError
from atlas.formatting import counted

LOG = logging.getLogger(__name__)

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
SPLITS = frozenset(
    {"train", "training", "test", "testing", "eval", "evaluation", "val", "valid", "validation", "dev", "data"}
)
SIDECARS = (".json", ".txt", ".cls")


def read_entries(config: CorpusConfig) -> tuple[CorpusEntry, ...]:
    """What the corpus lists, in the order of its source."""
    if config.manifest is not None:
        listing = _manifest(config.manifest, config)
    elif config.folders is not None:
        listing = _folders(config.folders)
    elif config.audiofolder is not None:
        listing = _audiofolder(config.audiofolder, config)
    else:
        assert config.webdataset is not None, "the config names one source"
        listing = _webdataset(config.webdataset)
    return entries_of(listing, config)


def _manifest(path: Path, config: CorpusConfig) -> CorpusListing:
    records = _records(path, config, "path")
    root = Path(os.path.abspath(config.root or path.parent))
    return CorpusListing(str(path), records.columns, _rows_of(records, config.columns.get("path", "path"), "", root))


def _records(path: Path, config: CorpusConfig, path_column: str) -> Records:
    wanted = {path_column, *(config.columns.get(ours, ours) for ours in (*COLUMNS, *filter(None, [config.group])))}
    records = read_records(path, wanted)
    path_column = config.columns.get("path", path_column)
    if path_column not in records.columns:
        raise AtlasError(
            f"{path}: no column {path_column}; its columns: {listed(records.columns)};"
            ' name the one with the paths: corpus.columns = { path = "..." }'
        )
    unused = [name for name in records.columns if name not in wanted]
    if unused:
        LOG.info("%s: columns that are not used: %s", path, ", ".join(unused))
    return records


def _rows_of(records: Records, path_column: str, folder: str, root: Path) -> Iterator[CorpusRow]:
    """The rows of a table, whose paths are relative to a folder below the root."""
    for number, cells in enumerate(records.rows, start=1):
        written = str(cells.get(path_column) or "").strip()
        path = posixpath.join(folder, written) if written else ""
        yield CorpusRow(where=f"row {number}", path=path, root=root, prefix="", dataset=root.name, cells=cells)


def _folders(folders: Mapping[str, Path]) -> CorpusListing:
    rows = [row for domain, folder in folders.items() for row in _rows_of_domain(domain, folder)]
    return CorpusListing("corpus.folders", ("domain",), rows)


def _rows_of_domain(domain: str, folder: Path) -> Iterator[CorpusRow]:
    audio = _audio_of(scan(folder))
    if not audio:
        raise AtlasError(f"{folder}: no audio file in it (corpus.folders.{domain})")
    for path in audio:
        first, slash, _ = path.partition("/")
        yield CorpusRow(
            where=path,
            path=path,
            root=folder,
            prefix=f"{domain}/",
            dataset=first if slash else folder.name,
            cells={"domain": domain},
        )


def _audiofolder(root: Path, config: CorpusConfig) -> CorpusListing:
    paths = scan(root)
    tables = [path for path in paths if PurePosixPath(path).name in METADATA]
    audio = _audio_of(paths)
    if not tables:
        return CorpusListing(str(root), ("labels",), [_labelled_by_folder(root, path) for path in audio])
    records = {table: _records(root / table, config, "file_name") for table in tables}
    rows = [
        row for table, rows_of_table in records.items() for row in _rows_of_metadata(root, table, rows_of_table, config)
    ]
    left_out = set(audio) - {posixpath.normpath(row.path) for row in rows}
    if left_out:
        LOG.warning("%s: %s in no metadata file, left out", root, counted(len(left_out), "audio file"))
    return CorpusListing(
        str(root),
        tuple(dict.fromkeys(name for rows_of_table in records.values() for name in rows_of_table.columns)),
        rows,
    )


def _rows_of_metadata(root: Path, table: str, records: Records, config: CorpusConfig) -> Iterator[CorpusRow]:
    column = config.columns.get("path", "file_name")
    for row in _rows_of(records, column, posixpath.dirname(table), root):
        yield replace(row, where=f"{table}, {row.where}")


def _labelled_by_folder(root: Path, path: str) -> CorpusRow:
    parent = PurePosixPath(path).parent.name
    labels = [] if parent.lower() in SPLITS | {""} else [parent]
    return CorpusRow(where=path, path=path, root=root, prefix="", dataset=root.name, cells={"labels": labels})


def _webdataset(pattern: Path) -> CorpusListing:
    shards = sorted(glob.glob(str(pattern), recursive=True))
    if not shards:
        raise AtlasError(f"{pattern}: no such file; expected a tar file, or a pattern such as shards/*.tar")
    root = root_of_shards(pattern)
    rows = [row for shard in shards for row in _rows_of_shard(Path(shard), root)]
    return CorpusListing(str(pattern), tuple(dict.fromkeys(name for row in rows for name in row.cells)), rows)


def _rows_of_shard(shard: Path, root: Path) -> Iterator[CorpusRow]:
    members = tar_members(str(shard))
    sidecars = {member for member in members if PurePosixPath(member).suffix.lower() in SIDECARS}
    for member in _audio_of(members):
        path = f"{shard.relative_to(root).as_posix()}{TAR_MARK}{member}"
        yield CorpusRow(
            where=path,
            path=path,
            root=root,
            prefix="",
            dataset=root.name,
            cells=_sidecar_cells(shard, _key(member), sidecars),
        )


def _key(member: str) -> str:
    """What the members of one sample share: all before the first dot of the name."""
    folder, slash, name = member.rpartition("/")
    return folder + slash + name.split(".")[0]


def _sidecar_cells(shard: Path, key: str, sidecars: Collection[str]) -> dict[str, object]:
    cells: dict[str, object] = {}
    if key + ".txt" in sidecars:
        cells["text"] = _sidecar(shard, key + ".txt")
    if key + ".cls" in sidecars:
        cells["labels"] = _sidecar(shard, key + ".cls")
    if key + ".json" in sidecars:
        cells |= _json_object(shard, key + ".json")
    return cells


def _json_object(shard: Path, member: str) -> dict[str, object]:
    try:
        value = json.loads(_sidecar(shard, member))
    except json.JSONDecodeError as error:
        raise AtlasError(f"{shard}{TAR_MARK}{member}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise AtlasError(f"{shard}{TAR_MARK}{member}: not a JSON object")
    return value


def _sidecar(shard: Path, member: str) -> str:
    try:
        return content(f"{shard}{TAR_MARK}{member}").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise AtlasError(f"{shard}{TAR_MARK}{member}: not UTF-8 text") from None


def _audio_of(paths: Iterable[str]) -> list[str]:
    """The audio files among paths, sorted, without hidden ones."""
    shown = (path for path in paths if not any(part.startswith(".") for part in path.removeprefix("./").split("/")))
    return sorted(path for path in shown if PurePosixPath(path).suffix.lower() in SUFFIXES)

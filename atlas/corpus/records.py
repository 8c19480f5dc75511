"""CSV, TSV, JSON lines and Parquet files -> records: a mapping a row, with the file's own columns.

A cell of a CSV file is a text; JSON and Parquet keep their types, lists included. What the columns mean is decided
elsewhere.
"""

import csv
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from atlas.errors import AtlasError

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a file; of the columns that were not wanted, a reader may leave out the cells."""

    columns: tuple[str, ...]
    rows: tuple[Record, ...]


def read_records(path: Path, wanted: Collection[str]) -> Records:
    """Read the wanted columns of a file by its suffix."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise AtlasError(f"{path}: not a kind of table that is known; expected {', '.join(READERS)}")
    try:
        return reader(path, wanted)
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise AtlasError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def _csv(path: Path, wanted: Collection[str]) -> Records:
    return _delimited(path, ",")


def _tsv(path: Path, wanted: Collection[str]) -> Records:
    return _delimited(path, "\t")


def _delimited(path: Path, delimiter: str) -> Records:
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            lines = [cells for cells in csv.reader(file, delimiter=delimiter, strict=True) if cells]
        except csv.Error as error:
            raise AtlasError(f"{path}: not a table: {error}") from None
    if not lines:
        raise AtlasError(f"{path}: empty; expected a row of column names, and a row a clip or file")
    header, *rows = lines
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise AtlasError(f"{path}: the column {twice[0]} is there twice")
    for number, cells in enumerate(rows, start=1):
        if len(cells) != len(header):
            raise AtlasError(f"{path}: row {number} has {len(cells)} cells, the row of column names has {len(header)}")
    return Records(tuple(header), tuple(dict(zip(header, cells, strict=True)) for cells in rows))


def _json_lines(path: Path, wanted: Collection[str]) -> Records:
    rows: list[Record] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise AtlasError(f"{path}: line {number} is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise AtlasError(f"{path}: line {number} is not a JSON object")
        rows.append(row)
    return Records(tuple(dict.fromkeys(name for row in rows for name in row)), tuple(rows))


def _parquet(path: Path, wanted: Collection[str]) -> Records:
    try:
        columns = tuple(pl.read_parquet_schema(path))
        frame = pl.read_parquet(path, columns=[name for name in columns if name in wanted])
    except pl.exceptions.ComputeError as error:
        raise AtlasError(f"{path}: not a readable Parquet file ({error})") from None
    return Records(columns, tuple(frame.to_dicts()))


READERS: Mapping[str, Callable[[Path, Collection[str]], Records]] = MappingProxyType(
    {".csv": _csv, ".tsv": _tsv, ".jsonl": _json_lines, ".ndjson": _json_lines, ".parquet": _parquet}
)

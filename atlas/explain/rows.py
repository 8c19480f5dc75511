"""A CSV or JSON lines file that a person or a program wrote -> rows of cells, each with its line.

An empty cell is None. What the cells mean is the caller's part; here only the form is looked at: the columns, and that
each line of JSON is an object. Mistakes are handed on, so that the caller can tell them all at once.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from atlas.errors import AtlasError
from atlas.formatting import counted

CSV = (".csv", ".tsv")
JSON_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row of a file: cells by column, empty ones None."""

    line: int
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong on a line of a file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Content:
    """A file's rows, what is wrong with its form, and its bytes."""

    rows: Sequence[ImportedRow]
    mistakes: Sequence[Mistake]
    raw: bytes


def read_rows(file: Path, needed: Sequence[str], optional: Sequence[str]) -> Content:
    """Read a file of rows that have the needed columns, and no others than these and the optional ones."""
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise AtlasError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise AtlasError(f"{file}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from None
    if file.suffix.lower() in CSV:
        return Content(*_csv_rows(text, "\t" if file.suffix.lower() == ".tsv" else ",", needed, optional), raw)
    if file.suffix.lower() in JSON_LINES:
        return Content(*_json_rows(text, needed, optional), raw)
    raise AtlasError(f"{file}: expected a file whose name ends in {', '.join((*CSV, *JSON_LINES))}")


def _csv_rows(
    text: str, delimiter: str, needed: Sequence[str], optional: Sequence[str]
) -> tuple[list[ImportedRow], list[Mistake]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[ImportedRow] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        mistakes = [Mistake(1, mistake) for mistake in _column_mistakes(header, needed, optional)]
        if mistakes:
            return [], mistakes
        last = reader.line_num
        for cells in reader:
            line, last = last + 1, reader.line_num
            if cells and len(cells) != len(header):
                mistakes.append(Mistake(line, f"{counted(len(cells), 'cell')}, expected {len(header)}"))
            elif cells:
                rows.append(
                    ImportedRow(line, {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)})
                )
    except csv.Error as error:
        mistakes.append(Mistake(reader.line_num, f"not CSV: {error}"))
    return rows, mistakes


def _json_rows(text: str, needed: Sequence[str], optional: Sequence[str]) -> tuple[list[ImportedRow], list[Mistake]]:
    rows: list[ImportedRow] = []
    mistakes: list[Mistake] = []
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            cells = json.loads(written)
            json.dumps(cells, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text
        except (ValueError, RecursionError) as error:
            mistakes.append(Mistake(line, f"not JSON: {error}"))
            continue
        row_mistakes = (
            _column_mistakes(list(cells), needed, optional) if isinstance(cells, dict) else ["expected {...}"]
        )
        mistakes += [Mistake(line, mistake) for mistake in row_mistakes]
        if not row_mistakes:
            rows.append(ImportedRow(line, {name: cell if cell != "" else None for name, cell in cells.items()}))
    return rows, mistakes


def _column_mistakes(names: Sequence[str], needed: Sequence[str], optional: Sequence[str]) -> list[str]:
    known = (*needed, *optional)
    missing = [f"no {name}" for name in needed if name not in names]
    unknown = [f"unknown {name or 'column without a name'}" for name in names if name not in known]
    doubled = [f"{name} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    mistakes = [*missing, *unknown, *doubled]
    return [f"{', '.join(mistakes)}; known here: {', '.join(known)}"] if mistakes else []

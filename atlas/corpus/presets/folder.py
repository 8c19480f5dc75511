"""One walk over a corpus's folder, and its metadata files as text and columns.

Paths are relative to the folder that was given, with forward slashes, so any level above the corpus will do as well.
Nothing here opens audio, knows a corpus, or reads a file that was not asked for.
"""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from atlas.errors import AtlasError

SHOWN = 5
"so many names of what was found instead are told"


def scan(folder: Path) -> tuple[str, ...]:
    """Every file below the folder, sorted; hidden files and folders are passed over, linked folders are followed."""
    if not folder.is_dir():
        raise AtlasError(f"{folder}: not a folder; give the folder of the unpacked corpus")
    seen: set[tuple[int, int]] = set()
    paths: list[str] = []
    for place, folders, names in os.walk(folder, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:  # a link back to a folder above it, or a second way into one
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        prefix = Path(place).relative_to(folder).as_posix()
        prefix = "" if prefix == "." else prefix + "/"
        paths.extend(prefix + name for name in names if not name.startswith("."))
    return tuple(sorted(paths))


def file_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def stem(path: str) -> str:
    """The last part of a path, without its suffix."""
    return file_name(path).rpartition(".")[0]


def prefix_of(path: str, tail: str) -> str:
    """What stands before `tail` at a path's end: the corpus's own folder, empty or ending in a slash."""
    return path[: len(path) - len(tail)]


def ending_in(paths: Iterable[str], *tails: str) -> list[str]:
    """The paths whose last parts are one of `tails`, in any case; the least deep first."""
    exact = {tail.casefold() for tail in tails}
    below = tuple("/" + tail for tail in exact)
    matching = [path for path in paths if path.casefold() in exact or path.casefold().endswith(below)]
    return sorted(matching, key=lambda path: (path.count("/"), path))


def first_copies(paths: Iterable[str]) -> dict[str, str]:
    """The first path of each stem, by stem."""
    copies: dict[str, str] = {}
    for path in paths:
        copies.setdefault(stem(path), path)
    return copies


def wrong_folder(folder: Path, title: str, expects: str, marker: str = "") -> AtlasError:
    """The error for a folder that is not this corpus; `marker` is a file by which the right one above it is known."""
    above = next((up for up in folder.resolve().parents[:3] if marker and (up / marker).is_file()), None)
    advice = f"give {above}" if above else f"expected {expects}"
    return AtlasError(f"{folder}: not the folder of {title}, as it holds {_contents(folder)}; {advice}")


def _contents(folder: Path) -> str:
    with os.scandir(folder) as entries:
        names = sorted(entry.name + "/" * entry.is_dir() for entry in entries)
    shown = ", ".join(names[:SHOWN]) or "nothing"
    return f"{shown} and {len(names) - SHOWN:,} more" if len(names) > SHOWN else shown


def nothing_unpacked(folder: Path, table: str, example: str) -> AtlasError:
    """The error for metadata without a single one of its audio files."""
    return AtlasError(
        f"{folder}: none of the audio files that {table} names is here; expected files such as {example}; "
        "unpack the audio there"
    )


def read_lines(path: Path) -> list[str]:
    """A text file's lines; what is not UTF-8 becomes a replacement character, as it is in names only."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read ({error.strerror})") from None


def read_columns(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[str, ...]]:
    """The named columns of a CSV or TSV file with a header, row by row; an optional column that is absent is empty."""
    tabs = path.suffix == ".tsv"
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            # The corpora write tabs without quoting, and single quotation marks occur in their texts.
            reader = csv.reader(file, csv.excel_tab, quoting=csv.QUOTE_NONE) if tabs else csv.reader(file)
            places = _places(path, next(reader, []), required, optional)
            for cells in reader:
                if cells:
                    yield tuple(cells[place] if 0 <= place < len(cells) else "" for place in places)
    except OSError as error:
        raise AtlasError(f"{path}: cannot be read ({error.strerror})") from None
    except csv.Error as error:
        raise AtlasError(f"{path}: not a table ({error}); unpack the corpus's own file again") from None


def _places(path: Path, header: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> list[int]:
    absent = [name for name in required if name not in header]
    if absent:
        raise AtlasError(
            f"{path}: no column {', '.join(absent)}; its columns are {', '.join(header) or 'none'}; "
            "expected the corpus's own file"
        )
    return [header.index(name) if name in header else -1 for name in (*required, *optional)]

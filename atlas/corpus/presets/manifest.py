"""Writes what a preset lists: a manifest in CSV, and the timed labels beside it in TSV.

Paths stay relative to the corpus's folder, which the config names as `corpus.root`. Both files are written beside
their place and renamed, the manifest last, so that a manifest never stands without its alignments. Rows are sorted.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

from atlas.corpus.presets.catalogue import PRESETS
from atlas.corpus.presets.listing import PresetListing, PresetRow, TimedSpan
from atlas.errors import AtlasError

SEPARATOR = "|"
"between the labels of a row; what the config's `corpus.separator` is by default"
COLUMNS = tuple(field.name for field in fields(PresetRow))
ALIGNMENT_COLUMNS = tuple(field.name for field in fields(TimedSpan))


def write_manifest(name: str, folder: Path, manifest: Path) -> PresetListing:
    """Read the corpus `name` below `folder`, write its manifest, and return what was found."""
    if name not in PRESETS:
        raise AtlasError(f"no preset for a corpus {name!r}; there are {', '.join(sorted(PRESETS))}")
    listing = PRESETS[name].read(folder)
    rows = [_cells(row) for row in sorted(listing.rows, key=attrgetter("path"))]
    try:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        _write_alignments(alignments_beside(manifest), listing.alignments)
        _write(manifest, "excel", COLUMNS, rows)
    except OSError as error:
        raise AtlasError(f"{manifest}: cannot be written ({error.strerror}); choose another place") from None
    return listing


def alignments_beside(manifest: Path) -> Path:
    """Where the alignments of a manifest are written: NAME.alignments.tsv."""
    return manifest.with_name(f"{manifest.stem}.alignments.tsv")


def _write_alignments(path: Path, labels: Sequence[TimedSpan]) -> None:
    if not labels:
        path.unlink(missing_ok=True)  # what another corpus left would be read as this one's
        return
    _write(path, "excel-tab", ALIGNMENT_COLUMNS, sorted(map(attrgetter(*ALIGNMENT_COLUMNS), labels)))


def _cells(row: PresetRow) -> list[str]:
    return [_joined(row) if column == "labels" else getattr(row, column) for column in COLUMNS]


def _joined(row: PresetRow) -> str:
    for label in row.labels:
        if SEPARATOR in label:
            raise AtlasError(
                f"{row.path}: the label {label!r} holds {SEPARATOR!r}, which separates labels in a manifest; "
                "replace it in the corpus's metadata"
            )
    return SEPARATOR.join(row.labels)


def _write(path: Path, dialect: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    temporary = path.with_name(f"{path.name}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, dialect, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

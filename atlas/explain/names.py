"""Names that people give to features: a CSV or JSON lines file -> the table `names`.

A row names `dictionary`, `feature`, `name` and `author`. Every mistake is told at once, with its line. A feature has
one given name: importing another replaces it, whoever gave it. What analysing calls the feature stays in `findings`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.errors import AtlasError
from atlas.explain.cells import feature_counts, feature_mistakes, feature_of, line_mistakes, refusal, text_of
from atlas.explain.rows import Content, Mistake, read_rows
from atlas.formatting import counted, listed
from atlas.progress import Echo
from atlas.reading.opening import open_atlas
from atlas.schema import NAMES
from atlas.store import AtlasFolder

NEEDED = ("dictionary", "feature", "name", "author")


@dataclass(frozen=True, slots=True)
class GivenName:
    """What somebody calls a feature."""

    dictionary: str
    feature: int
    name: str
    author: str


@dataclass(frozen=True, slots=True)
class ImportedNames:
    """What an import of names left."""

    names: int
    authors: tuple[str, ...]
    replaced: int

    def __str__(self) -> str:
        replaced = f", instead of {counted(self.replaced, 'earlier one')}" if self.replaced else ""
        return f"{counted(self.names, 'name')} by {listed(self.authors)}{replaced}"


def import_names(folder: AtlasFolder, file: Path, echo: Echo) -> ImportedNames:
    """Check a file of names and merge it into the atlas; hold the folder's lock meanwhile."""
    atlas = open_atlas(folder.root)
    new = frame_of(checked_names(read_rows(file, NEEDED, ()), feature_counts(atlas), str(file)))
    old = atlas.given_names
    kept = old.join(new, on=NAMES.key, how="anti")
    folder.write_table(NAMES, pl.concat([kept, new]).sort(NAMES.key))
    done = ImportedNames(len(new), tuple(new["author"].unique().sort()), len(old) - len(kept))
    echo(f"import     {done}; in {folder.path(NAMES)}")
    return done


def frame_of(names: Sequence[GivenName]) -> pl.DataFrame:
    """Rows of the table `names`."""
    return NAMES.frame({column: [getattr(name, column) for name in names] for column in NAMES.columns})


def checked_names(content: Content, sizes: Mapping[str, int], where: str) -> list[GivenName]:
    """The names of a file's rows; every mistake at once. sizes: features by dictionary."""
    names, mistakes = [], list(content.mistakes)
    lines: dict[tuple[str, int], int] = {}
    for row in content.rows:
        row_mistakes = feature_mistakes(row.cells, sizes)
        if not row_mistakes:
            name, number = feature_of(row.cells)
            first = lines.setdefault((name, number), row.line)
            row_mistakes = [f"{name}/{number} is named on line {first} too"] if first != row.line else []
            names.append(GivenName(name, number, text_of(row.cells["name"]), text_of(row.cells["author"])))
        for column in ("author", "name"):
            row_mistakes += line_mistakes(column, row.cells[column])
        mistakes += [Mistake(row.line, mistake) for mistake in row_mistakes]
    if mistakes:
        raise refusal(where, mistakes)
    if not names:
        raise AtlasError(f"{where}: no name in it")
    return names

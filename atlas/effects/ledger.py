"""What was measured of a dictionary, kept on disk by clip: a killed run goes on, and a larger budget adds.

A piece is a Parquet file with some edits of one clip. Pieces lie in a folder that is named by the facts they follow
from; a budget is none of them. An edit that was measured again because its transcript was wanted counts once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.digests import digest_of
from atlas.effects.design import PlannedEdit
from atlas.effects.measured import MEASURED, no_rows
from atlas.errors import AtlasError
from atlas.store import AtlasFolder, Facts

FOLDER = "causes/measured"
VERSION = "1"
"raised with every change of what is measured of the same edit"
_KEY = ("feature", "clip", "edit")


@dataclass(frozen=True, slots=True, order=True)
class WantedEdit:
    """An edit that is to be measured, and whether its transcript is to be written out."""

    planned: PlannedEdit
    written: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The pieces of one dictionary."""

    folder: Path

    @classmethod
    def of(cls, root: Path, dictionary: str, facts: Facts) -> "Ledger":
        """root: the atlas's folder."""
        return cls(root / FOLDER / dictionary / facts_name(facts))

    def rows(self) -> pl.DataFrame:
        """All that was measured, as MEASURED, by its key."""
        pieces = [_read(path) for path in sorted(self.folder.glob("*.parquet"))]
        rows = pl.concat([no_rows(), *pieces]).with_columns(plain=pl.col("after").is_null())
        once = rows.sort(*_KEY, "plain", maintain_order=True).unique(_KEY, keep="first", maintain_order=True)
        return once.select(MEASURED.keys())

    def missing(self, wanted: Iterable[WantedEdit]) -> list[WantedEdit]:
        """What of these is not measured yet, by clip."""
        nothing = (pl.col("frames_edited") == 0) | (pl.col("outcomes").list.len() == 0)
        known = self.rows().select(*_KEY, done=pl.col("after").is_not_null() | nothing)
        written = {(clip, feature, edit): done for feature, clip, edit, done in known.iter_rows()}
        missing = []
        for one in sorted(set(wanted)):
            planned = one.planned
            done = written.get((planned.clip, planned.feature, planned.edit))
            if done is None or (one.written and not done):
                missing.append(one)
        return missing

    def add(self, rows: pl.DataFrame) -> Path:
        """Keep rows of one clip; whole or not at all."""
        keys = rows.select(*_KEY, pl.col("after").is_not_null()).rows()
        name = f"{rows['clip'][0]:08d}-{digest_of(json.dumps(keys))}.parquet"
        return AtlasFolder(self.folder).write_parquet(self.folder / name, rows)

    def prune(self) -> None:
        """Delete what was measured of the same dictionary under other facts."""
        for other in self.folder.parent.glob("*"):
            if other != self.folder:
                AtlasFolder(self.folder.parent).prune([other.name], ())
                other.rmdir()


def facts_name(facts: Mapping[str, str]) -> str:
    return digest_of(json.dumps({**facts, "version of the ledger": VERSION}, sort_keys=True))


def by_clip(wanted: Sequence[WantedEdit], most: int) -> list[tuple[WantedEdit, ...]]:
    """Sorted edits in pieces of one clip and at most so many: however many are done, the others stay together."""
    pieces: list[list[WantedEdit]] = []
    for one in wanted:
        if not pieces or pieces[-1][0].planned.clip != one.planned.clip or len(pieces[-1]) == most:
            pieces.append([])
        pieces[-1].append(one)
    return [tuple(piece) for piece in pieces]


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path).select(MEASURED.keys()).cast(dict(MEASURED))  # type: ignore[arg-type]
    except (pl.exceptions.PolarsError, OSError) as error:
        raise AtlasError(
            f"{path}: not a readable piece of effects ({error}); delete it, and it is measured again"
        ) from None

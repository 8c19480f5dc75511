"""What was measured of a dictionary, kept on disk by clip: a killed run goes on, and a larger budget adds.

A piece is a Parquet file with some edits of one clip. Pieces lie in a folder that is named by the facts that all of
them follow from; a budget is none of them. Clips stand in it by their content, and each edit with a name for what it
follows from besides, such as a label (`keys.py`): a change costs what follows from it. An edit that was measured again
because its transcript was wanted counts once.
"""

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.digests import digest_of
from atlas.effects.design import PlannedEdit
from atlas.effects.keys import EditKeys
from atlas.effects.measured import MEASURED
from atlas.errors import AtlasError
from atlas.store import AtlasFolder, Facts

FOLDER = "causes/measured"
VERSION = "2"
"raised with every change of what is measured of the same edit"
GUARDED_PIECES = 50
"more than so many are thrown away only by force: about half an hour of a small model"
_KEY = ("feature", "clip", "edit")
_KEPT = {"content": pl.String, "about": pl.String} | {name: kind for name, kind in MEASURED.items() if name != "clip"}


@dataclass(frozen=True, slots=True, order=True)
class WantedEdit:
    """An edit that is to be measured, and whether its transcript is to be written out."""

    planned: PlannedEdit
    written: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The pieces of one dictionary."""

    folder: Path
    keys: EditKeys

    @classmethod
    def of(cls, root: Path, dictionary: str, facts: Facts, keys: EditKeys) -> "Ledger":
        """root: the atlas's folder."""
        return cls(root / FOLDER / dictionary / facts_name(facts), keys)

    def rows(self) -> pl.DataFrame:
        """All that was measured of the clips that there are keys of, as MEASURED, by its key."""
        contents = self.keys.contents
        clips = pl.DataFrame(
            {"clip": list(contents), "content": list(contents.values())},
            {"clip": MEASURED["clip"], "content": pl.String},
        )
        mine = set(contents.values())
        pieces = [_read(path) for path in sorted(self.folder.glob("*.parquet")) if _content_in(path) in mine]
        found = pl.concat([pl.DataFrame(schema=_KEPT), *pieces]).join(clips, on="content")
        stand = [self.keys.of(*key) == about for *key, about in found.select(*_KEY, "about").iter_rows()]
        rows = found.filter(pl.Series(stand, dtype=pl.Boolean)).with_columns(plain=pl.col("after").is_null())
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
        content = self.keys.contents[rows["clip"][0]]
        about = [self.keys.of(*key) for key in rows.select(_KEY).iter_rows()]
        kept = rows.with_columns(content=pl.lit(content), about=pl.Series(about, dtype=pl.String)).select(_KEPT.keys())
        names = kept.select("feature", "edit", "about", pl.col("after").is_not_null()).rows()
        path = self.folder / f"{content}-{digest_of(json.dumps(names))}.parquet"
        return AtlasFolder(self.folder).write_parquet(path, kept)

    def prune(self, contents: Collection[str]) -> None:
        """Delete what was measured of the same dictionary under other facts, or of clips that are none of these."""
        for other in self.folder.parent.glob("*"):
            if other != self.folder:
                shutil.rmtree(other)
        for path in self.folder.glob("*.parquet"):
            if _content_in(path) not in contents:
                path.unlink()


def facts_name(facts: Mapping[str, str]) -> str:
    return digest_of(json.dumps({**facts, "version of the ledger": VERSION}, sort_keys=True))


def refuse_to_lose(root: Path, dictionary: str, facts: Facts) -> None:
    """Stop where much was measured under other facts alone, and would be thrown away in the end."""
    folder = root / FOLDER / dictionary
    pieces = len(list(folder.glob("*/*.parquet")))
    if pieces > GUARDED_PIECES and not (folder / facts_name(facts)).exists():
        raise AtlasError(
            f"{folder}: what was measured of {dictionary} ({pieces:,} pieces) follows from another encoder, readout,"
            " dictionary, calibration, covariance of the tap or build of torch, and would be thrown away: use `atlas"
            " effects --force` to do so, or another --out"
        )


def by_clip(wanted: Sequence[WantedEdit], most: int) -> list[tuple[WantedEdit, ...]]:
    """Sorted edits in pieces of one clip and at most so many: however many are done, the others stay together."""
    pieces: list[list[WantedEdit]] = []
    for one in wanted:
        if not pieces or pieces[-1][0].planned.clip != one.planned.clip or len(pieces[-1]) == most:
            pieces.append([])
        pieces[-1].append(one)
    return [tuple(piece) for piece in pieces]


def _content_in(path: Path) -> str:
    """The content of a piece's clip, by its name."""
    return path.stem.rpartition("-")[0]


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path).select(_KEPT.keys()).cast(_KEPT)  # type: ignore[arg-type]
    except (pl.exceptions.PolarsError, OSError) as error:
        raise AtlasError(
            f"{path}: not a readable piece of effects ({error}); delete it, and it is measured again"
        ) from None

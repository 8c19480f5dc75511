"""The atlas folder -> `Atlas`, and of each dictionary its tables, whose rows are found by feature.

Read once a process. A block of features is read without the rest of the dictionary, so that workers share the work and
memory stays small. A table that an older atlas lacks, or that a stage has not written yet, reads as an empty frame:
pages then say what is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.labels import best_labels
from atlas.schema import ALIGNMENTS, ANALYSED, CLIPS, EXPLANATIONS, TABLES, Table
from atlas.schema.card import Card, DictionaryCard, read_card
from atlas.schema.media import INDEX, MEDIA
from atlas.store import AtlasFolder

BY_FEATURE: Mapping[str, Table] = {
    table.name: table for table in (*TABLES.values(), *ANALYSED.values()) if table.key[:2] == ("dictionary", "feature")
}

TURNED = 64  # features


@dataclass(frozen=True, slots=True)
class SortedFrame:
    """Rows sorted by a number, such as a feature's or a clip's, and found by it."""

    frame: pl.DataFrame
    starts: NDArray[np.int64]  # of each number from `first` on, and the end
    first: int

    def place(self, number: int) -> int:
        """Where the rows of a number begin; outside of what was read, its nearer end."""
        return int(self.starts[min(max(number - self.first, 0), len(self.starts) - 1)])

    def of(self, number: int) -> pl.DataFrame:
        """The rows of one number; none where it lies outside of what was read."""
        return self.between(number, number + 1)

    def between(self, first: int, stop: int) -> pl.DataFrame:
        """The rows of the numbers from `first` to before `stop`."""
        start = self.place(first)
        return self.frame.slice(start, self.place(stop) - start)


def sorted_frame(frame: pl.DataFrame, column: str, first: int, stop: int) -> SortedFrame:
    """Rows whose numbers in `column` ascend, for the numbers from `first` to before `stop`."""
    numbers = frame[column].to_numpy()
    return SortedFrame(frame, np.searchsorted(numbers, np.arange(first, stop + 1)), first)


@dataclass(frozen=True, eq=False)
class DictionaryTables:
    """The tables of one dictionary, or of a block of its features."""

    name: str
    card: DictionaryCard
    first: int
    stop: int
    shelves: Mapping[str, SortedFrame]
    _turned: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict, repr=False)

    def table(self, name: str) -> pl.DataFrame:
        """All rows of a table that were read."""
        return self.shelves[name].frame

    def rows(self, name: str, feature: int) -> pl.DataFrame:
        """The rows of one feature."""
        return self.shelves[name].of(feature)

    def records(self, name: str, feature: int) -> list[dict[str, Any]]:
        """The rows of one feature as Python has them; polars turns those of many at once as fast as of one."""
        first = feature - feature % TURNED
        if self._turned.get(name, (None,))[0] != first:
            self._turned[name] = first, self.shelves[name].between(first, first + TURNED).rows(named=True)
        start, stop, before = (self.shelves[name].place(number) for number in (feature, feature + 1, first))
        return self._turned[name][1][start - before : stop - before]

    def row(self, name: str, feature: int) -> dict[str, Any] | None:
        """The one row of a feature in a table that has at most one; None where it has none."""
        found = self.records(name, feature)
        return found[0] if found else None

    @cached_property
    def best_labels(self) -> Mapping[int, tuple[str, str]]:
        """The kind and the label of each feature's best; features without a significant one are left out."""
        best = best_labels(self.table("labels")).select("feature", "kind", "label")
        return {feature: (kind, label) for feature, kind, label in best.iter_rows()}

    @property
    def histogram_edges(self) -> list[float]:
        return list(self.card.histogram_edges)


@dataclass(frozen=True, eq=False)
class Atlas:
    """Everything that a finished atlas holds."""

    folder: AtlasFolder
    card: Card

    @cached_property
    def _headlines(self) -> dict[str, pl.DataFrame]:
        return {}

    @property
    def names(self) -> tuple[str, ...]:
        """The dictionaries in the order of the config, each control after its dictionary."""
        return tuple(self.card.dictionaries)

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains in the order in which every page shows them."""
        return tuple(self.card.corpus.domains)

    def feature_count(self, name: str) -> int:
        """How many features a dictionary has."""
        return self.card.dictionaries[name].features

    def control_of(self, name: str) -> str | None:
        """The random control of a dictionary, where there is one."""
        found = [other for other, card in self.card.dictionaries.items() if card.control_of == name]
        return found[0] if found else None

    @cached_property
    def clips(self) -> pl.DataFrame:
        """The table of clips with what is published of each: `key, gain_db, reason, audio, picture`."""
        clips = self.folder.read_table(CLIPS)
        media = self._optional(self.folder.path(MEDIA, INDEX), MEDIA.columns)
        audio = pl.col("audio_bytes").is_not_null().alias("audio")
        picture = pl.col("picture_bytes").is_not_null().alias("picture")
        published = media.select("clip", "key", "gain_db", "reason", audio, picture)
        joined = clips.join(published, on="clip", how="left", maintain_order="left")
        return joined.with_columns(pl.col("audio", "picture").fill_null(False))

    @cached_property
    def clip_rows(self) -> list[dict[str, Any]]:
        """The rows of `clips`, each at its own number."""
        return self.clips.rows(named=True)

    @cached_property
    def alignments(self) -> SortedFrame:
        """The timed labels, found by clip."""
        path = self.folder.path(ALIGNMENTS)
        return sorted_frame(self._optional(path, ALIGNMENTS.columns), "clip", 0, len(self.clips))

    @cached_property
    def controls(self) -> pl.DataFrame:
        return self._optional(self.folder.path(ANALYSED["controls"]), ANALYSED["controls"].columns)

    @cached_property
    def comparisons(self) -> pl.DataFrame:
        return self._optional(self.folder.path(ANALYSED["comparisons"]), ANALYSED["comparisons"].columns)

    @cached_property
    def explanations(self) -> pl.DataFrame:
        return self._optional(self.folder.path(EXPLANATIONS), EXPLANATIONS.columns)

    def label_index(self, name: str) -> pl.DataFrame:
        """The labels that were tested in a dictionary."""
        table = ANALYSED["label_index"]
        return self._optional(self.folder.path(table, name), table.columns)

    def tracks(self, name: str) -> pl.DataFrame:
        """The features that fire most in each clip."""
        table = TABLES["tracks"]
        return self._optional(self.folder.path(table, name), table.columns)

    def dictionary(self, name: str, first: int = 0, stop: int | None = None) -> DictionaryTables:
        """The tables of a dictionary, for the features from `first` to before `stop`."""
        end = self.feature_count(name) if stop is None else min(stop, self.feature_count(name))
        shelves = {
            table.name: sorted_frame(self._block(table, name, first, end), "feature", first, end)
            for table in BY_FEATURE.values()
        }
        mine = self.explanations.filter(pl.col("dictionary") == name).sort("feature", "author")
        explained = mine.filter(pl.col("feature").is_between(first, end - 1))
        shelves[EXPLANATIONS.name] = sorted_frame(explained, "feature", first, end)
        return DictionaryTables(name, self.card.dictionaries[name], first, end, shelves)

    def column(self, name: str, table: str, *columns: str) -> pl.DataFrame:
        """Some columns of a dictionary's table, all features."""
        known = BY_FEATURE[table]
        path = self.folder.path(known, name)
        if not path.exists():
            return pl.DataFrame(schema={column: known.columns[column] for column in columns})
        return pl.read_parquet(path, columns=list(columns)).select(columns)

    def headlines(self, name: str) -> pl.DataFrame:
        """A row a feature, at its number: what other pages say of it, and where its top example plays.

        Columns: feature, state, density, max, label, flags, domain (specialised, else null), clip, start_s, end_s,
        peak_s, peak of its top example.
        """
        if name not in self._headlines:
            self._headlines[name] = self._read_headlines(name)
        return self._headlines[name]

    def _read_headlines(self, name: str) -> pl.DataFrame:
        features = self.column(name, "features", "feature", "state", "density", "max")
        findings = self.column(name, "findings", "feature", "label", "flags")
        domains = self.column(name, "domains", "feature", "domain", "specialised").filter("specialised")
        wanted = ("feature", "group", "rank", "clip", "start_s", "end_s", "peak_s", "peak")
        best = self.column(name, "examples", *wanted).filter((pl.col("group") == "top") & (pl.col("rank") == 1))
        found = features
        for other in (findings, domains.drop("specialised").unique("feature"), best.drop("group", "rank")):
            found = found.join(other, on="feature", how="left", maintain_order="left")
        return found

    def _block(self, table: Table, name: str, first: int, stop: int) -> pl.DataFrame:
        path = self.folder.path(table, name) if table.parts else self.folder.path(table)
        if not path.exists():
            return table.empty()
        rows = pl.scan_parquet(path).filter(pl.col("feature").is_between(first, stop - 1))
        return table.check(rows.collect(), str(path))

    def _optional(self, path: Path, columns: Mapping[str, Any]) -> pl.DataFrame:
        if not path.exists():
            return pl.DataFrame(schema=dict(columns))
        return pl.read_parquet(path)


def read_atlas(root: Path) -> Atlas:
    """Open the atlas that measuring left in a folder."""
    return Atlas(AtlasFolder(root), read_card(root))

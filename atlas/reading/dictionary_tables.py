"""The tables of one dictionary, or of a block of its features, whose rows are found by feature."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from atlas.reading.effects import EffectRun, FeatureEffects, effects_of
from atlas.reading.sorted_frame import SortedFrame
from atlas.schema import ANALYSED, CAUSES, LABEL_INDEX, TABLES, Table
from atlas.schema.card import DictionaryCard

BY_FEATURE: Mapping[str, Table] = {
    table.name: table
    for table in (*TABLES.values(), *ANALYSED.values(), *CAUSES.values())
    if table.key[:2] == ("dictionary", "feature")
}

TURNED = 64  # features


@dataclass(frozen=True, slots=True)
class LabelScope:
    """What the test of a label ranges over."""

    labels: int  # of its kind that could be tested, itself included
    datasets: tuple[str, ...]  # whose recordings it compares


@dataclass(frozen=True, eq=False, kw_only=True)
class DictionaryTables:
    """The tables of one dictionary, or of a block of its features."""

    name: str
    card: DictionaryCard
    first: int
    stop: int
    shelves: Mapping[str, SortedFrame]
    label_index: pl.DataFrame = field(default_factory=LABEL_INDEX.empty)
    effect_run: EffectRun | None = None
    "how its effects were measured; None where they were not"
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
        rows = self.records(name, feature)
        return rows[0] if rows else None

    def effects(self, feature: int) -> FeatureEffects | None:
        """What a feature does; None where nobody looked."""
        return effects_of(self.effect_run, lambda table: self.records(table.name, feature))

    @cached_property
    def scopes(self) -> Mapping[tuple[str, str], LabelScope]:
        """(kind, label) -> what its test ranges over, of the labels that could be tested."""
        tested = self.label_index.filter(pl.col("tests") > 0).with_columns(number=pl.len().over("kind"))
        rows = tested.select("kind", "label", "number", "within").iter_rows()
        return {(kind, label): LabelScope(number, tuple(within)) for kind, label, number, within in rows}

    @property
    def histogram_edges(self) -> list[float]:
        return list(self.card.histogram_edges)

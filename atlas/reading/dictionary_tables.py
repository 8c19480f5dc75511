"""The tables of one dictionary, or of a block of its features, whose rows are found by feature."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from atlas.reading.sorted_frame import SortedFrame
from atlas.schema import ANALYSED, TABLES, Table
from atlas.schema.card import DictionaryCard

BY_FEATURE: Mapping[str, Table] = {
    table.name: table for table in (*TABLES.values(), *ANALYSED.values()) if table.key[:2] == ("dictionary", "feature")
}

TURNED = 64  # features


@dataclass(frozen=True, eq=False, kw_only=True)
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
        rows = self.records(name, feature)
        return rows[0] if rows else None

    @property
    def histogram_edges(self) -> list[float]:
        return list(self.card.histogram_edges)

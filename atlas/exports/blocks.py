"""What exports read of an atlas: the tables of a block of features, so that memory does not grow with a dictionary."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import polars as pl

from atlas.errors import AtlasError
from atlas.reading.joining import given_to
from atlas.reading.tables import Atlas
from atlas.render.effect_columns import primary_of
from atlas.render.parts.withheld import hidden_labels, without, without_tokens
from atlas.render.site import SiteAtlas
from atlas.schema import EFFECT_TOKENS, EFFECTS, EXAMPLES, FEATURES, FINDINGS, HISTOGRAMS, LABELS, TIMED_LABELS, Table
from atlas.schema.effects import passing

BLOCK = 1_024
"features"


class FeatureBlock:
    """The tables of some features of a dictionary, each read when it is asked for."""

    def __init__(self, atlas: SiteAtlas, dictionary: str, first: int) -> None:
        self.atlas = atlas
        self.dictionary = dictionary
        self.first = first
        self.stop = min(first + BLOCK, atlas.feature_count(dictionary))

    def __len__(self) -> int:
        return self.stop - self.first

    @cached_property
    def features(self) -> pl.DataFrame:
        """A row a feature: its figures, its finding where there is one, and a name that somebody gave it."""
        rows = self.of(FEATURES).sort("feature")
        for other in (self.of(FINDINGS), given_to(self.atlas.given_names, self.dictionary)):
            rows = rows.join(other, on="feature", how="left", maintain_order="left")
        return rows

    @cached_property
    def counts(self) -> dict[int, list[int]]:
        """The frames of each feature by the height of its activation: one below the card's edges, one above them."""
        frames = self.of(HISTOGRAMS).filter(pl.col("counted") == "frames", pl.col("domain") == "")
        return dict(frames.select("feature", "counts").iter_rows())

    @cached_property
    def examples(self) -> dict[int, list[dict[str, Any]]]:
        """The examples of each feature, those of largest peak first."""
        return grouped(self.of(EXAMPLES).sort("feature", "group", "rank"))

    @cached_property
    def explanations(self) -> dict[int, list[dict[str, Any]]]:
        """What others say of each feature, by author."""
        mine = self.atlas.explanations.filter(
            pl.col("dictionary") == self.dictionary, pl.col("feature").is_between(self.first, self.stop - 1)
        )
        return grouped(mine.sort("feature", "author"))

    @cached_property
    def effect_tokens(self) -> dict[int, list[dict[str, Any]]]:
        """The tokens that ablation moves most, of each feature that passes; of others they say little."""
        tested = self.of(EFFECTS).filter(outcome=primary_of(self.atlas, self.dictionary))
        tokens = without_tokens(self.atlas, self.of(EFFECT_TOKENS))
        moved = tokens.join(tested.filter(passing()), on="feature", how="semi")
        return grouped(moved.sort("feature", "direction", "rank"))

    @cached_property
    def labels(self) -> pl.DataFrame:
        return self.of(LABELS)

    @cached_property
    def timed_labels(self) -> pl.DataFrame:
        """Those that may be published."""
        return without(self.of(TIMED_LABELS), hidden_labels(self.atlas))

    def of(self, table: Table) -> pl.DataFrame:
        """The rows of a table that are of these features; none where the atlas lacks it, as before `analyse`."""
        path = self.atlas.folder.path(table, self.dictionary)
        if not path.exists():
            return table.empty().drop("dictionary")
        table.check_version(pl.read_parquet_metadata(path), str(path))
        rows = pl.scan_parquet(path).filter(pl.col("feature").is_between(self.first, self.stop - 1))
        return table.check(rows.collect(), str(path)).drop("dictionary")


def blocks(atlas: SiteAtlas, dictionary: str) -> Iterator[FeatureBlock]:
    """All features of a dictionary, block by block."""
    for first in range(0, atlas.feature_count(dictionary), BLOCK):
        yield FeatureBlock(atlas, dictionary, first)


def grouped(rows: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Rows by feature, in their order."""
    by_feature: dict[int, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        by_feature.setdefault(row["feature"], []).append(row)
    return by_feature


def chosen_dictionaries(atlas: Atlas, asked: Sequence[str]) -> tuple[str, ...]:
    """Those that were asked for, in the order of the atlas; else all that are no controls."""
    unknown = [name for name in asked if name not in atlas.dictionaries]
    if unknown:
        raise AtlasError(f"--dictionary {', '.join(unknown)}: not in this atlas; there are {', '.join(atlas.names)}")
    if asked:
        return tuple(name for name in atlas.names if name in asked)
    return tuple(name for name, card in atlas.dictionaries.items() if card.control_of is None)

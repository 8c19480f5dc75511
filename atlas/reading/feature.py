"""One feature of a dictionary, with what is known of it; in a notebook it shows itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.formatting import q_value
from atlas.reading import notebook
from atlas.reading.clips import AtlasClip
from atlas.reading.effects import FeatureEffects
from atlas.reading.names import label_of


@dataclass(frozen=True, eq=False, kw_only=True)
class AtlasFeature:
    """A feature: its figures, and its rows of the tables that are asked for most."""

    dictionary: str
    number: int
    row: Mapping[str, Any]
    "its row of `Atlas.features`"
    labels: pl.DataFrame
    "its tested labels, the surest first"
    examples: pl.DataFrame
    "its examples: the largest peaks first, and other groups"
    neighbours: pl.DataFrame
    "the features that are like it, of its own dictionary and of others"
    counts: tuple[int, ...]
    "active frames in each bin of the histogram; empty for a dead feature"
    edges: tuple[float, ...]
    "of the bins"
    clip: Callable[[int], AtlasClip]
    "the clip of a number"
    effects: FeatureEffects | None = None
    "what it does to what the model says; None where nobody measured it"

    @property
    def name(self) -> str:
        """Such as `block2/1234`."""
        return f"{self.dictionary}/{self.number}"

    @property
    def label(self) -> str | None:
        """What the feature is called, where somebody or something names it."""
        return label_of(self.row)

    def __repr__(self) -> str:
        return f"<feature {self.name}: {self.label or 'no label'}, {self.row['state']}>"

    def _repr_html_(self) -> str:
        """Name, histogram and three playable examples, without anything from outside."""
        return notebook.feature_html(
            title=self.name if self.label is None else f"{self.name}: {self.label}",
            facts=self._facts(),
            histogram=notebook.histogram_svg(self.counts, self.edges),
            examples=[
                self._example(row)
                for row in self.examples.filter(pl.col("group") == "top").head(notebook.SHOWN).iter_rows(named=True)
            ],
        )

    def _example(self, row: Mapping[str, Any]) -> notebook.NotebookExample:
        return notebook.NotebookExample(
            peak=row["peak"],
            start_s=row["start_s"],
            end_s=row["end_s"],
            path=row["path"],
            label=", ".join(row["labels"]) or row["domain"],
            sound=lambda: self.clip(row["clip"]).sound,
        )

    def _facts(self) -> str:
        density = f"active on {self.row['density']:.2%} of frames, in {self.row['recordings_active']:,} recordings"
        given = [f"named by {self.row['given_by']}"] if self.row["given_name"] else []
        return ", ".join([self.row["state"], density, *(self.row["flags"] or ()), *given, *self._does()])

    def _does(self) -> list[str]:
        """What taking it away does, where that was measured."""
        primary = self.effects.primary if self.effects else None
        if primary is None:
            return []
        tested = "" if primary.q is None else f", q {q_value(primary.q)}"
        return [f"effect of ablating it ({primary.outcome}) {primary.effect:+.2g}{tested}"]

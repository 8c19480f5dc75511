"""The labels that tell what a feature is about, with their lifts."""

from dataclasses import dataclass

import polars as pl

from atlas.exports.blocks import FeatureBlock
from atlas.reading.names import part_name
from atlas.schema.thresholds import SIGNIFICANT_Q

SURE_SHOWN, UNSURE_SHOWN = 10, 3
_COLUMNS = ("feature", "kind", "label", "lift", "q")


@dataclass(frozen=True, slots=True)
class LabelLift:
    """A label that is more frequent where a feature fires."""

    name: str
    lift: float
    q: float

    @property
    def is_sure(self) -> bool:
        return self.q < SIGNIFICANT_Q


def best_labels(block: FeatureBlock) -> dict[int, list[LabelLift]]:
    """The labels of each feature, of clips, words and phones: the significant ones, the largest lift first.

    A feature without any has the few of smallest q instead, which are no findings.
    """
    lift = (pl.col("share") / pl.col("expected")).alias("lift")
    spoken = block.timed_labels.filter(pl.col("label") != "", pl.col("expected") > 0)
    spoken = spoken.with_columns(lift, pl.col("tier").alias("kind"))
    both = pl.concat([block.labels.select(_COLUMNS), spoken.select(_COLUMNS)])
    more = both.filter(pl.col("lift").is_finite() & (pl.col("lift") > 1) & pl.col("q").is_not_null())
    sure = pl.col("q") < SIGNIFICANT_Q
    found = more.filter(sure).sort("feature", -pl.col("lift"), "kind", "label")
    rest = more.filter(~sure).join(found, on="feature", how="anti").sort("feature", "q", "kind", "label")
    return _by_feature(found, SURE_SHOWN) | _by_feature(rest, UNSURE_SHOWN)


def sure_labels(block: FeatureBlock) -> dict[int, list[LabelLift]]:
    """The significant ones alone."""
    best = best_labels(block)
    return {feature: labels for feature, labels in best.items() if labels[0].is_sure}


def _by_feature(rows: pl.DataFrame, most: int) -> dict[int, list[LabelLift]]:
    """The first of each feature; a word that is a label of clips and a language, too, counts once."""
    by_feature: dict[int, dict[str, LabelLift]] = {}
    for feature, kind, label, lift, q in rows.select(_COLUMNS).iter_rows():
        own = by_feature.setdefault(feature, {})
        if len(own) < most:
            name = part_name(kind, label)
            own.setdefault(name, LabelLift(name, lift, q))
    return {feature: list(own.values()) for feature, own in by_feature.items()}

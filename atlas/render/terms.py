"""The words that search knows, and the features that each leads to.

A label leads to a feature by one of six ways: the feature is *named* after it, *finds* it (q below .05), its
strongest *peaks* stand at the word, phone or class, a phone or word lies under its active frames more than chance
allows (*timed*), ablating the feature makes the word less probable (*loses*), or its strongest clips carry the label
(*heard*: no test, only what a listener would notice). Domains, flags and the names that somebody gave lead to the
features that are named so, and have no card. The rest of a title, such as what tells features of one name apart, is
read off the titles themselves (*titled*).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from atlas.analyse.naming.candidates import is_peak_name
from atlas.reading.names import name_of
from atlas.render.columns import FeatureTables, significant
from atlas.render.effect_columns import LOSES, losing
from atlas.schema.analysed import BY_DOMAIN, BY_EDGE, BY_LABEL, BY_PEAKS, ONSET, PADDING, SILENCE
from atlas.schema.thresholds import FEWEST_HEARD, HEARD_ONE_IN, SIGNIFICANT_Q

TIERS: Mapping[str, str] = MappingProxyType({"phones": "phone", "words": "word"})
"how tiers are called; others keep their names"
WAYS = ("named", "found", "peaks", "timed", LOSES, "heard", "titled", "explained")
"how a text leads to a feature, the strongest way first; titles and explanations are columns and no terms"
WITH_PAGES = ("found", "peaks", "timed")
"those by which a label gets a page"
GIVEN, FLAG = "name", "flag"
"kinds that no table has: a name that somebody gave, and what a feature without a label fires on"
_FLAGS = (PADDING, ONSET, BY_EDGE, SILENCE)


@dataclass(frozen=True, slots=True)
class Term:
    """One label, one of its ways to features, and the features in order, each with its AUROC, share, nats or count."""

    kind: str
    label: str
    way: str
    features: tuple[int, ...]
    values: tuple[float, ...]


def terms_of(tables: FeatureTables, clips: pl.DataFrame) -> tuple[Term, ...]:
    """All that leads to features of one dictionary, by kind, label and way."""
    rows = pl.concat(
        [
            _given(tables.given),
            _named(tables.findings, tables.given),
            _flagged(tables.findings),
            _tested(tables.labels),
            _at_peaks(tables.peak_labels),
            _timed(tables.timed_labels),
            losing(tables.effect_tokens, tables.effects),
            _carried(tables.examples, clips),
        ]
    )
    grouped = rows.sort("kind", "label", "way", "feature").group_by("kind", "label", "way", maintain_order=True)
    return tuple(
        Term(kind, label, way, tuple(features), tuple(values))
        for kind, label, way, features, values in grouped.agg("feature", "value").iter_rows()
    )


def origins(clips: pl.DataFrame) -> Mapping[tuple[str, str], str]:
    """Where a label comes from: the name of its dataset, or how many datasets carry it."""
    asked = {"label": pl.col("labels"), "language": pl.col("language"), "speaker": pl.col("speaker")}
    origin_by_label: dict[tuple[str, str], str] = {}
    for kind, column in asked.items():
        labels = clips.select("dataset", column.alias("label"))
        labels = labels.explode("label") if kind == "label" else labels
        held = labels.drop_nulls("label").group_by("label").agg(pl.col("dataset").unique().sort())
        origin_by_label |= {(kind, label): _of(datasets) for label, datasets in held.iter_rows()}
    return MappingProxyType(origin_by_label)


def _of(datasets: list[str]) -> str:
    return datasets[0] if len(datasets) == 1 else f"{len(datasets)} datasets"


def _given(given: pl.DataFrame) -> pl.DataFrame:
    kind, way, value = pl.lit(GIVEN).alias("kind"), pl.lit("named").alias("way"), pl.lit(1.0).alias("value")
    return given.select("feature", kind, pl.col("given_name").alias("label"), way, value)


def _named(findings: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """What heads the pages of features; a name that somebody gave stands in its place."""
    kept = findings.filter(pl.col("named_by").is_in([BY_PEAKS, BY_LABEL, BY_DOMAIN])).join(given, "feature", how="anti")
    kind = pl.col("kind").replace(dict(TIERS)).alias("kind")
    return kept.select("feature", kind, "label", pl.lit("named").alias("way"), pl.col("value").fill_null(0.0))


def _flagged(findings: pl.DataFrame) -> pl.DataFrame:
    kept = findings.filter(pl.col("named_by").is_in(_FLAGS))
    label = pl.col("named_by").replace_strict(
        {flag: name_of({"named_by": flag}) for flag in _FLAGS}, return_dtype=pl.String
    )
    value = pl.col("value").fill_null(0.0)
    return kept.select("feature", pl.lit(FLAG).alias("kind"), label.alias("label"), pl.lit("named").alias("way"), value)


def _tested(labels: pl.DataFrame) -> pl.DataFrame:
    kept = significant(labels)
    return kept.select("feature", "kind", "label", pl.lit("found").alias("way"), pl.col("auroc").alias("value"))


def _at_peaks(peaks: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("tier").replace(dict(TIERS)).alias("kind")
    named = peaks.filter(is_peak_name())
    return named.select("feature", kind, "label", pl.lit("peaks").alias("way"), pl.col("purity").alias("value"))


def _timed(timed: pl.DataFrame) -> pl.DataFrame:
    kept = timed.filter((pl.col("q") < SIGNIFICANT_Q) & (pl.col("label") != ""))
    kind = pl.col("tier").replace(dict(TIERS)).alias("kind")
    return kept.select("feature", kind, "label", pl.lit("timed").alias("way"), pl.col("share").alias("value"))


def _carried(examples: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    shown = pl.len().over("feature").alias("shown")
    carried = examples.select("feature", "clip", shown).join(
        clips.select("clip", pl.col("labels").alias("label")), on="clip"
    )
    counted = carried.explode("label").drop_nulls("label").unique().group_by("feature", "label", "shown").agg(pl.len())
    often = (pl.col("len") * HEARD_ONE_IN >= pl.col("shown")) & (
        pl.col("len") >= pl.min_horizontal(FEWEST_HEARD, "shown")
    )
    value = pl.col("len").cast(pl.Float64).alias("value")
    kept = counted.filter(often)
    return kept.select("feature", pl.lit("label").alias("kind"), "label", pl.lit("heard").alias("way"), value)

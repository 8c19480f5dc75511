"""What tells the features of one name apart: the second evidence that each of them has, and not all of them alike.

Of a feature that shares its name with others of the dictionary, the first of these that is so, and held out: the
language that it finds best; the edge of words at which its peaks stand; whether it fires where sound is loud or soft;
the word, phone or class that it leans to; the next best label of clips. A language or label is told only where half of
its strongest recordings have it, so that it is heard. Those that still share a name keep their numbers.
"""

import polars as pl

from atlas.analyse.naming.candidates import WORD, is_peak_name, is_searched
from atlas.schema.analysed import BY_DOMAIN, BY_LABEL, BY_PEAKS, LEANING
from atlas.schema.thresholds import APART_PHI, APART_PRECISION
from atlas.speech.edges import EDGE_TIER

LANGUAGE, LOUDNESS = "language", "loudness"
LOUD, SOFT = "loud", "soft"
NAMES = ("named_by", "kind", "label", "second_kind", "second_label")
_COLUMNS = ("feature", "apart_kind", "apart_label")


def told_apart(named: pl.DataFrame, labels: pl.DataFrame, peaks: pl.DataFrame, shifts: pl.DataFrame) -> pl.DataFrame:
    """`feature, apart_kind, apart_label` of the features that share a name and have one.

    named: rows of `findings`, less what is made here; the others are tables of the same dictionary.
    """
    able = pl.col("named_by").is_in((BY_PEAKS, BY_LABEL, BY_DOMAIN, LEANING))
    shared = named.filter(able, pl.len().over(NAMES) > 1)
    evidence = (_languages(labels), _edges(peaks), _loudness(shifts), _leanings(shared), _others(labels))
    ranked = pl.concat([frame.select(_COLUMNS).with_columns(order=place) for place, frame in enumerate(evidence)])
    names = shared.select("feature", *NAMES, name=pl.struct(NAMES).rank("dense"), sharing=pl.len().over(NAMES))
    beside = names.join(ranked, on="feature", how="inner").filter(~_says_the_name())
    tells = pl.len().over("name", "apart_kind", "apart_label") < pl.col("sharing")
    first = beside.filter(tells).sort("feature", "order").unique("feature", keep="first", maintain_order=True)
    return first.select(_COLUMNS)


def _says_the_name() -> pl.Expr:
    """Whether the evidence is what the name says already, be it as a domain or as a label."""
    return pl.any_horizontal(pl.col("apart_label").eq_missing(pl.col(part)) for part in ("label", "second_label"))


def _languages(labels: pl.DataFrame) -> pl.DataFrame:
    return _best(labels.filter(pl.col("kind") == LANGUAGE))


def _others(labels: pl.DataFrame) -> pl.DataFrame:
    """Labels of clips, of which the name itself is dropped later; so the three best of each feature are kept."""
    return _best(labels.filter(~pl.col("kind").is_in((LANGUAGE, WORD))), most=3)


def _best(labels: pl.DataFrame, most: int = 1) -> pl.DataFrame:
    """The labels of largest held-out phi, of those that most of the strongest recordings have."""
    heard = pl.col("precision10") >= APART_PRECISION
    able = labels.filter(is_searched(), pl.col("phi_heldout") >= APART_PHI, heard)
    ranked = able.sort("feature", "phi_heldout", "kind", "label", descending=[False, True, False, False])
    kept = ranked.filter(pl.int_range(pl.len()).over("feature") < most)
    return kept.select("feature", apart_kind="kind", apart_label="label")


def _edges(peaks: pl.DataFrame) -> pl.DataFrame:
    edges = peaks.filter(pl.col("tier") == EDGE_TIER, is_peak_name())
    return edges.select("feature", apart_kind="tier", apart_label="label")


def _loudness(shifts: pl.DataFrame) -> pl.DataFrame:
    held = shifts.filter(pl.col("column") == LOUDNESS, "held_out").sort("feature", "domain")
    louder = pl.when(pl.col("shift_a") > 0).then(pl.lit(LOUD)).otherwise(pl.lit(SOFT))
    rows = held.select("feature", pl.lit(LOUDNESS).alias("apart_kind"), louder.alias("apart_label"))
    return rows.filter(pl.col("apart_label").n_unique().over("feature") == 1).unique("feature", maintain_order=True)


def _leanings(named: pl.DataFrame) -> pl.DataFrame:
    """Words, phones and classes; labels of clips must be heard, too, and stand among the others."""
    of_peaks = named.filter(pl.col("leans_kind") == pl.col("peak_tier"))
    return of_peaks.select("feature", apart_kind="leans_kind", apart_label="leans_to").drop_nulls()

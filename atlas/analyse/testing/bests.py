"""How well a dictionary finds each label: by its best feature, chosen on half of the recordings and read on the other.

Feature and threshold are chosen together, by phi, among the features whose test of the label is significant; both ways.
"""

import polars as pl

from atlas.schema import LABEL_INDEX
from atlas.schema.thresholds import NAMED_F1, SIGNIFICANT_Q

_KEY = ("kind", "label")
BESTS = ("best_a", "best_b", "best_phi", "best_f1", "found", "found_f1")


def best_features(rows: pl.DataFrame) -> pl.DataFrame:
    """`kind, label` and BESTS, from rows of `labels`: all that were searched."""
    searched = rows.filter(pl.col("q") < SIGNIFICANT_Q, pl.col("phi_heldout").is_not_null())
    by_a, by_b = _best(searched, "a"), _best(searched, "b")
    both = by_a.join(by_b, on=_KEY, suffix="_b")
    means = {f"best_{figure}": (pl.col(figure) + pl.col(f"{figure}_b")) / 2 for figure in ("phi", "f1")}
    found = (pl.col("found").cast(pl.Float64) + pl.col("found_b").cast(pl.Float64)) / 2
    reached = [pl.when(f"found{way}").then(f"f1{way}") for way in ("", "_b")]
    columns = {"best_a": pl.col("feature"), "best_b": pl.col("feature_b"), **means, "found": found}
    columns["found_f1"] = pl.mean_horizontal(*reached)
    frame = both.select(*_KEY, **columns)
    return frame.cast({name: LABEL_INDEX.columns[name] for name in columns})


def with_best(index: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`label_index` with the best features among these rows of `labels`."""
    known = index.drop([name for name in BESTS if name in index.columns])
    return known.join(best_features(rows), on=_KEY, how="left").select(LABEL_INDEX.columns.keys())


def _best(searched: pl.DataFrame, half: str) -> pl.DataFrame:
    """The feature that one half chooses for each label, and what it reaches on the other."""
    ranked = searched.sort(*_KEY, f"phi_chosen_{half}", "p", "feature", descending=[False, False, True, False, False])
    f1 = pl.col(f"f1_{half}")
    best = ranked.unique(_KEY, keep="first", maintain_order=True)
    found = (f1 >= NAMED_F1) & (f1 > pl.col("f1_permuted_max"))
    return best.select(*_KEY, "feature", phi=f"phi_{half}", f1=f1, found=found)

"""What a feature's control has for the same label: the answer to "compared with what?", feature by feature.

For a label of clips the figure is held-out F1, for a word, phone or class held-out purity. The best of a control is the
largest over its features, which is chosen by the figure itself: so much is to be had by looking for it.
"""

import polars as pl

from atlas.analyse.naming.candidates import is_searched
from atlas.schema import FINDINGS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS, LEANING

_KEY = ("kind", "label")
COMPARED = (BY_PEAKS, BY_LABEL, LEANING)


def with_control(findings: pl.DataFrame, labels: pl.DataFrame | None, peaks: pl.DataFrame | None) -> pl.DataFrame:
    """Findings with `control_best` and `control_rank`; labels, peaks: the tables of the control, None without one."""
    if labels is None or peaks is None:
        return findings
    found = labels.filter(is_searched()).select(*_KEY, figure="f1_heldout")
    stands = peaks.filter(pl.col("label").is_not_null()).select("label", kind="tier", figure="purity")
    figures = pl.concat([found, stands.select(*_KEY, "figure")])
    mine = findings.filter(pl.col("named_by").is_in(COMPARED)).select("feature", *_KEY, "value")
    pairs = mine.join(figures, on=_KEY, how="left")
    beside = pairs.group_by("feature").agg(
        control_best=pl.col("figure").max(),
        control_rank=(1 + (pl.col("figure") >= pl.col("value")).sum()).cast(pl.UInt32),
    )
    blank = findings.drop("control_best", "control_rank")
    return blank.join(beside, on="feature", how="left", maintain_order="left").select(FINDINGS.columns.keys())


def above_control(findings: pl.DataFrame) -> tuple[int, int]:
    """Features that earn a name by peaks or label and are above every feature of the control; and the labels of these.

    findings: with the control's figures; a label that no feature of the control has is above it, too.
    """
    named = findings.filter(pl.col("named_by").is_in((BY_PEAKS, BY_LABEL)), pl.col("control_rank") == 1)
    return len(named), named.select(_KEY).n_unique()

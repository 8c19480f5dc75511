"""What a feature's controls have for the same label: the answer to "compared with what?", feature by feature.

For a label of clips the figure is held-out F1, for a word, phone or class held-out purity. The best of a control is the
largest over its features, which is chosen by the figure itself: so much is to be had by looking for it. A control is
held against its own other features: what a second one like it would be held against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from atlas.analyse.naming.candidates import is_searched
from atlas.schema import FINDINGS
from atlas.schema.analysed import BESIDE, BY_LABEL, BY_PEAKS, LEANING

_KEY = ("kind", "label")
COMPARED = (BY_PEAKS, BY_LABEL, LEANING)


@dataclass(frozen=True, slots=True)
class ControlTables:
    """What is known of a control: its kind, and two of its tables."""

    kind: str
    labels: pl.DataFrame
    peak_labels: pl.DataFrame

    def figures(self) -> pl.DataFrame:
        """`other, kind, label, figure`: what each of its features has for each label."""
        columns = ("other", *_KEY, "figure")
        found = self.labels.filter(is_searched()).rename({"feature": "other", "f1_heldout": "figure"})
        stands = self.peak_labels.filter(pl.col("label").is_not_null())
        stands = stands.rename({"feature": "other", "tier": "kind", "purity": "figure"})
        return pl.concat([found.select(columns), stands.select(columns)])


def with_controls(findings: pl.DataFrame, controls: Sequence[ControlTables], itself: str | None = None) -> pl.DataFrame:
    """Findings with the best of each control for the same label, which feature has it, and the own place among them.

    itself: the kind of control whose findings these are, where they are those of one; a feature is not held against
    itself.
    """
    mine = findings.filter(pl.col("named_by").is_in(COMPARED)).select("feature", *_KEY, "value")
    for control in controls:
        names = beside_columns(control.kind)
        figures = control.figures().partition_by(*_KEY, as_dict=True)
        parts = [
            _beside(part, figures.get(key), names, own=control.kind == itself)
            for key, part in mine.partition_by(*_KEY, as_dict=True).items()
        ]
        beside = pl.concat([pl.DataFrame(schema=_schema(names)), *parts])
        findings = findings.drop(names).join(beside, on="feature", how="left", maintain_order="left")
    return findings.select(FINDINGS.columns.keys())


def beside_columns(kind: str) -> tuple[str, str, str]:
    """The columns of `findings` that tell of a kind of control: its best, which feature that is, and the own rank."""
    first = BESIDE[kind]
    return f"{first}_best", f"{first}_feature", f"{first}_rank"


def _schema(names: Sequence[str]) -> pl.Schema:
    return pl.Schema({name: FINDINGS.columns[name] for name in ("feature", *names)})


def _beside(mine: pl.DataFrame, figures: pl.DataFrame | None, names: Sequence[str], *, own: bool) -> pl.DataFrame:
    """What a control has beside some features that are named after, or lean to, one label."""
    feature, value = mine["feature"].to_numpy(), mine["value"].to_numpy()
    if figures is None or (own and len(figures) == 1):
        rows = {names[0]: None, names[1]: None, names[2]: 1}
        return mine.select("feature", **{name: pl.lit(what) for name, what in rows.items()}).cast(_schema(names))
    ranked = figures.sort("figure", "other", descending=[True, False])
    figure, other = ranked["figure"].to_numpy(), ranked["other"].to_numpy()
    first = np.where(own & (other[0] == feature), min(1, len(other) - 1), 0)
    above = np.searchsorted(-figure, -value, side="right") - (own & np.isin(feature, other))
    return pl.DataFrame(
        dict(zip(("feature", *names), (feature, figure[first], other[first], 1 + above), strict=True))
    ).cast(_schema(names))


def above_control(findings: pl.DataFrame, kind: str) -> tuple[int, int]:
    """Features that earn a name by peaks or label and are above every feature of a control; and the labels of these.

    findings: with the control's figures; a label that no feature of the control has is above it, too.
    """
    _, _, rank = beside_columns(kind)
    named = findings.filter(pl.col("named_by").is_in((BY_PEAKS, BY_LABEL)), pl.col(rank) == 1)
    return len(named), named.select(_KEY).n_unique()

"""The feature that finds each label best, and the best that each control of its dictionary has for the same label.

A label is looked for at the strongest peaks (held-out purity), else in whole clips (held-out F1), else in time (share
of active frames), else by AUROC, where halves are too small: the first way by which some feature finds it. The largest
figure of a dictionary stands beside the largest of its control: both are chosen by the figure itself, so it is as much
as is to be had by looking for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.analyse.naming.candidates import is_peak_name, is_searched
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.columns import significant
from atlas.render.parts.beyond import controls_beside
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.detections import Named
from atlas.render.terms import TIERS
from atlas.schema import LABELS, PEAK_LABELS, TIMED_LABELS
from atlas.schema.thresholds import NAMED_F1, NAMED_PURITY, SIGNIFICANT_Q

MEASURES = ("Purity", "Held-out F1", "Share of frames", "AUROC")
LEAST = (NAMED_PURITY, NAMED_F1)
"of the ways that are held out, which come first, the figure that a name asks for"
FIGURES = ("purity", "f1_heldout", "share", "auroc")
"of the ways, the first that finds a label"
_KEY = ("kind", "label", "way")
_COLUMNS: Mapping[str, Sequence[str]] = {
    PEAK_LABELS.name: ("feature", "tier", "label", "purity", "purity_shifted_max", "base", "q"),
    LABELS.name: ("feature", "kind", "label", "auroc", "phi_heldout", "f1_heldout", "q"),
    TIMED_LABELS.name: ("feature", "tier", "label", "share", "q"),
}


@dataclass(frozen=True, slots=True)
class ControlBest:
    """The best of a control; no figure where none of its directions has anything of the label."""

    control: str
    words: str
    feature: int | None
    value: float | None

    @property
    def figure(self) -> str:
        return numbers.unit(self.value) if self.value is not None else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The feature that finds a label best."""

    dictionary: str
    feature: int
    way: int
    value: float
    rivals: tuple[ControlBest, ...]

    @property
    def measure(self) -> str:
        return MEASURES[self.way]

    @property
    def key(self) -> str:
        """Of the figure's definition."""
        return FIGURES[self.way]

    @property
    def figure(self) -> str:
        return numbers.unit(self.value)

    @property
    def held_out(self) -> bool:
        """Whether it is read on other recordings than those that chose it."""
        return self.way < len(LEAST)

    @property
    def weak(self) -> bool:
        """Whether a name would ask for more."""
        return self.held_out and self.value < LEAST[self.way]

    @property
    def ahead(self) -> bool:
        """Whether no control does as well."""
        return bool(self.rivals) and all(rival.value is None or rival.value < self.value for rival in self.rivals)


def best_features(atlas: Atlas) -> dict[Named, Best]:
    """The best feature of each label that some feature finds, of the dictionaries that have controls first."""
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    controls = {name: controls_beside(atlas, name) for name in own}
    theirs = {control: _largest(_figures(atlas, control)) for kinds in controls.values() for control in kinds.values()}
    found: dict[Named, Best] = {}
    for name in own:
        for (kind, label, way), (feature, value) in _largest(_found(atlas, name)).items():
            rivals = tuple(
                ControlBest(control, CONTROL_WORDS[of], *theirs[control].get((kind, label, way), (None, None)))
                for of, control in controls[name].items()
            )
            best = Best(dictionary=name, feature=feature, way=way, value=value, rivals=rivals)
            found[kind, label] = better(found.get((kind, label)), best)
    return found


def better(one: Best | None, other: Best) -> Best:
    """The better of two: by the first way, with controls, of the larger figure, the earlier."""
    if one is None:
        return other
    return min(one, other, key=lambda best: (best.way, not best.rivals, -best.value))


def _found(atlas: Atlas, name: str) -> pl.DataFrame:
    """What features of a dictionary have of the labels that they find."""
    peaks = _read(atlas, name, PEAK_LABELS.name).filter(is_peak_name())
    clips = significant(_read(atlas, name, LABELS.name))
    timed = _read(atlas, name, TIMED_LABELS.name).filter(pl.col("q") < SIGNIFICANT_Q, pl.col("label") != "")
    return _joined(peaks, clips, timed)


def _figures(atlas: Atlas, name: str) -> pl.DataFrame:
    """What features of a control have of any label."""
    peaks = _read(atlas, name, PEAK_LABELS.name).filter(pl.col("label").is_not_null())
    clips = significant(_read(atlas, name, LABELS.name))
    timed = _read(atlas, name, TIMED_LABELS.name).filter(pl.col("label") != "")
    return _joined(peaks, clips, timed)


def _read(atlas: Atlas, name: str, table: str) -> pl.DataFrame:
    return atlas.column(name, table, *_COLUMNS[table])


def _joined(peaks: pl.DataFrame, clips: pl.DataFrame, timed: pl.DataFrame) -> pl.DataFrame:
    """`kind, label, way, feature, value` of all ways."""
    pieces = [
        rows.select(
            (pl.col("tier").replace(dict(TIERS)) if "tier" in rows.columns else pl.col("kind")).alias("kind"),
            *("label", pl.lit(way).alias("way"), "feature", pl.col(value).alias("value")),
        )
        for way, (rows, value) in enumerate(
            zip((peaks, clips.filter(is_searched()), timed, clips), FIGURES, strict=True)
        )
    ]
    return pl.concat(pieces)


def _largest(rows: pl.DataFrame) -> dict[Any, tuple[int, float]]:
    """(kind, label, way) -> the feature of the largest value, the first of equals, and the value."""
    ranked = rows.drop_nulls("value").sort("value", "feature", descending=[True, False])
    first = ranked.unique(_KEY, keep="first", maintain_order=True)
    columns = first.select(*_KEY, "feature", "value").iter_rows()
    return {(kind, label, way): (feature, value) for kind, label, way, feature, value in columns}

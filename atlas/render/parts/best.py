"""The feature that finds each label best, and the best that each control of its dictionary has for the same label.

A label is looked for at the strongest peaks (held-out purity), else in whole clips (F1), else in time (share of active
frames), else by AUROC, where halves are too small: the first way by which some feature finds it. F1 is that of
`label_index`, for dictionary and control alike: feature and threshold are chosen on one half of the recordings and read
on the other. The other figures choose the feature that they are told of, and among more features the largest is
larger by luck alone; so, and as recordings are few, only what exceeds a margin counts as a lead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from atlas.analyse.naming.candidates import is_peak_name, is_searched
from atlas.formatting import fraction
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.columns import significant
from atlas.render.parts.beyond import controls_beside, lead_margin
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.detections import Named
from atlas.render.terms import TIERS
from atlas.schema import LABELS, PEAK_LABELS, TIMED_LABELS
from atlas.schema.thresholds import MARGIN_F1, NAMED_F1, NAMED_PURITY, SIGNIFICANT_Q

MEASURES = ("Purity", "F1 on the other half", "Share of frames", "AUROC")
LEAST = (NAMED_PURITY, NAMED_F1)
"of the ways that are held out, which come first, the figure that a name asks for"
FIGURES = ("purity", "best_f1", "share", "auroc")
"of the ways, the first that finds a label"
MARGINS = ("two peaks of purity or more", f"more than {fraction(MARGIN_F1).rstrip('0')} of F1")
"of the ways that are held out, what makes a lead"
_KEY = ("kind", "label", "way")
_COLUMNS: Mapping[str, Sequence[str]] = {
    PEAK_LABELS.name: ("feature", "tier", "label", "purity", "purity_shifted_max", "base", "peaks", "q"),
    LABELS.name: ("feature", "kind", "label", "auroc", "phi_heldout", "q"),
    TIMED_LABELS.name: ("feature", "tier", "label", "share", "q"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The feature of the largest figure; by the other half, which may choose another; and of purity, its peaks."""

    feature: int
    swapped: int
    value: float
    peaks: int | None


@dataclass(frozen=True, slots=True)
class ControlBest:
    """The best of a control; nothing where none of its directions has anything of the label."""

    control: str
    words: str
    found: Found | None

    @property
    def value(self) -> float | None:
        return self.found.value if self.found else None

    @property
    def figure(self) -> str:
        return numbers.unit(self.value) if self.value is not None else "none"


@dataclass(frozen=True, slots=True)
class Best:
    """The feature that finds a label best."""

    dictionary: str
    way: int
    found: Found
    rivals: tuple[ControlBest, ...]

    @property
    def feature(self) -> int:
        return self.found.feature

    @property
    def value(self) -> float:
        return self.found.value

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
    def beaten(self) -> bool:
        """Whether a control does as well or better."""
        return any(rival.value is not None and rival.value >= self.value for rival in self.rivals)

    @property
    def ahead(self) -> bool:
        """Whether it leads every control, on held-out recordings, by more than the margin."""
        return self.held_out and bool(self.rivals) and all(map(self._leads, self.rivals))

    def _leads(self, rival: ControlBest) -> bool:
        theirs = rival.found
        if theirs is None:
            return True
        peaks = [one.peaks for one in (self.found, theirs) if one.peaks]
        return self.value - theirs.value > lead_margin(min(peaks, default=None))


def best_features(atlas: Atlas) -> dict[Named, Best]:
    """The best feature of each label that some feature finds, of the dictionaries that have controls first."""
    own = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    controls = {name: controls_beside(atlas, name) for name in own}
    theirs = {control: _largest(_figures(atlas, control)) for kinds in controls.values() for control in kinds.values()}
    found: dict[Named, Best] = {}
    for name in own:
        for (kind, label, way), largest in _largest(_found(atlas, name)).items():
            rivals = tuple(
                ControlBest(control, CONTROL_WORDS[of], theirs[control].get((kind, label, way)))
                for of, control in controls[name].items()
            )
            best = Best(name, way, largest, rivals)
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
    halves = atlas.label_index(name).join(clips.filter(is_searched()), on=("kind", "label"), how="semi")
    return _joined(peaks, halves, timed, clips)


def _figures(atlas: Atlas, name: str) -> pl.DataFrame:
    """What features of a control have of any label."""
    peaks = _read(atlas, name, PEAK_LABELS.name).filter(pl.col("label").is_not_null())
    clips = significant(_read(atlas, name, LABELS.name))
    timed = _read(atlas, name, TIMED_LABELS.name).filter(pl.col("label") != "")
    return _joined(peaks, atlas.label_index(name), timed, clips)


def _read(atlas: Atlas, name: str, table: str) -> pl.DataFrame:
    return atlas.column(name, table, *_COLUMNS[table])


def _joined(peaks: pl.DataFrame, index: pl.DataFrame, timed: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    """`kind, label, way, feature, swapped, value, peaks` of all ways."""
    halves = index.select("kind", "label", "best_f1", feature="best_a", swapped="best_b")
    kind = pl.col("tier").replace(dict(TIERS)).alias("kind")
    pieces = (peaks.with_columns(kind), halves, timed.with_columns(kind), clips)
    return pl.concat(
        piece.select(
            *("kind", "label", pl.lit(way).alias("way"), "feature"),
            pl.col("swapped" if "swapped" in piece.columns else "feature").alias("swapped"),
            pl.col(value).alias("value"),
            (pl.col("peaks") if "peaks" in piece.columns else pl.lit(None)).cast(pl.Int64).alias("peaks"),
        )
        for way, (piece, value) in enumerate(zip(pieces, FIGURES, strict=True))
    )


def _largest(rows: pl.DataFrame) -> dict[tuple[str, str, int], Found]:
    """(kind, label, way) -> the largest value, of the first feature of equals."""
    ranked = rows.drop_nulls("value").sort("value", "feature", descending=[True, False])
    first = ranked.unique(_KEY, keep="first", maintain_order=True)
    columns = first.select(*_KEY, "feature", "swapped", "value", "peaks").iter_rows()
    return {(kind, label, way): Found(*found) for kind, label, way, *found in columns}

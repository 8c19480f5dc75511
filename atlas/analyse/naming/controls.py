"""The table `controls`: the figures of each dictionary, beside those of what it is held against.

A dictionary is held against its controls, and against the raw neurons of the same tap where they were measured. One
without any has rows with an empty `control`, so that every dictionary's figures stand here, base rates of flags
included. What each figure is, is in the registry, as `CONTROL_FIGURES`; of a tier, domain, flag or column there is one
each, which `of` names. Of live features, dense ones included, unless it says otherwise.

What a dictionary finds grows with its features, of which a control has fewer. So beside the figure of all of them
stands that of as many as the control has: those whose densities its directions match, drawn by a seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from atlas.analyse.naming.beside import above_control
from atlas.analyse.naming.candidates import is_peak_name
from atlas.analyse.naming.findings import Analysed
from atlas.analyse.naming.flags import ALIVE, flag_rates
from atlas.analyse.testing.intervals import Bounds
from atlas.analyse.testing.shifts import ShiftReach
from atlas.analyse.testing.timed import UNLABELLED
from atlas.schema import CONTROLS, STATES
from atlas.schema.analysed import BY_LABEL, BY_PEAKS, WHOLE, column_in_domain
from atlas.schema.card import BaselinesCard, DictionaryCard
from atlas.schema.thresholds import (
    CHANCE_AUROC,
    CHANCE_LIFT,
    FEWEST_LABELS,
    FEWEST_TIMED_RECORDINGS,
    PURE_SHARE,
    SIGNIFICANT_Q,
)

NO_CONTROL = ""

OwnFigures = dict[tuple[str, str], float | None]
"""(figure, what it is of) -> its value"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryFigures:
    """A dictionary's figures: of all its features, and of as many as each control has."""

    whole: OwnFigures
    drawn: Mapping[str, OwnFigures] = field(default_factory=dict)
    "by control"
    beside: Mapping[str, OwnFigures] = field(default_factory=dict)
    "by control: figures of all features that are what they are by that control"

    def beside_control(self, control: str) -> OwnFigures:
        """All figures of the whole, those that a control decides included."""
        return {**self.whole, **self.beside.get(control, {})}


def controls_frame(figures: Mapping[str, DictionaryFigures], cards: Mapping[str, DictionaryCard]) -> pl.DataFrame:
    """The table `controls` of an atlas; figures, cards: by dictionary."""
    rows = []
    for name, own in figures.items():
        for control in controls_of(name, cards) or (NO_CONTROL,):
            drawn = own.drawn.get(control, {})
            theirs = figures[control].beside_control(control) if control else {}
            for figure, value in own.beside_control(control).items():
                rows.append((name, control, *figure, value, drawn.get(figure), theirs.get(figure)))
    return pl.DataFrame(rows, schema=dict(CONTROLS.columns), orient="row").sort(CONTROLS.key)


def controls_of(name: str, cards: Mapping[str, DictionaryCard]) -> tuple[str, ...]:
    """What a dictionary is held against; nothing for a control, and no other neurons for neurons."""
    mine = cards[name]
    controls = [other for other, card in cards.items() if card.control_of == name]
    neurons = [
        other
        for other, card in cards.items()
        if mine.kind == "sae" and card.kind == "identity" and card.tap == mine.tap
    ]
    return (*controls, *neurons)


def figures_of(dictionary: Analysed, findings: pl.DataFrame, card: DictionaryCard) -> OwnFigures:
    """The figures of one dictionary; findings: its table."""
    states = dict(dictionary.features.group_by("state").len().iter_rows())
    live = dictionary.features.filter(pl.col("state").is_in(ALIVE)).select("feature")
    shares = {state: _over(states.get(state, 0), len(dictionary.features)) for state in STATES}
    whole = {
        "features": float(len(dictionary.features)),
        "tested": float(len(live)),
        **shares,
        "l0": card.l0,
        "fvu": card.fvu,
        **_of_sample(card.baselines),
        **_of_names(dictionary, findings.join(live, on="feature", how="semi")),
        **_of_labels(dictionary, live),
    }
    figures = {(figure, WHOLE): value for figure, value in whole.items()} | _of_peaks(dictionary.peak_labels, live)
    figures |= _of_label_index(dictionary.label_index)
    figures |= _of_timed_labels(dictionary.timed_labels, live) | _of_shifts(dictionary.shift_reach)
    held = dictionary.domains.join(live, on="feature", how="semi").filter(pl.col("specialised"))
    domains = dictionary.domains["domain"].unique(maintain_order=True)
    for domain in domains if len(domains) > 1 else ():
        figures["specialised", domain] = _over(held.filter(pl.col("domain") == domain).height, len(live))
    return figures | {("flag", flag): rate for flag, rate in flag_rates(dictionary.features, dictionary.flags).items()}


def _of_sample(baselines: BaselinesCard) -> dict[str, float | None]:
    """What calibrating measured beside PCA and matching pursuit."""
    return {
        "fvu_sample": baselines.fvu_sample,
        "fvu_pca": baselines.fvu_pca,
        "fvu_pursuit": baselines.fvu_pursuit,
        "components": None if baselines.components is None else float(baselines.components),
    }


def _of_names(dictionary: Analysed, live: pl.DataFrame) -> dict[str, float | None]:
    """live: the findings of live features. Where nothing could name them, that is no share of 0."""
    able = {BY_PEAKS: len(dictionary.peak_labels) > 0, BY_LABEL: bool((dictionary.label_index["tests"] > 0).any())}
    by = {name: float((live["named_by"] == name).sum()) if able[name] else None for name in able}
    named = sum(number for number in by.values() if number is not None)
    return {
        "named": _over(named, len(live)) if any(able.values()) else None,
        "named_peaks": by[BY_PEAKS],
        "named_label": by[BY_LABEL],
    }


def _of_label_index(index: pl.DataFrame) -> OwnFigures:
    """By kind: how many labels the dictionary finds, of those that could be tested; of enough, how well in the mean."""
    figures: OwnFigures = {}
    tested = index.filter(pl.col("tests") > 0, "halved")
    for kind in tested["kind"].unique().sort():
        mine = tested.filter(pl.col("kind") == kind)
        figures["labels_tested", kind] = float(len(mine))
        figures["labels_found", kind] = float(mine["found"].sum())
        if len(mine) < FEWEST_LABELS:
            continue
        figures["label_phi", kind] = float(mine["best_phi"].sum()) / len(mine)
        figures["label_f1", kind] = _mean(mine["found_f1"])
        figures["label_probe", kind] = _mean(mine["probe_auroc"])
        figures["label_probe_permuted", kind] = _mean(mine["probe_permuted"])
    return figures


@dataclass(frozen=True, slots=True)
class DrawnLabels:
    """What the features that were drawn find: which they are, `label_index` by them alone, and intervals of phi."""

    features: pl.Series
    label_index: pl.DataFrame
    intervals: Bounds


def drawn_figures(dictionary: Analysed, findings: pl.DataFrame, drawn: DrawnLabels) -> OwnFigures:
    """Those of the figures that grow with the number of features, of the features that were drawn; findings: of all."""
    chosen = pl.col("feature").is_in(drawn.features)
    live = dictionary.features.filter(pl.col("state").is_in(ALIVE), chosen).select("feature")
    figures: OwnFigures = {("features", WHOLE): float(len(drawn.features)), ("tested", WHOLE): float(len(live))}
    named = _of_names(dictionary, findings.join(live, on="feature", how="semi"))
    figures |= {(figure, WHOLE): value for figure, value in named.items()}
    figures |= _of_peaks(dictionary.peak_labels, live)
    return figures | _of_label_index(drawn.label_index) | figures_of_bounds(drawn.intervals)


def figures_of_bounds(intervals: Bounds) -> OwnFigures:
    """The ends of the intervals of phi, by kind of label."""
    ends = ("label_phi_low", "label_phi_high")
    return {
        (figure, kind): value for kind, bounds in intervals.items() for figure, value in zip(ends, bounds, strict=True)
    }


def figures_above(findings: pl.DataFrame, kind: str) -> OwnFigures:
    """Figures that a control's own tables are needed for; findings: with what the control has beside."""
    features, labels = above_control(findings, kind)
    return {("above_control", kind): float(features), ("labels_above_control", kind): float(labels)}


def with_agreements(
    figures: Mapping[str, DictionaryFigures], comparisons: pl.DataFrame, cards: Mapping[str, DictionaryCard]
) -> dict[str, DictionaryFigures]:
    """The same, with how far other autoencoders of a tap have a dictionary's features, and how far its controls do."""
    found = dict(figures)
    for name in figures:
        own = {("agreement", other): _coverage(comparisons, name, other) for other in _seeds_of(name, cards)}
        found[name] = replace(found[name], whole={**found[name].whole, **own})
        controls = [other for other, card in cards.items() if card.control_of == name]
        for control in controls if own else ():
            theirs = {**found[control].beside.get(control, {})}
            theirs |= dict.fromkeys(own, _coverage(comparisons, name, control))
            found[control] = replace(found[control], beside={**found[control].beside, control: theirs})
    return found


def _seeds_of(name: str, cards: Mapping[str, DictionaryCard]) -> list[str]:
    """The other autoencoders of the same tap."""
    mine = cards[name]
    return [
        other
        for other, card in cards.items()
        if other != name and (card.kind, mine.kind, card.tap) == ("sae", "sae", mine.tap)
    ]


def _coverage(comparisons: pl.DataFrame, name: str, other: str) -> float | None:
    found = comparisons.filter(pl.col("dictionary") == name, pl.col("other_dictionary") == other)["coverage"]
    return found[0] if len(found) else None


def _of_labels(dictionary: Analysed, live: pl.DataFrame) -> dict[str, float | None]:
    best = _best_labels(dictionary.labels).join(live, on="feature", how="semi")
    tests = int(dictionary.label_index["tests"].sum())
    return {
        "tests": float(tests),
        "tests_significant": float((dictionary.labels["q"] < SIGNIFICANT_Q).sum()),
        "labelled": _over(len(best), len(live)) if tests else None,
        "best_auroc": _mean(best["auroc"]),
        "best_f1": _mean(best["f1_heldout"]),
    }


def _best_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """The rows of `labels` with each feature's best: significant, more often than expected, of largest lower bound."""
    above_chance = (pl.col("lift_low") > CHANCE_LIFT) & (pl.col("auroc") > CHANCE_AUROC)
    significant = labels.filter((pl.col("q") < SIGNIFICANT_Q) & above_chance)
    ranked = significant.sort(
        "feature", "lift_low", "p", "kind", "label", descending=[False, True, False, False, False]
    )
    return ranked.unique("feature", keep="first", maintain_order=True)


def _of_timed_labels(timed: pl.DataFrame, live: pl.DataFrame) -> OwnFigures:
    """By tier, over the features that fire in enough recordings to be tested; blank where there is none."""
    rows = timed.filter(pl.col("label") != UNLABELLED).join(live, on="feature", how="semi")
    able = rows.filter(pl.col("recordings").max().over("feature", "tier") >= FEWEST_TIMED_RECORDINGS)
    best = able.sort("feature", "tier", "share", "label", descending=[False, False, True, False])
    best = best.unique(["feature", "tier"], keep="first", maintain_order=True)
    figures: OwnFigures = {}
    for tier in timed["tier"].unique().sort():
        mine = best.filter(pl.col("tier") == tier)
        figures["share", tier] = _mean(mine["share"])
        figures["share_shifted", tier] = _mean(mine["share_shifted_max"])
        figures["pure", tier] = _over(int((mine["share"] > PURE_SHARE).sum()), len(mine))
    return figures


def _of_peaks(rows: pl.DataFrame, live: pl.DataFrame) -> OwnFigures:
    """By tier, over the live features that have enough peaks in it: how many, and how many their peaks name."""
    able = rows.join(live, on="feature", how="semi").with_columns(named=is_peak_name())
    tiers = able.group_by("tier").agg(pl.len(), pl.col("named").sum()).sort("tier")
    figures: OwnFigures = {}
    for tier, eligible, named in tiers.iter_rows():
        figures["eligible", tier] = float(eligible)
        figures["peak_named", tier] = _over(named, eligible)
    return figures


def _of_shifts(reach: Sequence[ShiftReach]) -> OwnFigures:
    """By column and domain: how many features could be held out, and how many are; blank where none could."""
    figures: OwnFigures = {}
    for one in reach:
        if one.eligible:
            of = column_in_domain(one.column, one.domain)
            figures["shift_eligible", of] = float(one.eligible)
            figures["shift_held", of] = _over(one.held_out, one.eligible)
    return figures


def _over(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: pl.Series) -> float | None:
    known = values.drop_nulls().to_numpy()
    return float(known.mean()) if len(known) else None

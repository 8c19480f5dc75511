"""The table `controls`: the figures of each dictionary, beside those of what it is held against.

A dictionary is held against its random control, and against the raw neurons of the same tap where they were measured.
One without any has rows with an empty `control`, so that every dictionary's figures stand here, base rates of flags
included. What each figure is, is in the registry, as `CONTROL_FIGURES`; of a tier, domain, flag or column there is one
each, which `of` names. Of live features, dense ones included, unless it says otherwise.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from atlas.analyse.naming.beside import above_control
from atlas.analyse.naming.candidates import is_peak_name
from atlas.analyse.naming.findings import Analysed
from atlas.analyse.naming.flags import ALIVE, flag_rates
from atlas.analyse.testing.shifts import ShiftReach
from atlas.analyse.testing.timed import UNLABELLED
from atlas.schema import CONTROLS, STATES
from atlas.schema.analysed import BY_LABEL, BY_PEAKS, WHOLE, column_in_domain
from atlas.schema.card import BaselinesCard, DictionaryCard
from atlas.schema.thresholds import CHANCE_AUROC, CHANCE_LIFT, FEWEST_TIMED_RECORDINGS, PURE_SHARE, SIGNIFICANT_Q

NO_CONTROL = ""

OwnFigures = dict[tuple[str, str], float | None]
"""(figure, what it is of) -> its value"""


def controls_frame(figures: Mapping[str, OwnFigures], cards: Mapping[str, DictionaryCard]) -> pl.DataFrame:
    """The table `controls` of an atlas; figures, cards: by dictionary."""
    rows = [
        (name, control, *figure, value, figures[control].get(figure) if control else None)
        for name, own in figures.items()
        for control in (controls_of(name, cards) or (NO_CONTROL,))
        for figure, value in own.items()
    ]
    return pl.DataFrame(rows, schema=dict(CONTROLS.columns), orient="row").sort(CONTROLS.key)


def controls_of(name: str, cards: Mapping[str, DictionaryCard]) -> tuple[str, ...]:
    """What a dictionary is held against; nothing for a control, and no other neurons for neurons."""
    mine = cards[name]
    random = [other for other, card in cards.items() if card.control_of == name]
    neurons = [
        other
        for other, card in cards.items()
        if mine.kind == "sae" and card.kind == "identity" and card.tap == mine.tap
    ]
    return (*random, *neurons)


def figures_of(dictionary: Analysed, findings: pl.DataFrame, card: DictionaryCard) -> OwnFigures:
    """The figures of one dictionary; findings: its table."""
    states = dict(dictionary.features.group_by("state").len().iter_rows())
    live = dictionary.features.filter(pl.col("state").is_in(ALIVE)).select("feature")
    shares = {state: _over(states.get(state, 0), len(dictionary.features)) for state in STATES}
    whole = {
        "features": float(len(dictionary.features)),
        **shares,
        "l0": card.l0,
        "fvu": card.fvu,
        **_of_sample(card.baselines),
        **_of_names(findings.join(live, on="feature", how="semi")),
        **_of_labels(dictionary, live),
    }
    figures = {(figure, WHOLE): value for figure, value in whole.items()} | _of_peaks(dictionary.peak_labels, live)
    figures |= _of_label_index(dictionary.label_index)
    figures |= _of_timed_labels(dictionary.timed_labels, live) | _of_shifts(dictionary.shift_reach)
    held = dictionary.domains.join(live, on="feature", how="semi").filter(pl.col("specialised"))
    for domain in dictionary.domains["domain"].unique(maintain_order=True):
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


def _of_names(live: pl.DataFrame) -> dict[str, float | None]:
    """live: the findings of live features."""
    by = {name: int((live["named_by"] == name).sum()) for name in (BY_PEAKS, BY_LABEL)}
    return {
        "named": _over(sum(by.values()), len(live)),
        "named_peaks": float(by[BY_PEAKS]),
        "named_label": float(by[BY_LABEL]),
    }


def _of_label_index(index: pl.DataFrame) -> OwnFigures:
    """By kind: how many labels the dictionary finds, of those that could be tested, and how well."""
    figures: OwnFigures = {}
    tested = index.filter(pl.col("tests") > 0)
    for kind in tested["kind"].unique().sort():
        mine = tested.filter(pl.col("kind") == kind)
        figures["labels_tested", kind] = float(len(mine))
        figures["labels_found", kind] = float(mine["found"].sum())
        figures["label_phi", kind] = float(mine["best_phi"].sum()) / len(mine)
        figures["label_f1", kind] = _mean(mine.filter(pl.col("found") > 0)["best_f1"])
    return figures


def figures_beside(findings: pl.DataFrame) -> OwnFigures:
    """Figures that the control's own tables are needed for; none without a control."""
    if findings["control_rank"].null_count() == len(findings):
        return {}
    features, labels = above_control(findings)
    return {("above_control", WHOLE): float(features), ("labels_above_control", WHOLE): float(labels)}


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


def _over(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: pl.Series) -> float | None:
    known = values.drop_nulls().to_numpy()
    return float(known.mean()) if len(known) else None

"""What is known of a feature beyond its examples: datasets, labels with their spread, labels in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.labellinks import label_page
from atlas.render.parts.spoken import may_be_read
from atlas.render.parts.withheld import unread_labels
from atlas.schema.thresholds import SIGNIFICANT_Q
from atlas.speech.tiers import kind_of

NEAR = 5  # labels on either side of a peak, if they fit into
ROOM = 26  # characters
FIRST = 8  # labels shown whatever their q

_Span = tuple[float, float, str]  # from, to, label


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """How often a feature fires in one dataset."""

    name: str
    frames: str
    bar: str
    clips: str
    recordings: str


@dataclass(frozen=True, slots=True)
class LabelSpread:
    """FREUD's plot of one label: places from 0 to 100 of the feature's axis."""

    mean: str
    low: str
    width: str
    quarter: str
    half: str  # the width from the lower to the upper quartile


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """One label and how well the feature finds it."""

    kind: str
    label: str
    page: str  # of the label; empty where it has none
    significant: bool
    recordings: str
    auroc: str
    auroc_low: str
    lift: str
    precision: str
    mass: str
    phi: str
    f1: str
    f1_permuted: str
    q: str
    spread: LabelSpread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRow:
    """One phone or word, and the share of the feature's active frames that it holds."""

    label: str
    page: str  # of the label; empty where it has none
    share: str
    bar: str
    chance: str  # the place of the expected share, of 100
    expected: str
    shifted: str
    mean: str
    recordings: str
    q: str


@dataclass(frozen=True, slots=True)
class TierEvidence:
    """The timed labels of one tier."""

    name: str
    rows: tuple[TimedRow, ...]
    beside: str  # what the rows do not show; empty for nothing


@dataclass(frozen=True, slots=True)
class Moment:
    """What is labelled around one peak."""

    anchor: str
    called: str
    before: str
    at: str
    after: str


@dataclass(frozen=True, slots=True)
class PeakContext:
    """What is labelled around the peaks of the top examples, on one tier."""

    tier: str
    moments: tuple[Moment, ...]


def datasets_of(dictionary: DictionaryTables, feature: int) -> tuple[DatasetRow, ...]:
    """Every dataset of the corpus."""
    rows = dictionary.records("datasets", feature)
    rates = [row["frames_active"] / row["frames"] if row["frames"] else 0.0 for row in rows]
    most = max(rates, default=0)
    return tuple(
        DatasetRow(
            name=row["dataset"],
            frames=numbers.percent(rate),
            bar=numbers.plain(100 * rate / most) if most else "0",
            clips=f"{row['clips_active']:,} of {row['clips']:,}",
            recordings=numbers.count(row["recordings_active"]),
        )
        for row, rate in zip(rows, rates, strict=True)
    )


def labels_of(atlas: Atlas, dictionary: DictionaryTables, feature: int, most: int) -> tuple[LabelRow, ...]:
    """The best label first, then the others by q; beyond the first few only significant ones."""
    rows = dictionary.records("labels", feature)
    finding = dictionary.row("findings", feature) or {}
    best = finding.get("clip_kind"), finding.get("clip_label")
    ranked = sorted(rows, key=lambda row: _rank(row, best))[:most]
    shown = [row for place, row in enumerate(ranked) if place < FIRST or _is_significant(row)]
    spreads = {(row["kind"], row["label"]): row for row in dictionary.records("spreads", feature)}
    shown_spreads = [spreads.get((row["kind"], row["label"])) for row in shown]
    top = max((row[end] or 0 for row in shown_spreads if row for end in ("q95", "high")), default=0)
    return tuple(
        _label_row(row, spread, top, label_page(atlas, row["kind"], row["label"]))
        for row, spread in zip(shown, shown_spreads, strict=True)
    )


def _rank(row: Mapping[str, Any], best: tuple[str | None, str | None]) -> tuple[bool, float, float, float, str, str]:
    kind, label = row["kind"], row["label"]
    return (kind, label) != best, row["q"], row["p"], -(row["auroc"] or 0), kind, label


def _is_significant(row: Mapping[str, Any]) -> bool:
    return row["q"] is not None and row["q"] < SIGNIFICANT_Q


def _label_row(row: Mapping[str, Any], spread: Mapping[str, Any] | None, top: float, page: str) -> LabelRow:
    return LabelRow(
        kind=row["kind"],
        label=row["label"],
        page=page,
        significant=_is_significant(row),
        recordings=numbers.count(row["recordings"]),
        auroc=numbers.unit(row["auroc"]),
        auroc_low=numbers.unit(row["auroc_low"]),
        lift=numbers.ratio(row["lift"]),
        precision=numbers.percent(row["precision10"]),
        mass=numbers.percent(row["mass_share"]),
        phi=numbers.unit(row["phi_heldout"]),
        f1=numbers.unit(row["f1_heldout"]),
        f1_permuted=numbers.unit(row["f1_permuted_max"]),
        q=numbers.probability(row["q"]),
        spread=_spread(spread, top) if spread and top else None,
    )


def _spread(row: Mapping[str, Any], top: float) -> LabelSpread:
    def place(value: float | None) -> float:
        return min(100.0, max(0.0, 100 * (value or 0) / top))

    low, high, quarter, upper = (place(row[name]) for name in ("low", "high", "q25", "q75"))
    return LabelSpread(
        mean=numbers.plain(place(row["mean"])),
        low=numbers.plain(low),
        width=numbers.plain(high - low),
        quarter=numbers.plain(quarter),
        half=numbers.plain(upper - quarter),
    )


def tiers_of(atlas: Atlas, dictionary: DictionaryTables, feature: int, most: int) -> tuple[TierEvidence, ...]:
    """Each tier that has labels under the feature's active frames, the largest shares first."""
    tiers: dict[str, list[dict[str, Any]]] = {}
    unread = unread_labels(atlas)
    for row in dictionary.records("timed_labels", feature):
        if row["share"] and (row["tier"], row["label"]) not in unread:
            tiers.setdefault(row["tier"], []).append(row)
    return tuple(_tier(atlas, name, rows, most) for name, rows in sorted(tiers.items()))


def _tier(atlas: Atlas, name: str, rows: list[dict[str, Any]], shown: int) -> TierEvidence:
    """Silence is no label: it is told below, and the bars are scaled without it."""
    labelled = [row for row in rows if row["label"]]
    ranked = sorted(labelled, key=lambda row: (-row["share"], row["label"]))
    most = max((max(row["share"], row["expected"] or 0) for row in labelled), default=0)
    beside = [f"{len(labelled) - shown:,} more with smaller shares"] if len(labelled) > shown else []
    beside += [
        f"{numbers.percent(row['share'])} in silence, expected {numbers.percent(row['expected'])}"
        for row in rows
        if not row["label"]
    ]
    shown_rows = (_timed_row(row, most, label_page(atlas, name, row["label"])) for row in ranked[:shown])
    return TierEvidence(name, tuple(shown_rows), "; ".join(beside))


def _timed_row(row: Mapping[str, Any], most: float, page: str) -> TimedRow:
    return TimedRow(
        label=row["label"],
        page=page,
        share=numbers.percent(row["share"]),
        bar=numbers.plain(100 * row["share"] / most),
        chance=numbers.plain(100 * (row["expected"] or 0) / most),
        expected=numbers.percent(row["expected"]),
        shifted=numbers.percent(row["share_shifted_max"]),
        mean=f"{numbers.figure(row['mean'])} ± {numbers.figure(row['sd'])}",
        recordings=numbers.count(row["recordings"]),
        q=numbers.probability(row["q"]),
    )


def contexts_of(atlas: Atlas, dictionary: DictionaryTables, feature: int, top: int) -> tuple[PeakContext, ...]:
    """What is labelled around the peaks of the top examples, tier by tier; words and phones stand under the traces."""
    moments_by_tier: dict[str, list[Moment]] = {}
    for row in dictionary.records("examples", feature):
        if row["group"] != "top" or row["rank"] > top or not may_be_read(atlas.clip_rows[row["clip"]]):
            continue
        for tier, spans in _spans(atlas, row["clip"]).items():
            moments_by_tier.setdefault(tier, []).append(_moment(spans, row["peak_s"], row["rank"]))
    return tuple(PeakContext(tier, tuple(moments)) for tier, moments in sorted(moments_by_tier.items()))


@lru_cache(maxsize=4096)
def _spans(atlas: Atlas, clip: int) -> dict[str, list[_Span]]:
    """The timed labels of a clip that are neither words nor phones, by tier."""
    by_tier: dict[str, list[_Span]] = {}
    for _, tier, *span in atlas.alignments.of(clip).iter_rows():
        if kind_of(tier) is None:
            by_tier.setdefault(tier, []).append((span[0], span[1], span[2]))
    return by_tier


def _moment(spans: Sequence[_Span], peak_s: float, rank: int) -> Moment:
    before = [label for _, end_s, label in spans if end_s <= peak_s and label]
    after = [label for start_s, _, label in spans if start_s > peak_s and label]
    at = [label for start_s, end_s, label in spans if start_s <= peak_s < end_s]
    return Moment(
        anchor=f"top-{rank}",
        called=f"top {rank}",
        before=" ".join(reversed(_fitting(before[::-1]))),
        at=" ".join(at) or "·",
        after=" ".join(_fitting(after)),
    )


def _fitting(labels: Sequence[str]) -> list[str]:
    """The first labels, as many as fit; what does not fit is farther from the peak."""
    lengths = accumulate(len(label) + 1 for label in labels[:NEAR])
    return [label for label, length in zip(labels, lengths, strict=False) if length <= ROOM]

"""Where the strongest peaks of a feature stand: the word, phone, class and edge of most of them, a tier a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import timed_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.labellinks import label_page
from atlas.speech.classes import CLASS_TIERS
from atlas.speech.edges import EDGE_TIER
from atlas.speech.tiers import PHONES, WORDS

TIERS_OF_PEAKS = (WORDS, PHONES, *CLASS_TIERS, EDGE_TIER)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakTier:
    """The label of one tier at the peaks; figures are blank where the halves of the recordings choose differently."""

    label: str
    page: str
    "of the label; empty where it has none"
    naming: bool
    "whether it names the feature"
    purity: str
    bar: str
    shifted: str
    base: str
    peaks: str
    q: str
    mass: str
    precision: str
    recall: str


def peak_tiers_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> tuple[PeakTier, ...]:
    """Every tier in which the feature has enough peaks, the narrowest labels first."""
    rows = dictionary.records("peak_labels", feature)
    names = (dictionary.row("findings", feature) or {}).get("peak_tier")
    return tuple(
        _peak_tier(row, row["tier"] == names, label_page(atlas, row["tier"], row["label"] or ""))
        for row in sorted(rows, key=_place)
    )


def _place(row: Mapping[str, Any]) -> int:
    return TIERS_OF_PEAKS.index(row["tier"])


def _peak_tier(row: Mapping[str, Any], naming: bool, page: str) -> PeakTier:
    label = (
        timed_name(row["tier"], row["label"])
        if row["label"] is not None
        else f"{row['tier']}: the two halves choose differently"
    )
    return PeakTier(
        label=label,
        page=page,
        naming=naming,
        purity=numbers.unit(row["purity"]),
        bar=numbers.plain(100 * row["purity"]),
        shifted=numbers.unit(row["purity_shifted_max"]),
        base=numbers.percent(row["base"]),
        peaks=numbers.count(row["peaks"]),
        q=numbers.probability(row["q"]),
        mass=numbers.percent(row["mass_share"]),
        precision=numbers.unit(row["precision"]),
        recall=numbers.unit(row["recall"]),
    )

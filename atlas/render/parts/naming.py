"""The evidence for a feature's name: one figure of it beside its controls and chance, and one line in plain words.

What is shown is the figure that decided: held-out purity for what stands at its peaks, held-out F1 for a label of
clips, AUROC for a domain. Where the feature only leans to a label, it is that label's, and the line says why it is no
name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atlas.analyse.testing.kinds import DOMAIN
from atlas.formatting import counted, fraction, listed, percent, q_value
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.render import numbers
from atlas.render.parts.beyond import lead_margin
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.labellinks import LinkedName, linked_part
from atlas.render.parts.sentences import no_label
from atlas.render.parts.verdict import why_only_leaning
from atlas.render.site import SiteAtlas
from atlas.schema.analysed import (
    BESIDE,
    BY_DOMAIN,
    BY_EDGE,
    BY_LABEL,
    BY_LENGTH,
    BY_LOUDNESS,
    BY_PEAKS,
    DEAD,
    LEANING,
    ONSET,
    PADDING,
    SILENCE,
)
from atlas.schema.thresholds import SHIFTS, SHUFFLES, TOP_RECORDINGS

NAMING = (BY_PEAKS, BY_LABEL, BY_DOMAIN)
"what gives a feature a name that can head its page"
FIGURES = {BY_PEAKS: "purity", BY_LABEL: "f1_heldout", BY_DOMAIN: "auroc_domain"}
"what decided -> the key of its definition"
MOSTLY = 0.5
"a share of its frames or of its activation below which the rest is worth a word"
NO_RELATION = 0.5
"an AUROC"
NO_EVIDENCE = "so this is no evidence that the dictionary learned it"
_FIRES = {
    PADDING: "Fires on padding",
    ONSET: "Fires at the beginning of the window",
    BY_EDGE: "Fires where clips begin or end",
    SILENCE: "Fires in silence",
}
_CONFOUNDED = {
    BY_LOUDNESS: "it tells a domain from the others, but so does loudness alone",
    BY_LENGTH: "it tells a domain from the others, but so does the length of clips alone",
}


@dataclass(frozen=True, slots=True)
class Lead:
    """A line in plain words, with the label that it speaks of in its midst."""

    before: str
    label: LinkedName | None = None
    after: str = ""

    @property
    def text(self) -> str:
        return self.before + (self.label.text if self.label else "") + self.after


@dataclass(frozen=True, slots=True)
class EvidenceBar:
    """One value of the figure that decided; `style` is `own`, `control` or `chance`."""

    called: str
    value: str
    width: str
    style: str
    direction: LinkedName | None = None
    "of a control, the one that has it"


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """A figure beside it, by the key of its definition."""

    key: str
    called: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameEvidence:
    """What gave the feature its name, or came closest."""

    named: bool
    label: LinkedName
    figure: str
    bars: tuple[EvidenceBar, ...]
    conclusion: str
    facts: tuple[EvidenceFact, ...]

    @property
    def rivals(self) -> tuple[LinkedName, ...]:
        """The directions of controls that are the best of them for the same label."""
        return tuple(bar.direction for bar in self.bars if bar.direction)


def lead_of(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> Lead | None:
    """The line under the title; None before the analyses and of a dead feature, whose verdict is as short."""
    finding = dictionary.row("findings", feature)
    if not finding or finding["named_by"] == DEAD:
        return None
    named_by = finding["named_by"]
    if named_by == LEANING or (named_by not in NAMING and finding["leans_to"] is not None):
        label = linked_part(atlas, finding["leans_kind"], finding["leans_to"])
        return Lead("Leans to ", label, f", but {why_only_leaning(dictionary, finding)}.")
    if named_by not in NAMING:
        return Lead(_unnamed(finding))
    label = linked_part(atlas, finding["kind"], finding["label"])
    if named_by == BY_PEAKS:
        return _at_peaks(dictionary, finding, label)
    if named_by == BY_LABEL:
        return _in_recordings(dictionary, finding, label)
    return in_domain(_row(dictionary, "domains", feature, domain=finding["label"]), label)


def _unnamed(finding: Mapping[str, Any]) -> str:
    fires = _FIRES.get(finding["named_by"], "No name")
    reason = finding["null_reason"]
    why = _CONFOUNDED.get(reason) or no_label(reason, finding["significant"])
    return f"{fires}: {why}."


def _at_peaks(dictionary: DictionaryTables, finding: Mapping[str, Any], label: LinkedName) -> Lead:
    feature, tier = finding["feature"], finding["kind"]
    row = _row(dictionary, "peak_labels", feature, tier=tier)
    hits = round(row["purity"] * row["peaks"])
    frames = next(
        (
            timed["share"]
            for timed in dictionary.records("timed_labels", feature)
            if (timed["tier"], timed["label"]) == (tier, finding["label"])
        ),
        None,
    )
    share, of = (frames, "active frames") if frames is not None else (row["mass_share"], "activation")
    before = f"{hits} of its {counted(row['peaks'], 'strongest peak')} are on "
    if share is None:
        return Lead(before, label, ".")
    rest = "; the weaker ones are mostly elsewhere" if share < MOSTLY and of == "active frames" else ""
    return Lead(before, label, f", and {percent(share)} of its {of}{rest}.")


def _in_recordings(dictionary: DictionaryTables, finding: Mapping[str, Any], label: LinkedName) -> Lead:
    row = _row(dictionary, "labels", finding["feature"], kind=finding["kind"], label=finding["label"])
    hits = round(row["precision10"] * TOP_RECORDINGS)
    mass = f"; recordings with it hold {percent(row['mass_share'])} of its activation" if row["mass_share"] else ""
    return Lead(f"{hits} of its {TOP_RECORDINGS} strongest recordings are labelled ", label, f"{mass}.")


def in_domain(row: Mapping[str, Any], label: LinkedName) -> Lead:
    larger = f" than elsewhere (AUROC {fraction(row['auroc'])})"
    if not row["auroc_worst_low"] <= NO_RELATION <= row["auroc_worst_high"]:
        return Lead("Larger in ", label, f"{larger}.")
    worst = f"{fraction(row['auroc_worst'])}, 95 % interval {_interval(row)}"
    return Lead("Larger in ", label, f"{larger}, though for the worst pair of datasets that is not sure ({worst}).")


def evidence_of(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> NameEvidence | None:
    """The evidence for its name, or for the label that it leans to; None where nothing comes close."""
    finding = dictionary.row("findings", feature) or {}
    named = finding.get("named_by") in NAMING
    kind, label = (finding.get(f"{part}") for part in (("kind", "label") if named else ("leans_kind", "leans_to")))
    if label is None or kind is None:
        return None
    rivals = tuple(_rivals(atlas, dictionary.name, finding)) if named or finding["named_by"] == LEANING else ()
    if kind == DOMAIN:
        return _of_domain(atlas, dictionary, feature, label)
    at_peaks = kind == finding["peak_tier"] and label == finding["peak_label"]
    if at_peaks:
        row = _row(dictionary, "peak_labels", feature, tier=kind)
        own, chance, facts = row["purity"], row["purity_shifted_max"], tuple(_peak_facts(row))
        margin = lead_margin(row["peaks"])
        by_chance = f"best of {SHIFTS} shifts of the labels"
    else:
        row = _row(dictionary, "labels", feature, kind=kind, label=label)
        own, chance, facts = row["f1_heldout"], row["f1_permuted_max"], tuple(_label_facts(row))
        margin = lead_margin(None)
        by_chance = f"best of {SHUFFLES} shuffles of the labels"
    mine = EvidenceBar(
        "this direction" if dictionary.card.control_of else "this feature", numbers.unit(own), _width(own), "own"
    )
    of_chance = EvidenceBar(by_chance, numbers.unit(chance), _width(chance), "chance")
    return NameEvidence(
        named=named,
        label=linked_part(atlas, kind, label),
        figure=FIGURES[BY_PEAKS if at_peaks else BY_LABEL],
        bars=(mine, *(bar for bar, _ in rivals), of_chance),
        conclusion=conclusion(atlas, dictionary, own, [best for _, best in rivals], margin),
        facts=facts,
    )


def _rivals(atlas: SiteAtlas, name: str, finding: Mapping[str, Any]) -> Iterator[tuple[EvidenceBar, float | None]]:
    """The best of each control for the same label; of a control, the best of its others."""
    kind = atlas.dictionaries[name].kind
    controls = {kind: name} if kind in CONTROL_WORDS else atlas.controls_of(name)
    for kind, control in controls.items():
        best, number = finding[f"{BESIDE[kind]}_best"], finding[f"{BESIDE[kind]}_feature"]
        directions = atlas.feature_count(control) - (control == name)
        called = f"best of {directions:,} {'other ' * (control == name)}{CONTROL_WORDS[kind]}"
        direction = f"{control}/{number}"
        linked = LinkedName(direction, atlas.address(direction)) if number is not None else None
        yield EvidenceBar(called, numbers.unit(best), _width(best), "control", linked), best


def conclusion(
    atlas: SiteAtlas, dictionary: DictionaryTables, own: float | None, bests: list[float | None], margin: float
) -> str:
    """Whether it exceeds its controls by more than a margin, which a few peaks or recordings more do not make."""
    if dictionary.card.control_of or own is None:
        return ""
    if not bests:
        return "" if atlas.controls_of(dictionary.name) else "No control says what that is worth."
    ahead = own - max((best for best in bests if best is not None), default=0.0)
    if ahead > margin:
        return "It exceeds every direction of its controls."
    how = "It is level with the best of its controls" if ahead >= -margin else "The best of its controls does better"
    return f"{how}, {NO_EVIDENCE}."


def _of_domain(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int, domain: str) -> NameEvidence:
    row = _row(dictionary, "domains", feature, domain=domain)
    bars = (
        EvidenceBar("against all other recordings", numbers.unit(row["auroc"]), _width(row["auroc"]), "own"),
        EvidenceBar(
            "for the worst pair of datasets", numbers.unit(row["auroc_worst"]), _width(row["auroc_worst"]), "own"
        ),
        EvidenceBar("without any relation", numbers.unit(NO_RELATION), _width(NO_RELATION), "chance"),
    )
    facts = (EvidenceFact("auroc_worst_low", "worst pair, 95 %", _interval(row)), _q(row, "q"))
    return NameEvidence(
        named=True,
        label=linked_part(atlas, DOMAIN, domain),
        figure=FIGURES[BY_DOMAIN],
        bars=bars,
        conclusion=_specialised_too(atlas, dictionary, domain),
        facts=facts,
    )


def _specialised_too(atlas: SiteAtlas, dictionary: DictionaryTables, domain: str) -> str:
    """How many features of the dictionary and directions of its controls are specialised to the domain, too."""
    shares = {
        words: share
        for words, name in [
            ("features", dictionary.name),
            *((CONTROL_WORDS[kind], control) for kind, control in atlas.controls_of(dictionary.name).items()),
        ]
        if (share := atlas.figures_of(name).get(("specialised", domain))) is not None
    }
    own = shares.pop("features", None)
    if own is None or not shares or dictionary.card.control_of:
        return ""
    too = listed([f"{percent(share)} of the {words}" for words, share in shares.items()])
    told = f"{percent(own)} of the features here are specialised to {domain}; of its controls, {too}"
    return f"{told}, {NO_EVIDENCE}." if max(shares.values()) >= own else f"{told}."


def _interval(row: Mapping[str, Any]) -> str:
    return f"{fraction(row['auroc_worst_low'])} to {fraction(row['auroc_worst_high'])}"


def _peak_facts(row: Mapping[str, Any]) -> Iterator[EvidenceFact]:
    yield EvidenceFact("peaks_looked_at", "peaks looked at", numbers.count(row["peaks"]))
    yield EvidenceFact("base", "of all frames", numbers.percent(row["base"]))
    if row["mass_share"] is not None:
        yield EvidenceFact("mass_under", "of its activation", numbers.percent(row["mass_share"]))
    if row["precision"] is not None:
        found = f"{numbers.unit(row['precision'])}, {numbers.unit(row['recall'])}"
        yield EvidenceFact("precision", "precision, recall", found)
    yield _q(row, "peak_q")


def _label_facts(row: Mapping[str, Any]) -> Iterator[EvidenceFact]:
    yield EvidenceFact("phi_heldout", "phi", numbers.unit(row["phi_heldout"]))
    yield EvidenceFact("precision10", "of its 10 strongest", numbers.percent(row["precision10"]))
    if row["mass_share"] is not None:
        yield EvidenceFact("mass_share", "of its activation", numbers.percent(row["mass_share"]))
        yield EvidenceFact("mass_base", "of recordings", numbers.percent(row["mass_base"]))
    yield _q(row, "q")


def _q(row: Mapping[str, Any], key: str) -> EvidenceFact:
    return EvidenceFact(key, "q", q_value(row["q"]) if row["q"] is not None else numbers.ABSENT)


def _row(dictionary: DictionaryTables, table: str, feature: int, **key: str) -> Mapping[str, Any]:
    """The row that a finding names."""
    return next(row for row in dictionary.records(table, feature) if key.items() <= row.items())


def _width(value: float | None) -> str:
    return numbers.plain(100 * min(1.0, max(0.0, value or 0.0)))

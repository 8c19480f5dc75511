"""What is said of a feature at the head of its page: what it detects and what it does, which are claims apart, and
beside them the truth where that is known.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from atlas.analyse.naming.flags import ALIVE
from atlas.analyse.testing.kinds import DOMAIN
from atlas.formatting import counted
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import label_name, timed_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts import doing
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.sentences import (
    ConfoundFigures,
    DomainFigures,
    LabelFigures,
    PeakFigures,
    Raised,
    VerdictFigures,
    among_labels,
    best_of_controls,
    confounded,
    label_at_peaks,
    label_of_clips,
    no_label,
    specialised,
    verdict,
    why_not,
)
from atlas.render.site import SiteAtlas
from atlas.schema.analysed import BESIDE, BY_LABEL, BY_LENGTH, BY_LOUDNESS, BY_PEAKS, LEANING

_LABELS, _LABEL = 5, 40  # of the truth: the most frequent ones, and the characters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of a feature, in parts; and the truth, where somebody knows it."""

    label: str  # what names it, with figures; the page has them beside it, and prints and embeds have this
    begin: str
    compared: str  # with other features: a phone has no room for it
    end: str
    truth: str
    does: str = ""
    "what taking the feature away does, or why nobody knows; empty where the atlas has no effects of its dictionary"

    @property
    def text(self) -> str:
        return self.label + self.begin + self.compared + self.end


def verdict_of(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> Verdict:
    """The verdict of the analyses, or what can be said before them."""
    figures, directions = atlas.figures_of(dictionary.name), directions_beside(atlas, dictionary.name)
    label, begin, compared, end = sentence_of(dictionary, feature, figures, directions)
    effects = dictionary.effects(feature)
    return Verdict(
        label=label,
        begin=begin,
        compared=compared,
        end=end,
        truth=_truth(atlas, dictionary, feature),
        does=doing.sentence(effects) if effects else "",
    )


def sentence_of(
    dictionary: DictionaryTables,
    feature: int,
    figures: Mapping[tuple[str, str], float | None],
    directions: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, str, str, str]:
    """The sentence in its parts.

    figures: the dictionary's own of the table `controls`; directions: as `directions_beside` gives them.
    """
    row, finding = dictionary.row("features", feature) or {}, dictionary.row("findings", feature)
    if not finding:
        return "", _plain(row), "", ""
    datasets = dictionary.records("datasets", feature)
    rates = figures if row["state"] in ALIVE else {}
    return verdict(
        VerdictFigures(
            state=row["state"],
            density=row["density"],
            denser=finding["denser"],
            denser_control=finding["denser_control"],
            pad_rate=row["pad_rate"],
            clips=row["clips_active"],
            recordings=row["recordings_active"],
            datasets=sum(dataset["clips_active"] > 0 for dataset in datasets),
            all_datasets=len(datasets),
            label=_label(dictionary, finding, directions),
            raised=[Raised(flag, rates.get(("flag", flag))) for flag in finding["flags"]],
        )
    )


def directions_beside(atlas: Atlas, name: str) -> dict[str, str]:
    """Of each kind of control that a dictionary's features are held against, what it has: "1,024 templates"."""
    kind = atlas.dictionaries[name].kind
    if kind in CONTROL_WORDS:  # against its own others
        return {kind: f"{atlas.feature_count(name) - 1:,} other {CONTROL_WORDS[kind]}"}
    controls = atlas.controls_of(name).items()
    return {kind: f"{atlas.feature_count(control):,} {CONTROL_WORDS[kind]}" for kind, control in controls}


def _label(dictionary: DictionaryTables, finding: Mapping[str, Any], directions: Mapping[str, str]) -> str:
    """What names the feature, with its evidence; what it leans to, and why that is no name; or why there is nothing."""
    named_by, second = finding["named_by"], finding["second_label"]
    control = best_of_controls([(words, finding[f"{BESIDE[kind]}_best"]) for kind, words in directions.items()])
    if named_by in (BY_PEAKS, BY_LABEL):
        parts = [_evidence(dictionary, finding, (finding["kind"], finding["label"]), control)]
        if second is not None:
            parts.append(f"also {_evidence(dictionary, finding, (finding['second_kind'], second), '')}")
        return "; ".join(parts)
    parts = [_domain(dictionary, finding)] if finding["domain"] else []
    if finding["leans_to"] is None:
        return "; ".join([*parts, _nothing(dictionary, finding)])
    beside = control if named_by == LEANING else ""
    evidence = _evidence(dictionary, finding, (finding["leans_kind"], finding["leans_to"]), beside)
    return "; ".join([*parts, f"leans to {evidence}, but {why_only_leaning(dictionary, finding)}"])


def why_only_leaning(dictionary: DictionaryTables, finding: Mapping[str, Any]) -> str:
    """Why the label that a feature leans to is no name."""
    key = {"kind": finding["leans_kind"], "label": finding["leans_to"]}
    row = next((row for row in dictionary.records("labels", finding["feature"]) if key.items() <= row.items()), {})
    return why_not(finding["null_reason"], finding["confound"], row.get("f1_heldout"), row.get("phi_heldout"))


def _nothing(dictionary: DictionaryTables, finding: Mapping[str, Any]) -> str:
    """Why nothing names the feature but, perhaps, a domain."""
    reason = finding["null_reason"]
    if reason not in (BY_LOUDNESS, BY_LENGTH):
        return no_label(reason, finding["significant"])
    rows = [row for row in dictionary.records("domains", finding["feature"]) if row["confounded"] == reason]
    row = min(rows, key=lambda row: (row["q"], row["domain"]))
    alone, follows = row[f"auroc_{reason}"], row[f"follows_{reason}"]
    figures = ConfoundFigures(
        domain=row["domain"],
        auroc=row["auroc"],
        confound=reason,
        alone=alone if follows > 0 else 1 - alone,
        follows=follows,
    )
    return confounded(figures)


def _evidence(dictionary: DictionaryTables, finding: Mapping[str, Any], part: tuple[str, str], control: str) -> str:
    """A part of a name (kind and label) with its figures."""
    feature, (kind, label) = finding["feature"], part
    if kind == DOMAIN:
        return _domain(dictionary, finding)
    if kind == finding["peak_tier"] and label == finding["peak_label"]:
        row = _row(dictionary.records("peak_labels", feature), tier=kind)
        return label_at_peaks(timed_name(kind, label), _peak_figures(row, control))
    row = _row(dictionary.records("labels", feature), kind=kind, label=label)
    figures = LabelFigures(
        f1=row["f1_heldout"],
        f1_permuted=row["f1_permuted_max"],
        phi=row["phi_heldout"],
        precision=row["precision10"],
        mass_share=row["mass_share"],
        mass_base=row["mass_base"],
        control=control,
        scope=_scope(dictionary, kind, label),
    )
    return label_of_clips(label_name(kind, label), figures)


def _scope(dictionary: DictionaryTables, kind: str, label: str) -> str:
    scope = dictionary.scopes.get((kind, label))
    return among_labels(kind, scope.labels, scope.datasets) if scope else ""


def _domain(dictionary: DictionaryTables, finding: Mapping[str, Any]) -> str:
    rows, domain = dictionary.records("domains", finding["feature"]), finding["domain"]
    row = _row(rows, domain=domain)
    figures = DomainFigures(
        domain=domain,
        recordings=row["recordings"],
        others=[(other["domain"], other["recordings"]) for other in rows if other["domain"] != domain],
        auroc=row["auroc"],
        worst=row["auroc_worst"],
        worst_low=row["auroc_worst_low"],
        worst_high=row["auroc_worst_high"],
        q=row["q"],
    )
    return specialised(figures)


def _peak_figures(row: Mapping[str, Any], control: str) -> PeakFigures:
    return PeakFigures(
        peaks=row["peaks"],
        purity=row["purity"],
        shifted=row["purity_shifted_max"],
        base=row["base"],
        q=row["q"],
        control=control,
    )


def _row(rows: Iterable[Mapping[str, Any]], **key: str) -> Mapping[str, Any]:
    """The row that a finding names."""
    return next(row for row in rows if key.items() <= row.items())


def _plain(row: Mapping[str, Any]) -> str:
    """What can be said of a feature before the analyses: its state and its density."""
    if row["state"] == "dead":
        return "Dead on this corpus: no active frame. Another corpus may wake it."
    return f"{row['state'].capitalize()}: fires on {numbers.percent(row['density'])} of frames; not analysed yet."


def _truth(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> str:
    """Where those who made the corpus know what is in each clip: what is in the top examples."""
    if atlas.settings.truth is None:
        return ""
    clips = [row["clip"] for row in dictionary.records("examples", feature) if row["group"] == "top"]
    held = Counter(label for clip in clips for label in atlas.clip_rows[clip]["labels"])
    if not held:
        return ""
    best = (dictionary.row("findings", feature) or {}).get("clip_label")
    (label, number), *others = sorted(held.items(), key=lambda item: (item[0] != best, -item[1], item[0]))[:_LABELS]
    first = f"{numbers.cut(label, _LABEL)} in {number} of its {counted(len(clips), 'top example')}"
    return ", ".join([first, *(f"{numbers.cut(label, _LABEL)} in {number}" for label, number in others)])

"""What is said of a feature at the head of its page: the verdict, and beside it the truth where that is known."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from atlas.analyse.naming.flags import ALIVE
from atlas.formatting import counted
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import label_name, timed_name
from atlas.render import numbers
from atlas.render.parts.sentences import (
    PeakFigures,
    Raised,
    VerdictFigures,
    at_half_height,
    best_label,
    best_timed_label,
    label_at_peaks,
    no_label,
    specialised,
    verdict,
)
from atlas.render.site import SiteAtlas
from atlas.schema.analysed import BY_LABEL, BY_TIMED

_LABELS, _LABEL = 5, 40  # of the truth: the most frequent ones, and the characters of each


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence in three parts; how much of the feature lies under its name; the truth, where somebody knows it."""

    begin: str
    compared: str  # with other features: a phone has no room for it
    end: str
    beside: str
    truth: str

    @property
    def text(self) -> str:
        return self.begin + self.compared + self.end


def verdict_of(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int) -> Verdict:
    """The verdict of the analyses, or what can be said before them."""
    parts = sentence_of(dictionary, feature, atlas.figures_of(dictionary.name))
    return Verdict(*parts, _beside(dictionary, feature), _truth(atlas, dictionary, feature))


def sentence_of(
    dictionary: DictionaryTables, feature: int, figures: Mapping[tuple[str, str], float | None]
) -> tuple[str, str, str]:
    """The sentence in its three parts; `figures` are the dictionary's own of the table `controls`."""
    row, finding = dictionary.row("features", feature) or {}, dictionary.row("findings", feature)
    if not finding:
        return _plain(row), "", ""
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
            label=_label(dictionary, finding),
            raised=[Raised(flag, rates.get(("flag", flag))) for flag in finding["flags"]],
        )
    )


def _label(dictionary: DictionaryTables, finding: Mapping[str, Any]) -> str:
    """What stands at its peaks and its best label, with their figures, or why there is none; else its domain."""
    feature = finding["feature"]
    at_peaks = _peak_row(dictionary, finding)
    if at_peaks is not None:
        name = timed_name(at_peaks["tier"], at_peaks["label"])
        at_label = label_at_peaks(name, _peak_figures(at_peaks))
        return f"{at_label}; {_best_clip_label(dictionary, finding)}" if finding["best_by"] == BY_LABEL else at_label
    if finding["best_by"] == BY_LABEL:
        return _best_clip_label(dictionary, finding)
    if finding["best_by"] == BY_TIMED:
        tier, label = finding["tier"], finding["timed_label"]
        row = _row(dictionary.records("timed_labels", feature), tier=tier, label=label)
        return best_timed_label(timed_name(tier, label), row["share"], row["q"])
    nothing = no_label(finding["null_reason"], finding["significant"])
    if not finding["domain"]:
        return nothing
    row = _row(dictionary.records("domains", feature), domain=finding["domain"])
    return f"{nothing}, {specialised(row['domain'], row['auroc'], row['q'])}"


def _best_clip_label(dictionary: DictionaryTables, finding: Mapping[str, Any]) -> str:
    kind, label = finding["clip_kind"], finding["clip_label"]
    row = _row(dictionary.records("labels", finding["feature"]), kind=kind, label=label)
    return best_label(label_name(kind, label), row["auroc"], row["q"])


def _peak_row(dictionary: DictionaryTables, finding: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row of the label at its peaks."""
    if finding.get("peak_label") is None:
        return None
    return _row(dictionary.records("peak_labels", finding["feature"]), tier=finding["peak_tier"])


def _peak_figures(row: Mapping[str, Any]) -> PeakFigures:
    return PeakFigures(
        peaks=row["peaks"],
        purity=row["purity"],
        shifted=row["purity_shifted_max"],
        base=row["base"],
        q=row["q"],
    )


def _beside(dictionary: DictionaryTables, feature: int) -> str:
    row = _peak_row(dictionary, dictionary.row("findings", feature) or {})
    if row is None:
        return ""
    return at_half_height(timed_name(row["tier"], row["label"]), row["mass_share"], row["precision"], row["recall"])


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
    first = f"{numbers.cut(label, _LABEL)} in {number} of the clips of its {counted(len(clips), 'top example')}"
    return ", ".join([first, *(f"{numbers.cut(label, _LABEL)} in {number}" for label, number in others)])

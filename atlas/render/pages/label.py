"""Label pages: the features that best find a sound class, a language, a word or a phone, beside their controls.

The first line names the best feature and the best of each of its controls. In the tables below, labels of clips are
ranked by half A of the recordings, and what is read on half B stands beside, so that what luck chose shows. What stands
at the strongest peaks is ranked by held-out purity, and timed labels by how far their share of active frames exceeds
what is expected.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.formatting import counted
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS, Definition
from atlas.render.pages.labels import LabelLink
from atlas.render.parts.best import LEAST, MARGINS, Best, best_features
from atlas.render.parts.carriers import ClipLink, clips_by_label
from atlas.render.parts.detections import Detection, Named, Tested, detection_of, label_address, labels_with_pages
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.metadata import metadata_of_page
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.speech.classes import CLASS_TIERS
from atlas.speech.edges import EDGE_TIER
from atlas.speech.languages import is_language, language_name

MOST_ROWS = 40

CLIP_FIGURES = (
    *("phi_chosen_a", "phi_a", "f1_heldout", "f1_permuted_max"),
    *("auroc", "lift", "precision10", "mass_share", "mass_base", "q"),
)
PEAK_FIGURES = ("purity", "purity_shifted_max", "base", "peaks_looked_at", "peak_q")
TIMED_FIGURES = ("share", "expected", "share_shifted_max", "mean", "timed_q")
RANKED_BY_HALF = (
    "Ranked by phi on half A of the recordings, on which each threshold is chosen; phi by half A is then read on the"
    " other half. Held-out F1 is the mean of both ways."
)
RANKED_BY_PURITY = "Ranked by purity: the label is chosen on one half of the recordings, its share read on the other."
RANKED_BY_EXCESS = "Ranked by how far the share exceeds what is expected."
KINDS: Mapping[str, str] = {
    "label": "sound or tag",
    "language": "language",
    "speaker": "speaker",
    "word": "word",
    "phone": "phone",
    **{tier: f"class of phones by {tier}" for tier in CLASS_TIERS},
    EDGE_TIER: "edge of words",
}


@dataclass(frozen=True, slots=True)
class RankingRow:
    """A feature that finds the label, with a cell a figure."""

    feature: Listed
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What one dictionary finds of a label; that of a control is shown closed."""

    dictionary: str
    address: str
    control_of: str
    summary: str
    rows: tuple[RankingRow, ...]


@dataclass(frozen=True, slots=True)
class LabelSection:
    """One way of finding a label: in whole clips, or in time."""

    title: str
    ranked_by: str
    figures: tuple[Definition, ...]
    rankings: tuple[Ranking, ...]


@dataclass(frozen=True, slots=True)
class BestRival:
    """The best direction of a control: what it is of, its figure, and its page where it has any."""

    among: str
    figure: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BestLine:
    """What finds the label best, and the best of each of its controls."""

    among: str
    feature: Listed
    swapped: Listed | None
    "what the other half of the recordings chose, where that is another"
    key: str
    "of the measure's definition"
    measure: str
    figure: str
    rivals: tuple[BestRival, ...]
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPage:
    """One label; a language by its name, beside what else says the same."""

    label: str
    kind: str
    section: str
    "of the list of labels"
    also: tuple[LabelLink, ...]
    best: BestLine | None
    there_is: str
    parts: tuple[LabelSection, ...]
    clips: tuple[ClipLink, ...]
    which_clips: str
    "of those that have it"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """A page a label that some feature finds."""
    detections = tuple(detection_of(atlas, name) for name in atlas.names)
    lister, carriers, site = Lister(atlas), clips_by_label(atlas), site_of(atlas)
    sizes, best, keys = _sizes(atlas), best_features(atlas), labels_with_pages(detections)
    recordings = _recordings(atlas)
    for key in keys:
        kind, label = key
        view = LabelPage(
            label=language_name(label) if kind == "language" else label,
            kind=_kind(key),
            section=f"kind-{'language' if _is_named_language(key) else kind}",
            also=tuple(_same_language(key, keys)),
            best=_best_line(atlas, lister, best[key]) if key in best else None,
            there_is=sizes.get(key, ""),
            parts=_parts(atlas, lister, detections, key),
            clips=(clips := carriers.get(key, ())),
            which_clips=_which_clips(len(clips), recordings.get(key, 0)),
        )
        address = label_address(kind, label)
        about = f"The features that find {view.label} ({view.kind}) best, beside those of the controls."
        meta = metadata_of_page(atlas, address, view.label, about)
        yield page(site, address, "label.html", view=view, meta=meta)


def _kind(key: Named) -> str:
    kind, label = key
    if _is_named_language(key):
        return "language, as a label of clips"
    return f"language, code {label}" if kind == "language" else KINDS.get(kind, kind)


def _is_named_language(key: Named) -> bool:
    return key[0] == "label" and is_language(key[1])


def _same_language(key: Named, keys: Sequence[Named]) -> Iterator[LabelLink]:
    """The other page of a language that is both a label of clips and a code."""
    kind, label = key
    if kind == "language":
        name, others = language_name(label), "label"
    elif _is_named_language(key):
        name, others = label, "language"
    else:
        return
    for other in keys:
        if other[0] == others and language_name(other[1]).casefold() == name.casefold():
            yield LabelLink(f"{'code' if others == 'language' else 'label'} {other[1]}", label_address(*other))


def _best_line(atlas: SiteAtlas, lister: Lister, best: Best) -> BestLine:
    rivals = tuple(
        BestRival(
            f"{atlas.feature_count(rival.control):,} {rival.words}",
            rival.figure,
            atlas.address(f"{rival.control}/{rival.found.feature}") if rival.found else "",
        )
        for rival in best.rivals
    )
    other = best.found.swapped
    measure = best.measure if best.measure[1].isupper() or best.measure[1].isdigit() else best.measure.lower()
    return BestLine(
        among=counted(atlas.feature_count(best.dictionary), "feature"),
        feature=lister.listed(best.dictionary, best.feature, "the best"),
        swapped=lister.listed(best.dictionary, other, "the best") if other != best.feature else None,
        key=best.key,
        measure=measure,
        figure=best.figure,
        rivals=rivals,
        verdict=_verdict(best),
    )


def _verdict(best: Best) -> str:
    if not best.rivals:
        return "No control was measured beside it."
    if best.beaten:
        return "A control does as well, so this is no evidence that it was learned."
    if not best.held_out:
        return "No control has as much, but it is not read on held-out recordings."
    if not best.ahead:
        return f"About level with a control: a lead is {MARGINS[best.way]}."
    least = numbers.unit(LEAST[best.way])
    return f"Ahead of every control, but weak: a name asks for {least}." if best.weak else "Ahead of every control."


def _sizes(atlas: Atlas) -> dict[Named, str]:
    """How much of the corpus has each label, and what tells it without a model; every dictionary says the same."""
    texts = {}
    for name in atlas.names:
        columns = ("kind", "label", "auroc_loudness", "auroc_length", "clips", "recordings", "datasets")
        for kind, label, *confounds, clips, recordings, datasets in atlas.label_index(name).select(columns).iter_rows():
            nouns = {"clip": clips, "recording": recordings, "dataset": datasets}
            size = ", ".join(counted(number, noun) for noun, number in nouns.items())
            texts[kind, label] = f"{size}{_confounds(*confounds)}"
    return texts


def _recordings(atlas: Atlas) -> dict[Named, int]:
    """How many recordings have each label of clips."""
    rows = (atlas.label_index(name).select("kind", "label", "recordings").iter_rows() for name in atlas.names)
    return {(kind, label): number for some in rows for kind, label, number in some}


def _which_clips(shown: int, recordings: int) -> str:
    return f"one each of {shown} of {recordings:,} recordings" if shown < recordings else "one per recording"


def _confounds(loudness: float | None, length: float | None) -> str:
    if loudness is None or length is None:
        return ""
    alone = f"loudness alone tells it with AUROC {numbers.unit(loudness)}, length alone with {numbers.unit(length)}"
    return f"; {alone} (.5 means not at all)"


def _parts(atlas: Atlas, lister: Lister, detections: Sequence[Detection], key: Named) -> tuple[LabelSection, ...]:
    clips, peaks, timed = [], [], []
    for found in detections:
        clips.append(_ranking(atlas, lister, found.dictionary, found.clips.get(key), found.clip_tests.get(key), _cells))
        peaks.append(_peak_ranking(atlas, lister, found, key))
        rows, tested = found.timed.get(key), found.timed_tests.get(key)
        timed.append(_ranking(atlas, lister, found.dictionary, rows, tested, _timed_cells))
    parts = (
        _part("At the strongest peaks", RANKED_BY_PURITY, PEAK_FIGURES, peaks),
        _part("In whole clips", RANKED_BY_HALF, CLIP_FIGURES, clips),
        _part("In time", RANKED_BY_EXCESS, TIMED_FIGURES, timed),
    )
    return tuple(part for part in parts if part.rankings)


def _part(title: str, ranked_by: str, figures: Sequence[str], rankings: Sequence[Ranking | None]) -> LabelSection:
    present = tuple(ranking for ranking in rankings if ranking is not None)
    anything = present if any(ranking.rows for ranking in present) else ()
    return LabelSection(title, ranked_by, tuple(DEFINITIONS[figure] for figure in figures), anything)


Cells = Callable[[Mapping[str, Any]], tuple[str, ...]]


def _ranking(
    atlas: Atlas, lister: Lister, name: str, rows: pl.DataFrame | None, tested: Tested | None, cells: Cells
) -> Ranking | None:
    """What a dictionary finds of a label; None where nothing was asked."""
    if tested is None:
        return None
    return _ranked(atlas, lister, name, rows, cells, lambda features: _summary(features, tested))


def _peak_ranking(atlas: Atlas, lister: Lister, detection: Detection, key: Named) -> Ranking | None:
    """The features of a dictionary whose strongest peaks stand at a label; None where no peak was looked at."""
    looked_at = detection.peak_tests.get(key[0])
    if looked_at is None:
        return None

    def summary(features: int) -> str:
        return f"{features:,} of {counted(looked_at, 'feature')} with enough peaks stand at it"

    return _ranked(atlas, lister, detection.dictionary, detection.peaks.get(key), _peak_cells, summary)


def _ranked(
    atlas: Atlas,
    lister: Lister,
    name: str,
    rows: pl.DataFrame | None,
    cells: Cells,
    summary: Callable[[int], str],
) -> Ranking:
    features = 0 if rows is None else len(rows)
    shown = [] if rows is None else rows.head(MOST_ROWS).rows(named=True)
    listed = f"; the first {len(shown)} are listed" if len(shown) < features else ""
    return Ranking(
        dictionary=name,
        address=f"d/{name}.html",
        control_of=atlas.card.dictionaries[name].control_of or "",
        summary=f"{summary(features)}{listed}.",
        rows=tuple(RankingRow(lister.listed(name, row["feature"]), cells(row)) for row in shown),
    )


def _summary(features: int, tested: Tested) -> str:
    if not tested.features:
        return f"Not tested: {tested.null_reason or 'too few recordings'}"
    return (
        f"{features:,} of {counted(tested.features, 'tested feature')} find it: q below .05 among"
        f" {counted(tested.family, 'test')}"
    )


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """In the order of `CLIP_FIGURES`."""
    return (
        *(numbers.unit(row[figure]) for figure in ("phi_chosen_a", "phi_a", "f1_heldout", "f1_permuted_max")),
        f"{numbers.unit(row['auroc'])} (≥ {numbers.unit(row['auroc_low'])})",
        f"{numbers.ratio(row['lift'])} (≥ {numbers.ratio(row['lift_low'])})",
        numbers.unit(row["precision10"]),
        *(numbers.percent(row[share]) for share in ("mass_share", "mass_base")),
        numbers.probability(row["q"]),
    )


def _peak_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """In the order of `PEAK_FIGURES`."""
    purity, shifted = numbers.unit(row["purity"]), numbers.unit(row["purity_shifted_max"])
    return purity, shifted, numbers.percent(row["base"]), numbers.count(row["peaks"]), numbers.probability(row["q"])


def _timed_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """In the order of `TIMED_FIGURES`."""
    shares = (numbers.percent(row[figure]) for figure in ("share", "expected", "share_shifted_max"))
    return (*shares, numbers.figure(row["mean"]), numbers.probability(row["q"]))

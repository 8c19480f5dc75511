"""Label pages: the features that best find a sound class, a language, a word or a phone; and the list of all labels.

Clip labels are ranked by half A of the recordings and the figures of half B are printed beside, so that what luck chose
shows. Timed labels are ranked by how far their share of active frames exceeds what is expected.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.formatting import counted
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS, Definition
from atlas.render.parts.carriers import ClipLink, clips_by_label
from atlas.render.parts.detections import Detection, Named, Tested, detection_of, label_address, labels_with_pages
from atlas.render.parts.listed import Listed, Lister
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of

MOST_ROWS = 40

CLIP_FIGURES = ("f1_chosen", "f1_heldout", "f1_permuted_max", "auroc", "lift", "precision10", "q")
TIMED_FIGURES = ("share", "expected", "share_shifted_max", "mean", "timed_q")
RANKED_BY_HALF = "Ranked by the F1 of half A, where each threshold was chosen; half B chose nothing."
RANKED_BY_EXCESS = "Ranked by how far the share exceeds what is expected."
KINDS: Mapping[str, str] = {
    "label": "sound class or tag",
    "language": "language",
    "speaker": "speaker",
    "word": "word",
    "phone": "phone",
}


@dataclass(frozen=True, slots=True)
class RankingRow:
    """A feature that finds the label, with a cell a figure."""

    feature: Listed
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
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
class LabelPage:
    """One label."""

    label: str
    kind: str
    there_is: str
    parts: tuple[LabelSection, ...]
    clips: tuple[ClipLink, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """A page a label that some feature finds."""
    detections = tuple(detection_of(atlas, name) for name in atlas.names)
    lister, carriers, site = Lister(atlas), clips_by_label(atlas), site_of(atlas)
    sizes = _sizes(atlas)
    for key in labels_with_pages(detections):
        kind, label = key
        view = LabelPage(
            label=label,
            kind=KINDS.get(kind, kind),
            there_is=sizes.get(key, ""),
            parts=_parts(atlas, lister, detections, key),
            clips=carriers.get(key, ()),
        )
        yield page(site, label_address(kind, label), "label.html", view=view)


def _sizes(atlas: Atlas) -> dict[Named, str]:
    """How much of the corpus has each label; every dictionary says the same."""
    texts = {}
    for name in atlas.names:
        columns = ("kind", "label", "clips", "recordings", "datasets")
        for kind, label, *sizes in atlas.label_index(name).select(columns).iter_rows():
            nouns = zip(sizes, ("clip", "recording", "dataset"), strict=True)
            texts[kind, label] = ", ".join(counted(number, noun) for number, noun in nouns)
    return texts


def _parts(atlas: Atlas, lister: Lister, detections: Sequence[Detection], key: Named) -> tuple[LabelSection, ...]:
    clips = [
        _ranking(atlas, lister, detection.dictionary, detection.clips.get(key), detection.clip_tests.get(key), _cells)
        for detection in detections
    ]
    timed = [
        _ranking(
            atlas, lister, detection.dictionary, detection.timed.get(key), detection.timed_tests.get(key), _timed_cells
        )
        for detection in detections
    ]
    parts = (
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
    features = 0 if rows is None else len(rows)
    shown = [] if rows is None else rows.head(MOST_ROWS).rows(named=True)
    return Ranking(
        dictionary=name,
        address=f"d/{name}.html",
        control_of=atlas.card.dictionaries[name].control_of or "",
        summary=_summary(features, len(shown), tested),
        rows=tuple(RankingRow(lister.listed(name, row["feature"]), cells(row)) for row in shown),
    )


def _summary(features: int, shown: int, tested: Tested) -> str:
    if not tested.features:
        return f"Not tested: {tested.null_reason or 'too few recordings'}."
    first = f"; the first {shown} are listed" if shown < features else ""
    return (
        f"{features:,} of {counted(tested.features, 'tested feature')} with q below .05 in a family of"
        f" {counted(tested.family, 'test')}{first}."
    )


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """In the order of `CLIP_FIGURES`."""
    return (
        *(numbers.unit(row[figure]) for figure in ("f1_chosen", "f1_heldout", "f1_permuted_max")),
        f"{numbers.unit(row['auroc'])} (≥ {numbers.unit(row['auroc_low'])})",
        f"{numbers.ratio(row['lift'])} (≥ {numbers.ratio(row['lift_low'])})",
        numbers.unit(row["precision10"]),
        numbers.probability(row["q"]),
    )


def _timed_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """In the order of `TIMED_FIGURES`."""
    shares = (numbers.percent(row[figure]) for figure in ("share", "expected", "share_shifted_max"))
    return (*shares, numbers.figure(row["mean"]), numbers.probability(row["q"]))

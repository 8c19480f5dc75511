"""The list of all labels: how much of the corpus has each, how many features find it, or why it was not tested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.detections import Detection, Named, detection_of, label_address, labels_with_pages
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.speech.classes import CLASS_TIERS
from atlas.speech.edges import EDGE_TIER

TITLES: Mapping[str, str] = {
    "label": "Sound classes and tags",
    "language": "Languages",
    "speaker": "Speakers",
    "word": "Words",
    "phone": "Phones",
    **{tier: f"Phones by {tier}" for tier in CLASS_TIERS},
    EDGE_TIER: "Edges of words",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLine:
    """One label; `finders` are the features that find it, of each dictionary of the page."""

    label: str
    address: str
    clips: str
    recordings: str
    finders: tuple[str, ...]
    null_reason: str


@dataclass(frozen=True, slots=True)
class KindSection:
    """The labels of one kind."""

    title: str
    anchor: str
    lines: tuple[LabelLine, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of the corpus."""

    dictionaries: tuple[str, ...]
    kinds: tuple[KindSection, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`labels.html`."""
    yield page(site_of(atlas), "labels.html", "labels.html", view=labels(atlas))


def labels(atlas: Atlas) -> Labels:
    """All labels, by kind."""
    detections = tuple(detection_of(atlas, name) for name in atlas.names)
    with_pages = set(labels_with_pages(detections))
    index = {(row["kind"], row["label"]): row for row in _index(atlas).rows(named=True)}
    timed = {key for detection in detections for key in detection.timed_tests}
    at_peaks = {key for detection in detections for key in detection.peaks}
    every = sorted({*index, *timed, *at_peaks}, key=lambda key: (key[0], key[1].casefold(), key[1]))
    kinds = sorted({kind for kind, _ in every}, key=lambda kind: ([*TITLES, kind].index(kind), kind))
    lines = {
        kind: tuple(_line(key, index, detections, with_pages) for key in every if key[0] == kind) for kind in kinds
    }
    return Labels(
        atlas.names, tuple(KindSection(TITLES.get(kind, kind), f"kind-{kind}", lines[kind]) for kind in kinds)
    )


def _index(atlas: Atlas) -> pl.DataFrame:
    """What the corpus has of each label; every dictionary says the same."""
    frames = [atlas.label_index(name) for name in atlas.names]
    return (
        pl.concat(frames)
        .sort("kind", "label", "tests", descending=[False, False, True])
        .unique(("kind", "label"), keep="first", maintain_order=True)
    )


def _line(
    key: Named, index: Mapping[Named, Mapping[str, Any]], detections: Sequence[Detection], paged: set[Named]
) -> LabelLine:
    row = index.get(key, {})
    return LabelLine(
        label=key[1],
        address=label_address(*key) if key in paged else "",
        clips=numbers.count(row.get("clips")),
        recordings=numbers.count(row.get("recordings")),
        finders=tuple(numbers.count(_finders(detection, key)) for detection in detections),
        null_reason=row.get("null_reason") or "",
    )


def _finders(detection: Detection, key: Named) -> int | None:
    """The features of one dictionary that find a label, by any way; None where none was tested."""
    tests = (detection.clip_tests.get(key), detection.timed_tests.get(key))
    if not any(tested and tested.features for tested in tests) and key[0] not in detection.peak_tests:
        return None
    parts = (detection.clips, detection.peaks, detection.timed)
    frames = [part[key]["feature"] for part in parts if key in part]
    return len(pl.concat(frames).unique()) if frames else 0

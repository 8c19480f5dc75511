"""The list of all labels: how much of the corpus has each, and which feature finds it best, beside its controls.

A label that no feature finds, or that was not tested, stands folded below the others of its kind. A language that is
both a label of clips and a code (`German` and `de`) is one line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.formatting import counted, fraction, listed
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.best import MARGINS, Best, best_features, better
from atlas.render.parts.beyond import controls_beside
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.detections import Detection, Named, detection_of, label_address, labels_with_pages
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.metadata import metadata_of_page
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.schema.thresholds import NAMED_F1, NAMED_PURITY
from atlas.speech.classes import CLASS_TIERS
from atlas.speech.edges import EDGE_TIER
from atlas.speech.languages import is_language, language_name

TITLES: Mapping[str, str] = {
    "label": "Sounds and tags",
    "language": "Languages",
    "speaker": "Speakers",
    "word": "Words",
    "phone": "Phones",
    **{tier: f"Phones by {tier}" for tier in CLASS_TIERS},
    EDGE_TIER: "Edges of words",
}
NOT_FOUND = "found by no feature"
BOLD = (
    f"Bold is ahead of every control by {listed(MARGINS, 'or')}, and good enough for a name: purity"
    f" {fraction(NAMED_PURITY)}, F1 {fraction(NAMED_F1)}."
)
MOST_SIZES = 4
"dictionaries whose numbers of features are told"


@dataclass(frozen=True, slots=True)
class LabelLink:
    """A label, and its page where it has one."""

    label: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLine:
    """One label that some feature finds; `rivals` in the order of the controls of the page."""

    links: tuple[LabelLink, ...]
    clips: str
    recordings: str
    feature: Listed
    elsewhere: bool
    "whether the feature's name is that of another label"
    measure: str
    key: str
    "of the measure's definition"
    figure: str
    ahead: bool
    rivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Untold:
    """The labels of a kind that no line tells of, for one reason; each with its recordings."""

    reason: str
    labels: tuple[tuple[LabelLink, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSection:
    """The labels of one kind."""

    title: str
    anchor: str
    lines: tuple[LabelLine, ...]
    measure: str
    "of all lines; empty where they differ"
    summary: str
    untold: tuple[Untold, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of the corpus; `bold`: what bold says; `sizes`: how many features dictionary and controls have."""

    controls: tuple[str, ...]
    bold: str
    sizes: str
    kinds: tuple[KindSection, ...]
    others: tuple[KindSection, ...]
    "the kinds of which nothing is found"


@dataclass(frozen=True, slots=True)
class _Known:
    """What all lines are made of."""

    index: Mapping[Named, Mapping[str, Any]]
    paged: frozenset[Named]
    best: Mapping[Named, Best]
    kinds: tuple[str, ...]
    lister: Lister


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`labels.html`."""
    about = "What the corpus is labelled with and what is said in it, each with the feature that finds it best."
    meta = metadata_of_page(atlas, "labels.html", "Labels", about)
    yield page(site_of(atlas), "labels.html", "labels.html", view=labels(atlas), meta=meta)


def labels(atlas: SiteAtlas) -> Labels:
    """All labels, by kind."""
    detections = tuple(detection_of(atlas, name) for name in atlas.names)
    kinds = tuple(dict.fromkeys(kind for name in atlas.names for kind in controls_beside(atlas, name)))
    index = {(row["kind"], row["label"]): row for row in _index(atlas).rows(named=True)}
    paged = frozenset(labels_with_pages(detections))
    known = _Known(index, paged, best_features(atlas), kinds, Lister(atlas))
    sections = _sections({*index, *paged, *_asked(detections)})
    order = sorted(sections, key=lambda kind: ([*TITLES, kind].index(kind), kind))
    words = tuple(CONTROL_WORDS[kind].capitalize() for kind in kinds)
    every = [_section(kind, sections[kind], known) for kind in order]
    found = tuple(one for one in every if one.lines)
    others = tuple(one for one in every if not one.lines)
    return Labels(words, BOLD, _sizes(atlas), found, others)


def _sizes(atlas: Atlas) -> str:
    """How many features each dictionary and its controls have, of as many dictionaries as a sentence holds."""
    beside = {name: controls for name in atlas.names if (controls := tuple(controls_beside(atlas, name).values()))}
    if not beside or len(beside) > MOST_SIZES:
        return ""
    sizes = []
    for name, controls in beside.items():
        theirs = sorted({atlas.feature_count(control) for control in controls}, reverse=True)
        numbers_of = listed([f"{number:,}" for number in theirs])
        sizes.append(f"{name} has {counted(atlas.feature_count(name), 'feature')}, its controls {numbers_of}")
    return f"The best of more features is better by luck alone: {'; '.join(sizes)}."


def _asked(detections: Sequence[Detection]) -> set[Named]:
    return {key for detection in detections for key in (*detection.timed_tests, *detection.peaks)}


def _sections(every: set[Named]) -> dict[str, list[tuple[Named, ...]]]:
    """The kinds, and of each its labels in order; a language by its name and by its code in one place."""
    together: dict[tuple[str, str], list[Named]] = {}
    for kind, label in sorted(every):
        of_language = kind == "language" or (kind == "label" and is_language(label))
        place = ("language", language_name(label)) if of_language else (kind, label)
        together.setdefault(place, []).append((kind, label))
    sections: dict[str, list[tuple[Named, ...]]] = {}
    for kind, label in sorted(together, key=lambda place: (place[0], place[1].casefold(), place[1])):
        sections.setdefault(kind, []).append(tuple(sorted(together[kind, label], key=lambda key: key[0] != "label")))
    return sections


def _section(kind: str, places: Sequence[tuple[Named, ...]], known: _Known) -> KindSection:
    lines, untold = [], dict[str, list[tuple[LabelLink, str]]]()
    for keys in places:
        line = _line(keys, known)
        if line is not None:
            lines.append(line)
            continue
        for key in keys:
            row = known.index.get(key, {})
            reason = row.get("null_reason") or NOT_FOUND
            untold.setdefault(reason, []).append((_link(key, keys, known), numbers.count(row.get("recordings"))))
    number = sum(map(len, untold.values()))
    others = tuple(Untold(reason, tuple(those)) for reason, those in sorted(untold.items()))
    summary = f"{counted(number, 'label')} not found or not tested" * bool(number)
    measures = {line.measure for line in lines}
    return KindSection(
        title=TITLES.get(kind, kind),
        anchor=f"kind-{kind}",
        lines=tuple(lines),
        measure=measures.pop() if len(measures) == 1 else "",
        summary=summary,
        untold=others,
    )


def _line(keys: tuple[Named, ...], known: _Known) -> LabelLine | None:
    """One line; None where no feature finds the label."""
    best = None
    for key in keys:
        best = better(best, known.best[key]) if key in known.best else best
    if best is None:
        return None
    row = next((known.index[key] for key in keys if key in known.index), {})
    rivals = {rival.words: rival.figure for rival in best.rivals}
    links = tuple(_link(key, keys, known) for key in keys)
    feature = known.lister.listed(best.dictionary, best.feature, f"for {keys[0][1]}")
    return LabelLine(
        links=links,
        clips=numbers.count(row.get("clips")),
        recordings=numbers.count(row.get("recordings")),
        feature=feature,
        elsewhere=feature.label_page not in {link.address for link in links},
        measure=best.measure,
        key=best.key,
        figure=best.figure,
        ahead=best.ahead and not best.weak,
        rivals=tuple(rivals.get(CONTROL_WORDS[kind], numbers.ABSENT) for kind in known.kinds),
    )


def _link(key: Named, keys: Sequence[Named], known: _Known) -> LabelLink:
    """A label as its line writes it: a code of a language with the name, unless that stands beside it."""
    kind, label = key
    name = language_name(label) if kind == "language" and len(keys) == 1 else label
    shown = label if name == label else f"{name} ({label})"
    return LabelLink(shown, label_address(kind, label) if key in known.paged else "")


def _index(atlas: Atlas) -> pl.DataFrame:
    """What the corpus has of each label; every dictionary says the same."""
    frames = [atlas.label_index(name) for name in atlas.names]
    return (
        pl.concat(frames)
        .sort("kind", "label", "tests", descending=[False, False, True])
        .unique(("kind", "label"), keep="first", maintain_order=True)
    )

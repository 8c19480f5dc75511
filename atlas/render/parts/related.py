"""Other features near one: by direction, by firing together, and the same feature in other dictionaries."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.listed import Listed, Lister
from atlas.schema.thresholds import MATCHED_OVERLAP, NEAR_OVERLAP

SHOWN = 6  # of a dictionary's own ten
OVERLAPS = 2  # of each other dictionary


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One of them, and how near it is."""

    listed: Listed
    value: str
    button: str  # its name, which is its own on the page


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Those that are near in one sense."""

    title: str
    figure: str  # the key of its definition
    about: str
    rows: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class SameFrames:
    """A feature of another dictionary that fires on the same frames, or on some of them."""

    words: str
    neighbour: Neighbour
    control: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same feature in other dictionaries, and a note where there is none."""

    rows: tuple[SameFrames, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Kind:
    title: str
    figure: str
    about: str
    called: str  # by the buttons, whose names are unique on a page
    formatter: Callable[[float], str]


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "cofiring": _Kind(
            "Fires together with",
            "cofiring",
            "times as often as independent features would",
            "companion",
            numbers.ratio,
        ),
        "decoder": _Kind(
            "Writes a similar direction", "cosine", "cosine of the decoder rows", "direction", numbers.unit
        ),
    }
)

SAME = "overlap"
"the kind of neighbours that fire on the same frames"
_NONE_NEAR = "No feature of another dictionary shares a tenth of its active frames."

lister = cache(Lister)
"what was read of the dictionaries is kept from page to page"


def neighbours_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> tuple[Neighbours, ...]:
    """Those of its own dictionary, kind by kind; a kind without neighbours is left out."""
    by_kind: dict[str, list[Neighbour]] = {}
    for row in dictionary.records("neighbours", feature):
        if row["kind"] == SAME or len(by_kind.get(row["kind"], ())) == SHOWN:
            continue
        kind, rows = _KINDS[row["kind"]], by_kind.setdefault(row["kind"], [])
        rows.append(_neighbour(atlas, row, f"{kind.called} {len(rows) + 1}", kind.formatter(row["value"])))
    return tuple(
        Neighbours(kind.title, kind.figure, kind.about, tuple(by_kind[name]))
        for name, kind in _KINDS.items()
        if name in by_kind
    )


def elsewhere_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> Elsewhere | None:
    """Of each other dictionary those that share most frames, controls last; None where nobody looked."""
    rows = [row for row in dictionary.records("neighbours", feature) if row["kind"] == SAME]
    near = [row for row in rows if row["value"] >= NEAR_OVERLAP]
    found: list[SameFrames] = []
    listed_of: Counter[str] = Counter()
    for row in sorted(near, key=lambda row: (_is_control(atlas, row), -row["value"], row["rank"])):
        other, control = row["other_dictionary"], _is_control(atlas, row)
        if listed_of[other] >= (1 if control else OVERLAPS):
            continue
        listed_of[other] += 1
        frames = "The same frames" if row["value"] > MATCHED_OVERLAP else "Some of the same frames"
        neighbour = _neighbour(atlas, row, f"match {len(found) + 1}", numbers.percent(row["value"]))
        found.append(SameFrames(f"{frames} in {'the control ' * control}", neighbour, control))
    return Elsewhere(tuple(found), "" if found else _NONE_NEAR) if rows else None


def _is_control(atlas: Atlas, row: Mapping[str, Any]) -> bool:
    return atlas.dictionaries[row["other_dictionary"]].control_of is not None


def _neighbour(atlas: Atlas, row: Mapping[str, Any], called: str, value: str) -> Neighbour:
    listed = lister(atlas).listed(row["other_dictionary"], row["other"])
    return Neighbour(listed, value, f"Play {called}, {listed.label or listed.name}")

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
from atlas.schema.thresholds import NEAR_OVERLAP

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
    about: str
    rows: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    title: str
    about: str
    called: str  # by the buttons, whose names are unique on a page
    formatter: Callable[[float], str]


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "overlap": _Kind(
            "Fires on the same frames",
            "χ, the share of active frames in common; above .5 it counts as the same feature",
            "match",
            numbers.unit,
        ),
        "cofiring": _Kind(
            "Fires together with", "how many times more often than by chance", "companion", numbers.ratio
        ),
        "decoder": _Kind("Writes a similar direction", "cosine of decoder rows", "direction", numbers.unit),
    }
)

_NONE_NEAR = "no feature of another dictionary shares a tenth of its active frames"

lister = cache(Lister)
"what was read of the dictionaries is kept from page to page"


def neighbours_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> tuple[Neighbours, ...]:
    """Kind by kind; a kind without neighbours is left out, unless all it has are too weak to be shown."""
    by_kind: dict[str, list[Neighbour]] = {}
    listed_of: Counter[tuple[str, str]] = Counter()
    for row in dictionary.records("neighbours", feature):
        kind, rows = _KINDS[row["kind"]], by_kind.setdefault(row["kind"], [])
        place = (row["kind"], row["other_dictionary"])
        if listed_of[place] >= _most(row, dictionary.name):
            continue
        listed_of[place] += 1
        listed = lister(atlas).listed(row["other_dictionary"], row["other"])
        button = f"Play {kind.called} {len(rows) + 1}, {listed.label or listed.name}"
        rows.append(Neighbour(listed, kind.formatter(row["value"]), button))
    return tuple(
        Neighbours(kind.title, kind.about if by_kind[name] else _NONE_NEAR, tuple(by_kind[name]))
        for name, kind in _KINDS.items()
        if name in by_kind
    )


def _most(row: Mapping[str, Any], own: str) -> int:
    """How many of the like of a neighbour a page lists."""
    if row["kind"] == "overlap" and row["value"] < NEAR_OVERLAP:
        return 0
    return SHOWN if row["other_dictionary"] == own else OVERLAPS

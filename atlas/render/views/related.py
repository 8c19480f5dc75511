"""Other features near one: by direction, by firing together, and the same feature in other dictionaries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from atlas.render import numbers
from atlas.render.reading import Atlas, Dictionary
from atlas.render.views.listed import Listed, Lister

SHOWN = 6  # of a dictionary's own ten


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One of them, and how near it is."""

    listed: Listed
    value: str


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
    told: Callable[[float], str]


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "overlap": _Kind(
            "The same feature elsewhere", "χ, the share of active frames in common", "match", numbers.unit
        ),
        "cofiring": _Kind(
            "Fires together with", "how many times more often than by chance", "companion", numbers.ratio
        ),
        "decoder": _Kind("Writes a similar direction", "cosine of decoder rows", "direction", numbers.unit),
    }
)

lister = cache(Lister)
"what was read of the dictionaries is kept from page to page"


def neighbours_of(atlas: Atlas, dictionary: Dictionary, feature: int) -> tuple[Neighbours, ...]:
    """Kind by kind; a kind without neighbours is left out."""
    found: dict[str, list[Neighbour]] = {kind: [] for kind in _KINDS}
    for row in dictionary.rows("neighbours", feature).iter_rows(named=True):
        kind, rows = _KINDS[row["kind"]], found[row["kind"]]
        if row["other_dictionary"] == dictionary.name and row["rank"] > SHOWN:
            continue
        listed = lister(atlas).listed(row["other_dictionary"], row["other"])
        rows.append(Neighbour(_called(listed, f"{kind.called} {len(rows) + 1}"), kind.told(row["value"])))
    return tuple(Neighbours(kind.title, kind.about, tuple(found[name])) for name, kind in _KINDS.items() if found[name])


def _called(listed: Listed, place: str) -> Listed:
    """The same, with a button that is named after its place."""
    if listed.snippet is None:
        return listed
    return replace(listed, snippet=replace(listed.snippet, name=f"Play {place}, {listed.label or listed.name}"))

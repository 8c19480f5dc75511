"""The map page: features as points, with any two figures as axes; scripts fill it from the data scripts."""

from collections.abc import Iterator
from dataclasses import dataclass

from atlas.reading.tables import Atlas
from atlas.render.columns import FIGURES
from atlas.render.definitions import search_definition
from atlas.render.pages.search import Choice
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of

_NO_AXIS = ("example_clip", "example_start", "example_end")
_TITLES = {
    "map_x": "map, across",
    "map_y": "map, up",
    "auroc": "AUROC of the best label",
    "lift": "lift of the best label",
}
_COLOURS = ("domain", "density", "state", "dictionary")


@dataclass(frozen=True, slots=True)
class MapAxis:
    """A menu of figures."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Map:
    """What can be chosen before any data is loaded."""

    dictionaries: tuple[Choice, ...]
    figures: tuple[Choice, ...]
    axes: tuple[MapAxis, ...]
    colours: tuple[Choice, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`map.html`."""
    yield page(site_of(atlas), "map.html", "map.html", map=map_of(atlas))


def map_of(atlas: Atlas) -> Map:
    """The menus of the map."""
    controls = {name for name in atlas.names if atlas.card.dictionaries[name].control_of}
    dictionaries = (Choice(name, f"{name} (control)" if name in controls else name) for name in atlas.names)
    figures = (
        Choice(figure.name, _title(figure.name))
        for figure in FIGURES
        if not figure.text and figure.name not in _NO_AXIS
    )
    axes = (MapAxis("x", "Across"), MapAxis("y", "Up"))
    return Map(tuple(dictionaries), tuple(figures), axes, tuple(Choice(name, name) for name in _COLOURS))


def _title(name: str) -> str:
    return _TITLES.get(name) or search_definition(name).name

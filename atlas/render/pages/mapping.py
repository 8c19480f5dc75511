"""The map page: features as points, with any two figures as axes; scripts fill it from the data scripts.

What the page itself says of each dictionary is where features of a name gather, and whether they do so more than by
chance: where they do not, the first axes are figures.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from atlas.analyse.regions import NameAgreement, agreement, regions
from atlas.reading.joining import given_to
from atlas.reading.names import part_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.columns import figures_of
from atlas.render.definitions import search_definition
from atlas.render.effect_columns import effects_measured
from atlas.render.pages.search import Choice
from atlas.render.parts import place
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.labellinks import label_page
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
MOST_REGIONS = 80
PLACED, FIGURED = "map", "figures"
"which axes come first: places on the map, or AUROC against density"


@dataclass(frozen=True, slots=True)
class MapAxis:
    """A menu of figures."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class MapRegion:
    """A name, where it stands, and how many features have it there."""

    name: str
    x: str
    y: str
    features: str
    page: str
    "of the label; empty where it has none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapDictionary:
    """What the page says of the map of one dictionary."""

    name: str
    title: str
    axes: str  # PLACED or FIGURED
    told: str  # how far names gather
    regions: tuple[MapRegion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What can be chosen before any data is loaded."""

    dictionaries: tuple[MapDictionary, ...]
    figures: tuple[Choice, ...]
    axes: tuple[MapAxis, ...]
    colours: tuple[Choice, ...]
    near: str  # what features that lie near each other have in common


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`map.html`, and a small picture of each dictionary's map, which pages of features show."""
    yield page(site_of(atlas), "map.html", "map.html", map=map_of(atlas))
    yield from place.pictures(atlas)


def map_of(atlas: Atlas) -> Map:
    """The menus of the map, and what it says of each dictionary."""
    agreements = {name: _agreement(atlas, name) for name in atlas.names}
    coloured_by_doing = (Choice("does", "what it does"),) if effects_measured(atlas) else ()
    figures = (
        Choice(figure.name, _title(figure.name))
        for figure in figures_of(atlas)
        if not figure.text and figure.name not in _NO_AXIS
    )
    return Map(
        dictionaries=tuple(_dictionary(atlas, name, agreements) for name in atlas.names),
        figures=tuple(figures),
        axes=(MapAxis("x", "Across"), MapAxis("y", "Up")),
        colours=tuple(Choice(name, name) for name in _COLOURS) + coloured_by_doing,
        near="active on the same frames" if _by_activations(atlas) else "alike in their decoder rows",
    )


def _by_activations(atlas: Atlas) -> bool:
    analyse = atlas.card.config.get("analyse")
    return not isinstance(analyse, dict) or analyse.get("map") != "decoder"


def _title(name: str) -> str:
    return _TITLES.get(name) or search_definition(name).name


def _named(atlas: Atlas, name: str) -> pl.DataFrame:
    """map_x, map_y, called: the features with a name and a place; without what tells those of one name apart."""
    given = given_to(atlas.given_names, name)
    rows = atlas.column(name, "findings", "feature", "kind", "label", "map_x", "map_y")
    joined = rows.join(given, on="feature", how="left", maintain_order="left").drop_nulls(["map_x", "map_y"])
    parts = joined.select("given_name", "kind", "label").iter_rows()
    called = [given_name or (part_name(kind, label) if label else None) for given_name, kind, label in parts]
    return joined.select("map_x", "map_y", called=pl.Series(called, dtype=pl.String)).drop_nulls("called")


def _label_pages(atlas: Atlas, name: str) -> dict[str, str]:
    """Where the pages of the labels lie that name features, by what the map calls them."""
    labels = atlas.column(name, "findings", "kind", "label").drop_nulls().unique(maintain_order=True)
    return {part_name(kind, label): label_page(atlas, kind, label) for kind, label in labels.iter_rows()}


def _agreement(atlas: Atlas, name: str) -> NameAgreement | None:
    named = _named(atlas, name)
    return agreement(named.select("map_x", "map_y").to_numpy(), named["called"].to_list())


def _dictionary(atlas: Atlas, name: str, agreements: dict[str, NameAgreement | None]) -> MapDictionary:
    card, own, named = atlas.card.dictionaries[name], agreements[name], _named(atlas, name)
    found = regions(named.select("map_x", "map_y").to_numpy(), named["called"].to_list())[:MOST_REGIONS]
    pages_by_name = _label_pages(atlas, name)
    placed = atlas.column(name, "findings", "map_x")["map_x"].count() > 0
    control = agreements.get(atlas.controls_of(name).get("random", ""))
    return MapDictionary(
        name=name,
        title=f"{name} (control)" if card.control_of else name,
        axes=PLACED if placed and (own is None or own.structured) else FIGURED,
        told=_told(own, control) if own and own.telling and placed else "",
        regions=tuple(
            MapRegion(
                one.name,
                f"{one.x:.3f}",
                f"{one.y:.3f}",
                numbers.count(one.features),
                pages_by_name.get(one.name, ""),
            )
            for one in found
        ),
    )


def _told(own: NameAgreement, control: NameAgreement | None) -> str:
    of_control = (
        f"; on the map of its {CONTROL_WORDS['random']}, {numbers.ratio(control.times)} times as often"
        if control and control.telling
        else ""
    )
    ending = "" if own.structured else " Names hardly gather here, so the page begins with figures."
    return (
        f"A named feature shares its name with {numbers.percent(own.share)} of its ten nearest named ones,"
        f" {numbers.ratio(own.times)} times as often as if names were shuffled{of_control}.{ending}"
    )

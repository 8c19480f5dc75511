"""What all overview charts share: colours, axes, panels, and the theme in which Altair draws them.

Colours are those of the light theme; `inlining` makes them follow the page's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import altair as alt

INK, MUTED, LINE = "#1b1c1f", "#5b5e66", "#dfe0e4"
DOMAIN_COLOURS = MappingProxyType({"speech": "#1a4f9c", "music": "#c8500a", "sound": "#2a9187"})
SHAPES = MappingProxyType({"speech": "circle", "music": "square", "sound": "triangle-up"})
NO_DOMAIN = "none"
OWN, CONTROL = "dictionary", "control"

HERE = "https://site.invalid/"
"what stands for the site's root in the links of a chart: a relative one would be taken for Vega's own data"

WIDTH = 480
SPACE = 24  # between panels

KIND_COLOURS = alt.Scale(domain=[OWN, CONTROL], range=[INK, MUTED])
KIND_DASHES = alt.Scale(domain=[OWN, CONTROL], range=[[1, 0], [3, 3]])
_PERCENT = "format(100 * datum.value, '~g') + ' %'"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart to be drawn: its file's name, its title, what it shows in a sentence or two, and Altair's chart."""

    name: str
    title: str
    about: str
    drawing: dict[str, Any]
    domains: bool = False
    "whether its colours are domains, whose marks the page then explains"


def theme() -> dict[str, Any]:
    """Type and lines of every chart."""
    text = {"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 11, "titleFontSize": 11}
    axis = text | {"gridColor": LINE, "domain": False, "ticks": False, "titleFontWeight": "normal", "labelPadding": 6}
    return {
        "background": None,
        "font": "sans-serif",
        "axis": axis,
        "header": text | {"labelColor": INK, "labelFontWeight": 600, "labelAnchor": "start", "labelPadding": 4},
        "view": {"stroke": None},
        "legend": {"disable": True},
    }


def shares(values: Sequence[float] | None = None) -> alt.Axis:
    """An axis of shares, in per cent; at these values, or where Vega thinks best."""
    if values is None:
        return alt.Axis(labelExpr=_PERCENT, tickCount=4)
    return alt.Axis(labelExpr=_PERCENT, values=list(values), labelOverlap="greedy", labelSeparation=16)


def logarithmic() -> alt.Scale:
    """A logarithmic scale that ends where its values end."""
    return alt.Scale(type="log", nice=False, padding=8)


def domain_colours(order: Sequence[str]) -> alt.Color:
    """Each domain in its colour; others grey."""
    names = [*order, NO_DOMAIN]
    colours = [DOMAIN_COLOURS.get(name, MUTED) for name in names]
    return alt.Color("domain:N", scale=alt.Scale(domain=names, range=colours))


def domain_shapes(order: Sequence[str]) -> alt.Shape:
    """Each domain as its mark."""
    names = [*order, NO_DOMAIN]
    return alt.Shape("domain:N", scale=alt.Scale(domain=names, range=[SHAPES.get(name, "diamond") for name in names]))


def side_by_side(chart: Any, panels: Sequence[str], height: int) -> dict[str, Any]:
    """A panel for each of these, two to a line; the rows of the chart say theirs in `panel`."""
    columns = min(len(panels), 2)
    sized = chart.properties(width=(WIDTH - SPACE * (columns - 1)) // columns, height=height)
    facet = alt.Facet("panel:N", title=None, sort=list(panels))
    drawn: dict[str, Any] = sized.facet(facet, columns=columns, spacing=SPACE).to_dict()
    return drawn

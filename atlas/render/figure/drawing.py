"""Features -> one SVG, a cell each, in points at the size of print.

Text stays text, in a sans serif between 5.5 and 8 points. What is shown is what the features' pages show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.errors import AtlasError
from atlas.render.figure.cells import ADDRESS, FigureCell, ShownFeature, cell, shape_of, shown_feature
from atlas.render.figure.examples import GUTTER, SMALL, hz_ticks, second_ticks
from atlas.render.figure.metrics import is_phonetic, width_of
from atlas.render.numbers import plain
from atlas.render.site import SiteAtlas
from atlas.render.templating import environment

POINTS_A_MM = 72 / 25.4
COLUMN_MM, BETWEEN_MM = 85.0, 7.0
"a column of most journals, and what is between the cells of a grid"
NARROWEST_MM = 60.0
"of a cell: below it words under traces do not fit"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NOT_IN_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])


@dataclass(frozen=True, slots=True)
class FigureLook:
    """How a figure is to look."""

    width_mm: float | None = None
    "of the whole figure; None for a journal's column for each column of the grid"
    columns: int = 1
    examples: int = 3
    "of each feature, at most"

    @property
    def between_mm(self) -> float:
        """The space beside the cells."""
        return BETWEEN_MM * (self.columns - 1)

    @property
    def cell_mm(self) -> float:
        return COLUMN_MM if self.width_mm is None else (self.width_mm - self.between_mm) / self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLink:
    """A rectangle of a figure, in points from its top left, and the address that it leads to."""

    address: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFigure:
    """A figure as SVG, and what a PDF needs beside it."""

    title: str
    width: float
    height: float
    "points"
    drawn: str
    "the SVG in points"
    in_mm: str
    "the same, told its size in millimetres, for programs that take a bare number for pixels"
    links: tuple[FigureLink, ...]


def figure_of(atlas: SiteAtlas, features: Sequence[tuple[str, int]], look: FigureLook) -> PaperFigure:
    """Draw these features, in this order."""
    if look.cell_mm < NARROWEST_MM:
        raise AtlasError(
            f"--width-mm {look.width_mm:g}: leaves {look.cell_mm:.0f} mm for a feature, and the words under traces need"
            f" {NARROWEST_MM:g}; give a larger width or fewer --columns"
        )
    between, cell_width = BETWEEN_MM * POINTS_A_MM, look.cell_mm * POINTS_A_MM
    shown = [shown_feature(atlas, name, number, look.examples, cell_width) for name, number in features]
    columns = min(look.columns, len(shown))
    cells, links, top = [], [], 0.0
    for first in range(0, len(shown), columns):
        row = shown[first : first + columns]
        shape = shape_of(row, cell_width)
        for column, feature in enumerate(row):
            left = column * (cell_width + between)
            cells.append(cell(atlas, feature, (left, top, _letter(first + column, len(shown))), shape))
            if feature.address:
                links.append(_link(feature, feature.address, left, top + shape.height))
        top += shape.height + between
    size = columns * (cell_width + between) - between, top - between
    title = f"{atlas.card.title}: {', '.join(feature.view.name for feature in shown)}".translate(_NOT_IN_XML)
    return PaperFigure(
        title=title,
        width=size[0],
        height=size[1],
        drawn=_filled(cells, cell_width, title, size, ""),
        in_mm=_filled(cells, cell_width, title, size, "mm"),
        links=tuple(links),
    )


def _letter(place: int, features: int) -> str:
    return f"({LETTERS[place]})" if 1 < features <= len(LETTERS) else ""


def _link(feature: ShownFeature, address: str, left: float, foot: float) -> FigureLink:
    return FigureLink(
        address=address,
        left=left,
        top=foot - len(feature.lines) * ADDRESS,
        right=left + max(width_of(line, SMALL) for line in feature.lines),
        bottom=foot,
    )


def _filled(cells: Sequence[FigureCell], cell_width: float, title: str, size: tuple[float, float], unit: str) -> str:
    """The template's text; without a unit, a pixel is a point."""
    scale = 1 / POINTS_A_MM if unit else 1.0
    text = (
        environment()
        .get_template("figure.svg")
        .render(
            cells=cells,
            title=title,
            size=tuple(f"{plain(length * scale)}{unit}" for length in size),
            box=" ".join(map(plain, size)),
            width=plain(cell_width),
            gutter=plain(GUTTER),
            across=plain(cell_width - GUTTER),
            is_phonetic=is_phonetic,
            hz=hz_ticks(),
            seconds=second_ticks(cell_width),
        )
    )
    return text.translate(_NOT_IN_XML)

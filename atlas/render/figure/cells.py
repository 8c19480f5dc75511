"""One feature of a figure: its title, examples, panels and address, in points from the top left of its cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from atlas.render.figure.examples import AXIS, SMALL, DrawnExample, PlacedText, Spoke, drawn, spoke
from atlas.render.figure.metrics import BOLD, fitted, width_of, wrapped
from atlas.render.figure.panels import DrawnEvidence, DrawnHistogram, panels
from atlas.render.numbers import plain
from atlas.render.pages.feature import FeatureView, feature_view
from atlas.render.parts.rows import Example
from atlas.render.site import SiteAtlas
from atlas.render.templating import site_of

NAME, TITLE, ADDRESS = 8.0, 13.0, 7.5
"points: of a title's type, of its line, and of a line of the address"
ABOVE_PANELS, ABOVE_ADDRESS = 6.0, 5.0
NEVER = 14.0
"points of height: of what is said of a feature that never fires"
_SEPARATE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFeature:
    """What a figure shows of a feature."""

    view: FeatureView
    examples: tuple[Example, ...]
    address: str | None
    lines: tuple[str, ...]  # of the address, as printed


@dataclass(frozen=True, slots=True, kw_only=True)
class CellShape:
    """What all cells of a grid's row have in common, in points, so that their parts stand side by side."""

    width: float
    spoken: tuple[Spoke, ...]
    "of each row of examples"
    panels: float
    "height"
    lines: int
    "of an address"

    @property
    def examples(self) -> float:
        """The height of the examples and the axis below them."""
        return self.above(len(self.spoken)) + (AXIS if self.spoken else NEVER)

    def above(self, row: int) -> float:
        """The height of the examples above a row."""
        return sum(spoken.height for spoken in self.spoken[:row])

    @property
    def height(self) -> float:
        below = ABOVE_PANELS + self.panels if self.panels else 0.0
        return TITLE + self.examples + below + self.address

    @property
    def address(self) -> float:
        """The height of the address and the space above it."""
        return ABOVE_ADDRESS + ADDRESS * self.lines if self.lines else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCell:
    """A feature as the template draws it."""

    x: str
    y: str
    letter: str  # (a), (b), ... where there are several
    title_x: str
    title: str
    name: PlacedText | None  # where something else is the title
    tap: str
    control: bool
    never: str | None  # where it is said that the feature never fires
    examples: tuple[DrawnExample, ...]
    seconds_y: str
    histogram: DrawnHistogram | None
    evidence: DrawnEvidence | None
    unnamed: tuple[tuple[PlacedText, str], ...]  # why nothing names it
    address: str | None
    lines: tuple[tuple[str, str], ...]  # of the address: where each stands, and what it says


def shown_feature(atlas: SiteAtlas, name: str, number: int, examples: int, width: float) -> ShownFeature:
    """What a figure in cells of this width shows of a feature."""
    view = feature_view(atlas, site_of(atlas), atlas.dictionary(name, number, number + 1), number)
    top = next((group.examples for group in view.groups if group.key == "top"), ())
    base_url = site_of(atlas).base_url
    address = f"{base_url}f/{view.name}.html?v={atlas.fingerprint(name)}" if base_url else None
    printed = address.partition("://")[2] if address else ""
    lines = wrapped(printed, SMALL, width) if printed else ()
    return ShownFeature(view=view, examples=top[:examples], address=address, lines=lines)


def shape_of(features: Sequence[ShownFeature], width: float) -> CellShape:
    """The shape that has room for each of the features."""
    rows = zip_longest(*(feature.examples for feature in features))
    return CellShape(
        width=width,
        spoken=tuple(spoke([example for example in row if example]) for row in rows),
        panels=max(panels(one.view, 0.0, width).height for one in features),
        lines=max(len(feature.lines) for feature in features),
    )


def cell(atlas: SiteAtlas, feature: ShownFeature, place: tuple[float, float, str], shape: CellShape) -> FigureCell:
    """A feature where it stands in its figure: from the left, from the top, and its letter."""
    view, (x, y, letter) = feature.view, place
    title_x = width_of(letter, NAME) * BOLD + _SEPARATE if letter else 0.0
    tap = view.tap
    name = view.name if view.labelled else ""
    beside = width_of(tap, SMALL) + _SEPARATE + (width_of(name, SMALL) + _SEPARATE if name else 0.0)
    title = fitted(" ".join(view.title.split()), NAME, (shape.width - title_x - beside) / BOLD)
    name_x = title_x + width_of(title, NAME) * BOLD + _SEPARATE
    below = TITLE + shape.examples + ABOVE_PANELS
    both = panels(view, below, shape.width)
    first = shape.height - ADDRESS * shape.lines
    return FigureCell(
        x=plain(x),
        y=plain(y),
        letter=letter,
        title_x=plain(title_x),
        title=title,
        name=PlacedText(plain(name_x), name) if name else None,
        tap=tap,
        control=view.control is not None,
        never=None if feature.examples else plain(TITLE + NEVER / 2),
        examples=tuple(
            drawn(atlas, example, TITLE + shape.above(row), shape.width, shape.spoken[row])
            for row, example in enumerate(feature.examples)
        ),
        seconds_y=plain(TITLE + shape.above(len(feature.examples)) + AXIS - 4),
        histogram=both.histogram,
        evidence=both.evidence,
        unnamed=both.unnamed,
        address=feature.address,
        lines=tuple((plain(first + ADDRESS * (row + 1) - 1.5), line) for row, line in enumerate(feature.lines)),
    )

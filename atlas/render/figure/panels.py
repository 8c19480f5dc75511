"""The panels below the examples of a figure: how strongly the feature fires, and what speaks for its name."""

import re
from dataclasses import dataclass

from atlas.render.definitions import DEFINITIONS
from atlas.render.figure.examples import GUTTER, SMALL, PlacedText
from atlas.render.figure.metrics import BOLD, fitted, paragraph, width_of
from atlas.render.numbers import plain
from atlas.render.pages.feature import FeatureView
from atlas.render.parts.marks import Mark
from atlas.render.parts.naming import EvidenceBar, NameEvidence
from atlas.render.parts.shape import HEIGHT, TOP, WIDTH, Histogram
from atlas.render.svg import ChartTick

TITLE, CHART, TICKS = 8.0, 40.0, 8.0
"points of height: of a panel's title, of the histogram, and of the values below it"
LEGEND, ROW, NOTE = 8.0, 9.0, 8.0
BESIDE = 12.0
"points between the panels"
_BEST_OF = "best of "
_STEP = re.compile(r"([Mhv])(-?[\d.]+)(?: (-?[\d.]+))?")


@dataclass(frozen=True, slots=True)
class MarkedPath:
    """The outline of a domain."""

    style: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnHistogram:
    """A histogram, in points."""

    title_y: str
    left: str
    right: str
    foot: str
    bars: str
    outlines: tuple[MarkedPath, ...]
    across: tuple[PlacedText, ...]
    ticks_y: str
    up: tuple[ChartTick, ...]
    legend: tuple[tuple[str, str, Mark], ...]  # where the sign and where the word of a domain stand
    legend_y: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBar:
    """A value of the figure that decided."""

    y: str
    bar_y: str
    called: str
    value: str
    width: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEvidence:
    """The evidence, in points."""

    x: str
    title_y: str
    label_x: str
    label_y: str
    title: str
    before: str
    label: str
    bars_x: str
    values_x: str
    bars: tuple[DrawnBar, ...]
    note_y: str
    note: str


@dataclass(frozen=True, slots=True)
class Panels:
    """Both, where there are any, and how much height they need."""

    histogram: DrawnHistogram | None
    evidence: DrawnEvidence | None
    unnamed: tuple[tuple[PlacedText, str], ...]
    "why nothing names it, line by line, each with its height"
    height: float


def panels(view: FeatureView, top: float, width: float) -> Panels:
    """The panels of a feature as wide as `width`, whose upper edge is at `top`."""
    left_width = 0.4 * width
    left = left_width + BESIDE
    drawn = _histogram(view.histogram, top, left_width) if view.histogram else None
    beside = _evidence(view.evidence, top, left, width) if view.evidence else None
    reason = paragraph(view.lead.text, SMALL, width - left) if view.lead and not view.evidence else ()
    heights = [TITLE + LEGEND + CHART + TICKS] if drawn else []
    heights += [2 * TITLE + ROW * len(view.evidence.bars) + NOTE] if view.evidence else []
    lines = [
        (PlacedText(plain(left), line, "muted", "start"), plain(top + TITLE * (place + 1) - 2.5))
        for place, line in enumerate(reason)
    ]
    return Panels(drawn, beside, tuple(lines), max([*heights, TITLE * len(lines)]))


def _histogram(view: Histogram, top: float, width: float) -> DrawnHistogram:
    across, foot = width - GUTTER, top + TITLE + LEGEND + CHART
    scale_x, scale_y = across / WIDTH, CHART / HEIGHT

    def moved(path: str) -> str:
        return scaled(path, scale_x, scale_y, GUTTER, foot - (TOP + HEIGHT) * scale_y)

    legend, x = [], GUTTER
    for outline in view.outlines:
        legend.append((plain(x), plain(x + 6), outline.mark))
        x += 6 + width_of(outline.mark.name, SMALL) + 5
    return DrawnHistogram(
        title_y=plain(top + TITLE - 2.5),
        left=plain(GUTTER),
        right=plain(width),
        foot=plain(foot),
        bars=moved(view.bars),
        outlines=tuple(MarkedPath(outline.mark.style, moved(outline.path)) for outline in view.outlines),
        across=tuple(PlacedText(plain(GUTTER + float(tick.at) * scale_x), tick.text) for tick in view.across),
        ticks_y=plain(foot + TICKS - 1),
        up=tuple(ChartTick(plain(foot - (TOP + HEIGHT - float(tick.at)) * scale_y), tick.text) for tick in view.up),
        legend=tuple(legend),
        legend_y=plain(top + TITLE + LEGEND - 2.5),
    )


def scaled(path: str, across: float, up: float, left: float, top: float) -> str:
    """A path of `svg.steps` in other units; drawn so, its lines are as thick as they are meant to be."""
    parts = []
    for command, first, second in _STEP.findall(path):
        if command == "M":
            parts.append(f"M{plain(left + float(first) * across)} {plain(top + float(second) * up)}")
        else:
            parts.append(f"{command}{plain(float(first) * (across if command == 'h' else up))}")
    return "".join(parts)


def _evidence(view: NameEvidence, top: float, left: float, right: float) -> DrawnEvidence:
    called = [bar.called.removeprefix(_BEST_OF) for bar in view.bars]
    values = max(width_of(bar.value, SMALL) for bar in view.bars)
    room = right - left
    names = min(max(_width(text, bar) for text, bar in zip(called, view.bars, strict=True)), 0.68 * room)
    bars_x, longest = left + names + 5, room - names - values - 9
    figure = DEFINITIONS[view.figure].name
    before = "for" if view.named else "closest to a name:"
    rivals = any(bar.called.startswith(_BEST_OF) for bar in view.bars)
    first = top + 2 * TITLE
    rows = zip(called, view.bars, range(len(called)), strict=True)
    q = next((fact.value for fact in view.facts if fact.called == "q"), None)
    notes = [*([f"q = {q}"] if q else []), *(["of controls and chance, the best"] if rivals else [])]
    before_width = width_of(before, SMALL) + 2
    return DrawnEvidence(
        x=plain(left),
        title_y=plain(top + TITLE - 2.5),
        label_x=plain(left + before_width),
        label_y=plain(top + 2 * TITLE - 3),
        title=fitted(figure, SMALL, room),
        before=before,
        label=fitted(view.label.text, SMALL, (room - before_width) / BOLD),
        bars_x=plain(bars_x),
        values_x=plain(right),
        bars=tuple(
            DrawnBar(
                y=plain(first + ROW * place + ROW - 3),
                bar_y=plain(first + ROW * place + ROW - 7.4),
                called=fitted(text, SMALL, (names + 1) / (BOLD if bar.style == "own" else 1)),
                value=bar.value,
                width=plain(max(0.4, longest * float(bar.width) / 100)),
                style=bar.style,
            )
            for text, bar, place in rows
        ),
        note_y=plain(first + ROW * len(called) + NOTE - 2.5),
        note=fitted("; ".join(notes), SMALL, room),
    )


def _width(text: str, bar: EvidenceBar) -> float:
    return width_of(text, SMALL) * (BOLD if bar.style == "own" else 1)

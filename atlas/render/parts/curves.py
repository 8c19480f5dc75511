"""A figure by dose as a small chart: the features' line, its intervals, and the controls beside it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from atlas.render import numbers
from atlas.render.svg import ChartTick

WIDTH, HEIGHT, TOP = 240.0, 120.0, 6.0
_TICKS = 4
"of the axis, besides 0"


@dataclass(frozen=True, slots=True)
class Spot:
    """A figure at a dose, and its interval or range; None where there is no such figure."""

    dose: float
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DrawnSpot:
    """The same in pixels; `low` and `high` are the ends of an upright bar, empty where there is none."""

    x: str
    y: str
    low: str
    high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseChart:
    """One panel: what is drawn, from 0 at the bottom to the end of the axis at the top."""

    title: str
    label: str
    "what it shows, for those who do not see it"
    features: str
    "the points of a line"
    means: str
    spots: tuple[DrawnSpot, ...]
    random: tuple[DrawnSpot, ...]
    level: str
    "where the reconstruction lies; empty where there is none"
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]


def dose_chart(
    title: str,
    label: str,
    features: Sequence[Spot],
    means: Sequence[Spot],
    random: Sequence[Spot],
    reconstruction: float | None,
    top: float = 1.0,
) -> DoseChart:
    """A panel; the first spot of each line is that without a dose. top: where the axis ends, see `top_of`."""
    last = max(spot.dose for spot in features)
    return DoseChart(
        title=title,
        label=label,
        features=_line(features, last, top),
        means=_line(means, last, top),
        spots=_drawn(features, last, 0.0, top),
        random=_drawn(random, last, WIDTH / 60, top),
        level="" if reconstruction is None else _up(reconstruction, top),
        across=tuple(ChartTick(_across(spot.dose, last), f"{spot.dose:g}") for spot in features),
        up=tuple(
            ChartTick(_up(level, top), numbers.rate(level))
            for level in (top * place / _TICKS for place in range(_TICKS + 1))
        ),
    )


def top_of(rates: Iterable[float | None]) -> float:
    """Where the axis of some rates ends: at 1, or at the next whole number above the largest, as WER may be."""
    return max(1.0, *(math.ceil(rate) for rate in rates if rate is not None))


def _line(spots: Sequence[Spot], last: float, top: float) -> str:
    places = [(spot.dose, spot.value) for spot in spots if spot.value is not None]
    return " ".join(f"{_across(dose, last)},{_up(value, top)}" for dose, value in places)


def _drawn(spots: Sequence[Spot], last: float, aside: float, top: float) -> tuple[DrawnSpot, ...]:
    """`aside`: pixels to the right, so that bars do not hide each other."""
    return tuple(
        DrawnSpot(
            _across(spot.dose, last, aside),
            _up(spot.value, top),
            "" if spot.low is None else _up(spot.low, top),
            "" if spot.high is None else _up(spot.high, top),
        )
        for spot in spots
        if spot.value is not None
    )


def _across(dose: float, last: float, aside: float = 0.0) -> str:
    return numbers.plain(WIDTH * dose / last + aside)


def _up(value: float, top: float) -> str:
    return numbers.plain(TOP + HEIGHT * (1 - value / top))

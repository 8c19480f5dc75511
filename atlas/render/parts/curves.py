"""A figure by dose as a small chart: the features' line, its intervals, and the controls beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.render import numbers
from atlas.render.svg import ChartTick

WIDTH, HEIGHT, TOP = 240.0, 120.0, 6.0
_RATES = (0.0, 0.25, 0.5, 0.75, 1.0)


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
    """One panel: what is drawn, from 0 at the bottom to 1 at the top."""

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
) -> DoseChart:
    """A panel; the first spot of each line is that without a dose."""
    last = max(spot.dose for spot in features)
    return DoseChart(
        title=title,
        label=label,
        features=_line(features, last),
        means=_line(means, last),
        spots=_drawn(features, last, 0.0),
        random=_drawn(random, last, WIDTH / 60),
        level="" if reconstruction is None else _up(reconstruction),
        across=tuple(ChartTick(_across(spot.dose, last), f"{spot.dose:g}") for spot in features),
        up=tuple(ChartTick(_up(rate), numbers.unit(rate)) for rate in _RATES),
    )


def _line(spots: Sequence[Spot], last: float) -> str:
    places = [(spot.dose, spot.value) for spot in spots if spot.value is not None]
    return " ".join(f"{_across(dose, last)},{_up(value)}" for dose, value in places)


def _drawn(spots: Sequence[Spot], last: float, aside: float) -> tuple[DrawnSpot, ...]:
    """`aside`: pixels to the right, so that bars do not hide each other."""
    return tuple(
        DrawnSpot(
            _across(spot.dose, last, aside),
            _up(spot.value),
            "" if spot.low is None else _up(spot.low),
            "" if spot.high is None else _up(spot.high),
        )
        for spot in spots
        if spot.value is not None
    )


def _across(dose: float, last: float, aside: float = 0.0) -> str:
    return numbers.plain(WIDTH * dose / last + aside)


def _up(value: float) -> str:
    """A rate above 1, which WER may have, stands at the top."""
    return numbers.plain(TOP + HEIGHT * (1 - min(1.0, max(0.0, value))))

"""What more and more of a feature does: the effect of each dose, on its own frames and on a stretch without it."""

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.reading.effects import OutcomeEffect
from atlas.render import numbers
from atlas.render.svg import ChartTick
from atlas.schema.thresholds import DOSES

WIDTH, HEIGHT, TOP = 312.0, 96.0, 8.0
EDGE = 20.0
"left and right of the outermost doses"
SPARE = 1.1
"times the largest effect: where the axis ends"

Curve = Sequence[tuple[float, float]]
"doses with effects"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseCurve:
    """Two lines over doses, of which none stands for the feature taken away."""

    own: str
    silent: str
    "on a stretch in which the feature never fires; empty where there is none"
    dots: tuple[str, str]
    "of both lines"
    zero: str
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]
    caption: str


def dose_curve(one: OutcomeEffect) -> DoseCurve | None:
    """None where no doses were tried."""
    own = _curve(one.doses)
    if not own:
        return None
    own, silent = [(0.0, one.effect), *own], _curve(one.silent_doses)
    values = [value for _, value in (*own, *silent)]
    low, high = SPARE * min(0.0, *values), SPARE * max(0.0, *values)
    scale = HEIGHT / ((high - low) or 1.0)
    places = [0.0, *DOSES]
    step = (WIDTH - 2 * EDGE) / (len(places) - 1)

    def points(curve: Curve) -> list[str]:
        return [f"M{_tenth(EDGE + step * places.index(x))} {_tenth(TOP + (high - y) * scale)}" for x, y in curve]

    far = max(values, key=abs)
    return DoseCurve(
        own="".join(points(own)).replace("M", "L").replace("L", "M", 1),
        silent="".join(points(silent)).replace("M", "L").replace("L", "M", 1),
        dots=("".join(f"{point}h0" for point in points(own)), "".join(f"{point}h0" for point in points(silent))),
        zero=_tenth(TOP + high * scale),
        across=tuple(
            ChartTick(_tenth(EDGE + step * place), f"{dose:g} ×" if dose else "ablated")
            for place, dose in enumerate(places)
        ),
        up=tuple(
            ChartTick(_tenth(TOP + (high - value) * scale), numbers.signed_nats(value) if value else "0")
            for value in (0.0, far)
        ),
        caption="; ".join([_told("on its own frames", own), *([_told("elsewhere", silent)] if silent else [])]),
    )


def _curve(effects: Sequence[float | None]) -> list[tuple[float, float]]:
    return [(dose, effect) for dose, effect in zip(DOSES, effects, strict=True) if effect is not None]


def _told(where: str, curve: Curve) -> str:
    return f"{where} {', '.join(f'{numbers.signed_nats(effect)} at {dose:g}' for dose, effect in curve)}"


def _tenth(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

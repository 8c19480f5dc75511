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
    """Two lines over doses, each beside its decoy's; the feature taken away is a dot, as it is over more recordings."""

    own: str
    silent: str
    "on a stretch in which the feature never fires; empty where there is none"
    decoys: tuple[str, str]
    "the same of their decoys; empty where there are none"
    dots: tuple[str, str]
    "of both lines"
    zero: str
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]
    caption: str


def dose_curve(one: OutcomeEffect) -> DoseCurve | None:
    """None where no doses were tried."""
    own, silent = _curve(one.doses), _curve(one.silent_doses)
    if not own:
        return None
    away, decoys = (0.0, one.effect), (_curve(one.dose_decoys), _curve(one.silent_decoys))
    values = [value for _, value in (away, *own, *silent, *decoys[0], *decoys[1])]
    low, high = SPARE * min(0.0, *values), SPARE * max(0.0, *values)
    scale = HEIGHT / ((high - low) or 1.0)
    places = [0.0, *DOSES]
    step = (WIDTH - 2 * EDGE) / (len(places) - 1)

    def points(curve: Curve) -> list[str]:
        return [f"M{_tenth(EDGE + step * places.index(x))} {_tenth(TOP + (high - y) * scale)}" for x, y in curve]

    def line(curve: Curve) -> str:
        return "".join(points(curve)).replace("M", "L").replace("L", "M", 1)

    def dots(curve: Curve) -> str:
        return "".join(f"{point}h0" for point in points(curve))

    far = max(values, key=abs)
    return DoseCurve(
        own=line(own),
        silent=line(silent),
        decoys=(line(decoys[0]), line(decoys[1])),
        dots=(dots([away, *own]), dots(silent)),
        zero=_tenth(TOP + high * scale),
        across=tuple(
            ChartTick(_tenth(EDGE + step * place), f"{dose:g} ×" if dose else "ablated")
            for place, dose in enumerate(places)
        ),
        up=tuple(
            ChartTick(_tenth(TOP + (high - value) * scale), numbers.signed_nats(value) if value else "0")
            for value in (0.0, far)
        ),
        caption="; ".join(_captions((away, *own), silent, decoys)),
    )


def _curve(effects: Sequence[float | None]) -> list[tuple[float, float]]:
    return [(dose, effect) for dose, effect in zip(DOSES, effects, strict=bool(effects)) if effect is not None]


def _captions(own: Curve, silent: Curve, decoys: tuple[Curve, Curve]) -> list[str]:
    every = {"on its own frames": own, "their decoys": decoys[0], "elsewhere": silent, "decoys there": decoys[1]}
    return [_told(where, curve) for where, curve in every.items() if curve]


def _told(where: str, curve: Curve) -> str:
    return f"{where} {', '.join(f'{numbers.signed_nats(effect)} at {dose:g}' for dose, effect in curve)}"


def _tenth(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

"""Figures as text on pages: as `atlas.formatting` puts them, an en dash for a figure that is not there; texts cut."""

import math
from collections.abc import Callable

from atlas import formatting

ABSENT = "–"

SMALLEST_NATS = 1e-4
"what is less is noise of the arithmetic, and no figure"

Number = float | int | None


def _unless_absent(value: Number, formatter: Callable[[float], str]) -> str:
    return ABSENT if value is None or not math.isfinite(value) else formatter(value)


def percent(share: Number) -> str:
    """`0.31 %`."""
    return _unless_absent(share, formatting.percent)


def unit(value: Number) -> str:
    """A figure between -1 and 1, such as an AUROC: `.98`."""
    return _unless_absent(value, formatting.fraction)


def probability(value: Number) -> str:
    """p or q: `1e-9`, `.032`."""
    return _unless_absent(value, formatting.q_value)


def ratio(value: Number) -> str:
    """A lift: `2.4`, `31`."""
    return _unless_absent(value, formatting.figure)


def figure(value: Number) -> str:
    """Three digits that count, for activations: `8.90`, `0.0312`, `12,300`."""
    return _unless_absent(value, _three_digits)


def hundredths(value: Number) -> str:
    """A figure of the size of 1, such as a shift in standard deviations: `0.60`, `1.20`."""
    return _unless_absent(value, lambda number: f"{number:.2f}")


def rate(value: Number) -> str:
    """A rate that may lie above 1, as WER does where a model writes more than is said: `.95`, `1.25`."""
    return unit(value) if value is None or value <= 1 else hundredths(value)


def signed(value: Number) -> str:
    """The same where its sign counts: `+1.20`, `−0.95`."""
    return _unless_absent(value, lambda number: f"{number:+.2f}".replace("-", "−"))


def nats(value: Number) -> str:
    """A change of log-probability, in two digits and at most four decimals: `.021`, `−.0003`, `1.2`, `<.0001`."""
    return _unless_absent(value, _two_digits)


def signed_nats(value: Number) -> str:
    """The same where its sign counts: `+.021`."""
    return _unless_absent(value, lambda number: ("+" if number >= SMALLEST_NATS else "") + _two_digits(number))


def count(value: Number) -> str:
    """`12,345`."""
    return _unless_absent(value, lambda number: f"{int(number):,}")


def seconds(value: Number, digits: int = 2) -> str:
    """`4.00 s`."""
    return _unless_absent(value, lambda number: f"{number:.{digits}f} s")


def hours(value: Number) -> str:
    """`12 min`, `3.4 h`."""
    return _unless_absent(value, lambda number: f"{number * 60:.0f} min" if number < 1 else f"{number:.1f} h")


def plain(value: float) -> str:
    """The shortest decimal for an attribute, such as a coordinate: at most two places."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def cut(text: str, most: int) -> str:
    """A text of at most so many characters; what is left out is an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 3:
        return f"{round(value, 2 - size):,.0f}"
    if size < -4:
        return f"{value:.1e}".replace("e-0", "e-")
    return f"{value:.{2 - size}f}"


def _two_digits(value: float) -> str:
    size, sign = abs(value), "−" if value < 0 else ""
    if size < SMALLEST_NATS:
        return f"<{SMALLEST_NATS:.4f}".replace("0.", ".") if size else "0"
    decimals = min(4, max(0, 1 - math.floor(math.log10(float(f"{size:.1e}")))))
    return sign + f"{size:,.{decimals}f}".removeprefix("0")

"""How numbers are put into words: in closing lines, in findings and on pages, everywhere alike.

Shares are percentages of two digits; figures between 0 and 1, such as an AUROC, lose their leading zero. Rounding never
reaches a bound that the number itself does not: .998 is no 1, and a q of .0496 is not .05.
"""

import math
from collections.abc import Sequence


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 shard`, `2,000 shards`; a noun that takes no s brings its plural."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """A time in words that fit its size."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def listed(words: Sequence[str], last_by: str = "and") -> str:
    """`speech`, `speech and music`, `speech, music and sound`."""
    *others, last = words
    return f"{', '.join(others)} {last_by} {last}" if others else last


def percent(share: float) -> str:
    """`0.31 %`, `3.1 %`, `31 %`; `under 0.001 %` and `over 99 %` near the ends."""
    hundredths = 100 * share
    if 0 < hundredths < 0.001:
        return "under 0.001 %"
    if 99.5 <= hundredths < 100:
        return "over 99 %"
    return f"{_two_digits(hundredths)} %"


def figure(value: float) -> str:
    """A ratio, such as a lift, in two digits: `2.4`, `31`, `1,300`; `∞` where there is nothing to compare with."""
    return "∞" if math.isinf(value) else _two_digits(value)


def fraction(value: float) -> str:
    """A figure between -1 and 1: `.98`, `-.12`, `1`; `>.99` and `<.01` where two digits would claim the bound."""
    size, sign = abs(value), "-" if value < 0 else ""
    if size in (0, 1):
        return f"{sign}{size:.0f}"
    if size >= 0.995:
        return "<-.99" if sign else ">.99"
    if size < 0.005:
        return ">-.01" if sign else "<.01"
    return f"{sign}{size:.2f}".replace("0.", ".", 1)


def q_value(q: float) -> str:
    """`.034`, `1e-9`: three decimals, or a power of ten below .001."""
    if q >= 0.0005:
        return f"{q:.3f}".removeprefix("0") if q < 0.9995 else "1"
    if q <= 0:
        return "0"
    digit, _, power = f"{q:.0e}".partition("e")
    return f"{digit}e{int(power)}"


def _two_digits(value: float) -> str:
    """Two significant digits, as decimals; whole numbers from ten on."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}" if abs(value) < 1000 else f"{float(f'{value:.1e}'):,.0f}"
    rounded = float(f"{value:.1e}")
    decimals = max(0, 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:.{decimals}f}"


def plain(text: str) -> str:
    """Text of others for a terminal: what would not be printed, such as an escape character, is spelled out."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)

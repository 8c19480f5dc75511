"""Small charts as geometry: paths and coordinates for templates to draw, in the pixels of a chart's own box.

No markup is made here, so nothing needs escaping; colours are classes of the style sheet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from atlas.render import numbers

STEP = 2  # pixels of a band's height: finer steps are not seen and cost a tenth of a page


@dataclass(frozen=True, slots=True)
class ChartTick:
    """A place on an axis and what stands there."""

    at: str
    text: str


def steps(heights: Sequence[float], width: float, bottom: float) -> str:
    """The outline of bars of equal width that stand on `bottom`, as one path; runs of empty bars are skipped."""
    parts: list[str] = []
    level = 0.0
    place = 0
    rounded = [round(height, 1) for height in heights]
    for column, height in enumerate([*rounded, 0.0]):
        if height == level:
            continue
        if level == 0:
            parts.append(f"M{numbers.plain(column * width)} {numbers.plain(bottom)}v{numbers.plain(-height)}")
        else:
            parts.append(f"h{numbers.plain((column - place) * width)}v{numbers.plain(level - height)}")
        level, place = height, column
    return "".join(parts)


def heights(most: int) -> bytes:
    """The height in pixels of each value from 0 to 255, of which whatever is above 0 is seen."""
    return bytes(STEP * -(-value * most // (255 * STEP)) for value in range(256))


def band(heights: bytes, left: int, bottom: int) -> str:
    """The outline of bars one unit wide that stand on `bottom`, in whole units: `steps` for the many."""
    parts: list[str] = []
    level, since = 0, left
    for column, height in enumerate(heights, left):
        if height == level:
            continue
        if level:
            parts.append(f"h{column - since}v{level - height}")
        else:
            parts.append(f"M{column} {bottom}v{-height}")
        level, since = height, column
    if level:
        parts.append(f"h{left + len(heights) - since}v{level}")
    return "".join(parts)


def log_heights(counts: Sequence[int], most: int, height: float) -> list[float]:
    """Bars on a log scale; a count of 1 is still seen."""
    scale = height / math.log1p(most) if most else 0.0
    return [math.log1p(count) * scale for count in counts]


def log_ticks(most: int, height: float, top: float) -> list[ChartTick]:
    """Powers of ten up to the largest count, from the bottom up."""
    if most < 1:
        return []
    scale = height / math.log1p(most)
    powers = [10**power for power in range(math.floor(math.log10(most)) + 1)]
    every = 1 + (len(powers) - 1) // 4
    shown = powers[::every]
    return [ChartTick(numbers.plain(top + height - math.log1p(power) * scale), short(power)) for power in shown]


def short(number: float) -> str:
    """`10`, `10k`, `1M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def climb(places: Sequence[float], foot: float, bottom: float, step: float) -> str:
    """The outline of an area that rises from `bottom` a step a place, from `foot` to each place and back."""
    tenths = [round(10 * place) for place in places]
    across = numbers.plain(step)
    up = " ".join(f"{_tenth(after - before)}-{across}" for before, after in pairwise(tenths)).replace(" -", "-")
    base = numbers.plain(foot)
    return f"M{base} {numbers.plain(bottom)}H{_tenth(tenths[0])}l{up}H{base}"


@cache
def _tenth(number: int) -> str:
    return numbers.plain(number / 10)

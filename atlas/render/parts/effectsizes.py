"""The sizes of effects beside those of their decoys: outlines on the page of a dictionary, and an overview chart."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.formatting import counted
from atlas.render import numbers, svg
from atlas.render.charts import CONTROL, KIND_COLOURS, KIND_DASHES, OWN, Chart, side_by_side
from atlas.render.effect_columns import COSINE
from atlas.render.svg import ChartTick

WIDTH, HEIGHT, TOP = 560.0, 120.0, 4.0
BINS_A_DECADE = 4
MOST_DECADES = 6
"of sizes: what is smaller still stands in the first bin"
MOST_TICKS = 4


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many features have effects of which size: two outlines over one axis, that of decoys as a line."""

    mine: str
    decoys: str
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class SizeCounts:
    """Counts between powers of ten from `lowest` on, `BINS_A_DECADE` each; the first bin has all that is smaller."""

    lowest: int
    mine: tuple[int, ...]
    decoys: tuple[int, ...]


def sizes_beside_decoys(effects: pl.DataFrame, unit: str) -> Sizes | None:
    """effects: effect, decoy, in this unit; nothing where none was measured."""
    counts = histogram(effects)
    if counts is None:
        return None
    most, width = max(*counts.mine, *counts.decoys), WIDTH / len(counts.mine)
    paths = [
        svg.steps([HEIGHT * count / most for count in some], width, TOP + HEIGHT)
        for some in (counts.mine, counts.decoys)
    ]
    decades = len(counts.mine) // BINS_A_DECADE
    across = tuple(
        ChartTick(numbers.plain(WIDTH * place / decades), _power(counts.lowest + place)) for place in range(decades + 1)
    )
    up = tuple(
        ChartTick(numbers.plain(TOP + HEIGHT * (1 - value / most)), numbers.count(value)) for value in _levels(most)
    )
    of_frames = " of the last block’s frames" if unit == COSINE else ""
    caption = (
        f"The sizes of the effects of {counted(len(effects), 'feature')}, and as a line those of their decoys;"
        f" in {unit}{of_frames}, on a logarithmic axis."
    )
    return Sizes(paths[0], paths[1], across, up, caption)


def histogram(effects: pl.DataFrame) -> SizeCounts | None:
    """The sizes of effects and of decoys in the same bins; None where there is no effect that is no zero."""
    mine, decoys = (effects[column].abs().drop_nulls().to_numpy() for column in ("effect", "decoy"))
    every = np.concatenate([mine, decoys])
    every = every[every > 0]
    if not len(every):
        return None
    highest = math.floor(math.log10(every.max())) + 1
    lowest = max(math.floor(math.log10(every.min())), highest - MOST_DECADES)
    bins = (highest - lowest) * BINS_A_DECADE
    return SizeCounts(lowest, *(_counts(sizes, lowest, bins) for sizes in (mine, decoys)))


def _counts(sizes: NDArray[np.float64], lowest: int, bins: int) -> tuple[int, ...]:
    places = (np.log10(np.maximum(sizes, 10.0**lowest)) - lowest) * BINS_A_DECADE
    return tuple(np.bincount(np.clip(places.astype(np.int64), 0, bins - 1), minlength=bins).tolist())


def _power(power: int) -> str:
    return f"{10.0**power:.{max(0, -power)}f}"


def _levels(most: int) -> Iterator[int]:
    """Round numbers from 0 up to a count, a few."""
    step = next(
        step
        for power in range(len(str(most)) + 1)
        for step in (10**power, 2 * 10**power, 5 * 10**power)
        if most // step < MOST_TICKS
    )
    yield from range(0, most + 1, step)


def size_chart(effects: Mapping[str, pl.DataFrame], panels: Sequence[str]) -> Chart | None:
    """The overview chart; effects: dictionary -> effect, decoy, all in nats."""
    rows = [row for name in panels if name in effects for row in _rows(name, effects[name])]
    if not rows:
        return None
    drawn = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(interpolate="step-after", strokeWidth=1.5)
        .encode(
            x=alt.X(
                "size:Q", title="size of effect, nats", scale=alt.Scale(type="log", nice=False), axis=_powers(rows)
            ),
            y=alt.Y("features:Q", title="features", axis=alt.Axis(tickCount=4)),
            color=alt.Color("kind:N", scale=KIND_COLOURS),
            strokeDash=alt.StrokeDash("kind:N", scale=KIND_DASHES),
        )
    )
    about = (
        "What ablating a feature changes (solid), and what its decoy does (dashed): a direction of the tap's"
        " covariance, taken away on the same frames with the same size. Features that were measured, in quarters of a"
        " power of ten, in nats. Dictionaries without a readout have effects in another unit, on their own pages."
    )
    return Chart("effects", "What ablating features does", about, side_by_side(drawn, _drawn(rows), 120))


def _powers(rows: Sequence[Mapping[str, Any]]) -> alt.Axis:
    """An axis with every power of ten that some of these sizes are, as far as there is room."""
    sizes = [row["size"] for row in rows]
    first, last = (round(math.log10(size)) for size in (min(sizes), max(sizes)))
    powers = [10.0**power for power in range(first, last + 1)]
    return alt.Axis(values=powers, format="~g", labelOverlap="greedy", labelSeparation=16)


def _drawn(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(row["panel"]) for row in rows))


def _rows(name: str, effects: pl.DataFrame) -> Iterator[dict[str, Any]]:
    counts = histogram(effects)
    if counts is None:
        return
    for kind, some in ((OWN, counts.mine), (CONTROL, counts.decoys)):
        for place, features in enumerate([*some, 0]):
            size = float(f"{10 ** (counts.lowest + place / BINS_A_DECADE):.4g}")
            yield {"panel": name, "kind": kind, "size": size, "features": features}

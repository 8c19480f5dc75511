"""What lies on a clip's time axis: a ruler, timed labels, and the features that fire most, as bands.

The axis has a scale in pixels, so that short phones can be read; a long clip with timed labels is wider than the page
and scrolls. Positions along it are per cent of the whole, as no page may carry a style.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from atlas.render import numbers, svg
from atlas.render.parts.listed import Listed, Lister
from atlas.schema.grid import FrameGrid

BAND_HEIGHT = 24
MOST_BANDS = 48
"of a clip's page, so that it can be looked over; of a dictionary, LEAST_BANDS whatever their number"
LEAST_BANDS = 2
FRAMES_A_VALUE = 2
"of a track, as measuring writes it"
FIT = 960
"pixels: the axis as wide as the page allows"
PIXELS_A_SECOND = 120
"where there are timed labels to read"
LETTER = 6
"pixels a character takes at least"

_HEIGHTS = svg.heights(BAND_HEIGHT)


@dataclass(frozen=True, slots=True)
class RulerTick:
    """A second on the ruler."""

    x: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A timed label: places in per cent; `text` is empty where there is no room for it."""

    x: str
    width: str
    middle: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class TierTrack:
    """The timed labels of one kind."""

    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One feature's activation over the clip, scaled by its own peak there."""

    feature: Listed
    peak: str
    path: str


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Seconds and pixels of a clip."""

    seconds: float
    width: int
    values_per_s: float
    "of a track"

    @property
    def columns(self) -> str:
        """The width of a band in its own units."""
        return numbers.plain(self.seconds * self.values_per_s)

    def place(self, at_s: float) -> str:
        """A moment in per cent of the axis."""
        return f"{numbers.plain(100 * at_s / self.seconds)}%"


def axis_of(seconds: float, grid: FrameGrid, *, timed: bool) -> TimeAxis:
    """The time axis of a clip that lasts so long."""
    width = max(FIT, round(seconds * PIXELS_A_SECOND)) if timed else FIT
    return TimeAxis(seconds, width, grid.frames_per_s / FRAMES_A_VALUE)


def ruler(axis: TimeAxis) -> tuple[RulerTick, ...]:
    """A tick a second, or wider apart where they would stand too close."""
    step = next(step for step in (1, 2, 5, 10, 30, 60, 600) if step * axis.width / axis.seconds >= 40 or step == 600)
    return tuple(RulerTick(axis.place(at), f"{at} s") for at in range(0, int(axis.seconds) + 1, step))


def tiers(spans: pl.DataFrame, axis: TimeAxis) -> tuple[TierTrack, ...]:
    """The timed labels of a clip, a tier each, those with fewer and longer labels first."""
    parts = spans.sort("start_s").partition_by("tier", as_dict=True)
    ordered = sorted(parts.items(), key=lambda item: (len(item[1]), item[0]))
    return tuple(TierTrack(str(tier), tuple(_spans(rows, axis))) for (tier,), rows in ordered)


def _spans(rows: pl.DataFrame, axis: TimeAxis) -> Iterator[Span]:
    for start, end, label in rows.select("start_s", "end_s", "label").iter_rows():
        first, last = max(start, 0.0), min(end, axis.seconds)
        if last <= first or not label:
            continue
        room = (last - first) / axis.seconds * axis.width
        fits = len(label) * LETTER <= room
        yield Span(
            x=axis.place(first),
            width=axis.place(last - first),
            middle=axis.place((first + last) / 2),
            label=f"{label}, {numbers.seconds(start)} to {numbers.seconds(end)}",
            text=label if fits else "",
        )


def most_bands(dictionaries: int) -> int:
    """How many bands there are of each dictionary: of few all that were measured, of many the first."""
    return max(LEAST_BANDS, MOST_BANDS // dictionaries)


def bands(dictionary: str, rows: pl.DataFrame, lister: Lister, most: int) -> tuple[Band, ...]:
    """The features of one dictionary that fire most in a clip."""
    chosen = rows.sort("rank").head(most).select("feature", "peak", "trace").iter_rows()
    return tuple(
        Band(lister.listed(dictionary, feature), numbers.figure(peak), _band(trace)) for feature, peak, trace in chosen
    )


def peak_times(rows: pl.DataFrame, axis: TimeAxis, most: int) -> list[float]:
    """Where each of these bands is highest, in seconds."""
    traces = rows.sort("rank").head(most)["trace"]
    return [(place + 0.5) / axis.values_per_s for place in traces.list.arg_max().fill_null(0)]


def _band(trace: Sequence[int]) -> str:
    """A trace (0 to 255) as a filled path, one unit wide a value."""
    return svg.band(bytes(trace).translate(_HEIGHTS), 0, BAND_HEIGHT)


def by_clip(rows: pl.DataFrame) -> Mapping[int, pl.DataFrame]:
    """The rows of a table of tracks, for each clip."""
    parts = rows.partition_by("clip", as_dict=True, maintain_order=True)
    return {int(clip): part for (clip,), part in parts.items()}

"""A stretch of a clip that a page lets people hear and see.

Paths are from the site's root. Pictures show three seconds with the peak in the middle, so that peaks of all rows
stand below each other; where the clip begins or ends within them, the rest is empty.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from atlas.audio.samples import COLUMNS_PER_S
from atlas.render import numbers, svg
from atlas.schema.grid import FrameGrid
from atlas.schema.media import BUDGET, LEAD_S, LICENCE

COLUMNS = 150  # of a picture
PICTURE_S = COLUMNS / COLUMNS_PER_S
SPECTROGRAM = 56  # pixels of height
TRACE = 28

_BOTTOM = SPECTROGRAM + TRACE
_HEIGHTS = svg.heights(TRACE)

_REASONS = {
    LICENCE: "audio not published: its licence does not allow it, or is unknown",
    BUDGET: "audio not published: the site's budget for sound was full",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """What a play button and a picture need."""

    name: str  # of the button: unique on its page
    audio: str | None
    silence: str | None  # why there is no audio
    picture: str | None
    start: str  # seconds from the beginning of the file, which has LEAD_S before the clip
    end: str
    left: str  # the picture's first column, 50 a second
    columns: str  # of the whole clip's picture
    page: str | None  # of the clip


def snippet(clip: Mapping[str, Any], start_s: float, end_s: float, peak_s: float, name: str) -> Snippet:
    """The stretch of a clip (a row of `Atlas.clip_rows`) around a peak."""
    key = clip["key"]
    published = bool(clip["audio"])
    return Snippet(
        name=f"Play {name}, {numbers.seconds(start_s, 1)}",
        audio=f"media/audio/{key}.mp3" if published else None,
        silence=None if published else _REASONS.get(clip["reason"] or "", "audio not published"),
        picture=f"media/spectrograms/{key}.webp" if clip["picture"] else None,
        start=numbers.plain(start_s + LEAD_S),
        end=numbers.plain(end_s + LEAD_S),
        left=numbers.plain(picture_left(peak_s)),
        columns=str(clip["picture_columns"] or 0),
        page=f"c/{key}.html" if published else None,
    )


def picture_left(peak_s: float) -> float:
    """The first column of a picture with a peak in its middle, 50 a second from the clip's beginning."""
    return round(peak_s * COLUMNS_PER_S) - COLUMNS / 2


def trace_path(trace: Sequence[int], start_s: float, grid: FrameGrid) -> str:
    """The outline of a trace (shares of the maximum, 0 to 255, a frame each) as a filled band below the spectrogram."""
    heights = _by_column(bytes(trace), grid.frames_per_s).translate(_HEIGHTS)
    return svg.band(heights, round(start_s * COLUMNS_PER_S), _BOTTOM)


def _by_column(values: bytes, frames_per_s: float) -> bytes:
    """A value a frame -> a value a column of the picture: the largest of the frames that a column touches."""
    frames = frames_per_s / COLUMNS_PER_S  # a column
    if frames == 1:
        return values
    edges = [round(column * frames, 6) for column in range(math.ceil(round(len(values) / frames, 6)) + 1)]
    return bytes(max(values[math.floor(first) : math.ceil(last)]) for first, last in pairwise(edges))

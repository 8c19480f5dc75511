"""A stretch of a clip that a page lets people hear and see.

Paths are from the site's root. Pictures show three seconds with the peak in the middle, so that peaks of all rows
stand below each other; where the clip begins or ends within them, the rest is empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas.audio.samples import FRAMES_PER_S
from atlas.render import numbers, svg
from atlas.schema.media import BUDGET, LEAD_S, LICENCE

COLUMNS = 150  # of a picture: three seconds
SPECTROGRAM = 56  # pixels of height
TRACE = 28

_BOTTOM = SPECTROGRAM + TRACE
_HEIGHTS = svg.heights(TRACE)

_REASONS = {
    LICENCE: "audio not published: its licence does not allow it, or is unknown",
    BUDGET: "audio not published: the site's budget for sound was full",
}


@dataclass(frozen=True, slots=True)
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
        left=numbers.plain(round(peak_s * FRAMES_PER_S) - COLUMNS / 2),
        columns=str(clip["valid_frames"]),
        page=f"c/{key}.html" if published else None,
    )


def trace_path(trace: Sequence[int], first_column: int) -> str:
    """The outline of a trace (shares of the maximum, 0 to 255) as a filled band below the spectrogram."""
    return svg.band(bytes(trace).translate(_HEIGHTS), first_column, _BOTTOM)

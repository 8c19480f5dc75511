"""A stretch of a window's MP3 as an MP3 of its own, cut between frames and not encoded again.

Encoding a stretch of 3 s takes 50 ms and puts the sound through the codec twice; a cut takes microseconds. A frame has
36 ms, always in as many bytes. It may keep some of its bits in up to three frames before it, and its first samples
overlap with those of the two before it. So a cut begins six frames early. The first four lack what came before them,
and are made to say that they hold nothing: they play as silence, and their bytes serve the frames after them. From the
stretch on, every decoded sample is what it is in the whole window, but for a decoder's rounding.
"""

from dataclasses import dataclass

from atlas.audio.samples import RATE_HZ
from atlas.errors import AtlasError
from atlas.media.sounds import BITS_PER_S
from atlas.schema.media import LEAD_S

FRAME_SAMPLES = 576
FRAME_S = FRAME_SAMPLES / RATE_HZ
FRAME_BYTES = FRAME_SAMPLES * BITS_PER_S // RATE_HZ // 8
SILENT, EARLY = 4, 6
"frames: those that say they hold nothing, and all before the stretch"
MOST_HELD = 255
"bytes of earlier frames that a frame can claim"
_SIDE = slice(4, 13)
"where a frame says which bits are its own; its first byte, how many it claims"


@dataclass(frozen=True, slots=True)
class SoundCut:
    """The bytes of an MP3, and where in it the stretch begins."""

    content: bytes
    start_s: float


def cut(sound: bytes, start_s: float, end_s: float) -> SoundCut:
    """The stretch of a window between two of its seconds; sound: what `media` made of the whole window."""
    count, rest = divmod(len(sound), FRAME_BYTES)
    if rest or b"Info" not in sound[:FRAME_BYTES]:
        raise AtlasError("a sound that `atlas media` did not make in its present form; run `atlas media`")
    frames = [sound[place * FRAME_BYTES : (place + 1) * FRAME_BYTES] for place in range(1, count)]
    first = max(int((start_s + LEAD_S) / FRAME_S) - EARLY, 0)
    last = min(int((end_s + LEAD_S) / FRAME_S) + 2, len(frames))
    silent = [_emptied(frame, place) for place, frame in enumerate(frames[first : first + SILENT])] if first else []
    content = b"".join([*silent, *frames[first + len(silent) : last]])
    return SoundCut(content, start_s + LEAD_S - first * FRAME_S)


def _emptied(frame: bytes, before: int) -> bytes:
    """A frame that plays as silence; it claims the bytes of the frames before it, or decoders would drop them."""
    held = bytes([min(before * (FRAME_BYTES - _SIDE.stop), MOST_HELD)])
    return frame[: _SIDE.start] + held.ljust(_SIDE.stop - _SIDE.start, b"\0") + frame[_SIDE.stop :]

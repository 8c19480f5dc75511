"""Samples -> MP3 of constant 24 kb/s, mono, at the rate that was listened to; libsndfile encodes.

MP3 begins with silence of the encoder's own. Players disagree about it: told its length by a LAME tag, Chromium drops
it when it plays from the start and not after a seek. So it is not told, but filled up to LEAD_S, and whoever plays a
file adds LEAD_S to every time. The first frame, an Info tag without sound, tells the number of frames and their bytes:
without it Chromium misses the time that it seeks by up to 36 ms, and with the tag's own bytes counted in likewise.

Measured with clicks, from the start and after seeks: Chromium is exact to 1 ms; GStreamer, which WebKit on Linux plays
by, decodes exactly; Firefox and libmpg123 drop 529 samples wherever there is an Info tag, so are 33 ms early, which the
player makes up for.

A frame borrows bits from up to three before it, so that after a seek Chromium is silent for up to 3.8 frames, which are
0.135 s: whoever wants to hear a sound from its first sample on seeks to so much before it.
"""

import io
import struct

import numpy as np
import soundfile

from atlas.audio.samples import RATE_HZ, Samples
from atlas.schema.media import LEAD_S

BITS_PER_S = 24_000
RECIPE = f"MP3 {BITS_PER_S // 1000} kb/s after {LEAD_S:g} s"

_LAYER_SAMPLES = 576  # a frame, at rates below 32 kHz
_FRAME_BYTES = _LAYER_SAMPLES * BITS_PER_S // RATE_HZ // 8
assert _FRAME_BYTES * 8 * RATE_HZ == _LAYER_SAMPLES * BITS_PER_S, "every frame has the same size: no padding"

# Below 32 kHz libsndfile maps 0 to 160 kb/s and 1 to 8 kb/s, and takes the nearest rate that MP3 has.
_COMPRESSION = (160_000 - BITS_PER_S) / 152_000
_FORM = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": _COMPRESSION}

_ENCODER_DELAY = 576 + 529  # samples: LAME's own, and that of every decoder
_FILLED_UP = round(LEAD_S * RATE_HZ) - _ENCODER_DELAY  # samples
_MOST_AFTER = 2 * _LAYER_SAMPLES  # samples, for the encoder to end with

_HEADER = bytes((0xFF, 0xF3, 0x38, 0xC4))  # MPEG-2 layer III, 24 kb/s, 16 kHz, mono
_SIDE_INFO = bytes(9)
_FRAMES_AND_BYTES = 0b11


def encode(samples: Samples, gain_db: float) -> bytes:
    """An MP3 file of some samples, made louder or softer."""
    lead = np.zeros(_FILLED_UP, np.float32)
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", RATE_HZ, channels=1, **_FORM) as sound:
        sound.write(np.concatenate([lead, samples * np.float32(10 ** (gain_db / 20))]))
    stream = file.getvalue()
    return _tag(stream) + stream


def most_bytes(seconds: float) -> int:
    """What a file of so many seconds does not exceed; it is smaller by at most two frames."""
    samples = round(seconds * RATE_HZ) + round(LEAD_S * RATE_HZ) + _MOST_AFTER
    return (1 + samples // _LAYER_SAMPLES) * _FRAME_BYTES


def _tag(stream: bytes) -> bytes:
    frames, rest = divmod(len(stream), _FRAME_BYTES)
    if rest or not stream.startswith(_HEADER[:3]):
        raise RuntimeError(
            "this libsndfile does not write MP3 at the rate that was asked for, or adds frames of its own"
        )
    info = struct.pack(">4sIII", b"Info", _FRAMES_AND_BYTES, frames, len(stream))
    return (_HEADER + _SIDE_INFO + info).ljust(_FRAME_BYTES, b"\0")

"""Samples -> a grey spectrogram as WebP: the display mel, 80 rows and 50 columns a second.

Levels are absolute, the same for every window, before any gain: paper white is 80 dB below full scale and softer, ink
black 20 dB below and louder. High frequencies are at the top. A dark page inverts the picture.
"""

import io

import numpy as np
from PIL import Image

from atlas.audio.samples import MEL_FLOOR_DB, Samples, display_mel

WHITE_DB = -80.0  # of full scale
BLACK_DB = -20.0
MOST_BYTES = 25_000
QUALITIES = (70, 50, 30, 10)
"of WebP, the best that fits first: 70 needs 0.7 KB a second, and a window of 30 s at times too much"

RECIPE = f"WebP {QUALITIES} {WHITE_DB:g}..{BLACK_DB:g} dB"


def spectrogram(samples: Samples) -> bytes:
    """A WebP file, 80 pixels high and as wide as there are frames."""
    level_db = display_mel(samples) + MEL_FLOOR_DB  # [frames, 80]
    ink = np.clip((level_db - WHITE_DB) / (BLACK_DB - WHITE_DB), 0, 1)
    picture = Image.fromarray(np.rint(255 * (1 - ink)).astype(np.uint8).T[::-1])
    for quality in QUALITIES:
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()

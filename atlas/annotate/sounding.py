"""Whether a clip holds any sound at all, before a model is asked what is spoken in it.

Models hear words in digital silence: Whisper a "you", and a forced aligner places any short text there.
"""

import numpy as np

from atlas.audio.samples import RATE_HZ, Samples

FRAME = RATE_HZ // 50  # samples
LEAST_DB = -75.0
"""of full scale, the mean power of the loudest frame: below it 16 bits hold no more than their noise. The quietest of
187 real clips of speech reaches -35."""


def has_sound(samples: Samples) -> bool:
    """Whether some frame of 20 ms is louder than what recorders leave of silence; NaN and infinities are no sound."""
    if not len(samples):
        return False
    known = np.where(np.isfinite(samples), samples, 0).astype(np.float64)
    frames = np.pad(np.square(known), (0, -len(known) % FRAME)).reshape(-1, FRAME)
    return bool(frames.mean(axis=1).max() >= 10 ** (LEAST_DB / 10))

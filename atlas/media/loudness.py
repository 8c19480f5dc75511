"""One gain for a whole window, so that nothing is painfully loud or inaudible.

The loudness is the power of a window's loud parts: of blocks of 400 ms, those that are at most 10 dB below the mean,
as in ITU-R BS.1770 but without its weighting of frequencies. Pauses do not count, so speech with long silences is not
driven up. The gain takes this to -20 dB of full scale, by at most 20 dB either way, and never lifts the highest
sample above -3 dB: MP3 of so few bits overshoots its source by up to 2.8 dB.
"""

import numpy as np

from atlas.audio.samples import RATE_HZ, Samples

TARGET_DB = -20.0  # of full scale
LARGEST_GAIN_DB = 20.0
PEAK_DB = -3.0  # of full scale
RECIPE = f"{TARGET_DB:g} dB, peak {PEAK_DB:g} dB"

_BLOCK = RATE_HZ * 2 // 5  # samples
_HOP = _BLOCK // 4
_GATE = 0.1  # of the mean power
_SILENCE = 1e-10  # power, -100 dB


def gain_db(samples: Samples) -> float:
    """What to add to a window, in steps of 0.1 dB."""
    wanted = min(max(TARGET_DB - loudness_db(samples), -LARGEST_GAIN_DB), LARGEST_GAIN_DB)
    highest = float(np.abs(samples).max())
    room = PEAK_DB - _db(highest**2)
    return float(np.floor(10 * min(wanted, room))) / 10


def loudness_db(samples: Samples) -> float:
    """Mean power of the loud blocks, in dB of full scale."""
    block = min(_BLOCK, len(samples))
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.arange(0, len(samples) - block + 1, _HOP)
    powers = (sums[starts + block] - sums[starts]) / block
    return _db(float(powers[powers >= _GATE * powers.mean()].mean()))


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, _SILENCE)))

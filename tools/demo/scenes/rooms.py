"""Rooms as impulse responses: the direct sound at sample 0, a few reflections, and a tail that dies away.

The tail is noise whose high notes die sooner than its low ones. Nothing is delayed, so times of labels stay right.
"""

import numpy as np

from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import Wave, filtered, samples_of
from tools.demo.scenes.worlds import Draws

DAMPED_FROM_HZ = 1_500.0
RT60 = np.log(1e3)  # an amplitude of a thousandth is 60 dB


def draw_room(draws: Draws) -> Wave:
    """The impulse response of a room, 1 at its beginning."""
    draws = draws.below("room")
    rt60_s = draws.ratio("rt60_s", 0.05, 0.8)
    damping = draws.number("damping", 1.3, 3.0)
    distance = draws.ratio("distance", 0.15, 1.6)
    samples = samples_of(rt60_s * 0.9)
    noise = draws.random.standard_normal(samples)
    low = filtered(noise, 60.0, DAMPED_FROM_HZ)
    time_s = np.arange(samples) / RATE_HZ
    tail = low * np.exp(-RT60 * time_s / rt60_s) + (noise - low) * np.exp(-RT60 * time_s * damping / rt60_s)
    tail *= 1 - np.exp(-time_s / (0.008 + 0.02 * rt60_s))
    tail *= 0.5 * distance / max(float(np.sqrt(np.square(tail).sum())), 1e-9)
    tail[0] = 1.0
    _reflect(tail, draws, distance)
    return np.asarray(tail)


def _reflect(response: Wave, draws: Draws, distance: float) -> None:
    """Single reflections from the walls, in the first hundredths of a second."""
    size_m = draws.ratio("size_m", 2.0, 12.0)
    for delay_s in draws.random.uniform(0.3, 2.0, 6) * size_m / 343:
        place = round(delay_s * RATE_HZ)
        if place < len(response):
            response[place] += draws.random.choice((-1, 1)) * 0.25 * distance / (1 + 80 * delay_s)

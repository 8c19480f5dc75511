"""Rain, wind, waves, thunder and a fire."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import (
    Wave,
    add,
    arrivals,
    decay,
    filtered,
    moments,
    noise,
    phase,
    resonance,
    samples_of,
    seconds,
    unit,
    wander,
)
from tools.demo.scenes.worlds import Draws


def rain(draws: Draws, samples: int) -> Wave:
    """Drops without number as a hiss, and single ones that are near."""
    random = draws.random
    hiss = noise(random, samples, draws.number("slope_db", -3.0, 1.0), draws.ratio("low_hz", 250.0, 1_500.0))
    hiss *= 1 + 0.12 * wander(random, samples, 1.5)
    drops = np.zeros(samples)
    size_hz = draws.ratio("drop_hz", 900.0, 3_000.0)
    for at_s in arrivals(random, samples / RATE_HZ, draws.ratio("drops_per_s", 15.0, 120.0)):
        length = samples_of(random.uniform(0.003, 0.02))
        pitch = size_hz * 2 ** random.normal(0, 0.5)
        drop = np.sin(2 * np.pi * phase(np.linspace(pitch, pitch * 1.3, length), length)) * decay(length, 0.004)
        add(drops, drop * random.pareto(2.5), at_s)
    return hiss + unit(drops) * draws.ratio("nearness", 0.15, 0.9)


def wind(draws: Draws, samples: int) -> Wave:
    """Gusts that open a dark noise, and a howl that rises with them."""
    random = draws.random
    gust = np.exp(0.55 * wander(random, samples, draws.ratio("gusts_per_s", 0.3, 1.0)))
    body = noise(random, samples, -5.0, 40.0, 900.0) * gust
    air = noise(random, samples, -3.0, 600.0, 4_000.0) * gust**2 * draws.ratio("air", 0.05, 0.3)
    howl_hz = draws.ratio("howl_hz", 300.0, 900.0)
    howl: Wave = np.zeros(samples)
    for step in (-0.25, 0.0, 0.25):  # a resonance that moves: three that stand, faded into each other
        near = np.exp(-(((np.log2(gust) * 0.35 - step) / 0.15) ** 2))
        howl += resonance(noise(random, samples), howl_hz * 2**step, 25.0) * near
    return np.asarray(body + air + unit(howl * gust) * draws.ratio("howl", 0.1, 0.7))


def waves(draws: Draws, samples: int) -> Wave:
    """Surf: each wave swells, breaks and runs out hissing."""
    random = draws.random
    interval_s = draws.ratio("interval_s", 1.8, 4.0)
    low_hz = draws.ratio("low_hz", 60.0, 250.0)
    result = 0.08 * noise(random, samples, -4.0, 60.0, 2_500.0)
    at_s = -random.uniform(0.2, 0.7) * interval_s
    while at_s < samples / RATE_HZ:
        length = samples_of(interval_s * random.uniform(1.1, 1.4))
        time = np.linspace(0, 1, length)
        swell = np.where(time < 0.3, (time / 0.3) ** 3, np.exp(-(time - 0.3) / 0.12)) * (1 - time)
        crash = noise(random, length, -3.5, low_hz, 5_500.0) * swell
        run_out = noise(random, length, 1.0, 2_000.0) * np.clip(time - 0.3, 0, 1) * (1 - time) ** 2 * 1.6
        add(result, (crash + run_out) * random.uniform(0.6, 1.2), at_s)
        at_s += interval_s * random.uniform(0.8, 1.2)
    return result


def thunder(draws: Draws, samples: int) -> Wave:
    """Cracks, and a rumble after each that rolls on."""
    random = draws.random
    length_s, crack_s = draws.ratio("length_s", 0.7, 2.2), draws.ratio("crack_s", 0.05, 0.35)
    dark_hz, crack_hz = draws.ratio("dark_hz", 150.0, 500.0), draws.ratio("crack_hz", 1_500.0, 5_000.0)
    rolls = np.exp(0.8 * wander(random, samples, draws.ratio("rolls_per_s", 1.5, 5.0)))
    rumble = noise(random, samples, -6.0, 25.0, dark_hz) * rolls
    crack = noise(random, samples, -2.0, 100.0, crack_hz) * (1 + wander(random, samples, 30.0))
    crack *= draws.ratio("nearness", 0.2, 1.5)
    result = 0.01 * noise(random, samples, -4.0)
    for start_s in moments(random, samples / RATE_HZ, draws.ratio("interval_s", 1.5, 2.6), 0.3):
        after = seconds(samples) - start_s
        shape = np.exp(-np.maximum(after, 0) / length_s) * np.clip(after / 0.15, 0, 1)
        result += rumble * shape + crack * np.exp(-np.maximum(after, 0) / crack_s) * (after > 0)
    return result


def fire(draws: Draws, samples: int) -> Wave:
    """Crackle: snaps of all sizes over a soft roar."""
    random = draws.random
    snaps = np.zeros(samples)
    bright_hz = draws.ratio("bright_hz", 1_500.0, 4_500.0)
    for at_s in arrivals(random, samples / RATE_HZ, draws.ratio("snaps_per_s", 12.0, 60.0)):
        length = samples_of(random.uniform(0.004, 0.025))
        snap = random.standard_normal(length) * decay(length, random.uniform(0.0006, 0.004))
        add(snaps, snap * min(random.pareto(1.6), 5.0), at_s)
    snaps = filtered(snaps, 350.0, bright_hz * 1.5) + resonance(snaps, bright_hz, 900.0)
    roar = noise(random, samples, -5.0, 50.0, 700.0) * (1 + 0.3 * wander(random, samples, 4.0))
    return unit(snaps) + roar * draws.ratio("roar", 0.05, 0.35)


SOUNDS: Mapping[str, Callable[[Draws, int], Wave]] = MappingProxyType(
    {"rain": rain, "wind": wind, "waves": waves, "thunder": thunder, "fire": fire}
)

"""Birdsong, crickets, frogs and a dog."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import (
    Wave,
    add,
    faded,
    harmonics,
    moments,
    noise,
    period,
    phase,
    resonance,
    samples_of,
    turned,
    unit,
    wander,
)
from tools.demo.scenes.worlds import Draws

SONGS = tuple((syllables, shape) for syllables in (3, 4, 5, 6, 7, 9) for shape in ("fall", "rise", "arch", "trill"))


def birdsong(draws: Draws, samples: int) -> Wave:
    """Phrases of short sweeps; each bird repeats its own few syllables."""
    random = draws.random
    syllables, shape = draws.own("song", SONGS)
    centre_hz = draws.ratio("centre_hz", 2_200.0, 5_000.0)
    length_s = draws.ratio("syllable_s", 0.04, 0.16)
    gap_s = length_s * draws.number("gap", 1.3, 2.2)
    steps = random.uniform(-0.35, 0.35, syllables)
    widths = random.uniform(0.1, 0.6, syllables)
    result = 0.002 * noise(random, samples, -2.0)
    for phrase_s in moments(random, samples / RATE_HZ, syllables * gap_s + draws.ratio("rest_s", 0.25, 0.9), 0.2):
        for number in range(syllables):
            sweep = _syllable(shape, samples_of(length_s * random.uniform(0.9, 1.1)), float(widths[number]))
            hz = np.minimum(centre_hz * 2 ** (steps[number] + sweep), 7_600.0)
            song = np.sin(2 * np.pi * phase(hz, len(sweep))) + 0.08 * np.sin(4 * np.pi * phase(hz, len(sweep)))
            add(result, faded(song, 0.008, length_s * 0.5) * random.uniform(0.6, 1), phrase_s + number * gap_s)
    return result


def _syllable(shape: str, samples: int, width: float) -> Wave:
    """How the pitch of a syllable moves, in octaves."""
    time = np.linspace(0, 1, samples)
    moves = {"fall": 0.5 - time, "rise": time - 0.5, "arch": np.sin(np.pi * time) - 0.5}
    return width * (moves[shape] if shape in moves else 0.4 * np.sin(2 * np.pi * (2 + 4 * width) * time))


def crickets(draws: Draws, samples: int) -> Wave:
    """A few insects, each with its pitch, pulsing in chirps."""
    random = draws.random
    time = np.arange(samples) / RATE_HZ
    centre_hz = draws.ratio("centre_hz", 3_800.0, 6_200.0)
    pulses_hz = draws.ratio("pulses_hz", 22.0, 60.0)
    chirps_hz = draws.ratio("chirps_hz", 1.5, 5.0)
    result = 0.01 * noise(random, samples, -3.0)
    for _ in range(1 + int(random.integers(3))):
        hz = centre_hz * 2 ** random.normal(0, 0.06)
        pulse = np.clip(np.sin(2 * np.pi * (pulses_hz * time + random.random())), 0, 1) ** 1.5
        beat = np.mod(time * chirps_hz * 2 ** random.normal(0, 0.08) + random.random(), 1)
        chirp = np.clip(np.minimum(beat / 0.1, (0.6 - beat) / 0.1), 0, 1)
        result += np.sin(2 * np.pi * phase(hz * (1 + 0.002 * wander(random, samples, 8)), samples)) * pulse * chirp
    return result


def frogs(draws: Draws, samples: int) -> Wave:
    """Croaks: quick pulses through two resonances of a throat."""
    random = draws.random
    pulses_hz = draws.ratio("pulses_hz", 28.0, 75.0)
    first_hz, second_hz = draws.ratio("first_hz", 450.0, 1_000.0), draws.ratio("second_hz", 1_400.0, 2_600.0)
    croak_s = draws.ratio("croak_s", 0.15, 0.5)
    result = np.zeros(samples)
    for at_s in moments(random, samples / RATE_HZ, croak_s * draws.number("interval", 1.5, 3.0), 0.3):
        length = samples_of(croak_s * random.uniform(0.85, 1.15))
        speed = pulses_hz * (1 + 0.35 * np.linspace(0, 1, length)) * random.uniform(0.95, 1.05)
        pulses = (np.diff(np.floor(phase(speed, length)), prepend=0) > 0) + 0.02 * random.standard_normal(length)
        croak = resonance(pulses, first_hz, 90.0) + 0.6 * resonance(pulses, second_hz, 160.0)
        add(result, faded(croak, 0.05, 0.06), at_s)
    return unit(result) + 0.01 * noise(random, samples, -3.0)


def dog(draws: Draws, samples: int) -> Wave:
    """Barks: a rough voice that jumps up and falls through an opening mouth."""
    random = draws.random
    pitch_hz = draws.ratio("pitch_hz", 180.0, 520.0)
    bark_s = draws.ratio("bark_s", 0.1, 0.24)
    mouth = draws.number("mouth", 0.8, 1.35)
    table = period(1 / harmonics(pitch_hz) ** draws.number("slope", 0.6, 1.1))
    result = np.zeros(samples)
    for at_s in moments(random, samples / RATE_HZ, draws.ratio("interval_s", 0.3, 0.9), 0.35):
        length = samples_of(bark_s * random.uniform(0.8, 1.2))
        time = np.linspace(0, 1, length)
        rise = pitch_hz * (0.75 + 0.6 * np.sin(np.pi * np.minimum(time * 1.25, 1)) ** 0.8) * random.uniform(0.92, 1.08)
        source = turned(table, phase(rise * (1 + 0.04 * wander(random, length, 90)), length))
        source = source + 0.5 * random.standard_normal(length)
        bark = sum(
            gain * resonance(source, hz * mouth, hz * 0.22) for hz, gain in ((650, 1.0), (1_250, 0.8), (2_600, 0.4))
        )
        add(result, np.asarray(bark) * np.sin(np.pi * time**0.5) ** 1.5 * random.uniform(0.6, 1), at_s)
    return unit(result) + 0.003 * noise(random, samples, -3.0)


SOUNDS: Mapping[str, Callable[[Draws, int], Wave]] = MappingProxyType(
    {"birdsong": birdsong, "crickets": crickets, "frogs": frogs, "dog": dog}
)

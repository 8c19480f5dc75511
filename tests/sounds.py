"""Made-up sounds for a tiny corpus: speech-like, music-like and others, each decided by a random generator.

They are as different as the domains are, and no more: nobody should take them for recordings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

RATE_HZ = 16_000
HARMONICS = 24
FORMANT_WIDTH_HZ = 120.0

Samples = NDArray[np.float32]

# two formants in Hz; a hiss has none, and a pause is silent and has no label
VOWELS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"a": (730, 1090), "e": (530, 1840), "i": (270, 2290), "o": (570, 840), "u": (300, 870)}
)
HISS, PAUSE = "s", ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A stretch of speech; its name is empty for a pause."""

    name: str
    start_s: float
    end_s: float


def phones(random: Generator, duration_s: float) -> list[Phone]:
    """A row of phones that fills the time: syllables of a hiss and a vowel, with pauses."""
    names = [HISS, *VOWELS, *VOWELS, PAUSE]
    row: list[Phone] = []
    end_s = 0.0
    while end_s < duration_s:
        start_s, end_s = end_s, round(min(end_s + random.uniform(0.08, 0.3), duration_s), 3)
        row.append(Phone(str(random.choice(names)), start_s, end_s))
    return row


def speech(random: Generator, row: Sequence[Phone], pitch_hz: float) -> Samples:
    """A harmonic buzz through two formants, phone by phone."""
    return np.concatenate([_phone(random, phone, pitch_hz) for phone in row])


def _phone(random: Generator, phone: Phone, pitch_hz: float) -> Samples:
    number = round(phone.end_s * RATE_HZ) - round(phone.start_s * RATE_HZ)
    if phone.name == PAUSE:
        return random.normal(0, 1e-4, number).astype(np.float32)
    if phone.name == HISS:
        return np.diff(random.normal(0, 0.05, number + 1)).astype(np.float32)
    harmonics = pitch_hz * random.uniform(0.9, 1.1) * np.arange(1, HARMONICS + 1)
    strength = sum(1 / (1 + ((harmonics - formant) / FORMANT_WIDTH_HZ) ** 2) for formant in VOWELS[phone.name])
    times = np.arange(number, dtype=np.float32) / RATE_HZ
    waves = np.sin(2 * np.pi * np.outer(times, harmonics.astype(np.float32))) @ strength.astype(np.float32)
    return (0.1 * waves * np.hanning(number)).astype(np.float32)


def chords(random: Generator, duration_s: float, third: float) -> Samples:
    """Three decaying notes at a time, two times a second; `third` is 4 half tones in major, 3 in minor."""
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    since = times % 0.5
    roots_hz = 220 * 2 ** (random.integers(0, 12, round(duration_s * 2) + 1) / 12)
    root = roots_hz[(times * 2).astype(int)]
    notes = [np.sin(2 * np.pi * root * 2 ** (steps / 12) * since) for steps in (0, third, 7)]
    return (0.12 * sum(notes) * np.exp(-4 * since)).astype(np.float32)


def siren(random: Generator, duration_s: float) -> Samples:
    """A tone that rises and falls."""
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    pitch_hz = random.uniform(700, 900) * 2 ** (0.5 * np.sin(2 * np.pi * random.uniform(0.3, 0.6) * times))
    return (0.2 * np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ)).astype(np.float32)


def rain(random: Generator, duration_s: float) -> Samples:
    """White noise that swells."""
    number = round(duration_s * RATE_HZ)
    swell = 1 + 0.5 * np.sin(2 * np.pi * random.uniform(0.1, 0.3) * np.arange(number) / RATE_HZ)
    return (0.05 * swell * random.normal(0, 1, number)).astype(np.float32)


def clicks(random: Generator, duration_s: float) -> Samples:
    """A few short decaying ticks a second, in near silence."""
    number = round(duration_s * RATE_HZ)
    samples = random.normal(0, 1e-4, number)
    tick = 0.5 * np.exp(-np.arange(400) / 60) * np.sin(2 * np.pi * 3000 * np.arange(400) / RATE_HZ)
    for start in random.integers(0, number - len(tick), max(1, round(3 * duration_s))):
        samples[start : start + len(tick)] += tick
    return samples.astype(np.float32)


SOUNDS: Mapping[str, Callable[[Generator, float], Samples]] = MappingProxyType(
    {"siren": siren, "rain": rain, "clicks": clicks}
)

"""Twelve instruments: each draws a timbre once, and then plays notes.

A note is a function of frequency, length and strength. Most are one period whose harmonics are known, played in two
colours, bright and dark, with a curve that leads from one to the other; struck bars and bells add partials instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import (
    TOP_HZ,
    Wave,
    decay,
    faded,
    harmonics,
    noise,
    period,
    phase,
    resonance,
    samples_of,
    seconds,
    turned,
    unit,
)
from tools.demo.scenes.worlds import Draws

Note = Callable[[float, float, float], Wave]
"frequency in Hz, length in s, strength from 0 to 1 -> samples"


Partials = tuple[tuple[float, float, float], ...]
"ratio to the frequency, gain, time to fall to 1/e"


@dataclass(frozen=True, slots=True)
class Instrument:
    """How an instrument draws its timbre, and the octaves it plays in."""

    draw: Callable[[Draws], Note]
    lowest: int
    "a MIDI note; melodies lie in the two octaves above it"
    holds: bool = True
    "whether a note lasts as long as it is held"


def _vibrato(random: Generator, samples: int, hz: float, depth: float, delay_s: float = 0.0) -> Wave:
    """A factor of the frequency; depth in semitones."""
    time = seconds(samples)
    begins = np.clip((time - delay_s) / 0.2, 0, 1) if delay_s else 1.0
    swing = np.sin(2 * np.pi * hz * random.uniform(0.93, 1.07) * time + random.uniform(0, 6)) * begins
    return 2.0 ** (depth * swing / 12)


def organ(draws: Draws) -> Note:
    """Drawbars, a click at the start, a cabinet that turns."""
    bars = draws.random.dirichlet(np.ones(8) * 1.2) ** 0.5
    speed_hz, depth = draws.ratio("tremulant_hz", 3.0, 7.5), draws.ratio("tremulant", 0.03, 0.3)
    click = draws.ratio("click", 0.05, 0.5)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s)
        amplitudes = np.zeros(16)
        amplitudes[[0, 1, 2, 3, 4, 5, 7, 9]] = bars + 0.02
        amplitudes[0] += 0.3
        turns = phase(hz * _vibrato(draws.random, samples, speed_hz, depth * 0.5), samples)
        wave = turned(period(amplitudes[np.arange(1, 17) * hz < TOP_HZ]), turns)
        wave[:160] += click * draws.random.standard_normal(min(160, samples)) * np.linspace(1, 0, min(160, samples))
        return faded(wave, 0.006, 0.02)

    return note


def flute(draws: Draws) -> Note:
    """Few harmonics, much breath."""
    second, third = draws.ratio("second", 0.1, 0.5), draws.ratio("third", 0.03, 0.25)
    breath, attack_s = draws.ratio("breath", 0.04, 0.3), draws.ratio("attack_s", 0.04, 0.12)
    vibrato_hz, depth = draws.ratio("vibrato_hz", 4.0, 6.5), draws.ratio("vibrato", 0.08, 0.4)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s)
        factor = _vibrato(draws.random, samples, vibrato_hz, depth, 0.15)
        table = period(np.array([1.0, second * strength, third * strength, 0.02]))
        air = resonance(draws.random.standard_normal(samples), hz, hz * 0.4)
        chiff = resonance(draws.random.standard_normal(samples), min(hz * 2.1, TOP_HZ), hz) * decay(samples, 0.03)
        wave = turned(table, phase(hz * factor, samples)) * (1 + 3 * (factor - 1)) + breath * unit(air) + chiff * breath
        return faded(wave, min(attack_s, length_s / 2), 0.06) * (0.5 + 0.5 * strength)

    return note


def guitar(draws: Draws) -> Note:
    """A plucked string: noise that goes round a loop and gets darker each time."""
    damping, pick = draws.ratio("damping_s", 0.5, 3.0), draws.number("pick", 0.08, 0.45)
    brightness = draws.number("brightness", 0.25, 0.85)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        loop = max(4, round(RATE_HZ / hz))
        rounds = int(min(length_s + 0.15, 2.5) * hz) + 2
        start = draws.random.uniform(-1, 1, loop)
        start = start * strength + (1 - strength) * (start + np.roll(start, 1)) / 2
        start -= np.roll(start, max(1, round(pick * loop)))
        spectrum = np.fft.rfft(start)
        angle = np.pi * np.arange(len(spectrum)) / loop
        loss = np.maximum(np.cos(angle), 0.0) ** (1.0 - brightness * 0.9) * 10 ** (-3 / (damping * hz * 2))
        turns = spectrum[None] * loss[None] ** np.arange(rounds)[:, None]
        wave = np.fft.irfft(turns, loop, axis=1).ravel()
        samples = min(samples_of(length_s + 0.1), int(len(wave) * RATE_HZ / hz / loop) - 2)
        tuned = np.interp(np.arange(samples) * hz * loop / RATE_HZ, np.arange(len(wave)), wave)
        return faded(tuned / max(float(np.abs(tuned).max()), 1e-9), 0.001, 0.06) * (0.4 + 0.6 * strength)

    return note


def violin(draws: Draws) -> Note:
    """A bowed string: all harmonics through the resonances of a body, a slow start, vibrato."""
    bodies = tuple(
        (draws.ratio(f"body{n}_hz", low, low * 1.7), n) for n, low in enumerate((260.0, 480.0, 1_100.0, 2_300.0))
    )
    attack_s, slope = draws.ratio("attack_s", 0.05, 0.2), draws.number("slope", 0.8, 1.2)
    vibrato_hz, depth = draws.ratio("vibrato_hz", 4.6, 6.8), draws.ratio("vibrato", 0.12, 0.5)
    bow = draws.ratio("bow", 0.02, 0.12)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s + 0.05)
        number = harmonics(hz)
        gains = 0.25 + sum(np.exp(-((np.log2(number * hz / body) / 0.3) ** 2)) for body, _ in bodies)
        table = period(gains / number ** (slope + 0.4 * (1 - strength)))
        turns = phase(hz * _vibrato(draws.random, samples, vibrato_hz, depth, 0.12), samples)
        scrape = noise(draws.random, samples, -1.0, 800.0, 6_000.0) * bow
        return faded(turned(table, turns) + scrape, min(attack_s, length_s / 2), 0.08) * (0.6 + 0.4 * strength)

    return note


def trumpet(draws: Draws) -> Note:
    """Brass: the louder the brighter, and brightest a moment after the start."""
    dark, bright = draws.number("dark", 1.6, 2.4), draws.number("bright", 0.35, 0.9)
    attack_s, bell_hz = draws.ratio("attack_s", 0.025, 0.09), draws.ratio("bell_hz", 900.0, 2_000.0)
    scoop = draws.ratio("scoop", 0.1, 0.8)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s)
        number = harmonics(hz)
        horn = 0.3 + np.exp(-((np.log2(number * hz / bell_hz) / 0.9) ** 2))
        time = seconds(samples)
        blare = (1 - np.exp(-time / attack_s)) * (0.45 + 0.4 * strength + 0.25 * np.exp(-time / 0.15))
        turns = phase(hz * 2 ** (-scoop * np.exp(-time / 0.025) / 12), samples)
        soft, loud = (turned(period(horn / number**slope), turns) for slope in (dark, bright))
        return faded(soft * (1 - blare) + loud * blare, attack_s / 2, 0.05) * (0.5 + 0.5 * strength)

    return note


def _bars(hz: float, length_s: float, partials: Partials) -> Wave:
    """Partials that ring out, as a sum of resonators that are struck once."""
    samples = samples_of(min(length_s, max(time for _, _, time in partials) * 5) + 0.05)
    strike = np.zeros(samples)
    strike[0] = 1.0
    result = np.zeros(samples)
    for ratio, gain, time in partials:
        if ratio * hz < TOP_HZ:
            radius, angle = np.exp(-1 / (time * RATE_HZ)), 2 * np.pi * ratio * hz / RATE_HZ
            below = [1.0, -2 * radius * np.cos(angle), radius * radius]
            heard = min(samples, samples_of(6 * time))
            result[:heard] += lfilter([0.0, gain * radius * np.sin(angle)], below, strike[:heard])
    return faded(result, 0.0, 0.02)


def marimba(draws: Draws) -> Note:
    """Wooden bars: the fourth harmonic and a tenth, soon gone."""
    ring_s, mallet = draws.ratio("ring_s", 0.12, 0.5), draws.ratio("mallet", 0.15, 0.9)
    second, third = draws.number("second", 3.8, 4.1), draws.number("third", 9.0, 10.6)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        ring = ring_s * (262 / hz) ** 0.4
        partials = ((1.0, 1.0, ring), (second, 0.5 * mallet * strength, ring / 4), (third, 0.3 * mallet, ring / 10))
        wave = _bars(hz, 3.0, partials)
        wave[:200] += (
            0.4 * mallet * draws.random.standard_normal(min(200, len(wave))) * decay(min(200, len(wave)), 0.002)
        )
        return wave * (0.4 + 0.6 * strength)

    return note


def music_box(draws: Draws) -> Note:
    """Steel tongues: high, thin and long, beating a little."""
    ring_s, beat = draws.ratio("ring_s", 0.35, 1.4), draws.ratio("beat", 0.0015, 0.008)
    second, third = draws.number("second", 5.8, 6.6), draws.ratio("third", 2.0, 3.1)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        partials = ((1.0, 1.0, ring_s), (1 + beat, 0.5, ring_s), (third, 0.25, ring_s / 3), (second, 0.35, ring_s / 8))
        return _bars(hz, 2.5, partials) * (0.4 + 0.6 * strength)

    return note


def electric_piano(draws: Draws) -> Note:
    """One oscillator bends the phase of another; the bend fades, a tine rings above."""
    index, fall_s = draws.ratio("index", 0.8, 3.0), draws.ratio("fall_s", 0.2, 0.9)
    ring_s, tine = draws.ratio("ring_s", 0.6, 2.0), draws.ratio("tine", 0.03, 0.25)
    speed_hz, depth = draws.ratio("tremolo_hz", 2.5, 6.5), draws.ratio("tremolo", 0.05, 0.5)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s + 0.1)
        time = seconds(samples)
        turns = 2 * np.pi * hz * time
        bend = index * strength * np.exp(-time / fall_s)
        wave = np.sin(turns + bend * np.sin(turns)) * np.exp(-time / ring_s)
        wave += tine * np.sin(min(14.0, TOP_HZ / hz) * turns) * np.exp(-time / 0.08)
        wave *= 1 + depth * np.sin(2 * np.pi * speed_hz * time)
        return faded(wave, 0.003, 0.09) * (0.4 + 0.6 * strength)

    return note


def piano(draws: Draws) -> Note:
    """Hammered strings: partials a little too wide, the high ones gone first; two strings a note."""
    ring_s, hardness = draws.ratio("ring_s", 0.5, 1.8), draws.number("hardness", 0.9, 1.8)
    stretch, detune = draws.ratio("stretch", 0.0002, 0.0012), draws.ratio("detune", 0.0004, 0.002)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        number = harmonics(hz)[:14]
        ratios = number * np.sqrt(1 + stretch * number**2)
        gains = (np.abs(np.sin(np.pi * number / 7.3)) + 0.1) / number ** (hardness + 0.6 * (1 - strength))
        times = ring_s * (262 / hz) ** 0.4 / (1 + 0.25 * (number - 1))
        partials = tuple(zip(ratios, gains, times, strict=True))
        partials += tuple((ratio * (1 + detune), gain * 0.7, time * 1.5) for ratio, gain, time in partials[:3])
        wave = _bars(hz, length_s, partials)
        thump = draws.random.standard_normal(400)[: len(wave)] * decay(min(400, len(wave)), 0.004) * 0.15
        wave[: len(thump)] += thump
        return faded(wave, 0.001, 0.08) * (0.4 + 0.6 * strength)

    return note


def synth_bass(draws: Draws) -> Note:
    """A saw whose upper harmonics close at each note."""
    open_hz, close_s = draws.ratio("open_hz", 500.0, 2_500.0), draws.ratio("close_s", 0.06, 0.4)
    grit = draws.ratio("grit", 0.9, 3.0)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s)
        number = harmonics(hz)
        dark, bright = (period(1 / number / (1 + (number * hz / top) ** 4)) for top in (hz * 2.5, open_hz))
        turns = phase(hz, samples)
        opening = np.exp(-seconds(samples) / close_s) * (0.4 + 0.6 * strength)
        wave = turned(dark, turns) * (1 - opening) + turned(bright, turns) * opening
        bent = np.tanh(grit * wave)
        return faded((bent - bent.mean()) / np.tanh(grit), 0.004, 0.03)

    return note


def square_lead(draws: Draws) -> Note:
    """A pulse of a games console, with a fast vibrato and hard edges."""
    width = draws.number("width", 0.12, 0.5)
    speed_hz, depth = draws.ratio("vibrato_hz", 5.0, 9.0), draws.ratio("vibrato", 0.05, 0.5)
    fall_s = draws.ratio("fall_s", 0.25, 2.0)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s * 0.92)
        number = harmonics(hz)
        table = period(np.abs(np.sin(np.pi * number * width)) / number + 1e-6)
        wave = turned(table, phase(hz * _vibrato(draws.random, samples, speed_hz, depth, 0.1), samples))
        return faded(wave * np.exp(-seconds(samples) / fall_s), 0.002, 0.008)

    return note


def choir(draws: Draws) -> Note:
    """Voices on a vowel, a little apart, that swell."""
    opening, smallness = draws.number("opening", 0.0, 1.0), draws.number("smallness", 0.9, 1.25)
    spread, attack_s = draws.ratio("spread", 0.06, 0.22), draws.ratio("attack_s", 0.08, 0.35)
    formants = [
        (hz * smallness, gain)
        for hz, gain in ((350 + 400 * opening, 1.0), (800 + 350 * opening, 0.5), (2_700.0, 0.22), (3_500.0, 0.12))
    ]

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s + 0.1)
        number = harmonics(hz)
        gains = 0.01 + sum(gain / (1 + ((number * hz - at) / 90) ** 2) for at, gain in formants)
        table = period(gains / number**0.4)
        wave = np.zeros(samples)
        for _ in range(4):
            detune = 2 ** (spread * draws.random.standard_normal() / 12)
            wander = _vibrato(draws.random, samples, draws.random.uniform(4.5, 6.2), 0.15)
            wave += turned(table, phase(hz * detune * wander, samples, draws.random.random()))
        return faded(wave / 2 + 0.04 * noise(draws.random, samples, 0, 1_500, 6_000), min(attack_s, length_s / 2), 0.12)

    return note


def accordion(draws: Draws) -> Note:
    """Two free reeds out of tune with each other, full of harmonics."""
    beat_hz, slope = draws.ratio("beat_hz", 1.5, 8.0), draws.number("slope", 0.35, 0.9)
    box_hz, octave = draws.ratio("box_hz", 900.0, 2_600.0), draws.ratio("octave", 0.05, 0.6)

    def note(hz: float, length_s: float, strength: float) -> Wave:
        samples = samples_of(length_s)
        number = harmonics(hz)
        gains = 1 / number**slope * (0.4 + np.exp(-((np.log2(number * hz / box_hz) / 0.8) ** 2)))
        table = period(np.where(number % 2 == 0, gains * 0.7, gains))
        wave = turned(table, phase(hz, samples)) + turned(table, phase(hz + beat_hz, samples, 0.3))
        wave = wave + octave * turned(table, phase(hz / 2, samples))
        return faded(wave / 2, 0.03, 0.04)

    return note


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {
        "organ": Instrument(organ, 52),
        "flute": Instrument(flute, 67),
        "guitar": Instrument(guitar, 45, holds=False),
        "violin": Instrument(violin, 57),
        "trumpet": Instrument(trumpet, 55),
        "marimba": Instrument(marimba, 55, holds=False),
        "music box": Instrument(music_box, 76, holds=False),
        "electric piano": Instrument(electric_piano, 48, holds=False),
        "piano": Instrument(piano, 45, holds=False),
        "synth bass": Instrument(synth_bass, 28),
        "square lead": Instrument(square_lead, 60),
        "choir": Instrument(choir, 50),
        "accordion": Instrument(accordion, 53),
    }
)

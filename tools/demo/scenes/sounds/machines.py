"""Sirens, alarms, engines, hum, drills, clocks and telephones."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import (
    Wave,
    add,
    decay,
    faded,
    filtered,
    harmonics,
    moments,
    noise,
    period,
    phase,
    resonance,
    samples_of,
    seconds,
    turned,
    unit,
    wander,
)
from tools.demo.scenes.worlds import Draws

ALARMS = ("1", "1.", "11..", "111..", "111.111...", "12", "12.", "1212..", "1.2.", "112..", "1122", "122.")


def siren(draws: Draws, samples: int) -> Wave:
    """A horn that wails up and down, yelps, or changes between two notes."""
    kind = draws.one("kind", ("wail", "yelp", "hi-lo"))
    low_hz = draws.ratio("low_hz", 380.0, 700.0)
    width = draws.number("width", 1.5, 2.3)
    time = seconds(samples)
    turns = draws.random.random()
    if kind == "hi-lo":
        swing = np.mod(time * draws.ratio("notes_per_s", 0.8, 1.6) + turns, 1) < 0.5
        path = filtered(swing.astype(float), 0.0, 25.0)
        width = 1 + (width - 1) * 0.4
    else:
        rate = draws.ratio("wails_per_s", 0.15, 0.45) if kind == "wail" else draws.ratio("yelps_per_s", 2.2, 4.5)
        beat = np.mod(time * rate + turns, 1)
        path = np.where(beat < 0.6, np.sin(np.pi / 2 * beat / 0.6), np.cos(np.pi / 2 * (beat - 0.6) / 0.4))
    hz = low_hz * width ** np.clip(path, 0, 1)
    number = harmonics(low_hz * width)
    table = period(
        np.where(number % 2 == 1, 1.0, draws.ratio("even", 0.15, 0.8)) / number ** draws.number("dark", 1, 2)
    )
    horn = turned(table, phase(hz, samples))
    return horn + 0.8 * resonance(horn, draws.ratio("horn_hz", 900.0, 2_200.0), 500.0)


def alarm(draws: Draws, samples: int) -> Wave:
    """Beeps of a clock, a smoke detector or a truck that reverses, in a pattern of one or two notes."""
    pattern = draws.own("pattern", ALARMS)
    beep_s = draws.ratio("beep_s", 0.06, 0.35)
    first_hz = draws.ratio("first_hz", 900.0, 3_400.0)
    second_hz = first_hz * draws.ratio("interval", 0.7, 0.92)
    share = draws.number("share", 0.6, 0.9)
    number = np.arange(1.0, 8)
    timbre = draws.ratio("timbre", 0.03, 0.9)
    result = np.zeros(samples)
    at_s = draws.random.uniform(0, beep_s)
    place = int(draws.random.integers(len(pattern)))
    while at_s < samples / RATE_HZ:
        note = pattern[place % len(pattern)]
        if note != ".":
            hz = first_hz if note == "1" else second_hz
            within = number * hz < 7_500
            table = period(np.where(number % 2 == 1, timbre ** (number - 1), 0.02)[within])
            length = samples_of(beep_s * share)
            add(result, faded(turned(table, phase(hz, length)), 0.003, 0.004), at_s)
        at_s += beep_s
        place += 1
    return result + 0.002 * noise(draws.random, samples)


def engine(draws: Draws, samples: int) -> Wave:
    """Firings through an exhaust, uneven from cylinder to cylinder, at a speed that wanders or rises."""
    random = draws.random
    firings_hz = draws.ratio("firings_hz", 28.0, 110.0)
    rise = draws.number("rise", -0.5, 0.9)
    speed = firings_hz * 2 ** (rise * np.linspace(-0.5, 0.5, samples) + 0.06 * wander(random, samples, 1.2))
    turns = phase(speed, samples)
    fired = np.floor(turns).astype(np.intp)
    cylinders = 1 + draws.ratio("uneven", 0.08, 0.5) * random.standard_normal(4)
    loud = cylinders[fired % 4] * (1 + 0.1 * random.standard_normal(fired[-1] + 2))[fired]
    burst = np.exp(-np.mod(turns, 1) * draws.ratio("sharpness", 3.0, 12.0)) * loud
    source = (burst - burst.mean()) + burst * random.standard_normal(samples) * draws.ratio("roughness", 0.1, 0.6)
    exhaust_hz = draws.ratio("exhaust_hz", 90.0, 260.0)
    result = 1.5 * resonance(source, exhaust_hz, 70.0) + 0.6 * resonance(source, exhaust_hz * 3.1, 200.0)
    result = result + 0.15 * filtered(source, 200.0, draws.ratio("top_hz", 900.0, 3_500.0))
    return unit(result) + noise(random, samples, -4.0, 200.0, 3_000.0) * draws.ratio("intake", 0.02, 0.15)


def hum(draws: Draws, samples: int) -> Wave:
    """A refrigerator, a transformer or a fan: a few low harmonics that stand still, and some air."""
    random = draws.random
    base_hz = draws.ratio("base_hz", 70.0, 240.0)
    weights = random.dirichlet(np.ones(5))
    depth, speed = draws.ratio("throb", 0.02, 0.3), draws.ratio("throbs_per_s", 0.5, 6.0)
    time = seconds(samples)
    total = sum(
        float(np.sqrt(weight)) * np.sin(2 * np.pi * (base_hz * number * time + random.random()))
        for number, weight in enumerate(weights, start=1)
    )
    throb = 1 + depth * np.sin(2 * np.pi * (speed * time + random.random()))
    return unit(np.asarray(total)) * throb + noise(random, samples, -4.0, 60.0, 1_500.0) * draws.ratio("air", 0.05, 0.4)


def drill(draws: Draws, samples: int) -> Wave:
    """A motor that starts, whines, is pressed and lets go."""
    random = draws.random
    top_hz = draws.ratio("top_hz", 380.0, 950.0)
    on_s, off_s = draws.ratio("on_s", 0.8, 2.5), draws.ratio("off_s", 0.3, 0.8)
    time = np.mod(seconds(samples) + random.uniform(0, on_s / 2), on_s + off_s)
    up = np.where(time < on_s, 1 - np.exp(-time / 0.12), np.exp(-(time - on_s) / 0.15))
    load = 1 - 0.12 * np.clip(wander(random, samples, 1.5), -1, 1) * (time < on_s)
    speed = top_hz * np.maximum(up, 0.02) * load
    turns = phase(speed, samples)
    number = harmonics(top_hz * 1.15)
    table = period(1 / number ** draws.number("slope", 0.4, 1.0) * (1 + 0.5 * random.standard_normal(len(number))))
    rattle = 1 + draws.ratio("rattle", 0.2, 0.9) * np.sin(2 * np.pi * turns / 12) ** 3
    motor = turned(table, turns) * rattle + noise(random, samples, 0.0, 1_500.0) * draws.ratio("grind", 0.15, 0.8)
    return motor * up**1.5 + 0.003 * noise(random, samples)


def clock(draws: Draws, samples: int) -> Wave:
    """Tick and tock: two clicks of a small case, again and again, hardly varying."""
    random = draws.random
    case_hz = draws.ratio("case_hz", 1_300.0, 4_200.0)
    ring_s = draws.ratio("ring_s", 0.004, 0.03)
    ratio = draws.ratio("tock", 0.7, 0.93)
    result = 0.004 * noise(random, samples, -2.0)
    tocks = False
    for at_s in moments(random, samples / RATE_HZ, draws.ratio("interval_s", 0.22, 1.0), 0.004):
        hz = case_hz * (ratio if tocks else 1.0)
        tick = sum(
            gain * np.sin(2 * np.pi * phase(hz * step, 1_600, random.random())) * decay(1_600, ring_s / step)
            for step, gain in ((1.0, 1.0), (1.62, 0.6), (0.31, 0.5))
        )
        snap = random.standard_normal(160) * decay(160, 0.0012)
        add(result, np.asarray(tick), at_s)
        add(result, snap, at_s)
        add(result, 0.5 * snap, at_s + 0.018)
        tocks = not tocks
    return result


def telephone(draws: Draws, samples: int) -> Wave:
    """A ring: a bell struck twenty times a second, or its electronic warble; on for a while, off for a while."""
    random = draws.random
    time = seconds(samples)
    on_s, off_s = draws.ratio("on_s", 0.5, 1.6), draws.ratio("off_s", 0.3, 1.2)
    beat = np.mod(time + random.uniform(0, on_s / 2), on_s + off_s)
    strokes_hz = draws.ratio("strokes_hz", 12.0, 26.0)
    pitch_hz = draws.ratio("pitch_hz", 850.0, 1_900.0)
    strokes = np.mod(beat * strokes_hz, 1)
    gate = np.clip(np.minimum(beat / 0.004, (on_s - beat) / 0.004), 0, 1)
    if draws.chance("electronic", 0.5):
        second_hz = pitch_hz * draws.ratio("step", 1.1, 1.4)
        hz = np.where(strokes < 0.5, pitch_hz, second_hz)
        warble = turned(period(1 / np.arange(1.0, 4) ** 2), phase(hz, samples))
        return np.asarray(warble * gate + 0.002 * noise(random, samples))
    fading = np.where(beat < on_s, 0.35 + 0.65 * np.exp(-strokes * 3), np.exp(-(beat - on_s) / 0.12) * 0.5)
    bell = sum(
        gain * np.sin(2 * np.pi * (hz * time + random.random()))
        for hz, gain in ((pitch_hz, 1.0), (pitch_hz * 1.19, 0.7), (pitch_hz * 2.42, 0.5), (pitch_hz * 3.1, 0.3))
    )
    return np.asarray(bell) * fading + 0.002 * noise(random, samples)


SOUNDS: Mapping[str, Callable[[Draws, int], Wave]] = MappingProxyType(
    {
        "siren": siren,
        "alarm": alarm,
        "engine": engine,
        "hum": hum,
        "drill": drill,
        "clock": clock,
        "telephone": telephone,
    }
)

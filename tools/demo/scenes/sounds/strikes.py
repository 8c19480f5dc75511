"""What people do: bells, footsteps, typing, knocking, applause, whistling."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from tools.demo.scenes.scene import RATE_HZ
from tools.demo.scenes.signals import (
    Wave,
    add,
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

TUNES = ((0, 2, 4), (4, 2, 0), (0, 4, 7, 4), (7, 5, 4), (0, 5), (5, 0), (0, 7, 5, 4), (2, 0, -3), (0, 3, 7), (7, 0))
BELL = (  # ratio to the prime, gain, share of the time
    *((0.5, 0.6, 1.3), (1.0, 1.0, 0.8), (1.19, 0.8, 0.7), (1.5, 0.3, 0.5), (2.0, 1.0, 0.5), (2.74, 0.4, 0.3)),
    *((3.0, 0.4, 0.25), (4.1, 0.3, 0.15), (5.4, 0.2, 0.1)),
)
KNOCKS = ("111", "11", "1111", "1.11", "11.1", "111.111", "1.1.11", "11.11", "1.1", "11111")


def bell(draws: Draws, samples: int) -> Wave:
    """A church bell: hum, prime, minor third, fifth, octave and above, each with its own time to die."""
    random = draws.random
    prime_hz = draws.ratio("prime_hz", 240.0, 800.0)
    ring_s = draws.ratio("ring_s", 0.7, 3.0)
    tuning = [step * 2 ** random.normal(0, 0.012) for step, _, _ in BELL]
    result = np.zeros(samples)
    for at_s in moments(random, samples / RATE_HZ, draws.ratio("interval_s", 0.7, 2.2), 0.05):
        length = samples - round(at_s * RATE_HZ)
        for step, (_, gain, time) in zip(tuning, BELL, strict=True):
            hz = prime_hz * step
            if hz < 7_500:
                heard = min(length, samples_of(6 * ring_s * time))
                second = np.sin(2 * np.pi * ((hz + random.uniform(0.5, 4)) * seconds(heard) + random.random()))
                partial = np.sin(2 * np.pi * hz * seconds(heard)) + 0.3 * second
                add(result, gain * partial * decay(heard, ring_s * time) * random.uniform(0.8, 1.1), at_s)
        add(result, random.standard_normal(320) * decay(320, 0.003), at_s)
    return result + 0.001 * noise(random, samples)


def footsteps(draws: Draws, samples: int) -> Wave:
    """Heel and toe on wood, stone or gravel."""
    random = draws.random
    floor_hz = draws.ratio("floor_hz", 90.0, 320.0)
    hardness = draws.ratio("hardness", 0.12, 1.2)
    gravel = draws.ratio("gravel", 0.05, 0.9)
    toe_s = draws.number("toe_s", 0.07, 0.16)
    result = 0.002 * noise(random, samples, -3.0)
    for at_s in moments(random, samples / RATE_HZ, draws.ratio("interval_s", 0.34, 0.75), 0.06):
        for delay_s, gain in ((0.0, 1.0), (toe_s, 0.55)):
            thud = resonance(random.standard_normal(2_400) * decay(2_400, 0.012), floor_hz, 50.0) * 4
            knock = filtered(random.standard_normal(2_400) * decay(2_400, 0.006), 700.0, 3_500.0) * hardness
            scrape = noise(random, 2_400, 0.0, 1_800.0) * np.hanning(2_400) * gravel * 0.15
            add(result, (thud + knock + scrape) * gain * random.uniform(0.8, 1.1), at_s + delay_s)
    return result


def typing(draws: Draws, samples: int) -> Wave:
    """Keys that go down and up, in bursts, with a space bar now and then."""
    random = draws.random
    key_hz = draws.ratio("key_hz", 1_700.0, 4_200.0)
    case_hz = draws.ratio("case_hz", 180.0, 480.0)
    up_s = draws.number("up_s", 0.06, 0.13)
    result = 0.004 * noise(random, samples, -2.0)
    rate = draws.ratio("keys_per_s", 4.0, 10.0)
    for at_s in moments(random, samples / RATE_HZ, 1 / rate, 0.6):
        if random.random() < 0.13:
            continue
        deep = 0.6 if random.random() < 0.15 else 1.0
        for delay_s, gain in ((0.0, 1.0), (up_s * random.uniform(0.85, 1.15), 0.45)):
            click = random.standard_normal(800) * decay(800, 0.0025)
            sound = resonance(click, key_hz * deep * random.uniform(0.9, 1.1), 900.0)
            sound = sound + 1.5 * resonance(click, case_hz * deep, 150.0)
            add(result, sound * gain * random.uniform(0.6, 1.1), at_s + delay_s)
    return result


def knocking(draws: Draws, samples: int) -> Wave:
    """Knuckles on a door, in one of many rhythms."""
    random = draws.random
    pattern = draws.own("pattern", KNOCKS)
    door_hz = draws.ratio("door_hz", 110.0, 330.0)
    wood_s = draws.ratio("wood_s", 0.015, 0.06)
    step_s = draws.ratio("step_s", 0.14, 0.3)
    result = 0.002 * noise(random, samples, -3.0)
    for start_s in moments(random, samples / RATE_HZ, (len(pattern) + 2.5) * step_s, 0.2):
        for place, knocks in enumerate(pattern):
            if knocks == "1":
                hit = random.standard_normal(3_200) * decay(3_200, 0.002)
                ring = np.asarray(
                    sum(
                        np.sin(2 * np.pi * phase(door_hz * step, 3_200, random.random())) * decay(3_200, wood_s / step)
                        for step in (1.0, 1.71, 2.63, 4.2)
                    )
                )
                at_s = start_s + place * step_s + random.normal(0, 0.006)
                add(result, (ring + 0.8 * filtered(hit, 300.0, 4_000.0)) * random.uniform(0.75, 1.1), at_s)
    return result


def applause(draws: Draws, samples: int) -> Wave:
    """Many hands: each person claps at a pace and a pitch of their own."""
    random = draws.random
    people = draws.whole("people", 5, 40)
    hands_hz = draws.ratio("hands_hz", 800.0, 1_700.0)
    result = np.zeros(samples)
    for _ in range(people):
        clap = random.standard_normal(480) * decay(480, random.uniform(0.003, 0.009))
        clap = resonance(clap, hands_hz * 2 ** random.normal(0, 0.35), 500.0) + 0.15 * clap
        distance = random.uniform(0.25, 1)
        for at_s in moments(random, samples / RATE_HZ, 1 / random.uniform(2.6, 4.6), 0.12):
            add(result, clap * distance * random.uniform(0.6, 1.1), at_s)
    return unit(result) + 0.03 * noise(random, samples, -2.0, 300.0, 5_000.0)


def whistle(draws: Draws, samples: int) -> Wave:
    """Someone whistles a few notes: nearly one partial, gliding, with breath around it."""
    random = draws.random
    tune = draws.own("tune", TUNES)
    base_hz = draws.ratio("base_hz", 850.0, 1_700.0)
    note_s = draws.ratio("note_s", 0.16, 0.5)
    glide_s = draws.ratio("glide_s", 0.02, 0.09)
    length = samples / RATE_HZ
    count = int(length / note_s) + 2
    start = int(random.integers(len(tune)))
    steps = np.array([tune[(start + number) % (len(tune) + 1) % len(tune)] for number in range(count)], float)
    rests = np.array([(start + number) % (len(tune) + 1) == len(tune) for number in range(count)])
    place = np.minimum((seconds(samples) / note_s).astype(np.intp), count - 1)
    pitch = filtered(steps[place], 0.0, 0.35 / glide_s)
    gate = np.clip(filtered((~rests[place]).astype(float), 0.0, 12.0), 0, 1)
    vibrato = draws.ratio("vibrato", 0.05, 0.4) * np.sin(
        2 * np.pi * draws.number("vibrato_hz", 4.5, 6.5) * seconds(samples)
    )
    hz = base_hz * 2 ** ((pitch + vibrato + 0.1 * wander(random, samples, 5)) / 12)
    turns = phase(hz, samples)
    breath = resonance(noise(random, samples), base_hz * 1.2, 400.0) * draws.ratio("breath", 0.03, 0.2)
    return (
        (np.sin(2 * np.pi * turns) + 0.05 * np.sin(4 * np.pi * turns) + breath)
        * gate
        * (1 + 0.1 * wander(random, samples, 4))
    )


SOUNDS: Mapping[str, Callable[[Draws, int], Wave]] = MappingProxyType(
    {
        "bell": bell,
        "footsteps": footsteps,
        "typing": typing,
        "knocking": knocking,
        "applause": applause,
        "whistle": whistle,
    }
)

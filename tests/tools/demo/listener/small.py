"""A small world to learn: tones that are low or high, and 'speech' of two phones, a buzz and a hiss."""

from collections.abc import Iterator

import numpy as np

from atlas.encoders.whisper import Dimensions
from tools.demo.listener.training import Course, Recipe
from tools.demo.scenes.scene import RATE_HZ, Scene, Timed

SHAPE = Dimensions(n_mels=80, n_audio_ctx=50, n_audio_state=32, n_audio_head=2, n_audio_layer=2)
RECIPE = Recipe(SHAPE, (0, 1), 24, (Course(12), Course(12, echo=1.0)), batch=8, seed=3, save_every=6)
TONES = {"low": 300.0, "high": 3_000.0}
WINDOW = 16_000


def scenes(count: int, seed: int, workers: int = 1) -> Iterator[Scene]:
    """Tones and speech in turn, between half a second and a whole one long."""
    for number in range(count):
        draw = np.random.default_rng((seed, number))
        yield (speech if number % 2 else tone)(number, int(draw.integers(RATE_HZ // 2, RATE_HZ + 1)), draw)


def tone(number: int, samples: int, draw: np.random.Generator) -> Scene:
    label = sorted(TONES)[number // 2 % 2]
    wave = np.sin(2 * np.pi * TONES[label] * np.arange(samples) / RATE_HZ) + 0.1 * draw.standard_normal(samples)
    return scene(f"tone-{number}", wave, labels=(label,))


def speech(number: int, samples: int, draw: np.random.Generator) -> Scene:
    """A buzz and a hiss by turns, a tenth of a second each, after a tenth of a second of nothing."""
    time_s = np.arange(samples) / RATE_HZ
    turns = (time_s * 10).astype(int)
    buzz, hiss = np.sign(np.sin(2 * np.pi * 120 * time_s)), draw.standard_normal(samples)
    wave = np.where(turns == 0, 0, np.where(turns % 2, buzz, hiss))
    ends = range(2, turns[-1] + 1)
    phones = tuple(Timed((end - 1) / 10, end / 10, "a" if end % 2 == 0 else "s") for end in ends)
    language = "aa" if number % 4 == 1 else "bb"
    return scene(f"speech-{number}", wave, labels=(language,), phones=phones, language=language)


def scene(
    name: str,
    wave: np.ndarray,
    labels: tuple[str, ...] = (),
    phones: tuple[Timed, ...] = (),
    language: str = "",
) -> Scene:
    return Scene(
        name=name,
        samples=(0.2 * wave).astype(np.float32),
        domain="speech" if language else "music",
        dataset="small",
        recording=name,
        speaker="",
        labels=labels,
        language=language,
        text="",
        phones=phones,
        words=(),
        truth={},
    )

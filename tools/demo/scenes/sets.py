"""The two sets: scenes without end to train on, and the corpus that is shown; neither knows a parameter of the other.

Every scene follows from its world, a seed and a number, so that any process may make any of them.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.random import Generator

from atlas.pool import ordered_map
from tools.demo.scenes.instruments import INSTRUMENTS
from tools.demo.scenes.music import TEXTURES
from tools.demo.scenes.scene import Scene
from tools.demo.scenes.shown import shown_takes
from tools.demo.scenes.sounds import SOUNDS
from tools.demo.scenes.takes import BUZZING, DATASETS, MusicSource, SoundSource, Source, SpeechSource, Take, scenes_of
from tools.demo.scenes.voices import LANGUAGES, Speaker
from tools.demo.scenes.worlds import World

MIXED = 0.2
DOMAINS = tuple(DATASETS)


def training_scenes(count: int, seed: int, workers: int = 1) -> Iterator[Scene]:
    """Scenes of the training world; the i-th depends on the seed and on i alone."""
    yield from ordered_map(partial(training_scene, seed), range(count), workers, chunk=16)


def shown_scenes(workers: int = 1) -> Iterator[Scene]:
    """The corpus that is shown, clip by clip."""
    for scenes in ordered_map(_all_scenes, shown_takes(), workers, chunk=8):
        yield from scenes


def _all_scenes(take: Take) -> list[Scene]:
    return list(scenes_of(take))


def training_scene(seed: int, number: int) -> Scene:
    """One scene of the training world."""
    random = np.random.default_rng([seed, number])
    domain = DOMAINS[number % len(DOMAINS)]
    dataset = str(random.choice(DATASETS[domain]))
    sources = [_random_source(domain, seed, number, random)]
    if random.random() < MIXED:
        others = [other for other in DOMAINS if (other, domain) != ("speech", "speech")]
        sources.append(_random_source(str(random.choice(others)), seed, number, random))
    take = Take(
        world=World.TRAINING,
        seed=(seed, number),
        dataset=dataset,
        recording=f"{domain}-{number:06d}",
        length_s=float(random.uniform(2.0, 9.0)),
        clips=1,
        sources=tuple(sources),
        buzzes=dataset == BUZZING and random.random() < 0.5,
    )
    return next(scenes_of(take))


def _random_source(domain: str, seed: int, number: int, random: Generator) -> Source:
    if domain == "speech":
        language = str(random.choice(LANGUAGES))
        return SpeechSource(Speaker(f"{language}-{number:06d}", language, World.TRAINING, (seed, number, 1)))
    if domain == "music":
        count = 1 if random.random() < 0.5 else 2
        instruments = random.choice(list(INSTRUMENTS), count, replace=False)
        return MusicSource(tuple(map(str, instruments)), str(random.choice(TEXTURES)))
    return SoundSource(str(random.choice(list(SOUNDS))))

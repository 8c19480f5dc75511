"""The takes of the corpus that is shown: every class often enough, in more than one dataset, a fifth of them mixed.

Nothing here is drawn but lengths and partners: classes, datasets and speakers are dealt out in turn, so that none goes
with another. How it sounds is drawn in the shown world.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from tools.demo.scenes.instruments import INSTRUMENTS
from tools.demo.scenes.music import TEXTURES
from tools.demo.scenes.sounds import SOUNDS
from tools.demo.scenes.takes import BUZZING, DATASETS, MusicSource, SoundSource, Source, SpeechSource, Take
from tools.demo.scenes.voices import LANGUAGES, Speaker
from tools.demo.scenes.worlds import World

SEED = 20
SPEAKERS = 4  # a language; each in every dataset of speech
SPEECH_TAKES, MUSIC_TAKES, SOUND_TAKES = 12, 8, 10  # a language, an instrument, a sound
MIXED_EVERY = 5


def shown_takes() -> list[Take]:
    """All takes in their order, the mixed ones with their partners."""
    random = np.random.default_rng(SEED)
    takes = [*_speech(random), *_music(random), *_sound(random)]
    takes = [replace(take, seed=(SEED, number)) for number, take in enumerate(takes)]
    partners = _partners(random)
    return [
        replace(take, sources=(*take.sources, _fitting(partners, take))) if number % MIXED_EVERY == 2 else take
        for number, take in enumerate(takes)
    ]


def _take(dataset: str, recording: str, source: Source, clip_s: float, clips: int) -> Take:
    return Take(World.SHOWN, (), dataset, recording, clip_s * clips, clips, (source,))


def _speech(random: Generator) -> Iterator[Take]:
    for place, language in enumerate(LANGUAGES):
        for number in range(SPEECH_TAKES):
            speaker = _speaker(language, number % SPEAKERS)
            dataset = DATASETS["speech"][number % 3]
            clips = 2 if number == place % SPEECH_TAKES else 1
            take = _take(dataset, f"{language}-{number:02d}", SpeechSource(speaker), random.uniform(3.0, 8.0), clips)
            yield replace(take, buzzes=dataset == BUZZING and (number // 3 + place) % 2 == 0)


def _speaker(language: str, number: int) -> Speaker:
    seed = (SEED, LANGUAGES.index(language), number, 1)
    return Speaker(f"{language}-{'abcd'[number]}", language, World.SHOWN, seed)


def _music(random: Generator) -> Iterator[Take]:
    names = list(INSTRUMENTS)
    for place, lead in enumerate(names):
        for number in range(MUSIC_TAKES):
            half = number // len(TEXTURES)
            second = names[(place + 1 + 3 * number) % len(names)]
            instruments = (lead, second) if (number + half) % 2 else (lead,)
            source = MusicSource(instruments, TEXTURES[number % len(TEXTURES)])
            dataset = DATASETS["music"][(place + half) % 2]
            clips = 3 if number == place % MUSIC_TAKES else 1
            recording = f"{lead.replace(' ', '-')}-{number:02d}"
            yield _take(dataset, recording, source, random.uniform(4.0, 7.5) if clips == 1 else 4.5, clips)


def _sound(random: Generator) -> Iterator[Take]:
    for place, kind in enumerate(SOUNDS):
        for number in range(SOUND_TAKES):
            dataset = DATASETS["sound"][(place + number) % 2]
            clips = 2 if number == place % SOUND_TAKES else 1
            yield _take(dataset, f"{kind}-{number:02d}", SoundSource(kind), random.uniform(2.2, 3.8), clips)


def _partners(random: Generator) -> list[Source]:
    """What may be mixed with a take: every sound twice, every language twice, every instrument once or twice."""
    sounds: list[Source] = [SoundSource(kind) for kind in (*SOUNDS, *SOUNDS)]
    speech: list[Source] = [SpeechSource(_speaker(language, number)) for language in LANGUAGES for number in (0, 2)]
    names = list(INSTRUMENTS)
    music: list[Source] = [
        MusicSource((name,), TEXTURES[place % len(TEXTURES)]) for place, name in enumerate(names * 2)
    ]
    partners = [*sounds, *speech, *music]
    return [partners[place] for place in random.permutation(len(partners))]


def _fitting(partners: list[Source], take: Take) -> Source:
    """Take out the first partner of another kind; two never speak at once."""
    for partner in partners:
        if not _alike(partner, take.sources[0]):
            partners.remove(partner)
            return partner
    raise AssertionError("there are more partners of each kind than takes of it")


def _alike(partner: Source, source: Source) -> bool:
    if isinstance(partner, MusicSource) and isinstance(source, MusicSource):
        return not set(partner.instruments).isdisjoint(source.instruments)
    return partner == source or (partner.domain == source.domain == "speech")

"""A plan -> the scenes of one take: sources are drawn, mixed, sent through the chain, and cut into clips."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from tools.demo.scenes.chain import finished, mixed
from tools.demo.scenes.music import draw_music
from tools.demo.scenes.scene import RATE_HZ, WINDOW_S, Part, Scene, Timed
from tools.demo.scenes.signals import faded
from tools.demo.scenes.sounds import draw_sound
from tools.demo.scenes.voices import Speaker, draw_speech
from tools.demo.scenes.worlds import Draws, World

DATASETS = {
    "speech": ("speech-read", "speech-calls", "speech-archive"),
    "music": ("music-studio", "music-live"),
    "sound": ("sound-field", "sound-effects"),
}
BUZZING = "speech-archive"  # half of its recordings were made beside a badly shielded cable; no label tells of it


@dataclass(frozen=True, slots=True)
class SoundSource:
    """A sound of a class."""

    kind: str

    domain = "sound"

    def draw(self, draws: Draws, length_s: float, clips: int) -> Part:
        return draw_sound(self.kind, draws, round(length_s * RATE_HZ))


@dataclass(frozen=True, slots=True)
class MusicSource:
    """A piece; the first instrument leads."""

    instruments: tuple[str, ...]
    texture: str

    domain = "music"

    def draw(self, draws: Draws, length_s: float, clips: int) -> Part:
        return draw_music(self.instruments, self.texture, draws, round(length_s * RATE_HZ))


@dataclass(frozen=True, slots=True)
class SpeechSource:
    """Someone speaks; how long, the sentences decide."""

    speaker: Speaker

    domain = "speech"

    def draw(self, draws: Draws, length_s: float, clips: int) -> Part:
        return draw_speech(self.speaker, draws, length_s / clips, clips)


Source = SpeechSource | MusicSource | SoundSource


@dataclass(frozen=True, slots=True)
class Take:
    """What is decided of a recording before it is drawn; the second source is never the louder one."""

    world: World
    seed: tuple[int, ...]
    dataset: str
    recording: str
    length_s: float
    clips: int
    sources: tuple[Source, ...]
    buzzes: bool = False


def scenes_of(take: Take) -> Iterator[Scene]:
    """Draw a take, and cut it into its clips."""
    draws = Draws(take.world, *take.seed)
    parts = _parts(take, draws)
    wave = parts[0].samples.astype(float)
    if len(parts) == 2:
        wave = mixed(parts[0].samples, parts[1].samples, draws.number("second.level_db", -6.0, 0.0))
    samples = finished(wave, draws, take.buzzes)
    draws.note("buzzes", "yes" if take.buzzes else "no")
    draws.note("parts", "|".join(source.domain for source in take.sources))
    spoken = next((part for part in parts if part.language), Part(parts[0].samples, ()))
    labels = tuple(dict.fromkeys(label for part in parts for label in part.labels))
    whole = Scene(
        name=f"{take.dataset}/{take.recording}",
        samples=samples,
        domain=take.sources[0].domain,
        dataset=take.dataset,
        recording=take.recording,
        speaker=spoken.speaker,
        labels=labels,
        language=spoken.language,
        text="",
        phones=spoken.phones,
        words=spoken.words,
        truth=draws.truth,
    )
    borders = _borders(take, spoken, len(samples))
    for number, (start, end) in enumerate(pairwise(borders)):
        yield _clip(whole, start, end, f"-{number + 1}" if take.clips > 1 else "")


def _parts(take: Take, draws: Draws) -> list[Part]:
    """The sources in their order; speech is drawn first, as it decides the length of what it is mixed with."""
    length_s = take.length_s
    parts: dict[int, Part] = {}
    for place, source in sorted(enumerate(take.sources), key=lambda one: one[1].domain != "speech"):
        part = source.draw(draws.below("second") if place else draws, length_s, take.clips)
        length_s = len(part.samples) / RATE_HZ
        parts[place] = part
    return [parts[place] for place in sorted(parts)]


def _borders(take: Take, spoken: Part, samples: int) -> list[int]:
    inner = [round(pause_s * RATE_HZ) for pause_s in spoken.pauses_s]
    if not spoken.language:
        inner = [samples * number // take.clips for number in range(1, take.clips)]
    return [0, *inner, samples]


def _clip(whole: Scene, start: int, end: int, suffix: str) -> Scene:
    start_s, end_s = start / RATE_HZ, end / RATE_HZ
    end_s = min(end_s, start_s + WINDOW_S)
    end = min(end, start + round(WINDOW_S * RATE_HZ))
    words = _within(whole.words, start_s, end_s)
    return replace(
        whole,
        name=whole.name + suffix,
        samples=faded(whole.samples[start:end], 0.005, 0.005).astype(np.float32),
        phones=_within(whole.phones, start_s, end_s),
        words=words,
        text=" ".join(word.label for word in words),
    )


def _within(spans: tuple[Timed, ...], start_s: float, end_s: float) -> tuple[Timed, ...]:
    """The spans that lie in a clip, counted from its start."""
    return tuple(
        Timed(round(span.start_s - start_s, 4), round(span.end_s - start_s, 4), span.label)
        for span in spans
        if span.start_s >= start_s and span.end_s <= end_s
    )

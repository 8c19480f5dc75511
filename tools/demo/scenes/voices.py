"""Speakers and what they say: voice, length of the vocal tract, pitch and pace; sentences of the speaker's world.

A tract of another length is had by speaking slower or faster and playing the sound back at another speed, which moves
formants and pitch together, as growing up does. Besides its sentences, the training world has salads of their words and
of numbers, so that no sentence need be learned. Speech begins and ends with some silence.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import soxr
from numpy.random import Generator

from tools.demo.scenes.espeak import RATE_HZ as ESPEAK_HZ
from tools.demo.scenes.espeak import Spoken, speak
from tools.demo.scenes.phones import VOWELS
from tools.demo.scenes.scene import RATE_HZ, WINDOW_S, Part, Samples, Timed
from tools.demo.scenes.worlds import Draws, World, dealt

LANGUAGES = ("de", "en", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "ru", "sv", "tr")
LANGUAGE_NAMES = dict(
    zip(
        LANGUAGES,
        (
            *("German", "English", "Spanish", "Finnish", "French", "Hungarian", "Italian", "Dutch", "Polish"),
            *("Portuguese", "Russian", "Swedish", "Turkish"),
        ),
        strict=True,
    )
)
VOICES = (  # variants of espeak-ng without echo, dealt out so that each world has low and high ones
    *("m1", "m3", "f1", "f3", "m4", "m6", "f5", "Andrea", "m7", "m8", "belinda", "linda", "steph", "Annie"),
    *("Mike", "robert", "max", "paul", "Denis", "ed", "edward", "benjamin", "anika", "aunty"),
)
LOW_HZ, HIGH_HZ = 120.0, 175.0  # a voice below is labelled low, one above is labelled high
SLOW_WPM, FAST_WPM = 140, 200
_SPEECH = 0.95  # of the window at most, with the silences


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: a voice that follows from a world and a seed."""

    name: str
    language: str
    world: World
    seed: tuple[int, ...]


def sentences(language: str, world: World) -> tuple[str, ...]:
    """The sentences of a language that belong to a world."""
    return tuple(dealt(_all_sentences(language), world))


@cache
def _all_sentences(language: str) -> tuple[str, ...]:
    file = resources.files("tools.demo.scenes").joinpath(f"sentences/{language}.txt")
    return tuple(file.read_text(encoding="utf-8").splitlines())


def draw_speech(speaker: Speaker, draws: Draws, length_s: float, clips: int) -> Part:
    """A speaker says one text for each clip; a text gets a second sentence where there is time."""
    voice = Draws(speaker.world, *speaker.seed).below("voice")
    variant = voice.own("variant", VOICES)
    tract, pitch = voice.ratio("tract", 0.86, 1.18), voice.whole("pitch", 25, 75)
    pitch_range = voice.whole("pitch_range", 25, 75)
    rate = draws.whole("rate_wpm", 120, 230)
    pieces, spoken_pieces, pauses_s = [], [], []
    at_s = 0.0
    for number in range(clips):
        text = _text(speaker, draws.below(f"text{number}"), length_s, rate)
        spoken = speak(text, f"{speaker.language}+{variant}", round(rate / tract), pitch, pitch_range)
        before, after = (np.zeros(round(share * RATE_HZ), np.float32) for share in draws.random.uniform(0.08, 0.4, 2))
        samples = _with_tract(spoken, tract)
        spoken_pieces.append(_moved(spoken, tract, at_s + len(before) / RATE_HZ))
        pieces += [before, samples, after]
        at_s += (len(before) + len(samples) + len(after)) / RATE_HZ
        pauses_s.append(at_s - len(after) / RATE_HZ / 2)
    whole = np.concatenate(pieces)
    phones = tuple(phone for piece in spoken_pieces for phone in piece.phones)
    pitch_hz = measured_pitch_hz(whole, phones)
    for name, value in {**voice.truth, "voice.measured_hz": round(pitch_hz, 1), "voice.speaker": speaker.name}.items():
        draws.note(name, value)
    return Part(
        samples=whole,
        labels=_labels(speaker, pitch_hz, rate),
        language=speaker.language,
        speaker=speaker.name,
        phones=phones,
        words=tuple(word for piece in spoken_pieces for word in piece.words),
        pauses_s=tuple(pauses_s[:-1]),
    )


def _labels(speaker: Speaker, pitch_hz: float, rate: int) -> tuple[str, ...]:
    labels = ["speech", LANGUAGE_NAMES[speaker.language]]
    labels += ["low voice"] * (pitch_hz < LOW_HZ) + ["high voice"] * (pitch_hz > HIGH_HZ)
    return (*labels, *["slow speech"] * (rate < SLOW_WPM), *["fast speech"] * (rate > FAST_WPM))


def _text(speaker: Speaker, draws: Draws, length_s: float, rate: int) -> str:
    known = sentences(speaker.language, speaker.world)
    words = max(3, round(length_s * rate / 60))
    if speaker.world == World.TRAINING and draws.random.random() < 0.6:
        return _salad(known, draws.random, min(words, 12))
    first = draws.own("sentence", _all_sentences(speaker.language))
    second = draws.own("next_sentence", _all_sentences(speaker.language))
    fits = len(first.split()) + len(second.split()) <= words and second != first
    return f"{first} {second}" if fits else first


def _salad(known: tuple[str, ...], random: Generator, count: int) -> str:
    """Words of sentences in any order, with numbers among them."""
    words = [word for sentence in known for word in re.findall(r"[\w'’-]+", sentence)]
    chosen = [
        str(random.integers(2, 100)) if random.random() < 0.15 else str(random.choice(words)) for _ in range(count)
    ]
    return " ".join(chosen) + "."


def _with_tract(spoken: Spoken, tract: float) -> Samples:
    resampled: Samples = soxr.resample(spoken.samples, ESPEAK_HZ * tract, RATE_HZ)
    return resampled[: round(_SPEECH * WINDOW_S * RATE_HZ)]


def _moved(spoken: Spoken, tract: float, at_s: float) -> Spoken:
    """The same, played faster and later."""
    phones, words = (
        tuple(Timed(at_s + span.start_s / tract, at_s + span.end_s / tract, span.label) for span in spans)
        for spans in (spoken.phones, spoken.words)
    )
    return Spoken(spoken.samples, phones, words)


def measured_pitch_hz(samples: Samples, phones: tuple[Timed, ...]) -> float:
    """The median pitch of the vowels, by autocorrelation in their middles; 0 where there are none."""
    found = []
    size = 1_024
    lags = slice(RATE_HZ // 420, RATE_HZ // 60)
    taper = np.hanning(size)
    for phone in phones:
        start = round((phone.start_s + phone.end_s) / 2 * RATE_HZ) - size // 2
        frame = samples[max(0, start) : max(0, start) + size]
        if phone.label in VOWELS and len(frame) == size:
            power = np.abs(np.fft.rfft(frame * taper, 2 * size)) ** 2
            correlation = np.fft.irfft(power)[:size] / np.linspace(1, 0.2, size)
            found.append(RATE_HZ / (lags.start + int(np.argmax(correlation[lags]))))
    return float(np.median(found)) if found else 0.0

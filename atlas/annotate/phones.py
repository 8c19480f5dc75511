"""Phones and words of English speech whose text is known, by pocketsphinx: its acoustic model and its lexicon.

The text becomes a grammar of one sentence, with silence between words where there is any, and each word in whichever of
its pronunciations fits. A first pass finds the words, a second one their phones, in steps of 10 ms.

A word that the lexicon does not have is a gap: in its place the grammar takes any phones. So the word has its times,
and its phones are left out, rather than guessed from its spelling. On real speech this finds a gap's edges within
15 ms in the median (67 ms at the 90th percentile) of where they are when the word is known; a filler of noise in its
place, within 145 ms (370 ms). Gaps in a row share their stretch by letters.

A text fits where its phones do and where the pauses hold no speech. Both limits were set on 161 clips of real English
speech: of 103 right texts none is refused; of texts from other clips with few words in common 15 of 287 are let
through, half of them because they sound alike.

The lexicon has no stress. Every clip is aligned by itself: the cepstral mean and the noise are those of the clip.
"""

import importlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from atlas.annotate.base import (
    MISFIT,
    NO_LANGUAGE,
    NO_WORDS,
    TOO_FAST,
    UNKNOWN_WORDS,
    Alignment,
    SpeechClip,
    SpokenSpan,
    Transcript,
)
from atlas.annotate.languages import is_english
from atlas.annotate.sounding import has_sound
from atlas.audio.samples import Samples
from atlas.errors import AtlasError
from atlas.speech.lexicon import SpokenWord, spoken_words
from atlas.speech.symbols import ipa_of

SOURCE = "pocketsphinx"
FRAMES_PER_S = 100
MOST_UNKNOWN = 0.5
"of a text's words"
MOST_PHONES_PER_S = 25.0
"fast talkers reach 20; the model's own limit is 33, three frames a phone"
LOWEST_FIT = -5.0
"nats: the mean over phones of a frame's log-likelihood less that of the best state that the text has there"
LOWEST_OVERALL = -3.5
"the mean over frames, pauses and gaps included: a short text leaves speech to the pauses"

_BEAMS = {"beam": 1e-120, "wbeam": 1e-100, "pbeam": 1e-120}  # the library's own lose noisy clips of 20 s and more
_NATS = 1024 * math.log(1.0001)  # of an acoustic score: its logarithm has base 1.0001, and ten bits are dropped
_LOOP = ("AA", "IY", "UW", "EH", "ER", "AH", "M", "N", "L", "R", "S", "SH", "F", "T", "K", "D")
"phones that gaps are made of: near enough to any, at half the cost of all 39"
_LOOP_MARK = "_"  # no word of a text holds it
_LETTERS_PER_PHONE = 3  # at most, so that a gap is no shorter than its word
_FEWEST_PHONES = 2

Transition = tuple[int, int, float, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A word, phone or pause as the decoder gives it."""

    name: str
    start: int
    "frames"
    end: int
    nats: float
    "a frame"


@dataclass(frozen=True, slots=True)
class Entry:
    """A stretch with its phones."""

    whole: Stretch
    phones: tuple[Stretch, ...]

    @property
    def is_loop(self) -> bool:
        return self.whole.name.startswith(_LOOP_MARK)

    @property
    def is_word(self) -> bool:
        return self.whole.name[0] not in f"<[{_LOOP_MARK}"


class ForcedAligner:
    """Puts words and phones of known texts in time; one for each thread or process."""

    def __init__(self) -> None:
        self._decoder = _decoder()

    def align(self, clip: SpeechClip, transcript: Transcript) -> Alignment:
        """Where the words of the transcript and their phones lie in the clip; a text without language is English."""
        if transcript.language is not None and not is_english(transcript.language):
            return Alignment(problem=NO_LANGUAGE)
        words = spoken_words(transcript.text or "", self._has)
        problem = self._refusal(words, clip.duration_s)
        if problem:
            return Alignment(problem=problem)
        if not has_sound(clip.samples):
            return Alignment(problem=MISFIT)
        entries = self._entries(words, _pcm(clip))
        if not entries or not _fits(entries):
            return Alignment(problem=MISFIT)
        return Alignment(words=tuple(_word_spans(words, entries)), phones=tuple(_phone_spans(entries)))

    def _has(self, word: str) -> bool:
        return self._decoder.lookup_word(word) is not None

    def _refusal(self, words: Sequence[SpokenWord], duration_s: float) -> str | None:
        """What speaks against a text before anything is heard."""
        if not words:
            return NO_WORDS
        if sum(not word.known for word in words) > MOST_UNKNOWN * len(words):
            return UNKNOWN_WORDS
        phones = sum(
            len(self._decoder.lookup_word(word.word).split()) if word.known else _gap_phones(word.word)
            for word in words
        )
        return TOO_FAST if phones > MOST_PHONES_PER_S * duration_s else None

    def _entries(self, words: Sequence[SpokenWord], pcm: bytes) -> list[Entry]:
        """The two passes; nothing where the text has no way through the audio."""
        transitions, last = _grammar(words)
        self._decoder.add_fsg(SOURCE, self._decoder.create_fsg(SOURCE, 0, last, transitions))
        self._decoder.activate_search(SOURCE)
        try:
            self._hear(pcm)
            if self._decoder.hyp() is None:
                return []
            self._decoder.set_alignment()
            self._hear(pcm)
        except RuntimeError:  # all that the library says when a pass does not reach the end of the text
            return []
        return [_entry(word) for word in self._decoder.get_alignment()]

    def _hear(self, pcm: bytes) -> None:
        self._decoder.reinit_feat()  # else the noise that it heard before is taken from this clip
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(pcm, full_utt=True)
        finally:
            self._decoder.end_utt()


def _decoder() -> Any:
    try:
        pocketsphinx: Any = importlib.import_module("pocketsphinx")
    except ImportError as error:
        raise AtlasError(
            f'phones are to be aligned by pocketsphinx ([annotate] phones = "{SOURCE}"), which is not installed whole'
            f' ({error}): pip install "audio-feature-atlas[phones]", or leave phones out of [annotate]'
        ) from None
    decoder = pocketsphinx.Decoder(lm=None, bestpath=False, loglevel="FATAL", **_BEAMS)
    for phone in _LOOP:
        decoder.add_word(_LOOP_MARK + phone, phone, phone == _LOOP[-1])
    return decoder


def _pcm(clip: SpeechClip) -> bytes:
    """In 16 bits; NaN and infinities are silence."""
    known: Samples = np.where(np.isfinite(clip.samples), clip.samples, 0)
    return np.clip(np.rint(known * 32768), -32768, 32767).astype("<i2").tobytes()


def _gap_phones(word: str) -> int:
    return max(_FEWEST_PHONES, len(word) // _LETTERS_PER_PHONE)


def _grammar(words: Sequence[SpokenWord]) -> tuple[list[Transition], int]:
    """The transitions of a text, and its last state; a gap is a chain of any phones that ends in a loop."""
    transitions: list[Transition] = []
    state = 0
    for word in words:
        for _ in range(1 if word.known else _gap_phones(word.word)):
            transitions += [(state, state + 1, 1.0, word.word)] if word.known else _any_phone(state, state + 1)
            state += 1
        transitions += [] if word.known else _any_phone(state, state)
    return transitions, state


def _any_phone(start: int, end: int) -> list[Transition]:
    return [(start, end, 1 / len(_LOOP), _LOOP_MARK + phone) for phone in _LOOP]


def _entry(word: Any) -> Entry:
    return Entry(_stretch(word), tuple(_stretch(phone) for phone in word))


def _stretch(entry: Any) -> Stretch:
    frames = max(entry.duration, 1)
    return Stretch(entry.name, entry.start, entry.start + entry.duration, entry.score * _NATS / frames)


def _fits(entries: Sequence[Entry]) -> bool:
    spoken = [phone.nats for entry in entries if entry.is_word for phone in entry.phones]
    everything = [(phone.nats, phone.end - phone.start) for entry in entries for phone in entry.phones]
    fit = sum(spoken) / len(spoken)
    overall = sum(nats * frames for nats, frames in everything) / sum(frames for _, frames in everything)
    return fit >= LOWEST_FIT and overall >= LOWEST_OVERALL


def _word_spans(words: Sequence[SpokenWord], entries: Sequence[Entry]) -> Iterator[SpokenSpan]:
    """Entries in the order of the words: one for a known word, a run of loop phones for a run of gaps."""
    rest = iter(groupby((entry for entry in entries if entry.is_word or entry.is_loop), lambda entry: entry.is_loop))
    for known, run in groupby(words, lambda word: word.known):
        is_loop, stretches = next(rest)
        assert is_loop is not known
        if known:
            yield from (_span(word.word, entry) for word, entry in zip(run, stretches, strict=True))
        else:
            whole = [entry.whole for entry in stretches]
            yield from _shared([word.word for word in run], whole[0].start, whole[-1].end)


def _span(label: str, entry: Entry) -> SpokenSpan:
    nats = sum(phone.nats for phone in entry.phones) / len(entry.phones)
    return SpokenSpan(entry.whole.start / FRAMES_PER_S, entry.whole.end / FRAMES_PER_S, label, _score(nats))


def _shared(words: Sequence[str], start: int, end: int) -> Iterator[SpokenSpan]:
    """A stretch for several words, by their letters."""
    letters = [0, *np.cumsum([len(word) for word in words]).tolist()]
    edges = [(start + round((end - start) * sofar / letters[-1])) / FRAMES_PER_S for sofar in letters]
    return (SpokenSpan(*times, word) for times, word in zip(pairwise(edges), words, strict=True))


def _phone_spans(entries: Sequence[Entry]) -> Iterator[SpokenSpan]:
    for phone in (phone for entry in entries if entry.is_word for phone in entry.phones):
        label = ipa_of(phone.name, "arpabet")
        assert label is not None, phone.name
        yield SpokenSpan(phone.start / FRAMES_PER_S, phone.end / FRAMES_PER_S, label, _score(phone.nats))


def _score(nats: float) -> float:
    return round(math.exp(min(nats, 0.0)), 4)


def aligner_version() -> str:
    """The version of the library, on which times depend; where it is not installed it is refused."""
    _decoder()
    return version(SOURCE)

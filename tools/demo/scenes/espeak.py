"""espeak-ng, called as a shared library that the user has installed: a text -> samples, phones and words with times.

Needed to make the corpus, never to use it. The library keeps the phase of its oscillators from one text to the next;
so that a scene depends on nothing but its seed, it is unloaded and loaded anew for each text (3 ms).
"""

import _ctypes
import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlas.errors import AtlasError
from tools.demo.scenes.phones import phone_of
from tools.demo.scenes.scene import Timed

RATE_HZ = 22_050
SEED = 1
MISSING = (
    "speech is made with espeak-ng, which is not installed: pip install espeakng-loader,"
    " or install the package libespeak-ng1 of Debian or Ubuntu"
)

_SYNCHRONOUS, _UTF8 = 2, 1
_PHONE_EVENTS, _IPA, _STAYS = 1, 2, 0x8000  # options of espeak_Initialize; the last: no exit() on errors
_RATE, _PITCH, _RANGE = 1, 3, 4  # parameters
_END, _WORD, _PHONE = 0, 1, 7  # events

STOPS = frozenset((*"ptkbdɡ", "ts", "tʃ", "dʒ"))
CLOSURE_S = 0.08  # at most; a phone keeps at least SHORTEST_S
SHORTEST_S = 0.02
SILENT = 1e-3  # of the loudest sample


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("text", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_int),
        ("message", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text, spoken; times in seconds of the samples."""

    samples: NDArray[np.float32]  # [samples] at this module's RATE_HZ
    phones: tuple[Timed, ...]
    words: tuple[Timed, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    """An event: a word with its place in the text, or a phone with its symbol."""

    start_s: float
    word: str = ""
    symbol: str = ""


def speak(text: str, voice: str, rate: int, pitch: int, pitch_range: int) -> Spoken:
    """Speak a text; rate in words a minute, pitch and its range from 0 to 99, as espeak-ng counts them."""
    pieces: list[NDArray[np.int16]] = []
    marks: list[_Mark] = []

    def receive(wave: Any, count: int, events: Any) -> int:
        if count > 0:
            pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for event in _until_end(events):
            marks.extend(_marks(event, text))
        return 0

    callback = _Callback(receive)
    with _library() as library:
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise AtlasError(f"espeak-ng: no voice {voice}")
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range)):
            library.espeak_SetParameter(parameter, value, 0)
        encoded = text.encode()
        library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
    samples = np.concatenate(pieces).astype(np.float32) / np.float32(2**15)
    return _spoken(samples, marks)


@contextmanager
def _library() -> Iterator[ctypes.CDLL]:
    path, data = _paths()
    library = ctypes.CDLL(path)
    try:
        options = _PHONE_EVENTS | _IPA | _STAYS
        if library.espeak_Initialize(_SYNCHRONOUS, 0, data and data.encode(), options) != RATE_HZ:
            raise AtlasError("espeak-ng: its voices were not found, or do not speak at 22,050 Hz; install it again")
        library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
        yield library
    finally:
        library.espeak_Terminate()
        _ctypes.dlclose(library._handle)


@cache
def _paths() -> tuple[str, str | None]:
    """The library, and the folder of its voices where that is not the usual one."""
    try:
        loader = import_module("espeakng_loader")
        return loader.get_library_path(), loader.get_data_path()
    except ImportError:
        found = ctypes.util.find_library("espeak-ng")
        if found is None:
            raise AtlasError(MISSING) from None
        return found, None


def _until_end(events: Any) -> Iterator[_Event]:
    place = 0
    while events[place].kind != _END:
        yield events[place]
        place += 1


def _marks(event: _Event, text: str) -> Iterator[_Mark]:
    start_s = event.sample / RATE_HZ
    if event.kind == _WORD:
        start = event.text_position - 1
        yield _Mark(start_s, word=text[start : start + event.length].strip("¿?!.,:;").lower())
    elif event.kind == _PHONE:
        yield _Mark(start_s, symbol=bytes(event.id.text).decode("utf-8", "replace"))


def _spoken(samples: NDArray[np.float32], marks: list[_Mark]) -> Spoken:
    """A phone lasts until the next one or a pause; a word until the end of its last phone."""
    end_s = len(samples) / RATE_HZ
    phones: list[Timed] = []
    for mark, after in pairwise([*(mark for mark in marks if not mark.word), _Mark(end_s)]):
        _append(phones, Timed(mark.start_s, after.start_s, phone_of(mark.symbol)), mark.symbol)
    words: list[Timed] = []
    closed = _with_closures(phones, samples)
    for mark, after in pairwise([*(mark for mark in marks if mark.word), _Mark(end_s)]):
        within = [
            new for old, new in zip(phones, closed, strict=True) if mark.start_s <= old.start_s + 1e-3 < after.start_s
        ]
        if within:
            words.append(Timed(within[0].start_s, within[-1].end_s, mark.word))
    return Spoken(samples, tuple(closed), tuple(words))


def _append(phones: list[Timed], phone: Timed, symbol: str) -> None:
    """Add a phone; a bare mark of palatalisation belongs to the one before."""
    if phone.label and phone.end_s > phone.start_s:
        phones.append(phone)
    elif symbol == "ʲ" and phones:
        phones[-1] = Timed(phones[-1].start_s, phone.end_s, phones[-1].label)


def _with_closures(phones: list[Timed], samples: NDArray[np.float32]) -> list[Timed]:
    """The silence before a stop opens is given to the stop; espeak-ng's event marks its burst."""
    loud = np.flatnonzero(np.abs(samples) > SILENT * np.abs(samples).max()) / RATE_HZ
    closed: list[Timed] = []
    for phone in phones:
        if phone.label in STOPS:
            place = int(np.searchsorted(loud, phone.start_s - 0.002))
            silent_from_s = float(loud[place - 1]) if place else 0.0
            start_s = min(phone.start_s, max(silent_from_s, phone.start_s - CLOSURE_S))
            if closed and closed[-1].end_s > start_s:
                start_s = min(phone.start_s, max(start_s, closed[-1].start_s + SHORTEST_S))
                closed[-1] = Timed(closed[-1].start_s, min(closed[-1].end_s, start_s), closed[-1].label)
            phone = Timed(start_s, phone.end_s, phone.label)
        closed.append(phone)
    return closed

"""Speech: times that fit the sound, one inventory of phones, voices that follow from their seeds."""

import re

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from atlas.errors import AtlasError
from tools.demo.scenes import espeak as engine
from tools.demo.scenes.espeak import STOPS, Spoken, speak
from tools.demo.scenes.phones import INVENTORY, NEAREST, VOWELS, phone_of
from tools.demo.scenes.scene import RATE_HZ, WINDOW_S
from tools.demo.scenes.voices import LANGUAGES, VOICES, Speaker, draw_speech, measured_pitch_hz, sentences
from tools.demo.scenes.worlds import Draws, World

LINE = "Seven geese are crossing the frozen river."


def powers(spoken: Spoken, label: str) -> NDArray[np.float64]:
    """The mean spectrum of the middles of a phone: [bins] from 0 to half of the rate."""
    middles = [round((span.start_s + span.end_s) / 2 * engine.RATE_HZ) for span in spoken.phones if span.label == label]
    frames = np.array([spoken.samples[middle - 256 : middle + 256] for middle in middles])
    return np.square(np.abs(np.fft.rfft(frames * np.hanning(512)))).mean(axis=0)


def test_the_inventory_names_each_phone_once_and_neighbours_lie_in_it() -> None:
    assert len(set(INVENTORY)) == len(INVENTORY) == 53
    assert set(NEAREST.values()) <= set(INVENTORY)
    assert set(NEAREST).isdisjoint(INVENTORY)


def test_symbols_lose_their_marks_and_unknown_ones_are_refused() -> None:
    assert [phone_of(symbol) for symbol in ("ˈøː", "tʲ", "ɐ̃ʊ̃", "ç", "ũ", "ʔ", "", "ʲ")] == [
        *("ø", "t", "ɑ̃", "x", "u", "", "", "")
    ]
    with pytest.raises(AtlasError, match="has no place"):
        phone_of("ʘ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_written_once_and_divided_between_the_worlds(language: str) -> None:
    training, shown = (sentences(language, world) for world in World)

    assert len(training) >= 7
    assert len(shown) >= 7
    assert len({*training, *shown}) == len(training) + len(shown)
    assert all(re.fullmatch(r"[¿\w].*[.?]", sentence) for sentence in (*training, *shown))


@pytest.mark.usefixtures("espeak")
def test_a_text_sounds_the_same_whatever_was_said_before() -> None:
    first = speak(LINE, "en+f1", 170, 50, 50)
    speak("Etwas ganz anderes.", "de+m3", 120, 20, 90)
    second = speak(LINE, "en+f1", 170, 50, 50)

    assert np.array_equal(first.samples, second.samples)
    assert first.phones == second.phones


@pytest.mark.usefixtures("espeak")
def test_words_are_those_of_the_text_and_hold_their_phones() -> None:
    spoken = speak(LINE, "en", 170, 50, 50)

    assert [word.label for word in spoken.words] == LINE.lower().strip(".").split()
    assert [phone.label for phone in spoken.phones[:5]] == ["s", "ɛ", "v", "ə", "n"]
    assert (spoken.words[0].start_s, spoken.words[0].end_s) == (spoken.phones[0].start_s, spoken.phones[4].end_s)


@pytest.mark.usefixtures("espeak")
@pytest.mark.parametrize("language", LANGUAGES)
def test_times_follow_each_other_within_the_sound(language: str) -> None:
    for number, sentence in enumerate(sentences(language, World.SHOWN)[:3]):
        spoken = speak(sentence, f"{language}+{VOICES[number]}", 170, 50, 50)
        for spans in (spoken.phones, spoken.words):
            times = [time for span in spans for time in (span.start_s, span.end_s)]
            assert times == sorted(times)
            assert all(span.end_s > span.start_s for span in spans)
        assert spoken.phones[-1].end_s <= len(spoken.samples) / engine.RATE_HZ
        assert {phone.label for phone in spoken.phones} <= set(INVENTORY)


@pytest.mark.usefixtures("espeak")
def test_phones_lie_where_they_sound() -> None:
    lines = [(language, sentence) for language in LANGUAGES for sentence in sentences(language, World.TRAINING)[:3]]
    spoken = [speak(sentence, f"{language}+m3", 170, 50, 50) for language, sentence in lines]

    hissing = [powers(one, "s") for one in spoken if any(span.label == "s" for span in one.phones)]
    voiced = [powers(one, "a") for one in spoken if any(span.label == "a" for span in one.phones)]
    high, low = slice(4_000 * 512 // engine.RATE_HZ, None), slice(0, 2_000 * 512 // engine.RATE_HZ)
    assert np.mean([power[high].sum() > power[low].sum() for power in hissing]) > 0.95
    assert np.mean([power[low].sum() > 20 * power[high].sum() for power in voiced]) > 0.9


@pytest.mark.usefixtures("espeak")
def test_stops_begin_with_their_closure() -> None:
    spoken = speak("Please put the blue cup back on the kitchen table.", "en+m3", 170, 50, 50)

    closures = [span for span in spoken.phones if span.label in STOPS and span.label in "ptk" and span.start_s > 0]
    assert len(closures) >= 5
    loudest = np.abs(spoken.samples).max()
    for span in closures:
        start = round(span.start_s * engine.RATE_HZ)
        silent = spoken.samples[start + 40 : start + 300]  # from 2 to 14 ms
        assert np.abs(silent).max() < 0.05 * loudest, span


@pytest.mark.usefixtures("espeak")
def test_a_shorter_tract_moves_formants_and_keeps_times_right() -> None:
    draws = {seed: Draws(World.TRAINING, 7, seed) for seed in range(30)}
    parts = {seed: draw_speech(Speaker("x", "it", World.TRAINING, (seed,)), draws[seed], 4.0, 1) for seed in draws}

    hits = []
    for part in parts.values():
        assert len(part.samples) <= WINDOW_S * RATE_HZ
        for span in part.phones:
            if span.label in ("s", "ʃ", "a", "o"):
                middle = round((span.start_s + span.end_s) / 2 * RATE_HZ)
                frame = part.samples[middle - 160 : middle + 160] * np.hanning(320)
                power = np.square(np.abs(np.fft.rfft(frame)))
                hits.append((power[60:].sum() > power[:60].sum()) == (span.label in ("s", "ʃ")))
    assert len(hits) > 150
    assert np.mean(hits) > 0.93
    assert {draws[seed].truth["voice.tract"] for seed in draws}.__len__() > 20


@pytest.mark.usefixtures("espeak")
def test_the_pitch_is_measured_right() -> None:
    spoken = speak("Mamma mia, una nave lontana.", "it+m3", 170, 50, 0)
    samples = soxr.resample(spoken.samples, engine.RATE_HZ, RATE_HZ)
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    buzz = np.sign(np.sin(2 * np.pi * 200 * time)).astype(np.float32)

    assert measured_pitch_hz(samples, spoken.phones) == pytest.approx(100, rel=0.15)  # m3 speaks from 80 to 122 Hz
    vowel = type(spoken.phones[0])(0.2, 1.8, VOWELS[0])
    assert measured_pitch_hz(buzz, (vowel,)) == pytest.approx(200, rel=0.01)
    assert measured_pitch_hz(buzz, ()) == 0


@pytest.mark.usefixtures("espeak")
def test_a_take_of_two_texts_is_cut_in_a_pause() -> None:
    speaker = Speaker("x", "de", World.SHOWN, (5,))
    part = draw_speech(speaker, Draws(World.SHOWN, 9), 3.0, 2)

    (pause_s,) = part.pauses_s
    place = round(pause_s * RATE_HZ)
    assert np.abs(part.samples[place - 160 : place + 160]).max() < 0.01
    assert not any(span.start_s < pause_s < span.end_s for span in part.phones)
    assert part.labels[:2] == ("speech", "German")


def test_where_espeak_is_absent_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(engine, "import_module", absent)
    monkeypatch.setattr(engine.ctypes.util, "find_library", lambda name: None)
    engine._paths.cache_clear()
    try:
        with pytest.raises(AtlasError, match="pip install espeakng-loader"):
            speak("a", "en", 170, 50, 50)
    finally:
        engine._paths.cache_clear()

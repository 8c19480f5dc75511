"""Short pieces: a key, a tempo, a texture (melody, chords, arpeggio or scale), perhaps drums and a second instrument.

Roots, progressions, motifs and drum patterns are dealt out to the worlds; a melody repeats and varies its motif.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tools.demo.scenes.instruments import INSTRUMENTS, Note
from tools.demo.scenes.scene import RATE_HZ, Part
from tools.demo.scenes.signals import Wave, add, decay, faded, filtered, noise, phase, resonance, samples_of, unit
from tools.demo.scenes.worlds import Draws

TEXTURES = ("melody", "chords", "arpeggio", "scale")
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
SLOW_BPM, FAST_BPM = 85.0, 135.0
ROOTS = tuple(range(12))
PROGRESSIONS = (
    *((0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 5, 3), (5, 3, 0, 4), (0, 3, 0, 4), (0, 1, 4, 0), (0, 5, 1, 4), (3, 4, 0, 0)),
    *((0, 0, 3, 4), (0, 2, 3, 4), (5, 4, 3, 0), (0, 4, 0, 3), (3, 0, 4, 5), (0, 3, 5, 4), (0, 2, 5, 3), (5, 1, 4, 0)),
)
MOTIFS = (
    *((0, 1, 2, 4), (4, 2, 0, 0), (0, 2, 4, 2, 1), (0, 4, 3, 2), (2, 1, 0, 1, 2), (4, 5, 4, 2), (0, 0, 4, 4, 5, 4)),
    *((0, -1, 0, 2), (7, 4, 2, 0), (2, 3, 4, 0), (0, 2, 1, 3, 2), (4, 3, 2, 1, 0), (0, 5, 4, 2), (1, 2, 0, 4)),
    *((4, 4, 3, 1), (0, 3, 2, 4, 7), (2, 0, 2, 4), (5, 4, 2, 3, 1), (0, 1, 0, -2, 0), (4, 7, 6, 4, 2)),
)
RHYTHMS = (
    (1, 1, 1, 1),
    (2, 1, 1),
    (1, 1, 2),
    (1.5, 0.5, 2),
    (0.5, 0.5, 1, 2),
    (1, 0.5, 0.5, 1, 1),
    (3, 1),
    (0.5, 1, 0.5),
)
ARPEGGIOS = (
    (0, 1, 2, 1),
    (0, 1, 2, 3),
    (3, 2, 1, 0),
    (0, 2, 1, 2),
    (0, 2, 1, 3),
    (2, 0, 1, 0),
    (0, 3, 1, 2),
    (3, 1, 2, 0),
)
DRUMS = (  # kick, snare, hat over two bars of eighths or sixteenths
    *(("x...x...", "..x...x.", "xxxxxxxx"), ("x..xx...", "..x...x.", "x.x.x.x."), ("x.x.x.x.", "....x...", ".x.x.x.x")),
    *(("x.....x.", "..x..x..", "xxx.xxx."), ("x...x.x.", "..x...xx", "x.xxx.xx"), ("xx..x...", "....x..x", "xxxxxxxx")),
    *(
        ("x..x..x.", "....x...", "x.x.x.x."),
        ("x...", "..x.", "xxxx"),
        ("x.....", "...x..", "xxxxxx"),
        ("x..x..", "..x..x", "x.xx.x"),
    ),
    *(("x.x..x..", "...x..x.", "xxxxxxxx"), ("x.......", "....x...", "x..xx..x"), ("x..x.x..", "..x...x.", "..x...x.")),
    *(("x.x.....", "..x.x.x.", "xx.xxx.x"), ("x....x..", "...x...x", "x.xx.xx."), ("xxxx", "..x.", ".x.x")),
)


@dataclass(frozen=True, slots=True)
class Played:
    """A note of a score; times in beats, pitch as a MIDI number."""

    at: float
    length: float
    pitch: float
    strength: float


@dataclass(frozen=True, slots=True)
class Key:
    """A scale on a root."""

    root: int
    scale: Sequence[int]

    def pitch(self, degree: int) -> int:
        return self.root + 12 * (degree // 7) + self.scale[degree % 7]

    def above(self, lowest: int) -> "Key":
        """The same key with its root in the octave above a note."""
        return Key(lowest + (self.root - lowest) % 12, self.scale)


@dataclass(frozen=True, slots=True)
class Piece:
    """What is decided before anything sounds."""

    key: Key
    bpm: float
    beats: float
    progression: Sequence[int]


def draw_music(instruments: Sequence[str], texture: str, draws: Draws, samples: int) -> Part:
    """A piece whose first instrument plays the texture, a second one accompanies; drums come by chance."""
    mode = draws.one("mode", tuple(SCALES))
    bpm = draws.ratio("bpm", 58.0, 190.0)
    beats = samples / RATE_HZ * bpm / 60
    progression = draws.own("progression", PROGRESSIONS)
    piece = Piece(Key(draws.own("root", ROOTS), SCALES[mode]), bpm, beats, progression)
    wave = _performed(instruments[0], TEXTURES_PLAYED[texture](piece, draws), piece, draws, samples)
    for second in instruments[1:]:
        score = _bass_line(piece) if second == "synth bass" else _chords(piece, draws)
        wave = wave + _performed(second, score, piece, draws, samples) * draws.ratio("second", 0.45, 0.9)
    labels = ["music", *instruments, texture, mode]
    if draws.chance("drums", 0.35):
        wave = wave + unit(_drums(piece, draws.below("drums"), samples)) * draws.ratio("drums_gain", 0.5, 1.1)
        labels.append("drums")
    labels += ["slow"] * (bpm < SLOW_BPM) + ["fast"] * (bpm > FAST_BPM)
    return Part(faded(unit(wave), 0.005, 0.005).astype("float32"), tuple(labels))


def _performed(name: str, score: Iterator[Played], piece: Piece, draws: Draws, samples: int) -> Wave:
    """A score played by an instrument, a little unevenly, in its own register."""
    instrument = INSTRUMENTS[name]
    play: Note = instrument.draw(draws.below(name))
    key = piece.key.above(instrument.lowest)
    shift = key.root - piece.key.root
    beat_s = 60 / piece.bpm
    wave = np.zeros(samples)
    for note in score:
        length_s = note.length * beat_s * (0.93 if instrument.holds else 1.4)
        hz = 440 * 2 ** ((note.pitch + shift - 69) / 12)
        at_s = max(0.0, note.at * beat_s + draws.random.normal(0, 0.004))
        add(wave, play(hz, min(length_s, 4.0), note.strength), at_s)
    return unit(wave)


def _chord_at(piece: Piece, beat: float, beats_a_chord: int = 2) -> int:
    return piece.progression[int(beat // beats_a_chord) % len(piece.progression)]


def _melody(piece: Piece, draws: Draws) -> Iterator[Played]:
    motif = draws.own("motif", MOTIFS)
    rhythm = draws.own("rhythm", RHYTHMS)
    beat, turn = 0.0, 0
    while beat < piece.beats:
        base = int(draws.random.integers(0, 4)) if turn % 2 else _chord_at(piece, beat)
        for step, length in zip(motif, rhythm * 2, strict=False):
            yield Played(beat, length, piece.key.pitch(step + base), draws.random.uniform(0.55, 1))
            beat += length
        turn += 1


def _chords(piece: Piece, draws: Draws) -> Iterator[Played]:
    length = draws.one("chord_beats", (2, 1, 2))
    beat = 0.0
    while beat < piece.beats:
        degree = _chord_at(piece, beat)
        strength = draws.random.uniform(0.6, 1)
        for step in (0, 2, 4, 7) if draws.random.random() < 0.4 else (0, 2, 4):
            yield Played(beat, length, piece.key.pitch(degree + step), strength)
        beat += length


def _arpeggio(piece: Piece, draws: Draws) -> Iterator[Played]:
    order = draws.own("arpeggio", ARPEGGIOS)
    step = 0.5 if piece.bpm > 110 else 0.25
    for place in range(int(piece.beats / step) + 1):
        degree = _chord_at(piece, place * step) + (0, 2, 4, 7)[order[place % 4]]
        yield Played(place * step, step * 1.6, piece.key.pitch(degree), draws.random.uniform(0.6, 1))


def _scale(piece: Piece, draws: Draws) -> Iterator[Played]:
    """Up and down, from a degree that the draw decides."""
    turn = int(draws.random.integers(7, 13))
    place = int(draws.random.integers(0, 2 * turn))
    step = 0.5
    for number in range(int(piece.beats / step) + 1):
        height = (place + number) % (2 * turn)
        yield Played(number * step, step, piece.key.pitch(min(height, 2 * turn - height)), draws.random.uniform(0.6, 1))


def _bass_line(piece: Piece) -> Iterator[Played]:
    for place in range(int(piece.beats) + 1):
        degree = _chord_at(piece, place)
        yield Played(place, 0.9, piece.key.pitch(degree if place % 2 == 0 else degree + 4), 0.8)


TEXTURES_PLAYED = {"melody": _melody, "chords": _chords, "arpeggio": _arpeggio, "scale": _scale}


def _drums(piece: Piece, draws: Draws, samples: int) -> Wave:
    """A kit that plays one pattern."""
    pattern = draws.own("pattern", DRUMS)
    kit = (_kick(draws), _snare(draws), _hat(draws))
    step_s = 30 / piece.bpm if piece.bpm > 80 else 15 / piece.bpm
    wave = np.zeros(samples)
    for place in range(int(samples / RATE_HZ / step_s) + 1):
        for line, hit in zip(pattern, kit, strict=True):
            if line[place % len(line)] == "x":
                at_s = max(0.0, place * step_s + draws.random.normal(0, 0.003))
                add(wave, hit * draws.random.uniform(0.7, 1.0), at_s)
    return wave


def _kick(draws: Draws) -> Wave:
    samples = samples_of(0.3)
    hz = draws.ratio("kick_hz", 42.0, 75.0) * (1 + 4 * decay(samples, draws.ratio("kick_fall_s", 0.012, 0.04)))
    return 1.4 * np.sin(2 * np.pi * phase(hz, samples)) * decay(samples, draws.ratio("kick_s", 0.06, 0.2))


def _snare(draws: Draws) -> Wave:
    samples = samples_of(0.25)
    rattle = noise(draws.random, samples, 0.0, 1_200.0) * decay(samples, draws.ratio("snare_s", 0.04, 0.13))
    shell = np.sin(2 * np.pi * phase(draws.ratio("snare_hz", 160.0, 260.0), samples)) * decay(samples, 0.05)
    return 0.55 * rattle + 0.7 * shell


def _hat(draws: Draws) -> Wave:
    samples = samples_of(0.12)
    sizzle = filtered(draws.random.standard_normal(samples), 5_000.0, 8_000.0)
    sizzle = sizzle + resonance(sizzle, draws.ratio("hat_hz", 5_200.0, 7_400.0), 600.0)
    return 0.35 * unit(sizzle) * decay(samples, draws.ratio("hat_s", 0.012, 0.06))

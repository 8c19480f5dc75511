"""Small random clips whose codes are known: what the tests of the measuring states are fed with.

A clip is drawn as the dense values of a whole window, zero where a feature is inactive; a dictionary whose
pre-activations are its input turns them into codes. Oracles then read the dense values.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from atlas.audio.samples import MEL_BANDS
from atlas.dictionaries.base import Dictionary, Rule, Selection
from atlas.encoders.whisper import GRID
from atlas.measure.codes import ClipCodes, Coder
from atlas.measure.counts import Counts
from atlas.measure.reconstruction import Rebuilder
from atlas.measure.scales import Scales
from atlas.measure.states import ClipPeaks, ClipView, CodedClip, CorpusContext, DictionaryContext
from atlas.measure.threads import Threads
from atlas.measure.tiers import AlignedTier

Floats = NDArray[np.float32]

ONE = Threads(1)
ONSET = 25  # frames of half a second
SCALES = Scales(2, 6)  # sums up to 2^10, squared lengths counted from 2^6


def corpus_context(
    recordings: Collection[int] = (), tiers: Sequence[AlignedTier] = (), top: int = 20, threads: Threads = ONE
) -> CorpusContext:
    """What states may need to know of a corpus of few clips."""
    return CorpusContext(recordings=np.array(recordings, np.int32), tiers=tiers, top=top, grid=GRID, threads=threads)


def context(
    features: int,
    width: int | None = None,
    scales: Scales = SCALES,
    corpus: CorpusContext | None = None,
    threads: Threads = ONE,
) -> DictionaryContext:
    """What the states of a dictionary may need to know; the width is that of an echo, unless it is given."""
    corpus = corpus or corpus_context(threads=threads)
    return DictionaryContext(
        recordings=corpus.recordings,
        tiers=corpus.tiers,
        top=corpus.top,
        grid=corpus.grid,
        threads=corpus.threads,
        features=features,
        width=features if width is None else width,
        scales=scales,
    )


def echo(
    n: int,
    rule: Rule = "threshold",
    k: int | None = None,
    thresholds: Floats | None = None,
    multiplier: Floats | None = None,
    addend: Floats | None = None,
) -> Dictionary:
    """A dictionary of n features whose pre-activations are its input: [frames, n]."""
    by_frame = rule in ("threshold", "calibrated")
    limits = np.zeros(n, np.float32) if thresholds is None and by_frame else thresholds
    return Dictionary(
        kind="echo",
        selection=Selection(rule, k, None if limits is None else torch.from_numpy(limits)),
        bias=torch.zeros(n),
        multiplier=torch.ones(n) if multiplier is None else torch.from_numpy(multiplier),
        addend=torch.zeros(n) if addend is None else torch.from_numpy(addend),
        decoder=torch.eye(n),
        decoder_norm=torch.arange(1, n + 1, dtype=torch.float32),
        encoder=torch.eye(n),
    )


def coded(values: Floats, valid: int | None = None, threads: Threads = ONE) -> ClipCodes:
    """The codes of dense values [frames, n], of which the first `valid` frames are valid."""
    valid = len(values) if valid is None else valid
    return Coder(echo(values.shape[1]), len(values), threads).select(np.maximum(values, 0), valid)


def dense(codes: ClipCodes, n: int) -> Floats:
    """The dense values that the rows of some codes stand for; rows must ascend."""
    rows = codes.rows
    values = np.zeros((len(rows.counts), n), np.float32)
    for t, count in enumerate(rows.counts.tolist()):
        features = rows.features[t, :count]
        assert (np.diff(features) > 0).all()
        assert (rows.values[t, :count] > 0).all()
        values[t, features] = rows.values[t, :count]
    return values


def dense_by_feature(codes: ClipCodes, n: int) -> Floats:
    """The dense values that the runs of some codes stand for; features, and the frames of each, must ascend."""
    values = np.zeros((len(codes.rows.counts), n), np.float32)
    assert (np.diff(codes.fired) > 0).all()
    for i, feature in enumerate(codes.fired.tolist()):
        run = slice(codes.starts[i], codes.starts[i + 1])
        assert (np.diff(codes.frames[run]) > 0).all()
        values[codes.frames[run], feature] = codes.values[run]
    return values


def draw_values(rng: np.random.Generator, frames: int, n: int, density: float = 0.2, steps: int = 0) -> Floats:
    """Dense values [frames, n]; `steps` > 0: only so many different ones, so that most are tied."""
    values = rng.integers(1, steps + 1, (frames, n)) / 4 if steps else rng.lognormal(0, 1, (frames, n))
    return np.where(rng.random((frames, n)) < density, values, 0).astype(np.float32)


@dataclass(frozen=True)
class Clip:
    """One made clip: the dense values of its window, its display mel, and its place in the corpus."""

    number: int
    recording: int
    hash64: int
    values: Floats  # [window frames, n]
    mel: Floats  # [valid, bands]
    matched: tuple[int, int] = (-1, -1)
    matched_in_cell: tuple[int, int] = (-1, -1)

    @property
    def valid(self) -> int:
        return len(self.mel)

    @property
    def valid_values(self) -> Floats:
        """[valid, n]"""
        return self.values[: self.valid]

    @cached_property
    def codes(self) -> ClipCodes:
        return coded(self.values, self.valid)

    @cached_property
    def seen(self) -> ClipPeaks:
        own = context(self.values.shape[1])
        return Counts.empty(own).count(self.codes, self.view, own)

    @cached_property
    def coded(self) -> CodedClip:
        """The clip as an echo reads it that misses a tenth of every activation."""
        rebuilder = Rebuilder(echo(self.values.shape[1]), ONE)
        distances = rebuilder.distances(self.valid_values + np.float32(0.1), self.codes.rows, None, None)
        return CodedClip(self.view, self.codes, self.seen, distances)

    @property
    def view(self) -> ClipView:
        return ClipView(
            number=self.number,
            hash64=self.hash64,
            valid=self.valid,
            mel=self.mel,
            matched=self.matched,
            matched_in_cell=self.matched_in_cell,
        )


def draw_clip(
    rng: np.random.Generator, number: int, n: int, valid: int, window: int, recording: int = 0, steps: int = 0
) -> Clip:
    """A clip of `valid` frames in a window, some features of which never fire in it."""
    values = draw_values(rng, window, n, 0.2, steps) * (rng.random(n) < 0.7).astype(np.float32)
    mel = rng.uniform(0, 90, (valid, MEL_BANDS)).astype(np.float32)
    stretches = [_stretch(rng, valid, length) for length in (10, 4)]
    return Clip(number, recording, int(rng.integers(0, 2**63)) * 2, values, mel, *stretches)


def _stretch(rng: np.random.Generator, valid: int, length: int) -> tuple[int, int]:
    start = int(rng.integers(0, max(valid - length, 1)))
    return (start, start + length) if valid >= length else (-1, -1)


def draw_clips(seed: int, lengths: Sequence[int], n: int, window: int, recordings: int, steps: int = 0) -> list[Clip]:
    """Clips of the given lengths, dealt to recordings in runs."""
    rng = np.random.default_rng(seed)
    return [
        draw_clip(rng, number, n, valid, window, number * recordings // len(lengths), steps)
        for number, valid in enumerate(lengths)
    ]

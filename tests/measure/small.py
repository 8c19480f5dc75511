"""A small corpus, scanned in two shards and merged: 40 clips in 12 recordings, 3 datasets, 2 domains, 16 features.

Some features have a part to play; the others fire at random, in some of the clips. Two clips have a problem.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from atlas.audio.draws import clip_hash, sampled_frames
from atlas.audio.samples import MEL_BANDS
from atlas.encoders.whisper import GRID
from atlas.measure import catalogue
from atlas.measure.codes import Coder
from atlas.measure.corpusview import corpus_view
from atlas.measure.merged import Merged
from atlas.measure.peak_stats import firing
from atlas.measure.reconstruction import Fit, Rebuilder
from atlas.measure.serialise import merged_states
from atlas.measure.shard import CorpusScan, DictionaryReader, DictionaryScan
from atlas.schema import CLIPS, CODES, TRACKS, peaks_table
from atlas.store import AtlasFolder
from tests.measure.making import ONE, SCALES, Clip, context, corpus_context, echo

N, WINDOW, TOP, OTHERS, CODE_RATE = 16, 260, 5, 3, 0.25
DEAD, DENSE, RARE, ONSET, ENERGY, SINGLE, STEPS, ALWAYS = range(8)  # features with a part to play
DOMAINS = ("sound", "music", "speech")  # of the config; no sound occurs
PROBLEMS = (5, 21)
RECORDING_OF = [0] * 3 + [1] * 5 + [2] + [3] * 4 + [4] * 3 + [5] * 4 + [6] * 2 + [7] * 5 + [8] * 3 + [9] * 4
RECORDING_OF += [10] * 3 + [11] * 3
DATASET_OF = ["ahead"] * 5 + ["birds"] * 3 + ["choir"] * 4  # by recording; shards may mix datasets
CORPUS = corpus_context(RECORDING_OF, top=TOP)
DOMAIN_OF = {"ahead": "speech", "birds": "speech", "choir": "music"}


@dataclass(frozen=True)
class Small:
    """The corpus, and all that was measured of it."""

    table: pl.DataFrame
    clips: tuple[Clip, ...]  # those without a problem
    merged: Merged
    fit: Fit
    peaks: pl.DataFrame
    codes: pl.DataFrame
    tracks: pl.DataFrame

    def values(self) -> NDArray[np.float64]:
        """[valid frames of the corpus, n]"""
        return np.concatenate([clip.valid_values for clip in self.clips]).astype(np.float64)

    def column(self, name: str) -> list[Any]:
        """A column of the clips' table."""
        return self.table[name].to_list()

    def firing(self, feature: int) -> list[Clip]:
        """The clips in which a feature is active."""
        return [clip for clip in self.clips if clip.valid_values[:, feature].any()]

    def by_hash(self, clips: list[Clip]) -> list[Clip]:
        return sorted(clips, key=lambda clip: clip.hash64)


def _values(rng: np.random.Generator, number: int, energy: NDArray[np.float64]) -> NDArray[np.float32]:
    values = rng.lognormal(0, 1, (WINDOW, N)) * (rng.random((WINDOW, N)) < rng.uniform(0.01, 0.2))
    values *= rng.random(N) < 0.6
    values[:, DEAD] = 0
    values[:, DENSE] = rng.lognormal(0, 1, WINDOW) * (rng.random(WINDOW) < 0.5)
    values[:, RARE] *= RECORDING_OF[number] in (1, 7)
    values[:, ONSET] = (np.arange(WINDOW) < 25) * (rng.random(WINDOW) < 0.3)
    values[:, ENERGY] = np.maximum(energy - 40 + rng.normal(0, 4, WINDOW), 0)
    values[:, SINGLE] = (np.arange(WINDOW) == 10) * 3 if number == 30 else 0
    values[:, STEPS] = rng.integers(1, 3) * (rng.random(WINDOW) < 0.2)
    values[:, ALWAYS] = 1 + rng.random(WINDOW)
    return values.astype(np.float32)


def _clip(rng: np.random.Generator, number: int) -> Clip:
    valid = int(rng.integers(30, WINDOW))
    energy = rng.uniform(10, 70, WINDOW)
    mel = energy[:valid, None] + rng.normal(0, 2, (valid, MEL_BANDS))
    start = int(rng.integers(0, valid - 20))
    hash64 = clip_hash(f"sha{number}", 0.0)
    values = _values(rng, number, energy)
    stretches = ((start, start + 20), (start + 5, start + 18))
    return Clip(number, RECORDING_OF[number], hash64, values, mel.astype(np.float32), *stretches)


def _table(clips: list[Clip]) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    datasets = [DATASET_OF[clip.recording] for clip in clips]
    blank = {name: [None] * len(clips) for name in CLIPS.columns}
    return CLIPS.frame(
        blank
        | {
            "clip": range(len(clips)),
            "path": [f"{clip.number:02}.wav" for clip in clips],
            "offset_s": [0.0] * len(clips),
            "sha256": [f"sha{clip.number}" for clip in clips],
            "domain": [DOMAIN_OF[dataset] for dataset in datasets],
            "dataset": datasets,
            "recording": [f"recording {clip.recording:02}" for clip in clips],
            "valid_frames": [clip.valid for clip in clips],
            "energy_db": rng.integers(-120, -80, len(clips)) / 4,  # so that some lie 3 dB apart
            "shard": [int(clip.recording > 6) for clip in clips],
            "problem": ["damaged" if clip.number in PROBLEMS else None for clip in clips],
        }
    )


@cache
def small() -> Small:
    """Scan and merge the corpus, once."""
    rng = np.random.default_rng(1)
    every = [_clip(rng, number) for number in range(len(RECORDING_OF))]
    table = _table(every)
    clips = tuple(clip for clip in every if clip.number not in PROBLEMS)
    with TemporaryDirectory() as root:
        folder = AtlasFolder(Path(root))
        for shard in (0, 1):
            _scan(folder, shard, [clip for clip in clips if int(clip.recording > 6) == shard])
        return _merged(folder, table, clips)


def _scan(folder: AtlasFolder, shard: int, clips: list[Clip]) -> None:
    dictionary = echo(N)
    reader = DictionaryReader(
        name="made",
        tap="tap",
        dictionary=dictionary,
        scales=SCALES,
        coder=Coder(dictionary, WINDOW, ONE),
        rebuilder=Rebuilder(dictionary, ONE),
    )
    corpus, scan = CorpusScan(CORPUS), DictionaryScan(reader, CORPUS)
    for clip in clips:
        corpus.add(clip.view)
        sampled = sampled_frames(clip.hash64, clip.valid, CODE_RATE)
        scan.add(torch.from_numpy(clip.values), clip.view, sampled)
    corpus.write(folder, shard)
    scan.write(folder, shard)


def _merged(folder: AtlasFolder, table: pl.DataFrame, clips: tuple[Clip, ...]) -> Small:
    paths = [folder.path(peaks_table(N), "made", f"{shard:05d}") for shard in (0, 1)]
    work = [folder.root / "work" / f"{shard:05d}" for shard in (0, 1)]
    view = corpus_view(table, DOMAINS)
    own = context(N, corpus=CORPUS)
    states = merged_states([path / "made.states.zip" for path in work], catalogue.kinds(), own)
    merged = Merged(
        name="made",
        dictionary=echo(N),
        scales=SCALES,
        states=states,
        firing=firing(paths, view, states["draw"], SCALES, OTHERS),
        sounds=merged_states([path / "sounds.zip" for path in work], catalogue.CORPUS_STATES, CORPUS)["sounds"],
        corpus=view,
        tiers=(),
        grid=GRID,
        padded_to=WINDOW,
        others=OTHERS,
        matches=None,
        source=None,
    )
    return Small(
        table,
        clips,
        merged,
        merged.fit,
        pl.concat([pl.read_parquet(path) for path in paths]),
        pl.concat([CODES.check(pl.read_parquet(path / "made.codes.parquet"), "codes") for path in work]),
        pl.concat([TRACKS.check(pl.read_parquet(path / "made.tracks.parquet"), "tracks") for path in work]),
    )

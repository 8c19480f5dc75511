"""Clips as experiments hear them, each in a process of a pool, kept on disk so that a run that was killed goes on.

What is kept is found again by what it depends on: the models, the dictionary as it was calibrated, the moves, and the
clip's content, duration and language. One thread a process, so that no bytes depend on the number of processes.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import polars as pl
import torch

from atlas.config.settings import Config
from atlas.dictionaries.base import Dictionary
from atlas.digests import digest_of
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.experiments.moves import KnownFeatures
from atlas.effects.hands import tapped_model
from atlas.effects.hearing import one_thread
from atlas.errors import AtlasError
from atlas.measure.calibrate import read_calibration
from atlas.measure.listening import ClipSource, decode
from atlas.measure.run import Run
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.readouts.base import Readout, Said, Utterance
from atlas.readouts.catalogue import find_readout
from atlas.readouts.written import FreeReadout
from atlas.schema import FEATURES
from atlas.schema.table import Columns
from atlas.store import AtlasFolder

VERSION = 2  # of what is kept: raised with every change of what it holds or means
FOLDER = "experiments"
_ANYTHING = Utterance(tokens=(0,), texts=("",), frames=np.zeros((1, 2), np.int64))
"what a decoder is asked about where only its first position counts"

SUMMARY: Columns = {
    "clip": pl.UInt32,
    "no_speech": pl.Float64,
    "languages": pl.List(pl.Float64),
    "features": pl.List(pl.UInt32),
    "means": pl.List(pl.Float64),
    "middle": pl.List(pl.Float64),
}
"""a clip unedited: what the model says of speech and of languages (log-probabilities); the features that fire in it,
and the mean of each over valid frames; the mean of its activations there, [width], as the dictionary takes them"""


@dataclass(frozen=True, slots=True)
class StudiedModel:
    """The model behind a dictionary's tap, and the clips that it may hear."""

    tapped: TappedModel
    readout: Readout
    sources: dict[int, ClipSource]

    def clip(self, number: int) -> TappedClip:
        """A clip at the tap; what a decoder writes of it is not asked for."""
        source, model = self.sources[number], self.tapped
        samples, _ = decode(source, model.encoder.grid)
        beside = model.encoder.resumed_with(model.tap)
        inputs = model.encoder.prepare(samples)[None]
        found = model.encoder.activations(inputs, [name for name in (model.tap, beside) if name])
        x, entering = found[model.tap].clone(), found[beside].clone() if beside else None
        utterance = _ANYTHING
        if not isinstance(self.readout, FreeReadout):
            (utterance,) = self.readout.listen(model.encoder.resume(model.tap, x, entering), [source.valid], [None])
        return model.coded(x[0], None if entering is None else entering[0], source.valid, utterance)


@dataclass(frozen=True, slots=True)
class Study:
    """A dictionary of an atlas whose features are tried, as a process is told of it."""

    root: Path
    config: Config
    dictionary: str

    @property
    def run(self) -> Run:
        return Run(self.config, AtlasFolder(self.root), torch.device("cpu"), 1)

    def model(self) -> StudiedModel:
        """Loaded once a process."""
        return _loaded(self.root, self.config, self.dictionary)

    def facts(self) -> str:
        """What all that is heard depends on, but for the moves."""
        run = self.run
        calibrated = read_calibration(run)[self.dictionary].tensors
        readout = find_readout(run.config, run.source)
        weights = f"{run.source.sha256} {readout.sha256} {run.checkpoints[self.dictionary]} {calibrated}"
        return f"{VERSION} {weights} {readout.name} {run.build}"


@dataclass(frozen=True, slots=True)
class Origin:
    """By which pages see whether a table is of what stands there now."""

    identity: str
    "of the dictionary, whatever it is called"
    basis: str
    "of clips, encoder, readout and domains"


@lru_cache(maxsize=1)
def _loaded(root: Path, config: Config, dictionary: str) -> StudiedModel:
    run = Run(config, AtlasFolder(root), torch.device("cpu"), 1)
    model = tapped_model(run, dictionary)
    assert model.readout is not None, "a model that says nothing is refused"
    return StudiedModel(model, model.readout, {clip.number: clip for clip in run.usable})


@dataclass(frozen=True, slots=True)
class KeptClips:
    """Where what was heard of each clip lies."""

    folder: Path

    @classmethod
    def of(cls, study: Study, what: str, facts: str) -> "KeptClips":
        return cls(study.root / FOLDER / what / study.dictionary / digest_of(f"{study.facts()} {facts}"))

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.parquet"

    def keep(self, key: str, rows: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        rows.write_parquet(buffer)
        AtlasFolder(self.folder).write_bytes(self.path(key), buffer.getbuffer())


def key_of(hash64: int, duration_s: float, language: str | None) -> str:
    """Of a clip: its content, how much of it is heard, and the language that it is written in."""
    return digest_of(f"{hash64:016x} {duration_s!r} {language}")


Hear = Callable[[int], pl.DataFrame]
"""from the number of a clip to the rows that are kept of it"""
Job = tuple[KeptClips, Hear, int, str]
"""where it is kept, how it is heard, and the number and key of a clip"""


def jobs_of(kept: KeptClips, clips: pl.DataFrame, hear: Hear) -> list[Job]:
    """A job a clip (`clip`, `hash`, `duration_s`, `language`)."""
    rows = clips.select("clip", "hash", "duration_s", "language").iter_rows()
    return [(kept, hear, clip, key_of(*facts)) for clip, *facts in rows]


def hear_missing(jobs: Sequence[Job], workers: int, title: str) -> None:
    """Do the jobs whose rows are not on disk yet, all in one pool."""
    missing = [job for job in jobs if not job[0].path(job[3]).exists()]
    with bar(title, len(jobs), "clips") as advance:
        advance(len(jobs) - len(missing))
        for _ in ordered_map(_hear_and_keep, missing, workers):
            advance(1)


def heard(kept: KeptClips, clips: pl.DataFrame, hear: Hear, workers: int, title: str) -> pl.DataFrame:
    """The rows of all clips, in their order; those that are on disk are not heard again."""
    jobs = jobs_of(kept, clips, hear)
    hear_missing(jobs, workers, title)
    frames = [pl.read_parquet(kept.path(key)).with_columns(clip=pl.lit(clip, pl.UInt32)) for _, _, clip, key in jobs]
    return pl.concat(frames)  # of equal content, each under its own number


def _hear_and_keep(job: Job) -> None:
    kept, hear, clip, key = job
    with one_thread():
        kept.keep(key, hear(clip))


def summarised(study: Study, clips: pl.DataFrame, workers: int, title: str) -> pl.DataFrame:
    """SUMMARY of some clips."""
    kept = KeptClips.of(study, "summaries", "")
    return heard(kept, clips, partial(summary_of, study), workers, title)


def summary_of(study: Study, number: int) -> pl.DataFrame:
    """SUMMARY of one clip."""
    studied = study.model()
    clip, model = studied.clip(number), studied.tapped
    said = said_of(studied, clip)
    active = clip.active
    counts = np.diff(active.starts)
    owners = np.repeat(np.arange(len(counts)), counts)
    sums = np.bincount(owners, weights=active.values, minlength=len(counts))
    middle = model.dictionary.normalise(clip.x)[0][: clip.valid].double().mean(dim=0)
    row = {
        "clip": [number],
        "no_speech": [None if said.no_speech is None else float(said.no_speech[0])],
        "languages": [[] if said.languages is None else said.languages[0].double().tolist()],
        "features": [active.features.tolist()],
        "means": [(sums / clip.valid).tolist()],
        "middle": [middle.tolist()],
    }
    return pl.DataFrame(row, schema=dict(SUMMARY))


@torch.no_grad()
def said_of(studied: StudiedModel, clip: TappedClip) -> Said:
    """What the model says of a clip unedited."""
    model = studied.tapped
    rows, entering = clip.rows(1)
    return studied.readout.said(model.encoder.resume(model.tap, rows, entering), clip.utterance)


def studied_dictionary(run: Run, wished: str | None) -> str:
    """The dictionary that is named; else the first that is no control."""
    names = [entry.name for entry in run.config.dictionaries()]
    if wished is None:
        return next(entry.name for entry in run.config.dictionaries() if not entry.is_control)
    if wished not in names:
        raise AtlasError(f"--dictionary {wished}: no dictionary of the config; there are {', '.join(names)}")
    return wished


def known_features(study: Study, dictionary: Dictionary) -> KnownFeatures:
    """The directions of all features, and their mean active values on the corpus."""
    table = study.run.folder.read_table(FEATURES, study.dictionary)
    return KnownFeatures(dictionary.decoder.numpy(), table["mean_active"].fill_null(0.0).to_numpy())


def dense_means(summaries: pl.DataFrame, features: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """[clips, features]: the mean of each feature over the valid frames of each clip."""
    dense = np.zeros((len(summaries), features))
    for row, (fired, means) in enumerate(summaries.select("features", "means").iter_rows()):
        dense[row, fired] = means
    return dense


def middles(summaries: pl.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """[clips, width]"""
    return np.array(summaries["middle"].to_list(), dtype=np.float64)


def check_enough(half: str, found: int, needed: int, what: str) -> None:
    """Refuse too small a half."""
    if found < needed:
        raise AtlasError(
            f"half {half} has {found} {what}, and the experiment needs {needed}; use a larger corpus, or one with more"
            " recordings of this kind"
        )

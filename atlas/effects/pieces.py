"""The work of effects that is done clip by clip in processes of their own, which measure, write, and return little.

What all clips share is sent as bytes and loaded once a process. A process does its arithmetic on one thread, so that
no bit depends on how many there are.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from atlas.effects.clips import TappedClip
from atlas.effects.edit_sets import Bools, EditMaker, companions
from atlas.effects.edits import Covariance, Floats
from atlas.effects.hearing import hearing_here, one_thread
from atlas.effects.label_words import SpokenLabel
from atlas.effects.ledger import Ledger, WantedEdit
from atlas.effects.means import FeatureLabel, MeanSums, frames_with, sums_of
from atlas.effects.measuring import ClipKnowledge, ClipMeasurer
from atlas.effects.word_times import in_word_times

MOST_EDITS = 112
"of a piece: sixteen batches, which are far less than a minute of a small model"


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceJob:
    """What all pieces of a dictionary share."""

    hearing: bytes
    "as `hearing_here` takes it"
    name: str
    covariance: Covariance
    high_values: Floats
    means: Mapping[int, Floats]
    labels: Mapping[int, SpokenLabel]
    languages: Mapping[int, str]
    ledger: Ledger

    @property
    def shipped(self) -> bytes:
        return pickle.dumps(self)


@dataclass(frozen=True, slots=True)
class EditPiece:
    """Some edits of one clip."""

    about: ClipKnowledge
    wanted: tuple[WantedEdit, ...]


def measure_piece(shipped: bytes, piece: EditPiece) -> int:
    """Measure and keep some edits; returns how many."""
    with one_thread():
        measurer = _measurer(shipped, piece.about)
        job = _job(shipped)
        job.ledger.add(measurer.rows(piece.wanted))
    return len(piece.wanted)


def active_together(hearing: bytes, name: str, asked: tuple[int, tuple[int, ...]]) -> dict[int, Bools]:
    """A clip and some features -> of each, [features]: which others are active in the clip where it is."""
    number, features = asked
    with one_thread():
        clip, model = _tapped(hearing, number)[name], hearing_here(hearing).models[name]
        return {feature: companions(clip, feature, model.dictionary) for feature in features}


def label_sums(
    hearing: bytes,
    name: str,
    labels: tuple[FeatureLabel, ...],
    asked: tuple[ClipKnowledge, Mapping[str, frozenset[str]]],
) -> list[MeanSums | None]:
    """A clip and its labels by kind -> of each label the sums that its difference of means is made from."""
    about, of_clip = asked
    with one_thread():
        here = hearing_here(hearing)
        clip, grid = _tapped(hearing, about.number)[name], here.run.grid
        masks = (frames_with(label, grid, clip.valid, about.spans, of_clip) for label in labels)
        return [None if mask is None else sums_of(clip.x[: clip.valid], mask) for mask in masks]


@lru_cache(maxsize=1)
def _job(shipped: bytes) -> PieceJob:
    job: PieceJob = pickle.loads(shipped)
    return job


@lru_cache(maxsize=1)
def _maker(shipped: bytes) -> EditMaker:
    job = _job(shipped)
    here = hearing_here(job.hearing)
    return EditMaker(
        name=job.name,
        dictionary=here.models[job.name].dictionary,
        grid=here.run.grid,
        covariance=job.covariance,
        high_values=job.high_values,
        means={feature: torch.from_numpy(np.array(mean)) for feature, mean in job.means.items()},
    )


@lru_cache(maxsize=1)
def _measurer(shipped: bytes, about: ClipKnowledge) -> ClipMeasurer:
    """Kept for the next piece, which may be of the same clip."""
    job, maker = _job(shipped), _maker(shipped)
    model, clip = hearing_here(job.hearing).models[job.name], _tapped(job.hearing, about.number)[job.name]
    return ClipMeasurer(
        model=model,
        maker=maker,
        labels=job.labels,
        languages=job.languages,
        clip=in_word_times(clip, model.readout, about.spans, maker.grid),
        about=about,
    )


@lru_cache(maxsize=1)
def _tapped(hearing: bytes, number: int) -> dict[str, TappedClip]:
    return hearing_here(hearing).tapped(number)

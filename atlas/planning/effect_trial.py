"""A short trial of effects on this machine: a few clips are listened to, screened and edited, as the stage does it.

What would be kept goes to a temporary folder. Kernels and caches are warm before the clock starts, and everything runs
on one thread, as in the stage's processes.
"""

import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Covariance, Edit, isotropic
from atlas.effects.hearing import Hearing, one_thread
from atlas.effects.passes import ROWS, edited_batches
from atlas.effects.screening import Directions, controls_first_order, first_order, gradients
from atlas.measure.run import Run
from atlas.planning.rates import EffectRates
from atlas.readouts.base import Utterance
from atlas.readouts.catalogue import find_readout

MOST = 4
"clips that are tried, the first of which warms everything up"
Result = TypeVar("Result")
_NORM = 1e-3  # of an edit that changes next to nothing: what an edit takes does not depend on it
_MIB = 1024 if sys.platform == "linux" else 1024**2  # of ru_maxrss


def try_effects(run: Run, names: Sequence[str], kept: Path) -> EffectRates | None:
    """The rates of effects of some dictionaries; None where nothing is said to try. kept: a temporary folder."""
    hearing = Hearing(run, tuple(names), find_readout(run.config, run.source), kept)
    numbers = sorted(hearing.clips, key=lambda number: hearing.clips[number].hash64)[:MOST]
    with one_thread():
        tried = [found for number in numbers if (found := _tried(hearing, number)) is not None]
    clips = tried[1:] or tried
    if not clips:
        return None
    return EffectRates(
        clips=len(clips),
        encode_s=_mean([clip["encode"] for clip in clips]),
        listen_s=_mean([clip["listen"] for clip in clips]),
        screen_s=_mean([clip["screen"] for clip in clips]),
        write_s=_mean([clip["write"] for clip in clips]),
        batch_s={name: _mean([clip[f"batch {name}"] for clip in clips]) for name in names},
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB,
        problem=hearing.readout.problem,
    )


def _mean(seconds: Sequence[float]) -> float:
    return float(np.mean(seconds))


def _tried(hearing: Hearing, number: int) -> dict[str, float] | None:
    """Seconds of each piece of work on one clip; None where nothing is said that could be asked about."""
    took = {}
    found, took["encode"] = _timed(lambda: hearing.activations(number))
    utterance, took["listen"] = _timed(lambda: hearing.utterance(number, found))
    if hearing.speaks and not utterance.tokens:
        return None
    coded, coding_s = _timed(lambda: hearing.coded(number, found))
    took["encode"] += coding_s / len(coded)
    took["screen"] = _screening_s(hearing, found, coded, utterance)
    for name, clip in coded.items():
        took |= _batch_s(hearing, name, clip, number)
    return took


def _batch_s(hearing: Hearing, name: str, clip: TappedClip, number: int) -> dict[str, float]:
    """Of a batch of edits that is asked about, and of a transcript that is written out."""
    model, edits, reference = hearing.models[name], _small_edits(clip), None
    text = hearing.run.clips["text"][number]
    if model.readout is not None and text:
        reference = model.readout.reading(text, hearing.languages[number], clip.utterance)
    (batch,), batch_s = _timed(lambda: list(edited_batches(model, clip, edits, reference)))
    write_s = _timed(lambda: _written(model, batch.encoded, clip.utterance))[1] / ROWS
    return {f"batch {name}": batch_s, "write": write_s}


def _written(model: TappedModel, encoded: torch.Tensor, utterance: Utterance) -> list[str]:
    return model.readout.write(encoded, utterance.language) if model.readout is not None else []


def _small_edits(clip: TappedClip) -> list[Edit]:
    generator = np.random.default_rng(0)
    frames = np.arange(clip.valid)
    width = clip.x.shape[1]
    return [Edit(frames, _NORM * isotropic(width, generator).expand(clip.valid, -1)) for _ in range(ROWS - 1)]


def _screening_s(
    hearing: Hearing, found: Mapping[str, torch.Tensor], coded: Mapping[str, TappedClip], utterance: Utterance
) -> float:
    """Of one backward pass for all taps, and of first-order effects of all features and of their controls."""
    readout = hearing.models[hearing.names[0]].readout
    if readout is None:
        return 0.0
    drawn = {name: Directions.of(Covariance.of(clip.x), hearing.taps[name]) for name, clip in coded.items()}

    def screen() -> None:
        slopes = gradients(hearing.encoder, readout, list(hearing.taps.values()), found, utterance)
        for name, clip in coded.items():
            model, slope = hearing.models[name], slopes[hearing.taps[name]]
            first_order(model, clip, slope)
            controls_first_order(model, clip, slope, drawn[name])

    return _timed(screen)[1]


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started

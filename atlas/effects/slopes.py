"""Screening: first-order effects of all features of all dictionaries on the clips of half A, clip by clip, summed up.

What a clip gives is kept on disk by what it follows from. Sums are in the order of recordings and clips, so that no bit
depends on how many processes there are, or on which clips were known before.
"""

import pickle
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from atlas.digests import digest_of
from atlas.effects.edits import Covariance
from atlas.effects.hearing import HeardClip, Hearing, hearing_here, one_thread
from atlas.effects.screening import Directions, Doubles, controls_first_order, first_order, gradients
from atlas.effects.utterances import KeptResults, prune_others
from atlas.measure.calibrate import read_calibration
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema import FEATURES
from atlas.schema.effects import SCREENING
from atlas.schema.thresholds import SCREENING_DIRECTIONS

FOLDER = "slopes"
RECIPE = "1"
"raised with every change of what is made of the same clips"


def screen(
    hearing: Hearing, heard: Sequence[HeardClip], of_taps: Mapping[str, Covariance], workers: int = 1
) -> dict[str, pl.DataFrame]:
    """dictionary -> `screening`, a row a feature; whatever `choosing` finds out is null.

    of_taps: dictionary -> how its tap's activations vary. Nothing has an effect where nothing is said.
    """
    clips = sorted((clip for clip in heard if clip.half_a), key=lambda clip: (clip.recording, clip.number))
    if not hearing.speaks:
        clips = []
    directions = _directions(hearing, of_taps)
    kept = kept_slopes(hearing, directions)
    drawn = pickle.dumps((directions, kept))
    unknown = [clip.number for clip in clips if not _known(hearing, kept, clip.number)]
    with bar("screen", len(clips), "clips") as advance:
        advance(len(clips) - len(unknown))
        for _ in ordered_map(partial(_screen_clip, hearing.shipped, drawn), unknown, workers):
            advance(1)
    return {name: _table(hearing, name, clips, kept[name]) for name in hearing.names}


def prune_slopes(hearing: Hearing, of_taps: Mapping[str, Covariance]) -> None:
    """Delete what is kept of other clips, or follows from other facts."""
    kept = kept_slopes(hearing, _directions(hearing, of_taps))
    prune_others(hearing.root / FOLDER, kept.values())
    for results in kept.values():
        results.prune({hearing.content(number) for number in hearing.clips})


def kept_slopes(hearing: Hearing, directions: Mapping[str, Directions]) -> dict[str, KeptResults]:
    """By dictionary."""
    return {
        name: KeptResults.of(hearing.root / FOLDER, _facts(hearing, name, drawn)) for name, drawn in directions.items()
    }


def _directions(hearing: Hearing, of_taps: Mapping[str, Covariance]) -> dict[str, Directions]:
    return {name: Directions.of(of_taps[name], tap) for name, tap in hearing.taps.items()}


def _facts(hearing: Hearing, name: str, directions: Directions) -> Mapping[str, object]:
    """What the first-order effects of a dictionary follow from, beside the clip and what is said of it."""
    entry = next(entry for entry in hearing.run.config.dictionaries() if entry.name == name)
    return {
        **hearing.facts,
        "recipe of slopes": RECIPE,
        "dictionary": [entry.kind, entry.tap, entry.seed, hearing.run.checkpoints[name]],
        "calibration": read_calibration(hearing.run)[name].tensors,
        "directions": digest_of(b"".join(part.numpy().tobytes() for part in (directions.mean, directions.rows))),
    }


def _known(hearing: Hearing, kept: Mapping[str, KeptResults], number: int) -> bool:
    return all(_kept(results, hearing.content(number)) is not None for results in kept.values())


def _screen_clip(shipped: bytes, drawn: bytes, number: int) -> None:
    """drawn: directions, and where results are kept; in bytes, as torch would pass each tensor on as an open file."""
    directions, kept = pickle.loads(drawn)
    with one_thread():
        hearing = hearing_here(shipped)
        found = hearing.activations(number)
        clips = hearing.coded(number, found)
        readout = hearing.models[hearing.names[0]].readout
        assert readout is not None, "asked only where something is said"
        taps, utterance = list(hearing.taps.values()), hearing.utterance(number, found)
        slopes = gradients(hearing.encoder, readout, taps, found, utterance)
        for name, model in hearing.models.items():
            slope, clip = slopes[model.tap], clips[name]
            content: dict[str, np.ndarray[Any, np.dtype[Any]]] = {
                "features": clip.active.features,
                "effects": first_order(model, clip, slope),
                "controls": controls_first_order(model, clip, slope, directions[name]).astype(np.float32),
            }
            kept[name].write(hearing.content(number), save(content))


def _table(hearing: Hearing, name: str, clips: Sequence[HeardClip], kept: KeptResults) -> pl.DataFrame:
    """Means over recordings, each of which counts once; clips of a recording follow each other."""
    n = len(hearing.run.folder.read_table(FEATURES, name))
    recordings, sums = np.zeros(n, np.int64), np.zeros((n, 1 + SCREENING_DIRECTIONS))
    for _, of_recording in groupby(clips, key=lambda clip: clip.recording):
        parts = [_effects(kept, hearing.content(clip.number)) for clip in of_recording]
        features, effects = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        own, places, counts = np.unique(features, return_inverse=True, return_counts=True)
        totals = np.zeros((len(own), sums.shape[1]))
        np.add.at(totals, places, effects)
        sums[own] += totals / counts[:, None]
        recordings[own] += 1
    seen = recordings > 0
    means = np.full_like(sums, np.nan)
    means[seen] = sums[seen] / recordings[seen, None]
    sizes = np.abs(means)
    shares = (sizes[:, 1:] < sizes[:, :1]).mean(axis=1)
    known = pl.Series(seen)
    return pl.DataFrame(
        {
            "dictionary": [name] * n,
            "feature": np.arange(n),
            "recordings": recordings,
            "gradient_effect": means[:, 0],
            "control_share_below": shares,
            **dict.fromkeys(("recordings_b", "chosen_by", "null_reason")),
        },
        schema=dict(SCREENING.columns),
    ).with_columns(pl.when(known).then(name).alias(name) for name in ("gradient_effect", "control_share_below"))


def _effects(kept: KeptResults, content: str) -> tuple[NDArray[np.int64], Doubles]:
    """The features that are active in a clip, and [active, 1 + directions]: their effects, and those of directions."""
    found = _kept(kept, content)
    assert found is not None, "it was just made"
    return found["features"], np.column_stack([found["effects"], found["controls"].astype(np.float64)])


def _kept(results: KeptResults, content: str) -> dict[str, NDArray[Any]] | None:
    """None where it is not there or cannot be read: it is made again."""
    whole = results.read(content)
    try:
        return None if whole is None else load(whole)
    except SafetensorError:
        return None

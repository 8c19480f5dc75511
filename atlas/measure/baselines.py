"""What a dictionary leaves unexplained, beside PCA and matching pursuit on templates, on the same held-out frames.

The recordings of the calibration sample are dealt into halves by content. On one half the mean, principal components
and templates (centred activations of random frames, with length 1) are taken; on frames of the other one the FVU is
measured, with as many components, or templates a frame, as the dictionary has active features; then the other way.
Matching pursuit is the orthogonal one, which refits its coefficients, of either sign, with each template. A dictionary
that compares the values of a clip does so among the clip's frames in the sample; it may have been trained on them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.dictionaries.base import Dictionary
from atlas.measure.codes import Coder
from atlas.measure.kernels.pursuit import pursue
from atlas.measure.reconstruction import Rebuilder
from atlas.measure.threads import Threads
from atlas.measure.thresholds import Origins
from atlas.schema.card import BaselinesCard
from atlas.schema.thresholds import (
    FEWEST_HALF_RECORDINGS,
    FEWEST_HELD_OUT_FRAMES,
    FRAMES_A_COMPONENT,
    HELD_OUT_FRAMES,
    PURSUIT_ATOMS,
    TEMPLATES,
)

RESULT = "baselines.json"
_DIGITS = 6
_CHUNK = 1500  # frames at once

Doubles = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was taken from one half: the mean [d], components [d, d], largest variance first, and templates [n, d]."""

    mean: Doubles
    components: Doubles
    templates: Doubles


@dataclass(frozen=True, slots=True)
class _Way:
    """The frames of one way: those of the half that is fitted on, the templates among them, and the held-out ones."""

    fitting: Places
    templates: Places
    held_out: Places


def measure_baselines(
    dictionary: Dictionary, l0: float, x: Tensor, origins: Origins, threads: Threads
) -> BaselinesCard:
    """x: [frames, d], the sample; l0: the dictionary's, on it."""
    components, second = max(1, round(l0)), second_half(origins)
    reason = null_reason(dictionary, l0, origins)
    if reason:
        return BaselinesCard(null_reason=reason)
    ways = [_way(origins.hashes, fitting, components) for fitting in (~second, second)]
    if any(bool((x[way.held_out] == x[way.held_out[0]]).all()) for way in ways):
        return BaselinesCard(null_reason="constant")
    wanted = np.sort(np.concatenate([way.held_out for way in ways]))
    errors = errors_by_frame(dictionary, x, origins.clips, wanted, threads)
    figures = [_unexplained(x.numpy(), way, components, errors, threads) for way in ways]
    own, pca, pursuit = (float(f"{value:.{_DIGITS}g}") for value in np.mean(figures, axis=0))
    return BaselinesCard(
        components=components,
        templates=min(len(way.templates) for way in ways),
        frames=sum(len(way.held_out) for way in ways),
        fvu_sample=own,
        fvu_pca=pca,
        fvu_pursuit=pursuit,
    )


def null_reason(dictionary: Dictionary, l0: float, origins: Origins) -> str | None:
    """Why a dictionary cannot be held against anything on a sample; None where it can, if the sample varies."""
    second = second_half(origins)
    components, halves = max(1, round(l0)), (~second, second)
    recordings = min(len(np.unique(origins.recordings[half])) for half in halves)
    frames = min(int(half.sum()) for half in halves)
    reasons = {
        "rebuilds_nothing": not dictionary.reconstructs,
        "never_active": l0 == 0,
        "l0_not_below_width": components >= dictionary.d,
        "few_recordings": recordings < FEWEST_HALF_RECORDINGS,
        "few_frames": frames < FRAMES_A_COMPONENT * components,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def second_half(origins: Origins) -> NDArray[np.bool_]:
    """[frames]: whether a frame's recording belongs to the second half; every other one does, by content."""
    recordings, place = np.unique(origins.recordings, return_inverse=True)
    smallest = np.full(len(recordings), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(smallest, place, origins.hashes)
    rank = smallest.argsort(kind="stable").argsort(kind="stable")
    halves: NDArray[np.bool_] = rank[place] % 2 == 1
    return halves


def _way(hashes: NDArray[np.uint64], fitting: NDArray[np.bool_], components: int) -> _Way:
    """Frames of smallest hash are drawn; fewer where pursuit takes long for each."""
    affordable = HELD_OUT_FRAMES * PURSUIT_ATOMS**2 // components**2
    most = min(HELD_OUT_FRAMES, max(FEWEST_HELD_OUT_FRAMES, affordable))
    by_hash = hashes.argsort(kind="stable")
    fitted, others = by_hash[fitting[by_hash]], by_hash[~fitting[by_hash]]
    return _Way(fitted, fitted[:TEMPLATES], others[:most])


def errors_by_frame(dictionary: Dictionary, x: Tensor, clips: Places, wanted: Places, threads: Threads) -> Doubles:
    """x: [frames, d], of one clip after another -> the squared error of each frame; NaN where none is wanted."""
    pieces = _pieces(dictionary, clips, wanted)
    coder = Coder(dictionary, max(map(len, pieces)), threads)
    rebuilder = Rebuilder(dictionary, threads)
    errors = np.full(len(x), np.nan)
    for piece in pieces:
        some = x[torch.from_numpy(piece)]
        normal, scale, shift = dictionary.normalise(some)
        rows = coder.encode(normal, len(some)).rows
        errors[piece], _ = rebuilder.by_frame(some.numpy(), rows, scale, shift)
    return errors


def _pieces(dictionary: Dictionary, clips: Places, wanted: Places) -> list[Places]:
    """Frames that are encoded at once: all of a clip where values of a clip are compared, else those wanted."""
    if dictionary.selection.rule == "clip":
        return np.split(np.arange(len(clips)), np.flatnonzero(np.diff(clips)) + 1)
    return np.split(wanted, range(_CHUNK, len(wanted), _CHUNK))


def _unexplained(
    x: NDArray[np.float32], way: _Way, components: int, errors: Doubles, threads: Threads
) -> tuple[float, float, float]:
    """The FVU of dictionary, PCA and pursuit on the held-out frames of one way."""
    fitted = fit(x, way.fitting, way.templates)
    held_out = x[way.held_out].astype(np.float64)
    spread = float(((held_out - held_out.mean(axis=0)) ** 2).sum())
    return (
        float(errors[way.held_out].sum()) / spread,
        pca_error(fitted, held_out, components) / spread,
        pursuit_error(fitted, held_out, components, threads) / spread,
    )


def fit(x: NDArray[np.float32], fitting: Places, templates: Places) -> Fitted:
    """Mean, components and templates of some frames of x: [frames, d]."""
    mean = x[fitting].mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, len(fitting), _CHUNK):
        centred = x[fitting[start : start + _CHUNK]] - mean
        covariance += centred.T @ centred
    _, ascending = np.linalg.eigh(covariance)
    rows = x[templates] - mean
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return Fitted(mean, ascending[:, ::-1], rows[lengths[:, 0] > 0] / lengths[lengths[:, 0] > 0])


def pca_error(fitted: Fitted, x: Doubles, components: int) -> float:
    """The squared error that the first components leave of x: [frames, d]."""
    centred = x - fitted.mean
    coordinates = centred @ fitted.components[:, :components]
    return float((centred**2).sum() - (coordinates**2).sum())


def pursuit_error(fitted: Fitted, x: Doubles, atoms: int, threads: Threads) -> float:
    """The squared error that so many templates a frame leave of x: [frames, d]."""
    centred, explained = x - fitted.mean, np.empty(len(x))
    gram = fitted.templates @ fitted.templates.T
    products = centred @ fitted.templates.T
    threads.share(len(x), partial(pursue, gram, products, min(atoms, len(gram)), explained))
    return float((centred**2).sum() - explained.sum())


def baselines_json(baselines: Mapping[str, BaselinesCard]) -> dict[str, object]:
    """What `read_baselines` reads, by dictionary."""
    return {name: asdict(one) for name, one in baselines.items()}


def read_baselines(root: Path) -> Mapping[str, BaselinesCard]:
    """By dictionary, what the finished stage measured."""
    content = json.loads((root / RESULT).read_text(encoding="utf-8"))
    return {name: BaselinesCard(**values) for name, values in content.items()}

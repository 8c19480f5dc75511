"""What must be known of a dictionary before the scan, from a sample of at most 200 windows.

The sample is the clips of smallest content hash, and of them at most 2^15 valid frames. From it come: a threshold
where a checkpoint brings none (the one at which L0 is k), thresholds of raw neurons and of the controls, the
scales of the fixed-point sums, and the L0 guard, which stops a run whose codes are dense without a word.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.audio.draws import frame_hashes, sampled_frames
from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.controls import control_of, features_of, template_directions, unit_directions
from atlas.encoders.base import Encoder
from atlas.errors import AtlasError
from atlas.measure.codes import Coder
from atlas.measure.kernels import select
from atlas.measure.listening import ClipSource, listen
from atlas.measure.scales import Scales, exponent_of
from atlas.measure.threads import Threads
from atlas.schema.thresholds import CONTROL_FEATURES, L0_GUARD_DENSITY, L0_GUARD_TIMES

SAMPLE_FRAMES = 2**15
SAMPLE_BYTES = 2**31
_CHUNK = 1500  # frames at once
_BLOCK = 512  # directions at once


@dataclass(frozen=True, slots=True)
class SampleFiring:
    """How often the features of a dictionary fire on the sample: [n] each."""

    density: NDArray[np.float64]
    recordings: NDArray[np.int64]
    "those in which a feature is active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A dictionary ready to scan with, and what was measured of it on the sample."""

    dictionary: Dictionary
    scales: Scales
    l0: float
    density: NDArray[np.float64]  # [n]
    recordings: NDArray[np.int64]  # [n], of the sample, in which each is active
    frames: int
    unmatched: int = 0
    "of a control: directions that are less dense than the features they match, as no value below zero is active"
    matched: NDArray[np.int64] | None = None
    "of a control: [n] the feature that each direction has the density of"
    source: NDArray[np.int64] | None = None
    "of templates: [n] the clip that each was drawn from"
    chosen: NDArray[np.int64] | None = None
    "of an untrained encoder's features: [n] which they are in their dictionary"

    @property
    def firing(self) -> SampleFiring:
        return SampleFiring(self.density, self.recordings)


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each frame of a sample comes from; frames of a clip follow each other."""

    clips: NDArray[np.int64]  # [frames]
    recordings: NDArray[np.int64]  # [frames]
    hashes: NDArray[np.uint64]  # [frames], of its clip's content and its place in it


@dataclass(frozen=True, slots=True)
class CalibrationSample:
    """Some valid frames of each tap: [frames, d]."""

    activations: Mapping[str, Tensor]
    origins: Origins
    windows: int

    def frames(self) -> int:
        return len(next(iter(self.activations.values())))


@dataclass(frozen=True, slots=True)
class ControlSample:
    """What a control is calibrated on: x: [frames, d] of its tap."""

    x: Tensor
    origins: Origins
    threads: Threads


def sample_clips(clips: Sequence[ClipSource], windows: int) -> list[ClipSource]:
    """The clips of smallest content hash."""
    return sorted(sorted(clips, key=lambda clip: clip.hash64)[:windows], key=lambda clip: clip.number)


def hear_sample(
    encoder: Encoder,
    clips: Sequence[ClipSource],
    widths: Mapping[str, int],
    threads: int,
    advance: Callable[[int], None],
) -> CalibrationSample:
    """Encode the sample and keep frames drawn by content hash, as many as fit."""
    budget = min(SAMPLE_FRAMES, SAMPLE_BYTES // (4 * sum(widths.values())))
    rate = min(1.0, budget / max(1, sum(clip.valid for clip in clips)))
    pieces: dict[str, list[Tensor]] = {tap: [] for tap in widths}
    places: list[tuple[ClipSource, NDArray[np.int64]]] = []
    for batch in listen(encoder, clips, tuple(widths), threads):
        for row, clip in enumerate(batch.clips):
            frames = sampled_frames(clip.hash64, clip.valid, rate)
            places.append((clip, frames))
            for tap, kept in pieces.items():
                kept.append(batch.activations[tap][row].cpu()[torch.from_numpy(frames)])
            advance(1)
    return CalibrationSample({tap: torch.cat(kept) for tap, kept in pieces.items()}, origins_of(places), len(clips))


def origins_of(places: Sequence[tuple[ClipSource, NDArray[np.int64]]]) -> Origins:
    """Where frames come from; places: clips, each with the numbers of some of its frames."""
    sizes = [len(frames) for _, frames in places]
    return Origins(
        clips=np.repeat([clip.number for clip, _ in places], sizes),
        recordings=np.repeat([clip.recording for clip, _ in places], sizes),
        hashes=np.concatenate([frame_hashes(clip.hash64, frames) for clip, frames in places]),
    )


def calibrate_dictionary(
    entry: DictionaryConfig,
    dictionary: Dictionary,
    x: Tensor,
    threads: Threads,
    recordings: NDArray[np.int64],
) -> Calibrated:
    """An SAE or raw neurons on the sample x: [frames, d]; recordings: [frames]."""
    if entry.kind == "identity":
        dictionary = dictionary.with_threshold(_side_thresholds(x, entry.density or 0.0))
    elif dictionary.selection.rule == "calibrated":
        dictionary = dictionary.with_threshold(torch.tensor(_threshold_for(dictionary, x)))
    calibrated = _measured(dictionary, x, threads, recordings)
    if entry.kind != "identity":
        guard_density(entry, calibrated)
    return calibrated


def calibrate_control(
    entry: DictionaryConfig, matched: NDArray[np.int64], like: SampleFiring, sample: ControlSample
) -> Calibrated:
    """Directions with the densities of another dictionary's features, those that are `matched`, on a sample.

    A template has the density outside of the recording that it is drawn from, where nothing that it does counts.
    """
    x, origins = sample.x, sample.origins
    mean = torch.from_numpy(x.numpy().mean(axis=0, dtype=np.float64).astype(np.float32))
    source, elsewhere = None, None
    if entry.kind == "template":
        directions, frames = template_directions(x - mean, len(matched), entry.seed)
        source = origins.clips[frames.numpy()]
        elsewhere = origins.recordings[frames.numpy()][:, None] != origins.recordings
    else:
        directions = unit_directions(len(matched), x.shape[1], entry.seed)
    control = control_of(entry.kind, mean, directions, entry.seed, torch.zeros(len(matched)))
    return replace(_at_densities(control, like.density[matched], sample, elsewhere), matched=matched, source=source)


def calibrate_untrained(
    entry: DictionaryConfig, learned: Calibrated, matched: NDArray[np.int64], like: SampleFiring, sample: ControlSample
) -> Calibrated:
    """The same of features of an untrained encoder's dictionary, `learned`, drawn among those that are active."""
    active = np.flatnonzero(learned.density > 0)
    if not len(active):
        raise AtlasError(f"{entry.name}: no feature of {entry.checkpoint} is active on the sample; train it longer")
    random = np.random.default_rng(entry.seed)
    chosen = random.permutation(active)[: len(matched)]
    matched = random.permutation(matched)[: len(chosen)]
    above_zero = _above_zero(learned.dictionary, sample.x)[chosen]
    chosen = chosen[np.argsort(above_zero, kind="stable")]  # the densest go to those that can be as dense
    matched = matched[np.argsort(like.density[matched], kind="stable")]
    control = features_of(learned.dictionary, torch.from_numpy(chosen), entry.seed, torch.zeros(len(chosen)))
    return replace(_at_densities(control, like.density[matched], sample, None), matched=matched, chosen=chosen)


def _above_zero(dictionary: Dictionary, x: Tensor) -> NDArray[np.int64]:
    """[n]: on how many frames of x: [frames, d] each feature's pre-activation is above zero."""
    counts = torch.zeros(dictionary.n, dtype=torch.int64)
    for chunk in _chunks(x):
        counts += (dictionary.pre_activations(dictionary.normalise(chunk)[0]) > 0).sum(dim=0)
    return counts.numpy()


def _at_densities(
    control: Dictionary, densities: NDArray[np.float64], sample: ControlSample, counted: NDArray[np.bool_] | None
) -> Calibrated:
    """A control by thresholds that give it these densities: [n], on the frames that count for each direction."""
    x = sample.x
    wanted = np.rint(densities * (len(x) if counted is None else counted.sum(axis=1))).astype(np.int64)
    thresholds = torch.from_numpy(_thresholds(control, x, wanted, counted))
    calibrated = _measured(control.with_threshold(thresholds), x, sample.threads, sample.origins.recordings)
    short = np.rint(calibrated.density * len(x)).astype(np.int64) < wanted
    return replace(calibrated, unmatched=int(short.sum()))


def matched_features(like: SampleFiring, least: int, seed: int) -> NDArray[np.int64]:
    """The features that a control matches: as many as it has directions, drawn by its seed.

    They are active in `least` recordings of the sample, so that most can be tested; where none is, any that are active,
    or all.
    """
    active = np.flatnonzero(like.density > 0)
    enough = np.flatnonzero(like.recordings >= least)
    among = next(some for some in (enough, active, np.arange(len(like.density))) if len(some))
    drawn = np.random.default_rng(seed).permutation(among)[:CONTROL_FEATURES]
    return np.sort(drawn)


def guard_density(entry: DictionaryConfig, calibrated: Calibrated) -> None:
    """Refuse codes that are dense although nobody said so."""
    k, n = calibrated.dictionary.selection.k, calibrated.dictionary.n
    limit = L0_GUARD_TIMES * k if k else L0_GUARD_DENSITY * n
    if calibrated.l0 > limit:
        reason = f"{L0_GUARD_TIMES} x its k of {k}" if k else f"{L0_GUARD_DENSITY:.0%} of its {n} features"
        raise AtlasError(
            f"dictionary {entry.name!r}: {calibrated.l0:.1f} of {n} features are active on a frame, more than {reason};"
            f" the checkpoint is read as {calibrated.dictionary.kind} with selection"
            f" {calibrated.dictionary.selection.rule!r}. Check it with `atlas inspect`, the tap ({entry.tap}),"
            " or set `selection`, `k` or `threshold` for it"
        )


def _measured(dictionary: Dictionary, x: Tensor, threads: Threads, recordings: NDArray[np.int64]) -> Calibrated:
    """Encode the sample: density of each feature, L0, and the scales that the largest values call for."""
    coder = Coder(dictionary, min(_CHUNK, len(x)), threads)
    active, largest, longest = np.zeros(dictionary.n, np.int64), 0.0, 0.0
    pairs = [np.empty(0, np.int64)]  # feature and recording, as one number
    for number, chunk in enumerate(_chunks(x)):
        codes = coder.encode(dictionary.normalise(chunk)[0], len(chunk))
        active[codes.fired] += np.diff(codes.starts)
        feature = np.repeat(codes.fired.astype(np.int64), np.diff(codes.starts))
        recording = recordings[number * _CHUNK + codes.frames.astype(np.int64)]
        pairs.append(np.unique(recording * dictionary.n + feature))
        largest = max(largest, float(codes.values.max(initial=0.0)))
        longest = max(longest, float((chunk * chunk).sum(dim=1).max()))
    fires = np.bincount(np.unique(np.concatenate(pairs)) % dictionary.n, minlength=dictionary.n)
    return Calibrated(
        dictionary=dictionary,
        scales=Scales(exponent_of(largest), exponent_of(longest)),
        l0=float(active.sum()) / len(x),
        density=active / len(x),
        frames=len(x),
        recordings=fires,
    )


def _threshold_for(dictionary: Dictionary, x: Tensor) -> float:
    """The threshold above which k values a frame lie, on average."""
    keep = (dictionary.selection.k or 1) * len(x)
    smallest = select.largest(
        lambda: (dictionary.pre_activations(dictionary.normalise(chunk)[0]).numpy() for chunk in _chunks(x)), keep
    )
    return max(0.0, float(np.nextafter(np.float32(smallest), np.float32(-1))))


def _side_thresholds(x: Tensor, density: float) -> Tensor:
    """For raw neurons: the threshold of each side [2 x d] that a share `density` of the frames passes."""
    keep = max(1, round(density * len(x)))
    values = x.numpy()
    high = np.partition(values, len(x) - keep, axis=0)[len(x) - keep]
    low = -np.partition(values, keep - 1, axis=0)[keep - 1]
    both = np.nextafter(np.concatenate([high, low]), np.float32(-1))
    return torch.from_numpy(np.maximum(both, 0).astype(np.float32))


def _thresholds(
    control: Dictionary, x: Tensor, wanted: NDArray[np.int64], counted: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    """wanted: [n] frames of x: [frames, d] on which each direction is to be active -> [n] thresholds, at least 0.

    counted: [n, frames], those that are looked at; all, if not given.
    """
    rows, bias, centre = control.encoder, control.bias, control.centre
    if rows is None:
        raise ValueError("a control has directions of its own")
    normal = control.normalise(x)[0]
    columns = (normal if centre is None else normal - centre).T
    thresholds = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        block = torch.addmm(bias[part, None], rows[part], columns).numpy()  # [directions, frames]
        if counted is not None:
            block[~counted[start : start + _BLOCK]] = -np.inf
        block.sort(axis=1)
        keep = wanted[start : start + _BLOCK]
        edge = block[np.arange(len(block)), len(x) - np.maximum(keep, 1)]
        below = np.nextafter(edge, np.float32(-np.inf))
        thresholds[start : start + _BLOCK] = np.where(keep > 0, below, edge)
    return np.maximum(thresholds, 0)


def _chunks(x: Tensor) -> Sequence[Tensor]:
    return [x[start : start + _CHUNK] for start in range(0, len(x), _CHUNK)]

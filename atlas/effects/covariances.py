"""How each tap's activations vary, from some clips of half A: what decoys and directions of screening are drawn from.

Sums are in double precision and in the order of the clips, and the result is kept on disk by what it follows from.
"""

import heapq
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from atlas.digests import digest_of
from atlas.effects.edits import Covariance
from atlas.effects.hearing import HeardClip, Hearing, arithmetic, hearing_here, one_thread
from atlas.effects.utterances import KeptResults, prune_others
from atlas.errors import AtlasError
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema.thresholds import COVARIANCE_CLIPS

FOLDER = "covariances"
RECIPE = "1"
"raised with every change of what is made of the same clips"
Doubles = NDArray[np.float64]
Moments = tuple[int, Doubles, Doubles]
"frames; the sum of their activations [width]; and of the products of these [width, width]"


def covariances(hearing: Hearing, heard: Sequence[HeardClip], workers: int = 1) -> Mapping[str, Covariance]:
    """dictionary -> the covariance of its tap, over the valid frames of the first clips of half A by content hash."""
    numbers, taps = _chosen(heard), dict.fromkeys(hearing.taps.values())
    kept = _kept_in(hearing, numbers)
    known = {tap: found for tap in taps if (found := _read(kept.read(digest_of(tap)))) is not None}
    if len(known) < len(taps):
        for tap, covariance in _measured(hearing, [tap for tap in taps if tap not in known], numbers, workers).items():
            known[tap] = {"mean": covariance.mean, "root": covariance.root.contiguous()}
            kept.write(digest_of(tap), save(known[tap]))
    return {name: Covariance(known[tap]["mean"], known[tap]["root"]) for name, tap in hearing.taps.items()}


def prune_covariances(hearing: Hearing, heard: Sequence[HeardClip]) -> None:
    """Delete what is kept of other clips, or follows from other facts."""
    prune_others(hearing.root / FOLDER, [_kept_in(hearing, _chosen(heard))])


def _chosen(heard: Sequence[HeardClip]) -> list[int]:
    """Numbers of clips."""
    chosen = heapq.nsmallest(COVARIANCE_CLIPS, (clip for clip in heard if clip.half_a), key=lambda clip: clip.hash64)
    return sorted(clip.number for clip in chosen)


def _kept_in(hearing: Hearing, numbers: Sequence[int]) -> KeptResults:
    contents = [hearing.content(number) for number in numbers]
    facts = {"recipe": RECIPE, "arithmetic": arithmetic(), "encoder": hearing.run.source.sha256, "clips": contents}
    return KeptResults.of(hearing.root / FOLDER, facts)


def _read(content: bytes | None) -> dict[str, Tensor] | None:
    """None where it is not there or cannot be read: it is made again."""
    try:
        return None if content is None else load(content)
    except SafetensorError:
        return None


def _measured(hearing: Hearing, taps: Sequence[str], numbers: Sequence[int], workers: int) -> dict[str, Covariance]:
    if not numbers:
        raise AtlasError(
            "effects: no clip of half A counts, so nothing is known of how activations vary; give the corpus more"
            " recordings, or name its domains in effects.domains"
        )
    sums: dict[str, Moments] = {}
    with bar("vary", len(numbers), "clips") as advance, one_thread():
        for moments in ordered_map(partial(_moments, hearing.shipped, taps), numbers, workers):
            for tap, (frames, total, products) in moments.items():
                before = sums.get(tap, (0, np.zeros_like(total), np.zeros_like(products)))
                sums[tap] = (before[0] + frames, before[1] + total, before[2] + products)
            advance(1)
        return {
            tap: Covariance.of_moments(frames, torch.from_numpy(total), torch.from_numpy(products))
            for tap, (frames, total, products) in sums.items()
        }


def _moments(shipped: bytes, taps: Sequence[str], number: int) -> dict[str, Moments]:
    with one_thread():
        hearing = hearing_here(shipped)
        found, valid = hearing.activations(number), hearing.clips[number].valid
        rows = {tap: found[tap][0, :valid].double() for tap in taps}
        return {tap: (valid, x.sum(dim=0).numpy(), (x.T @ x).numpy()) for tap, x in rows.items()}

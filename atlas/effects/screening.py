"""A first look at every feature by one backward pass a clip: what its ablation would change, to first order.

It ranks features, and chooses which are measured exactly. It is never told as an effect: sizes are off, as a model is
not linear. Beside each feature stand directions of the tap's covariance, on the same frames, with the same norms and
signed as decoys are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.digests import digest_of
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Covariance
from atlas.encoders.base import Encoder
from atlas.readouts.base import Readout, Utterance
from atlas.schema.thresholds import SCREENING_DIRECTIONS

Doubles = NDArray[np.float64]
_ROWS = 256  # frames whose slopes along features are held at once


@dataclass(frozen=True, slots=True)
class Directions:
    """Of a tap: what its activations are centred on, and directions in which they vary."""

    mean: Tensor
    "[width]"
    rows: Tensor
    "[directions, width], of norm 1"

    @classmethod
    def of(cls, covariance: Covariance, tap: str) -> "Directions":
        generator = np.random.default_rng(int(digest_of(f"screening {tap}"), 16))
        drawn = [covariance.draw(generator) for _ in range(SCREENING_DIRECTIONS)]
        return cls(covariance.mean, torch.stack(drawn))


def gradients(
    encoder: Encoder, readout: Readout, taps: Sequence[str], found: Mapping[str, Tensor], utterance: Utterance
) -> dict[str, Tensor]:
    """tap -> of the mean log-probability of the utterance, in nats a token: [frames, width]; from one pass for all.

    found: what the encoder gives of one clip, in the order in which it is computed; and what enters the taps' layers.
    """
    slopes: dict[str, Tensor] = {}
    left = [tap for tap in found if tap in taps]
    while left:
        first, *later = left
        beside = encoder.resumed_with(first)
        with torch.enable_grad():
            x = found[first].clone().requires_grad_()
            ended, passed = encoder.trace(first, x, found[beside] if beside else None, later)
            reached = {first: x} | passed
            told = readout.said(ended, utterance).logprobs.mean()
        slopes |= {
            tap: slope[0].float()
            for tap, slope in zip(reached, torch.autograd.grad(told, list(reached.values())), strict=True)
        }
        left = [tap for tap in later if tap not in reached]  # those of an untrained encoder, after those of the other
    return slopes


def gradient(model: TappedModel, clip: TappedClip) -> Tensor:
    """The same at one tap: [frames, width]."""
    assert model.readout is not None, "asked only where something is said"
    beside = model.encoder.resumed_with(model.tap)
    found = {model.tap: clip.x[None]}
    if beside is not None and clip.entering is not None:
        found[beside] = clip.entering[None]
    return gradients(model.encoder, model.readout, [model.tap], found, clip.utterance)[model.tap]


def first_order(model: TappedModel, clip: TappedClip, slope: Tensor) -> Doubles:
    """[features active in the clip]: what the ablation of each would change, to first order."""
    active, decoder = clip.active, model.dictionary.decoder
    scaled = slope if clip.scale is None else slope * clip.scale
    order = np.argsort(active.frames, kind="stable")
    frames, owners = active.frames[order], active.owners[order]
    slopes = np.empty(len(frames))
    for start in range(0, clip.valid, _ROWS):
        here = slice(*np.searchsorted(frames, (start, start + _ROWS)))
        rows, columns = np.unique(owners[here], return_inverse=True)
        along = scaled[start : start + _ROWS] @ decoder[torch.from_numpy(active.features[rows])].T
        slopes[order[here]] = along.numpy()[frames[here] - start, columns]
    return active.summed(-active.values.astype(np.float64) * slopes)


def controls_first_order(model: TappedModel, clip: TappedClip, slope: Tensor, directions: Directions) -> Doubles:
    """[features active in the clip, directions]: the same of decoys of each, one a direction."""
    active = clip.active
    sizes = active.values.astype(np.float64)
    if clip.scale is not None:
        sizes *= clip.scale[torch.from_numpy(active.frames), 0].numpy()
    sizes *= torch.linalg.vector_norm(model.dictionary.decoder, dim=-1).numpy()[active.features[active.owners]]
    along = (slope @ directions.rows.T).double().numpy()[active.frames]
    projected = ((clip.x - directions.mean) @ directions.rows.T).double().numpy()[active.frames]
    signs = np.where(active.summed(projected) >= 0, -1.0, 1.0)
    changes: Doubles = signs * active.summed(sizes[:, None] * along)
    return changes

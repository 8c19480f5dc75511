"""A first look at every feature by one backward pass a clip: what its ablation would change, to first order.

It ranks features, and chooses which are measured exactly. It is never told as an effect: sizes are off, as a model is
not linear.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.effects.clips import TappedClip, TappedModel


def gradient(model: TappedModel, clip: TappedClip) -> Tensor:
    """Of the mean log-probability of the unedited transcript, in nats a token: [frames, width]."""
    assert model.readout is not None, "nothing is screened where nothing is said"
    rows, entering = clip.rows(1)
    with torch.enable_grad():
        x = rows.requires_grad_()
        assert model.readout is not None, "asked only where something is said"
        said = model.readout.said(model.encoder.resume(model.tap, x, entering), clip.utterance)
        (found,) = torch.autograd.grad(said.logprobs.mean(), x)
    return found[0]


def first_order(model: TappedModel, clip: TappedClip, slope: Tensor) -> NDArray[np.float64]:
    """[features active in the clip]: what the ablation of each would change, to first order."""
    active = clip.active
    scale = slope if clip.scale is None else slope * clip.scale
    along = scale[: clip.valid] @ model.dictionary.decoder[torch.from_numpy(active.features)].T
    owners = np.repeat(np.arange(len(active.features)), np.diff(active.starts))
    slopes = along[torch.from_numpy(active.frames), torch.from_numpy(owners)].double().numpy()
    lost = -active.values.astype(np.float64) * slopes
    effects: NDArray[np.float64] = np.zeros(len(active.features))
    np.add.at(effects, owners, lost)
    return effects

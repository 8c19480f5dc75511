"""Miniature autoencoders on activations whose causes are planted: who passes for a dictionary on the card?

Activations are sums of a few of 64 planted directions in 16 dimensions, and noise. A recording has four of the causes,
which are its labels. Three TopK autoencoders are trained, one on the activations, one on Gaussian noise of their
covariance, and one with a decoder that stays as it was drawn; beside them stand random directions and templates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.analyse.making import Clip, World, world

CAUSES, WIDTH, FEATURES, K = 64, 16, 160, 4
CAUSES_EACH, LOUD, SOFT = 4, 0.3, 0.05  # of a recording, and how often one of its own, and any other, is active
RECORDINGS, FRAMES = 320, 24
STEPS, BATCH = 600, 1024

Codes = Callable[[Tensor], Tensor]
"""[frames, WIDTH] -> [frames, features], 0 where a feature is silent"""


@dataclass(frozen=True)
class Planted:
    """Activations: [recordings, FRAMES, WIDTH], and which causes each recording has."""

    activations: Tensor
    causes: NDArray[np.int64]  # [recordings, CAUSES_EACH]

    @property
    def clips(self) -> list[Clip]:
        return [
            Clip(f"r{number:03d}", dataset=f"set{number % 2}", labels=[f"cause{cause:02d}" for cause in pair])
            for number, pair in enumerate(self.causes.tolist())
        ]

    @property
    def frames(self) -> Tensor:
        return self.activations.reshape(-1, WIDTH)


@cache
def planted() -> Planted:
    random = np.random.default_rng(4)
    directions = random.normal(size=(CAUSES, WIDTH))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    causes = np.stack([random.permutation(CAUSES)[:CAUSES_EACH] for _ in range(RECORDINGS)])
    strength = np.zeros((RECORDINGS, FRAMES, CAUSES))
    for number, pair in enumerate(causes):
        own = (FRAMES, CAUSES_EACH)
        strength[number][:, pair] = random.gamma(4, 0.5, own) * (random.random(own) < LOUD)
    strength += random.gamma(4, 0.15, strength.shape) * (random.random(strength.shape) < SOFT)
    activations = strength @ directions + random.normal(0, 0.05, (RECORDINGS, FRAMES, WIDTH))
    return Planted(torch.from_numpy(activations.astype(np.float32)), causes)


def trained(frames: Tensor, *, frozen: bool = False) -> Codes:
    """A TopK autoencoder on frames; with `frozen`, its decoder stays as it was drawn."""
    draw = torch.Generator().manual_seed(7)
    rows = torch.nn.functional.normalize(torch.randn(FEATURES, WIDTH, generator=draw), dim=1)
    encoder, decoder, centre = rows.clone().requires_grad_(), rows.clone(), frames.mean(dim=0)
    bias = torch.zeros(FEATURES, requires_grad=True)
    decoder.requires_grad_(not frozen)
    learner = torch.optim.Adam([encoder, bias, *([] if frozen else [decoder])], lr=3e-3)
    for _ in range(STEPS):
        x = frames[torch.randint(len(frames), (BATCH,), generator=draw)] - centre
        loss = (_top(x @ encoder.T + bias) @ decoder - x).square().sum(dim=1).mean()
        learner.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
    encoder, bias = encoder.detach(), bias.detach()
    return lambda x: _top((x - centre) @ encoder.T + bias)


def _top(z: Tensor) -> Tensor:
    top = z.topk(K, dim=1)
    return torch.zeros_like(z).scatter(1, top.indices, top.values.clamp_min(0))


def directed(rows: Tensor, frames: Tensor) -> Codes:
    """Directions, each above the threshold that gives it the density of a feature in the mean."""
    centre = frames.mean(dim=0)
    z = (frames - centre) @ rows.T
    thresholds = z.quantile(1 - K / FEATURES, dim=0).clamp_min(0)
    return lambda x: (((x - centre) @ rows.T) > thresholds) * ((x - centre) @ rows.T)


def random_directions(frames: Tensor) -> Codes:
    rows = torch.randn(FEATURES, WIDTH, generator=torch.Generator().manual_seed(1))
    return directed(torch.nn.functional.normalize(rows, dim=1), frames)


def gaussian_like(frames: Tensor) -> Tensor:
    """Noise with the mean and covariance of frames."""
    centred = (frames - frames.mean(dim=0)).double()
    factor = torch.linalg.cholesky(centred.T @ centred / len(frames) + 1e-9 * torch.eye(WIDTH))
    noise = torch.randn(len(frames), WIDTH, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return (noise @ factor.T).float() + frames.mean(dim=0)


def heard(codes: Codes) -> World:
    """What features do in the planted corpus: their peak in each recording."""
    made = planted()
    peaks = codes(made.frames).reshape(RECORDINGS, FRAMES, -1).amax(dim=1).T.numpy()
    return world(made.clips, peaks)

"""Made-up activations of known directions: what an autoencoder should find."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from atlas.train.autoencoder import Autoencoder
from atlas.train.config import AutoencoderConfig, CourseConfig
from atlas.train.learner import Learner

D, DIRECTIONS, ACTIVE = 24, 32, 3
SIZE, MEAN = 7.0, 30.0  # of the activations, far from what weights begin with


@dataclass(frozen=True, slots=True)
class Planted:
    """Frames that are sums of a few directions, around a mean."""

    directions: Tensor  # [directions, d]
    mean: Tensor  # [d]

    @classmethod
    def drawn(cls) -> "Planted":
        draw = torch.Generator().manual_seed(5)
        rows = torch.linalg.qr(torch.randn(D, D, generator=draw)).Q
        more = normalize(torch.randn(DIRECTIONS - D, D, generator=draw), dim=1)
        return cls(torch.cat([rows, more]), MEAN * torch.randn(D, generator=draw))

    def frames(self, number: int, seed: int) -> Tensor:
        draw = torch.Generator().manual_seed(seed)
        chosen = torch.rand(number, DIRECTIONS, generator=draw).argsort(dim=1)[:, :ACTIVE]
        codes = torch.zeros(number, DIRECTIONS).scatter_(1, chosen, 0.5 + torch.rand(number, ACTIVE, generator=draw))
        return SIZE * codes @ self.directions + self.mean

    def recovery(self, model: Autoencoder) -> Tensor:
        """Of each direction, the cosine with the feature most alike."""
        return (normalize(self.directions, dim=1) @ model.decoder.T).max(dim=1).values


def learner(kind: str, course: CourseConfig, **settings: object) -> Learner:
    sparsity = {"l1": 0.05} if kind == "l1" else {"k": ACTIVE}
    config = AutoencoderConfig(name="planted", tap="t", kind=kind, **{"features": 64, **sparsity, **settings})
    return Learner(config, course, D, torch.device("cpu"))


def taught(learner: Learner, planted: Planted, steps: int, frames: int = 512) -> Learner:
    for step in range(steps):
        learner.step(planted.frames(frames, seed=step))
    return learner

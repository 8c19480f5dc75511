"""The random control: Gaussian unit directions on mean-centred activations, each with a threshold of its own.

What fires on directions that mean nothing is what a claim about a feature has to exceed. Thresholds are calibrated
elsewhere, so that densities match the dictionary that is controlled for. No claim of reconstruction.
"""

import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.schema.remarks import Fact


def random_control(mean: Tensor, n: int, seed: int, thresholds: Tensor) -> Dictionary:
    """Directions drawn from the seed, for activations of this mean: [d], with thresholds: [n]."""
    directions = unit_directions(n, len(mean), seed)
    return Dictionary(
        kind="random",
        selection=Selection("threshold", thresholds=thresholds.to(torch.float32)),
        bias=torch.zeros(n),
        multiplier=torch.ones(n),
        addend=torch.zeros(n),
        decoder=directions,
        decoder_norm=torch.ones(n),
        encoder=directions,
        centre=mean.to(torch.float32),
        offset=mean.to(torch.float32),
        reconstructs=False,
        facts=(Fact("architecture", {"name": "gaussian_directions"}), Fact("seed", {"seed": seed})),
    )


def unit_directions(n: int, d: int, seed: int) -> Tensor:
    """[n, d], drawn on the CPU in one thread, so that the seed alone decides them."""
    generator = torch.Generator(device="cpu").manual_seed(seed)
    directions = torch.randn(n, d, generator=generator)
    return torch.nn.functional.normalize(directions, dim=1)

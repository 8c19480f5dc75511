"""Controls: directions that nobody learned from the layer, each with a threshold of its own.

What fires on directions that mean nothing is what a claim about a feature has to exceed. `random` are Gaussian, on
mean-centred activations; so are those of `mel`, on the log-mel of a frame. A `template` is the activation of one frame,
drawn at random, so that it hears what sounds like that frame: a harder control, as such directions lie where
activations do. `untrained` are features of an autoencoder of the same architecture with fresh weights. Thresholds are
calibrated elsewhere, so that densities match the dictionary that is controlled for. No claim of reconstruction.
"""

from dataclasses import replace

import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact

_ARCHITECTURES = {"random": "gaussian_directions", "template": "templates", "mel": "mel_directions"}


def control_of(kind: str, mean: Tensor, directions: Tensor, seed: int, thresholds: Tensor) -> Dictionary:
    """Directions [n, d] of length 1, drawn by the seed, for activations of this mean: [d], with thresholds: [n]."""
    n = len(directions)
    return Dictionary(
        kind=kind,
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
        facts=(Fact("architecture", {"name": _ARCHITECTURES[kind]}), Fact("seed", {"seed": seed})),
    )


def features_of(dictionary: Dictionary, features: Tensor, seed: int, thresholds: Tensor) -> Dictionary:
    """Some features: [n] of an untrained encoder's dictionary, by thresholds: [n] instead of its own selection."""
    n = len(features)
    stated = [fact for fact in dictionary.facts if fact.kind not in ("architecture", "selection")]
    return replace(
        dictionary,
        kind="untrained",
        selection=Selection("threshold", thresholds=thresholds.to(torch.float32)),
        bias=dictionary.bias[features],
        multiplier=dictionary.multiplier[features],
        addend=torch.zeros(n),
        decoder=dictionary.decoder[features],
        decoder_norm=dictionary.decoder_norm[features],
        encoder=None if dictionary.encoder is None else dictionary.encoder[features],
        reconstructs=False,
        facts=(Fact("architecture", {"name": "untrained_features"}), *stated, Fact("seed", {"seed": seed})),
    )


def unit_directions(n: int, d: int, seed: int) -> Tensor:
    """[n, d], drawn on the CPU in one thread, so that the seed alone decides them."""
    generator = torch.Generator(device="cpu").manual_seed(seed)
    directions = torch.randn(n, d, generator=generator)
    return torch.nn.functional.normalize(directions, dim=1)


def template_directions(centred: Tensor, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Directions [n, d] of frames drawn from centred: [frames, d], and which: [n]; each once, as far as they go.

    Frames without a direction (all alike, such as digital silence at the mean) are passed over.
    """
    usable = torch.nonzero(centred.norm(dim=1) > 0)[:, 0]
    if not len(usable):
        raise AtlasError(
            "templates: every activation of the sample is the same, so none gives a direction; leave them out"
        )
    generator = torch.Generator(device="cpu").manual_seed(seed)
    rounds = [usable[torch.randperm(len(usable), generator=generator)] for _ in range(-(-n // len(usable)))]
    frames = torch.cat(rounds)[:n]
    return torch.nn.functional.normalize(centred[frames], dim=1), frames

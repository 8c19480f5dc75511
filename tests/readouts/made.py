"""Heads with random weights for a miniature's encoder, in the world's smallest alphabet."""

import torch
from torch import Tensor

from atlas.readouts.heads import HeadNames, Heads

WIDTH = 16
NAMES = HeadNames(phones=("a", "b", "s", "tʃ"), tags=("bell", "speech"), languages=("de", "en", "fr"))


def head_weights(names: HeadNames = NAMES, width: int = WIDTH, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for part in ("phones", "tags", "languages"):
        if rows := names.rows(part):
            weights[f"{part}.weight"] = torch.randn(rows, width, generator=generator)
            weights[f"{part}.bias"] = torch.randn(rows, generator=generator)
    return weights


def heads(names: HeadNames = NAMES) -> Heads:
    return Heads(names, head_weights(names))

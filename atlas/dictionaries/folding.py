"""From an autoencoder's weights to a `Dictionary`, whose values are those after folding decoder norms to 1.

The fold lies in the dictionary's multiplier, so that pre-activations and thresholds stay in the checkpoint's own units
and a selection by threshold is exactly the original's. Where the original compares values that are already multiplied
by decoder norms, the encoder is folded first. Formats are not known here.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.schema.remarks import Doubt


@dataclass(frozen=True, slots=True)
class Weights:
    """An autoencoder's tensors in the checkpoint's own units."""

    encoder: Tensor  # [n, d]
    bias: Tensor  # [n]
    decoder: Tensor  # [n, d]
    centre: Tensor | None  # [d], subtracted before the encoder
    offset: Tensor | None  # [d], added after the decoder


def folded(kind: str, weights: Weights, selection: Selection) -> Dictionary:
    """A dictionary whose selection compares pre-activations as the checkpoint has them."""
    norm = weights.decoder.norm(dim=1)
    return Dictionary(
        kind=kind,
        selection=selection,
        bias=weights.bias,
        multiplier=norm,
        addend=torch.zeros_like(norm),
        decoder=weights.decoder / torch.where(norm > 0, norm, 1.0)[:, None],
        decoder_norm=norm,
        encoder=weights.encoder,
        centre=weights.centre,
        offset=weights.offset,
    )


def folded_first(kind: str, weights: Weights, selection: Selection) -> Dictionary:
    """A dictionary whose selection compares pre-activations multiplied by decoder norms."""
    norm = weights.decoder.norm(dim=1)
    scaled = replace(weights, encoder=weights.encoder * norm[:, None], bias=weights.bias * norm)
    return replace(folded(kind, scaled, selection), multiplier=torch.ones_like(norm))


def folded_gated(kind: str, weights: Weights, gate_bias: Tensor, log_gain: Tensor) -> Dictionary:
    """A gated dictionary: active where z + gate_bias > 0, with the value z * exp(log_gain) + bias.

    z is the product without a bias, which both paths share: gate_bias becomes the threshold, the weights' bias (that
    of the magnitudes) the addend.
    """
    plain = folded(kind, weights, Selection("threshold", thresholds=-gate_bias))
    norm = plain.decoder_norm
    return replace(plain, bias=torch.zeros_like(norm), multiplier=log_gain.exp() * norm, addend=weights.bias * norm)


def linear_weights(checkpoint: Checkpoint, centre: str | None = "b_dec", bias: str = "encoder.bias") -> Weights:
    """Weights under the names of linear layers: encoder.weight [n, d], decoder.weight [d, n]."""
    n, d = checkpoint.shape("encoder.weight")
    checkpoint.check_widths(d, n)
    shift = checkpoint.floats(centre, d) if centre else None
    return Weights(
        encoder=checkpoint.floats("encoder.weight", n, d),
        bias=checkpoint.floats(bias, n),
        decoder=checkpoint.floats("decoder.weight", d, n).T.contiguous(),
        centre=shift,
        offset=shift,
    )


def row_weights(checkpoint: Checkpoint, bias: str = "b_enc") -> Weights:
    """Weights for row vectors: W_enc [d, n], W_dec [n, d], b_dec."""
    d, n = checkpoint.shape("W_enc")
    checkpoint.check_widths(d, n)
    shift = checkpoint.floats("b_dec", d)
    return Weights(
        encoder=checkpoint.floats("W_enc", d, n).T.contiguous(),
        bias=checkpoint.floats(bias, n),
        decoder=checkpoint.floats("W_dec", n, d),
        centre=shift,
        offset=shift,
    )


def constant(threshold: float, n: int) -> Tensor:
    return torch.full((n,), threshold, dtype=torch.float32)


def batch_top_k(k: int, threshold: float | None, n: int) -> Selection:
    """The rule of a batch top-k autoencoder: its stored threshold, or calibration where none was stored.

    A negative threshold is how training marks one that it has not set; read as it stands, it selects everything.
    """
    if threshold is None or threshold < 0:
        return Selection("calibrated", k)
    return Selection("threshold", k, constant(threshold, n))


def unset_threshold_doubts(threshold: float | None) -> tuple[Doubt, ...]:
    """What to doubt in a batch top-k checkpoint without a threshold."""
    if threshold is not None and threshold >= 0:
        return ()
    return (Doubt("threshold_unset", {} if threshold is None else {"threshold": threshold}),)

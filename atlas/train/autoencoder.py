"""An autoencoder's weights, what they make of a batch, and the gradient of a squared error, written out.

z = (x - offset) encoder' + bias; x is rebuilt as codes decoder + offset. Codes are z where a rule keeps it, so the
gradient passes only there: with sparse codes, three of its products cost a hundredth of the dense ones that automatic
differentiation would take. The tests hold it against automatic differentiation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import normalize

from atlas.train.codes import where_active


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """Weights, or a gradient of them."""

    encoder: Tensor  # [n, d]
    bias: Tensor  # [n]
    decoder: Tensor  # [n, d], rows of norm 1
    offset: Tensor  # [d]

    @classmethod
    def drawn(cls, features: int, width: int, seed: int) -> Self:
        """Random directions; the encoder looks for what the decoder writes."""
        rows = normalize(torch.randn(features, width, generator=torch.Generator().manual_seed(seed)), dim=1)
        return cls(rows.clone(), torch.zeros(features), rows, torch.zeros(width))

    def __iter__(self) -> Iterator[Tensor]:
        return (getattr(self, field.name) for field in fields(self))

    def named(self) -> dict[str, Tensor]:
        """The tensors by name, as they are saved."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to(self, device: torch.device) -> Self:
        return type(self)(*(tensor.to(device) for tensor in self))

    def pre_activations(self, x: Tensor) -> Tensor:
        """x: [frames, d] -> z: [frames, n]."""
        return torch.addmm(self.bias, x - self.offset, self.encoder.T)

    def rebuilt(self, codes: Tensor) -> Tensor:
        """codes: [frames, n] -> [frames, d]."""
        return codes @ self.decoder + self.offset

    def gradient(self, x: Tensor, codes: Tensor, slope: Tensor, penalty: float = 0.0) -> Self:
        """Of a loss whose slope by what is rebuilt is `slope` [frames, d], and by each active value `penalty` more."""
        by_z = where_active(codes, slope @ self.decoder.T + penalty).T  # [n, frames]
        bias = (by_z @ by_z.new_ones(len(x), 1, layout=torch.strided))[:, 0]
        return type(self)(
            encoder=by_z @ (x - self.offset),
            bias=bias,
            decoder=codes.T @ slope,
            offset=slope.sum(dim=0) - bias @ self.encoder,
        )

    def first(self, count: int) -> Self:
        """The first features alone, on the same memory."""
        return type(self)(self.encoder[:count], self.bias[:count], self.decoder[:count], self.offset)

    def add(self, other: Self) -> None:
        """Add a gradient of the first features, in place."""
        for mine, more in zip(self.first(len(other.bias)), other, strict=True):
            mine += more

    def plus(self, other: Self) -> Self:
        """The sum of two gradients; the offset is left to the first."""
        return type(self)(
            self.encoder + other.encoder, self.bias + other.bias, self.decoder + other.decoder, self.offset
        )

    def without_lengthening(self, gradient: Self) -> Self:
        """A gradient without its part along decoder rows, which are held at length 1."""
        along = (gradient.decoder * self.decoder).sum(dim=1, keepdim=True)
        return type(self)(gradient.encoder, gradient.bias, gradient.decoder - along * self.decoder, gradient.offset)

    def unit_rows(self) -> None:
        """Give the decoder's rows length 1 again, in place."""
        self.decoder.copy_(normalize(self.decoder, dim=1))

"""Edits of a clip's activations at a tap: a feature taken away, set or multiplied, and the controls of each.

x'_t = x_t + (f'(t) - f(t)) d, on valid frames, with d in the tap's own units: what the autoencoder leaves unexplained
stays as it is, nothing is encoded again, and no other feature changes. A control moves the same frames by the same norm
in another direction, or by the same changes on other frames.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]
Frames = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Edit:
    """What is added to a clip's activations."""

    frames: Frames
    "[m], each once"
    change: Tensor
    "[m, width]"

    @property
    def norms(self) -> Tensor:
        """[m]"""
        norms: Tensor = torch.linalg.vector_norm(self.change, dim=-1)
        return norms

    def applied(self, x: Tensor) -> Tensor:
        """x: [frames, width] -> a changed copy."""
        changed = x.clone()
        changed[torch.from_numpy(self.frames)] += self.change.to(x)
        return changed


@dataclass(frozen=True, slots=True)
class FeatureFiring:
    """Where a feature is active in a clip, how much, and which way it points there."""

    frames: Frames
    "[m], valid ones, ascending"
    values: Floats
    "[m]"
    directions: Tensor
    "[m, width]: its decoder row in the tap's own units, at each of these frames"

    def moved_to(self, values: Floats) -> Edit:
        """The edit that gives it these values instead."""
        return Edit(self.frames, torch.from_numpy(values - self.values)[:, None] * self.directions)


def ablated(firing: FeatureFiring) -> Edit:
    """The feature is taken away wherever it is active."""
    return firing.moved_to(np.zeros_like(firing.values))


def multiplied(firing: FeatureFiring, factor: float) -> Edit:
    return firing.moved_to((np.float32(factor) * firing.values).astype(np.float32))


def dosed(firing: FeatureFiring, value: float) -> Edit:
    """The feature has this value wherever it is active; on frames where it is silent, made by `silent_stretch`, too."""
    return firing.moved_to(np.full_like(firing.values, value))


def dose_decoy(firing: FeatureFiring, value: float, direction: Tensor) -> Edit:
    """As far as `dosed` moves each frame, along another direction: forth where the feature is raised, else back."""
    edit = dosed(firing, value)
    ways = torch.from_numpy(np.sign(np.float32(value) - firing.values))
    return replace(edit, change=(ways * edit.norms)[:, None] * unit(direction))


def silent_stretch(active: Frames, valid: int, length: int, generator: np.random.Generator) -> Frames | None:
    """Frames of a stretch in which the feature never fires, drawn among all of them; None where there is none."""
    taken = np.zeros(valid + 1, np.int64)
    taken[active + 1] = 1
    before = np.cumsum(taken)
    starts = (
        np.flatnonzero(before[length:] == before[: valid + 1 - length]) if length <= valid else np.empty(0, np.int64)
    )
    if not len(starts):
        return None
    start = int(starts[generator.integers(len(starts))])
    return np.arange(start, start + length)


def decoy(edit: Edit, direction: Tensor, centred: Tensor) -> Edit:
    """The same frames, moved as far along another direction.

    centred: [m, width], the activations of these frames less the tap's mean. A feature that is taken away was there; so
    the direction is signed such that these activations project on it positively, and its share is taken away, too.
    """
    sign = -1.0 if float((centred @ direction).sum()) >= 0 else 1.0
    return replace(edit, change=sign * edit.norms[:, None] * unit(direction))


def scaled(edit: Edit, x: Tensor) -> Edit:
    """The same frames, made smaller by as much; x: [m, width], their activations."""
    return replace(edit, change=-edit.norms[:, None] * torch.nn.functional.normalize(x, dim=-1))


def shifted(edit: Edit, valid: int, generator: np.random.Generator) -> Edit:
    """The same changes on other frames: moved around the clip by a quarter to three quarters of it."""
    by = int(generator.integers(valid // 4, max(valid // 4 + 1, 3 * valid // 4 + 1)))
    return replace(edit, frames=(edit.frames + by) % valid)


@dataclass(frozen=True, slots=True)
class Covariance:
    """How a tap's activations vary over valid frames, for directions that are as usual there."""

    mean: Tensor
    "[width]"
    root: Tensor
    "[width, width], whose product with itself transposed is the covariance"

    @classmethod
    def of(cls, x: Tensor) -> "Covariance":
        """x: [frames, width]"""
        wide = x.double()
        return cls.of_moments(len(x), wide.sum(dim=0), wide.T @ wide)

    @classmethod
    def of_moments(cls, frames: int, total: Tensor, products: Tensor) -> "Covariance":
        """Of so many frames: the sum of their activations [width], and of the products of these [width, width]."""
        mean = total / frames
        values, vectors = torch.linalg.eigh((products - frames * torch.outer(mean, mean)) / max(frames - 1, 1))
        return cls(mean.float(), (vectors * values.clamp_min(0).sqrt()).float())

    def draw(self, generator: np.random.Generator) -> Tensor:
        """A direction of norm 1, drawn as activations vary."""
        noise = torch.from_numpy(generator.standard_normal(len(self.mean)).astype(np.float32))
        direction = self.root @ noise
        return unit(direction)


def isotropic(width: int, generator: np.random.Generator) -> Tensor:
    """A direction of norm 1, all alike likely."""
    return unit(torch.from_numpy(generator.standard_normal(width).astype(np.float32)))


def unit(direction: Tensor) -> Tensor:
    """The same direction with norm 1."""
    made: Tensor = direction / torch.linalg.vector_norm(direction)
    return made

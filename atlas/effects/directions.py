"""Directions at a tap, saved as safetensors: what an edit of features moves activations along, for others to use.

A file that is written here holds one direction of norm 1, and in its metadata what it is of: the tap, the encoder's
weights, the dictionary, its features and how much of each. A file of others may hold tensors alone: one [width],
several, or one [directions, width]; rows are brought to norm 1 as they are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from atlas.effects.clips import TappedClip
from atlas.effects.edits import Edit, Frames
from atlas.errors import AtlasError

TENSOR = "direction"
TAP, ENCODER, DICTIONARY, SIZE = "tap", "encoder_sha256", "dictionary", "size"
"keys of the metadata: the module path, the encoder's weights, what it was made of, and the norm before it became 1"


@dataclass(frozen=True, slots=True)
class SavedDirections:
    """What a file holds."""

    rows: Tensor
    "[directions, width], each of norm 1"
    about: Mapping[str, str]
    "its metadata"

    @property
    def basis(self) -> Tensor:
        """[rank, width]: an orthonormal one of what the rows span, so that what they share counts once."""
        _, sizes, axes = torch.linalg.svd(self.rows.double(), full_matrices=False)
        basis: Tensor = axes[sizes > _DEPENDENT * sizes[0]].to(self.rows.dtype)
        return basis


_DEPENDENT = 1e-5  # of the largest singular value: rows that differ by less than rounding span nothing more


def read_directions(path: Path) -> SavedDirections:
    """Every tensor of a file, as rows of norm 1."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    except (SafetensorError, OSError) as error:
        raise AtlasError(f"--direction {path}: not a safetensors file ({error}); save it as one") from None
    if not tensors:
        raise AtlasError(f"--direction {path}: holds no tensor; one [width] or [directions, width] was expected")
    rows = []
    for name, tensor in tensors.items():
        if tensor.ndim not in (1, 2) or not tensor.numel():
            shape = list(tensor.shape)
            raise AtlasError(
                f"--direction {path}: {name} has shape {shape}; [width] or [directions, width] was expected"
            )
        rows.append(tensor.float().reshape(-1, tensor.shape[-1]))
    widths = sorted({row.shape[1] for row in rows})
    if len(widths) > 1:
        raise AtlasError(f"--direction {path}: tensors of widths {widths}; all are to be as wide as one tap")
    joined = torch.cat(rows)
    norms = torch.linalg.vector_norm(joined, dim=1, keepdim=True)
    if not bool(joined.isfinite().all() and norms.isfinite().all()):
        raise AtlasError(f"--direction {path}: holds NaN or infinity; save finite numbers")
    if not bool((norms > 0).all()):
        raise AtlasError(f"--direction {path}: row {int((norms == 0).nonzero()[0, 0])} is zero, so it points nowhere")
    return SavedDirections(joined / norms, MappingProxyType(about))


def direction_bytes(rows: Tensor, weights: Tensor, about: Mapping[str, str]) -> bytes:
    """A file of the direction of some decoder rows, each as much of it as its weight; rows: [features, width]."""
    total = weights @ rows
    size = torch.linalg.vector_norm(total)
    if not bool(size.isfinite() and size > 0):
        raise AtlasError("--save: the edit moves nothing, or beyond all numbers, so it has no direction")
    return save({TENSOR: total / size}, {**about, SIZE: f"{float(size):.6g}"})


def added(clip: TappedClip, frames: Frames, directions: SavedDirections, amount: float) -> Edit:
    """x' = x + a (u_1 + ... + u_n), on the frames that are given."""
    change = amount * directions.rows.sum(dim=0)
    return Edit(frames, change.expand(len(frames), -1))


def projected(clip: TappedClip, frames: Frames, directions: SavedDirections, factor: float) -> Edit:
    """x' = x + (F - 1) Q'Q x, Q an orthonormal basis of the directions; F = 0 takes them out of the activations."""
    basis = directions.basis
    within = clip.x[torch.from_numpy(frames)] @ basis.T
    return Edit(frames, (factor - 1) * within @ basis)

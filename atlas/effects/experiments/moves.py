"""The ways in which an experiment hears a clip: unedited, rebuilt, with features changed, and under their controls.

A shift adds one vector to every valid frame, in the dictionary's units. A removal takes features away where they are
active; its controls move the same frames by the same norms along another vector.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.digests import digest_of
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Edit, Frames
from atlas.effects.passes import ROWS
from atlas.effects.steering import Steering, steered
from atlas.errors import AtlasError
from atlas.schema.experiments import (
    AS_IT_IS,
    FEATURES_MOVED,
    MEANS_MOVED,
    RANDOM_MOVED,
    RECONSTRUCTION,
    UNEDITED,
)
from atlas.schema.thresholds import RANDOM_SETS

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Move:
    """One way of hearing a clip."""

    version: str
    "one of `schema.experiments.VERSIONS`"
    edit: str = AS_IT_IS
    k: int = 0
    dose: float = 0.0
    draw: int = 0
    vector: Vector | None = None
    "[width]: what is added to each valid frame; of a removal's controls, only its direction counts"
    removed: tuple[int, ...] = ()
    "the features that are taken away, or whose removal this is a control of"

    @property
    def words(self) -> str:
        """For a message."""
        parts = [self.version, self.edit, f"k {self.k}" if self.k else "", f"dose {self.dose:g}" if self.dose else ""]
        return ", ".join(part for part in parts if part)

    @property
    def content(self) -> str:
        """All that what is heard depends on."""
        vector = "" if self.vector is None else digest_of(self.vector.tobytes())
        return f"{self.version} {self.edit} {self.k} {self.dose} {self.draw} {vector} {self.removed}"


@dataclass(frozen=True, slots=True)
class KnownFeatures:
    """What all features are like: decoder rows [features, width], and mean active values [features]; 0 of the dead."""

    decoder: Vector
    mean_active: NDArray[np.float64]

    def sum(self, features: Sequence[int], signs: Sequence[float]) -> Vector:
        """[width]: each feature's mean active value along its direction, with a sign."""
        sizes = np.asarray(signs) * self.mean_active[list(features)]
        total: Vector = (sizes @ self.decoder[list(features)].astype(np.float64)).astype(np.float32)
        return total


def unchanged(rebuilds: bool) -> list[Move]:
    """The clip as it is, and as the dictionary rebuilds it, where it does."""
    return [Move(version=UNEDITED)] + [Move(version=RECONSTRUCTION)] * rebuilds


def random_sets(pool: Sequence[int], k: int, seed: str) -> Iterator[tuple[int, list[int]]]:
    """Of a pool of features, so many drawn sets, numbered from 1; nothing where the pool is empty."""
    for draw in range(1, RANDOM_SETS + 1 if len(pool) else 1):
        generator = np.random.default_rng(int(digest_of(f"{seed} {k} {draw}"), 16))
        yield draw, [int(one) for one in generator.choice(pool, size=min(k, len(pool)), replace=False)]


def with_controls(
    move: Move,
    features: Sequence[int],
    signs: Sequence[float],
    known: KnownFeatures,
    means: Vector,
    pool: Sequence[int],
) -> Iterator[Move]:
    """A shift or removal of features, with its controls of equal norm.

    means: [width], the difference of means, pointing where the move is meant to lead. Random sets have the same signs.
    """
    vector = known.sum(features, signs)
    own = replace(move, version=FEATURES_MOVED, vector=None if move.removed else vector)
    size = float(np.linalg.norm(vector))
    yield own
    if np.any(means):
        yield replace(own, version=MEANS_MOVED, vector=scaled_to(means, size))
    for draw, drawn in random_sets(pool, move.k, f"{move.edit} {sorted(features)}"):
        other = known.sum(drawn, list(signs)[: len(drawn)])
        if np.any(other):
            yield replace(own, version=RANDOM_MOVED, draw=draw, vector=scaled_to(other, size))


def scaled_to(vector: Vector, size: float) -> Vector:
    """The same direction with another norm."""
    scaled: Vector = (vector * (size / np.linalg.norm(vector))).astype(np.float32)
    return scaled


def edit_of(model: TappedModel, clip: TappedClip, move: Move) -> Edit:
    """What a move adds to a clip's activations."""
    if move.version == RECONSTRUCTION:
        return model.rebuilt(clip)
    if move.removed:
        taken = steered(model, clip, move.removed, Steering(0.0, ()))
        if move.vector is None or not len(taken.frames):
            return taken
        along = _in_units_of_the_tap(clip, taken.frames, torch.from_numpy(move.vector))
        return replace(taken, change=taken.norms[:, None] * torch.nn.functional.normalize(along, dim=-1))
    if move.vector is None:
        return Edit(np.empty(0, np.int64), clip.x[:0])
    frames = np.arange(clip.valid)
    return Edit(frames, _in_units_of_the_tap(clip, frames, torch.from_numpy(move.vector)))


def _in_units_of_the_tap(clip: TappedClip, frames: Frames, vector: Tensor) -> Tensor:
    """[m, width]"""
    spread = vector.expand(len(frames), -1)
    return spread if clip.scale is None else clip.scale[torch.from_numpy(frames)] * spread


def size_of(clip: TappedClip, edit: Edit) -> float:
    """The root mean square of what is added to valid frames, over that of their activations."""
    there = float(clip.x[: clip.valid].double().square().sum())
    return float(edit.change.double().square().sum() / there) ** 0.5 if there else 0.0


@torch.no_grad()
def encoded(model: TappedModel, clip: TappedClip, moves: Sequence[Move], edits: Sequence[Edit]) -> Tensor:
    """What the encoder gives of each: [moves, frames, width]; in batches of one shape."""
    found = []
    for start in range(0, len(edits), ROWS):
        rows, entering = clip.rows(ROWS)
        batch = edits[start : start + ROWS]
        for row, edit in enumerate(batch):
            rows[row, torch.from_numpy(edit.frames)] += edit.change.to(rows)
        given = model.encoder.resume(model.tap, rows, entering)[: len(batch)]
        for row, one in enumerate(given):
            if not bool(one.isfinite().all()):
                raise AtlasError(
                    f"{moves[start + row].words}: the encoder gives NaN or infinity after this edit, so the experiment"
                    " cannot be made with this dictionary; name another with --dictionary"
                )
        found.append(given)
    return torch.cat(found)

"""Steering for one's own hands: what a model writes of a clip when features are taken away, set or multiplied.

Beside the edit stand the unedited transcript, that of the dictionary's plain reconstruction, where its error is
dropped, and three controls, which move the same frames by the same norm: along a random direction, along one that
varies as activations do, and along another feature that is active in the clip. Saved directions are edited in the same
way, without a feature.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from atlas.digests import digest_of
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.directions import SavedDirections, added, projected
from atlas.effects.edits import (
    Covariance,
    Edit,
    FeatureFiring,
    Frames,
    ablated,
    decoy,
    dosed,
    isotropic,
    multiplied,
    unit,
)
from atlas.errors import AtlasError
from atlas.schema.grid import FrameGrid

UNEDITED, RECONSTRUCTION, EDITED = "unedited", "reconstruction", "edited"
CONTROLS = ("random direction", "usual direction", "another feature")
Where = Literal["own", "all"] | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Steering:
    """What is done to features: their values multiplied by a factor, or set to one value each, on some frames.

    Of saved directions, which have no values of their own, so much is added, or their share in activations multiplied.
    """

    factor: float | None
    "0 ablates"
    values: tuple[float, ...]
    "where there is no factor: what each feature is set to; the one amount of directions that is added"
    where: Where = "own"
    "on the frames where it is active, on all valid ones, or between two times"
    dose: float = 1.0
    "times the values"

    @property
    def words(self) -> str:
        """As the options of the command say it."""
        if self.factor is not None:
            return "--ablate" if self.factor == 0 else f"--factor {self.factor:g}"
        return f"--set {', '.join(f'{value:g}' for value in self.values)} --dose {self.dose:g}"


@dataclass(frozen=True, slots=True)
class Target:
    """What is edited, and the dictionary on whose tap it lies."""

    dictionary: str
    edited: Sequence[int] | SavedDirections
    "its features, or directions that were saved"
    steering: Steering


@dataclass(frozen=True, slots=True)
class Version:
    """One way of hearing a clip."""

    name: str
    text: str
    changed: int
    "words that are not those of the unedited transcript, or are missing"


def frames_between(where: Where, grid: FrameGrid, valid: int) -> Frames | None:
    """The frames that a steering names; None for those of the feature itself."""
    if where == "own":
        return None
    if where == "all":
        return np.arange(valid)
    first, stop = (round(at_s * grid.frames_per_s) for at_s in where)
    if not 0 <= first < min(stop, valid):
        raise AtlasError(
            f"--frames {where[0]:g}-{where[1]:g}: no frames of a clip of {grid.seconds(valid):.2f} s; give two times in"
            " seconds within it, the first before the second"
        )
    return np.arange(first, min(stop, valid))


def steered(model: TappedModel, clip: TappedClip, features: Sequence[int], steering: Steering) -> Edit:
    """The edits of several features, added up; beyond all numbers where values are."""
    frames = frames_between(steering.where, model.encoder.grid, clip.valid)
    total = torch.zeros_like(clip.x)
    touched = np.zeros(len(clip.x), np.bool_)
    for place, feature in enumerate(features):
        with np.errstate(over="ignore"):
            edit = _edit(clip.firing(model.dictionary, feature, frames), steering, place)
        total[torch.from_numpy(edit.frames)] += edit.change
        touched[edit.frames] = True
    edited = np.flatnonzero(touched)
    return Edit(edited, total[torch.from_numpy(edited)])


def unfired(model: TappedModel, clip: TappedClip, features: Sequence[int], steering: Steering) -> list[int]:
    """Features that an edit leaves as they are, as it is of their own values and they have none on these frames."""
    if steering.factor is None and steering.where != "own":
        return []
    frames = frames_between(steering.where, model.encoder.grid, clip.valid)
    return [one for one in features if not clip.firing(model.dictionary, one, frames).values.any()]


def _edit(firing: FeatureFiring, steering: Steering, place: int) -> Edit:
    if steering.factor is None:
        return dosed(firing, steering.dose * steering.values[place])
    return ablated(firing) if steering.factor == 0 else multiplied(firing, steering.factor)


def steered_along(model: TappedModel, clip: TappedClip, directions: SavedDirections, steering: Steering) -> Edit:
    """The edit along saved directions; they have no frames of their own, so all are meant."""
    where: Where = "all" if steering.where == "own" else steering.where
    frames = frames_between(where, model.encoder.grid, clip.valid)
    assert frames is not None, "of what has no frames of its own"
    if steering.factor is None:
        return added(clip, frames, directions, steering.dose * steering.values[0])
    return projected(clip, frames, directions, steering.factor)


def controls_of(model: TappedModel, clip: TappedClip, edit: Edit, features: Sequence[int], seed: int) -> list[Edit]:
    """Three edits of the same frames by the same norms; drawn by the seed and what is said of the clip.

    Each takes something away of what is there, or adds to it, as the edit does.
    """
    generator = np.random.default_rng(int(digest_of(f"{seed} {clip.utterance.text}"), 16))
    covariance = Covariance.of(clip.x[: clip.valid])
    centred = clip.x[torch.from_numpy(edit.frames)] - covariance.mean
    directions = [isotropic(clip.x.shape[1], generator), covariance.draw(generator)]
    other = _another(clip, edit.frames, features, generator)
    if other is not None:
        directions.append(unit(model.dictionary.decoder[other]))
    controls = [decoy(edit, direction, centred) for direction in directions]
    adds = float((edit.change * centred).sum()) > 0
    return [replace(control, change=-control.change) for control in controls] if adds else controls


def _another(clip: TappedClip, frames: Frames, features: Sequence[int], generator: np.random.Generator) -> int | None:
    """Of other features that are active on the edited frames, one drawn among the ten that are so most often."""
    active = clip.active
    owners = np.repeat(active.features, np.diff(active.starts))[np.isin(active.frames, frames)]
    others, counts = np.unique(owners[~np.isin(owners, features)], return_counts=True)
    if not len(others):
        return None
    often = others[np.argsort(-counts, kind="stable")][:10]
    return int(generator.choice(often))


@torch.no_grad()
def versions(
    model: TappedModel, clip: TappedClip, target: Sequence[int] | SavedDirections, steering: Steering, seed: int
) -> list[Version]:
    """The clip as it is heard unedited, reconstructed, edited, and under each control; target: what is edited."""
    features = () if isinstance(target, SavedDirections) else target
    if isinstance(target, SavedDirections):
        edit = steered_along(model, clip, target, steering)
    else:
        edit = steered(model, clip, target, steering)
    named = [(EDITED, edit)]
    if model.dictionary.reconstructs:
        named.insert(0, (RECONSTRUCTION, model.rebuilt(clip)))
    if len(edit.frames):
        named += zip(CONTROLS, controls_of(model, clip, edit, features, seed), strict=False)
    texts = _written(model, clip, [one for _, one in named], _asked(edit, steering))
    names = (UNEDITED, *(name for name, _ in named))
    return [
        Version(name, text, sum(changed for _, changed in marked(texts[0], text)))
        for name, text in zip(names, texts, strict=True)
    ]


def _asked(edit: Edit, steering: Steering) -> str:
    norm = float(edit.norms.max()) if len(edit.frames) else 0.0
    return f"{steering.words}, which moves {len(edit.frames)} frames by a norm of up to {norm:.3g},"


def _written(model: TappedModel, clip: TappedClip, edits: Sequence[Edit], asked: str) -> list[str]:
    """What is written of the clip, unedited and under each edit, all in one batch."""
    rows, entering = clip.rows(1 + len(edits))
    for row, edit in enumerate(edits, start=1):
        rows[row, torch.from_numpy(edit.frames)] += edit.change
    encoded = model.encoder.resume(model.tap, rows, entering)
    if not bool(encoded.isfinite().all()):
        raise AtlasError(f"{asked} makes the encoder give NaN or infinity; take a smaller dose, value or factor")
    assert model.readout is not None, "nothing is steered that nobody writes"
    return [text.strip() for text in model.readout.write(encoded, clip.utterance.language)]


def marked(before: str, after: str) -> list[tuple[str, bool]]:
    """The words of a text, and whether each is new against another; a word that is missing stands as `-word`.

    Of words that others replace only those are missing that have none in their place.
    """
    old, new = before.split(), after.split()
    matcher = difflib.SequenceMatcher(None, [_plain(word) for word in old], [_plain(word) for word in new], False)
    words: list[tuple[str, bool]] = []
    for kind, first, stop, start, end in matcher.get_opcodes():
        words += [(word, kind != "equal") for word in new[start:end]]
        words += [(f"-{word}", True) for word in old[first + end - start : stop]]
    return words


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum()) or word

"""A clip at a tap: its activations, which features are active where, and what is said of it unedited."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.dictionaries.base import Dictionary
from atlas.effects.edits import Edit, FeatureFiring, Floats, Frames
from atlas.encoders.base import Encoder
from atlas.measure.codes import ClipCodes, Coder
from atlas.readouts.base import Readout, Utterance


@dataclass(frozen=True, slots=True)
class TappedModel:
    """A model that goes on from a tap, and the dictionary that is read there."""

    encoder: Encoder
    readout: Readout | None
    "None where nothing is known that says anything of what the encoder gives"
    tap: str
    coder: Coder

    @property
    def dictionary(self) -> Dictionary:
        return self.coder.dictionary

    def tapped(self, inputs: Tensor, valid: int, language: str | None) -> "TappedClip":
        """inputs: what the encoder takes of one clip, without a batch."""
        beside = self.encoder.resumed_with(self.tap)
        found = self.encoder.activations(inputs[None], [name for name in (self.tap, beside) if name])
        x, entering = found[self.tap].clone(), found[beside].clone() if beside else None
        utterance = nothing_said()
        if self.readout is not None:
            (utterance,) = self.readout.listen(self.encoder.resume(self.tap, x, entering), [valid], [language])
        return self.coded(x[0], None if entering is None else entering[0], valid, utterance)

    def coded(self, x: Tensor, entering: Tensor | None, valid: int, utterance: Utterance) -> "TappedClip":
        """x, and what enters the tap's layer where it lies inside of one: [frames, width]."""
        normal, scale, shift = self.dictionary.normalise(x)
        active = ActiveFeatures.of(self.coder.encode(normal, valid))
        return TappedClip(
            x=x, entering=entering, valid=valid, utterance=utterance, active=active, scale=scale, shift=shift
        )

    def rebuilt(self, clip: "TappedClip") -> Edit:
        """What puts the dictionary's reconstruction in the place of the activations: the error dropped."""
        active, dictionary = clip.active, self.dictionary
        owners = torch.from_numpy(active.features[active.owners])
        parts = torch.from_numpy(active.values)[:, None] * dictionary.decoder[owners]
        rebuilt = torch.zeros_like(clip.x).index_add_(0, torch.from_numpy(active.frames), parts)
        if dictionary.offset is not None:
            rebuilt += dictionary.offset
        if clip.scale is not None:
            rebuilt *= clip.scale
        if clip.shift is not None:
            rebuilt += clip.shift
        return Edit(np.arange(clip.valid), (rebuilt - clip.x)[: clip.valid])


@dataclass(frozen=True, slots=True)
class ActiveFeatures:
    """A clip's codes by feature, kept: `frames[starts[i] : starts[i + 1]]` are those of `features[i]`."""

    features: Frames
    starts: Frames
    frames: Frames
    values: Floats

    @classmethod
    def of(cls, codes: ClipCodes) -> "ActiveFeatures":
        features, starts, frames = (part.astype(np.int64) for part in (codes.fired, codes.starts, codes.frames))
        return cls(features, starts, frames, codes.values.copy())

    @property
    def owners(self) -> Frames:
        """[active values]: the place among `features` of the one that each is of."""
        return np.repeat(np.arange(len(self.features)), np.diff(self.starts))

    def summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """values: [active values, ...] -> [features, ...]"""
        if not len(self.features):
            return values[:0]
        sums: NDArray[np.float64] = np.add.reduceat(values, self.starts[:-1], axis=0)
        return sums

    def span(self, feature: int) -> slice:
        place = int(np.searchsorted(self.features, feature))
        if place == len(self.features) or self.features[place] != feature:
            return slice(0, 0)
        return slice(int(self.starts[place]), int(self.starts[place + 1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TappedClip:
    """One clip, ready to be edited."""

    x: Tensor
    "[frames, width]"
    entering: Tensor | None
    valid: int
    utterance: Utterance
    active: ActiveFeatures
    scale: Tensor | None
    "[frames, 1], by which the dictionary's units are multiplied to be the tap's"
    shift: Tensor | None
    "[frames, 1], what is added then"

    def firing(self, dictionary: Dictionary, feature: int, frames: Frames | None = None) -> FeatureFiring:
        """Where a feature is active; or on the frames that are given, silent ones too, with the values it has there."""
        span = self.active.span(feature)
        own, values = self.active.frames[span], self.active.values[span]
        if frames is not None:
            everywhere = np.zeros(len(self.x), np.float32)
            everywhere[own] = values
            own, values = frames, everywhere[frames]
        directions = dictionary.decoder[feature].expand(len(own), -1)
        if self.scale is not None:
            directions = self.scale[torch.from_numpy(own)] * directions
        return FeatureFiring(own, values, directions)

    def rows(self, count: int) -> tuple[Tensor, Tensor | None]:
        """The clip so many times, to be edited: [count, frames, width]; and what enters the layer."""
        entering = None if self.entering is None else self.entering.expand(count, -1, -1)
        return self.x.expand(count, -1, -1).clone(), entering


def centred(clip: TappedClip, frames: Frames, mean: Tensor) -> Tensor:
    """[m, width]: the activations of some frames, less the tap's mean."""
    return clip.x[torch.from_numpy(frames)] - mean


def nothing_said() -> Utterance:
    """The utterance of a clip that no readout hears."""
    return Utterance(tokens=(), texts=(), frames=np.empty((0, 2), np.int64))


def speaking(clips: Sequence[TappedClip]) -> list[TappedClip]:
    """Those of which something is said that can be asked about."""
    return [clip for clip in clips if clip.utterance.problem is None and len(clip.utterance.tokens) > 1]

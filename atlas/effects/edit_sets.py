"""From a planned edit and a clip to the edit itself: the feature taken away or set, its decoy, and every control.

Each draw is seeded by the dictionary's name, the feature, the kind and the number of the control, and where clips have
draws of their own by the hash of the clip's content. So an edit is the same whatever else is measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.dictionaries.base import Dictionary
from atlas.digests import digest_of
from atlas.effects.clips import TappedClip, centred
from atlas.effects.edits import (
    Covariance,
    Edit,
    FeatureFiring,
    Floats,
    ablated,
    decoy,
    dose_decoy,
    dosed,
    isotropic,
    scaled,
    shifted,
    silent_stretch,
)
from atlas.schema.effects import (
    ABLATE,
    COVARIANCE,
    DECOY,
    DOSE_DECOYS,
    DOSE_EDITS,
    ISOTROPIC,
    MEANS,
    OF_FEATURE,
    SCALED,
    SHIFTED,
    SILENT_DECOYS,
    SILENT_EDITS,
)
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import DOSES, SILENT_STRETCH_S

_SILENT = "elsewhere"
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMaker:
    """Makes the edits of one dictionary."""

    name: str
    dictionary: Dictionary
    grid: FrameGrid
    covariance: Covariance
    high_values: Floats
    "[features], the 90th percentile of each one's active values; NaN where it never fires"
    means: Mapping[int, Tensor]
    "feature -> what its label's frames have more of than the others; where that is known"

    def edit(self, feature: int, kind: str, clip: TappedClip, hash64: int) -> Edit | None:
        """None where there is no such edit of the clip: the feature is silent there, or never is."""
        firing = clip.firing(self.dictionary, feature)
        if kind in (*SILENT_EDITS, *SILENT_DECOYS):
            stretch = self._stretch(feature, clip, firing, hash64)
            return None if stretch is None else self._dosed(feature, kind, clip, stretch)
        if not len(firing.frames) or (kind == MEANS and feature not in self.means):
            return None
        if kind in (*DOSE_EDITS, *DOSE_DECOYS):
            return self._dosed(feature, kind, clip, firing)
        away = ablated(firing)
        if kind == ABLATE:
            return away
        if kind == SHIFTED:
            return shifted(away, clip.valid, self._draws(feature, SHIFTED, 0, hash64))
        if kind == SCALED:
            return scaled(away, clip.x[torch.from_numpy(away.frames)])
        return decoy(away, self._direction(feature, kind), centred(clip, away.frames, self.covariance.mean))

    def _dosed(self, feature: int, kind: str, clip: TappedClip, firing: FeatureFiring) -> Edit:
        """A dose, or its decoy: of the ablation's direction, with the sign that on own frames adds what is there."""
        name = kind.removesuffix("_decoy")
        kinds = DOSE_EDITS if name in DOSE_EDITS else SILENT_EDITS
        value = DOSES[kinds.index(name)] * float(self.high_values[feature])
        if kind == name:
            return dosed(firing, value)
        direction = self._direction(feature, DECOY)
        here = centred(clip, firing.frames, self.covariance.mean)
        back = kinds is DOSE_EDITS and float((here @ direction).sum()) < 0
        return dose_decoy(firing, value, -direction if back else direction)

    def _stretch(self, feature: int, clip: TappedClip, firing: FeatureFiring, hash64: int) -> FeatureFiring | None:
        """The same one for every dose."""
        length = round(SILENT_STRETCH_S * self.grid.frames_per_s)
        draws = self._draws(feature, _SILENT, 0, hash64)
        stretch = silent_stretch(firing.frames, clip.valid, length, draws)
        return None if stretch is None else clip.firing(self.dictionary, feature, stretch)

    def _direction(self, feature: int, edit: str) -> Tensor:
        kind, _, number = edit.partition(":")
        if kind == OF_FEATURE:
            return self.dictionary.decoder[int(number)]
        if kind == MEANS:
            return self.means[feature]
        draws = self._draws(feature, kind, int(number or 0))
        if kind in (DECOY, COVARIANCE):
            return self.covariance.draw(draws)
        if kind == ISOTROPIC:
            return isotropic(self.dictionary.d, draws)
        raise ValueError(f"no edit is called {edit!r}")

    def _draws(self, feature: int, kind: str, number: int, hash64: int | None = None) -> np.random.Generator:
        of_clip = "" if hash64 is None else f" {hash64}"
        return np.random.default_rng(int(digest_of(f"{self.name} {feature} {kind} {number}{of_clip}"), 16))


def companions(clip: TappedClip, feature: int, dictionary: Dictionary) -> Bools:
    """[features]: which others are active on a frame on which this one is."""
    active = clip.active
    together = np.zeros(dictionary.n, np.bool_)
    here = np.isin(active.frames, active.frames[active.span(feature)])
    together[active.features[active.owners[here]]] = True
    together[feature] = False
    return together


def nearest(
    feature: int, able: Bools, density: NDArray[np.float64], energy: NDArray[np.float64], count: int
) -> list[int]:
    """Of the able features the nearest by log density and log energy, nearest first.

    density: [features], above zero for those that are able; energy: [features], mean active value times decoder norm.
    """
    others = np.flatnonzero(able)
    apart = np.hypot(
        np.log(density[others] / density[feature]),
        np.log(energy[others] / energy[feature]),
    )
    return [int(one) for one in others[np.argsort(apart, kind="stable")][:count]]

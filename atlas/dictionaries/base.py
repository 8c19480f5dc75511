"""A dictionary: what every checkpoint format, the raw neurons and the controls are read into.

A frame's activation `x: [d]` becomes pre-activations `z: [n]`; a selection rule says which of them are active; the
value of an active feature is `z * multiplier + addend`, which is the value after folding decoder norms to 1.
This module holds the object and its arithmetic; `selection.py` holds the rules.
"""

from dataclasses import dataclass, replace
from typing import Literal, Self

import torch
from torch import Tensor

from atlas.schema.remarks import Doubt, Fact

Rule = Literal["threshold", "calibrated", "clip", "top_k", "group_max"]
Normalisation = Literal["none", "constant_norm", "layer_norm"]

LAYER_NORM_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Selection:
    """Which pre-activations of a frame are active; an active value is above zero in every rule.

    threshold: those above their feature's threshold. calibrated: the same, once the calibrate stage has found the
    threshold. top_k: the k largest of a frame. clip: the k x frames largest of a clip's valid frames.
    group_max: the largest of each of k equal groups of features.
    """

    rule: Rule
    k: int | None = None
    thresholds: Tensor | None = None  # [n], for threshold

    @property
    def by_frame(self) -> bool:
        """Whether a value is judged by itself, so that its rate on padding means something."""
        return self.rule in ("threshold", "calibrated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """One SAE (or a stand-in for one) on a tap, in fp32, with decoder rows of norm 1."""

    kind: str
    "the format or architecture that was recognised"
    selection: Selection
    bias: Tensor  # [n]
    multiplier: Tensor  # [n]
    addend: Tensor  # [n]
    decoder: Tensor  # [n, d], rows of norm 1 (0 where the checkpoint's row is 0)
    decoder_norm: Tensor  # [n], before folding
    encoder: Tensor | None = None  # [n, d]; None: the units themselves, positive sides then negative sides
    centre: Tensor | None = None  # [d], subtracted before the encoder
    offset: Tensor | None = None  # [d], added after the decoder
    normalisation: Normalisation = "none"
    reconstructs: bool = True
    "whether the decoder's output stands for the input (not so for transcoders and controls)"
    sha256: str = ""
    facts: tuple[Fact, ...] = ()
    "what a reader of the atlas must know of it, in the order of display"
    doubts: tuple[Doubt, ...] = ()
    "what looks wrong but may be meant"
    warnings: tuple[Doubt, ...] = ()
    "those of the doubts that contradict the config, and are said while it runs"

    @property
    def n(self) -> int:
        return self.decoder.shape[0]

    @property
    def d(self) -> int:
        return self.decoder.shape[1]

    def normalise(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """x: [frames, d] -> (what the encoder takes, and the scale and shift [frames, 1] that undo it)."""
        if self.normalisation == "constant_norm":
            scale = x.norm(dim=-1, keepdim=True) / self.d**0.5
            return x / scale.clamp_min(torch.finfo(x.dtype).tiny), scale, None
        if self.normalisation == "layer_norm":
            shift = x.mean(dim=-1, keepdim=True)
            scale = x.std(dim=-1, keepdim=True) + LAYER_NORM_EPSILON
            return (x - shift) / scale, scale, shift
        return x, None, None

    def pre_activations(self, x: Tensor, out: Tensor | None = None) -> Tensor:
        """Normalised x: [frames, d] -> z: [frames, n], in `out` where it is given."""
        if self.centre is not None:
            x = x - self.centre
        if self.encoder is None:
            return torch.cat([x, -x], dim=-1, out=out)
        return torch.addmm(self.bias, x, self.encoder.T, out=out)

    def with_threshold(self, thresholds: Tensor) -> Self:
        """The same dictionary with the thresholds [n] (or one for all) that calibration found."""
        filled = thresholds.to(torch.float32).expand(self.n).contiguous()
        return replace(self, selection=replace(self.selection, thresholds=filled))

    def to(self, device: torch.device) -> Self:
        """The same dictionary with its tensors on `device`."""
        moved = {
            name: value.to(device)
            for name in ("bias", "multiplier", "addend", "decoder", "decoder_norm", "encoder", "centre", "offset")
            if (value := getattr(self, name)) is not None
        }
        thresholds = self.selection.thresholds
        if thresholds is not None:
            moved["selection"] = replace(self.selection, thresholds=thresholds.to(device))
        return replace(self, **moved)

"""What is said of a dictionary in words and single figures: its selection, its decoder norms, and what looks wrong.

Doubts are about what may be meant but is more often a mistake. Nothing is decided here.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection

UNIT_TOLERANCE = 0.01
LOW_BIAS_RANGES = 10
"a bias so many interquartile ranges below the median looks like that of a dead feature"


@dataclass(frozen=True, slots=True)
class NormRange:
    """The smallest, the middle and the largest of some figures."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Tensor) -> Self:
        return cls(float(values.min()), float(values.median()), float(values.max()))

    def __str__(self) -> str:
        low, median, high = (f"{value:.4g}" for value in (self.low, self.median, self.high))
        return low if low == high else f"{low} to {high}, median {median}"


def selection_words(selection: Selection) -> str:
    """A selection in a phrase, with its figures."""
    k = selection.k
    if selection.rule == "threshold":
        if selection.thresholds is None:
            return "above a threshold that is not set"
        spread = NormRange.of(selection.thresholds)
        above = "above zero (ReLU)" if spread.low == spread.high == 0 else f"above a threshold of {spread}"
        return above if k is None else f"{above} (trained with k = {k})"
    stored = (
        "" if selection.thresholds is None else f" (and a threshold of {NormRange.of(selection.thresholds)} stored)"
    )
    return {
        "calibrated": "above a threshold, calibrated to "
        + ("a stated density" if k is None else f"{k} active features in a mean frame"),
        "clip": f"the {k} x frames largest of a clip",
        "top_k": f"the {k} largest of a frame{stored}",
        "group_max": f"the largest of each of {k} groups of a frame",
    }[selection.rule]


def weight_doubts(dictionary: Dictionary) -> tuple[str, ...]:
    """What looks wrong about the weights themselves."""
    norm = dictionary.decoder_norm
    empty = int((norm == 0).sum())
    low = int(low_biases(dictionary.bias).sum())
    spread = NormRange.of(norm[norm > 0]) if empty < len(norm) else None
    doubts = []
    if spread is not None and (spread.low < 1 - UNIT_TOLERANCE or spread.high > 1 + UNIT_TOLERANCE):
        doubts.append(f"decoder rows are not unit: norms {spread}; values are after folding them to 1")
    if empty:
        doubts.append(f"{empty} of {len(norm)} decoder rows are zero: those features are dead")
    if low:
        doubts.append(f"{low} of {len(norm)} encoder biases lie far below the rest: those features look dead")
    return tuple(doubts)


def low_biases(bias: Tensor) -> Tensor:
    """Which biases lie so far below the others that their features hardly fire; [n], true or false."""
    if bias.numel() < 4:
        return torch.zeros_like(bias, dtype=torch.bool)
    ordered = bias.sort().values
    low, median, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.25, 0.5, 0.75))
    return bias < median - LOW_BIAS_RANGES * (high - low).clamp_min(torch.finfo(bias.dtype).eps)

"""What a dictionary comes to in a few figures: its selection, its decoder norms, and what looks wrong.

Doubts are about what may be meant but is more often a mistake. Nothing is decided here.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.schema.remarks import Doubt, Fact, FigureValue

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

    @property
    def figures(self) -> dict[str, FigureValue]:
        """To four digits, so that the last bits of a machine's arithmetic are none of the card's."""
        low, median, high = (float(f"{value:.4g}") for value in (self.low, self.median, self.high))
        return {"low": low, "median": median, "high": high}


def selection_fact(selection: Selection) -> Fact:
    """A selection with its figures."""
    figures: dict[str, FigureValue] = {"rule": selection.rule}
    if selection.k is not None:
        figures["k"] = selection.k
    if selection.thresholds is not None:
        figures |= NormRange.of(selection.thresholds).figures
    return Fact("selection", figures)


def weight_doubts(dictionary: Dictionary) -> tuple[Doubt, ...]:
    """What looks wrong about the weights themselves."""
    norm = dictionary.decoder_norm
    empty = int((norm == 0).sum())
    low = int(low_biases(dictionary.bias).sum())
    spread = NormRange.of(norm[norm > 0]) if empty < len(norm) else None
    doubts = []
    if spread is not None and (spread.low < 1 - UNIT_TOLERANCE or spread.high > 1 + UNIT_TOLERANCE):
        doubts.append(Doubt("norms_not_unit", spread.figures))
    if empty:
        doubts.append(Doubt("rows_zero", {"rows": empty, "features": len(norm)}))
    if low:
        doubts.append(Doubt("biases_low", {"biases": low, "features": len(norm)}))
    return tuple(doubts)


def low_biases(bias: Tensor) -> Tensor:
    """Which biases lie so far below the others that their features hardly fire; [n], true or false."""
    if bias.numel() < 4:
        return torch.zeros_like(bias, dtype=torch.bool)
    ordered = bias.sort().values
    low, median, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.25, 0.5, 0.75))
    return bias < median - LOW_BIAS_RANGES * (high - low).clamp_min(torch.finfo(bias.dtype).eps)

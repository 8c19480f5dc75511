"""What is remarked of a dictionary, as data: facts and doubts, each a kind with the figures of that kind.

No sentence is here; `wording` has them, for the terminal and for pages alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FactKind = Literal[
    "format",
    "architecture",
    "pre_bias",
    "tied_encoder",
    "input",
    "reconstruction",
    "units",
    "seed",
    "nested_groups",
    "interrupted_run",
    "norm_factor",
    "model",
    "trained_on",
    "decoder_norms",
    "stored_as",
    "selection",
]
DoubtKind = Literal[
    "threshold_unset",
    "no_config",
    "norms_not_unit",
    "rows_zero",
    "biases_low",
    "half_precision",
    "other_tap",
    "nothing_explained",
    "never_active",
]
FigureValue = float | int | str
RemarkFigures = Mapping[str, FigureValue | tuple[FigureValue, ...]]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a reader of the atlas must know of a dictionary."""

    kind: FactKind
    figures: RemarkFigures = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What looks wrong about a dictionary but may be meant."""

    kind: DoubtKind
    figures: RemarkFigures = field(default_factory=dict)

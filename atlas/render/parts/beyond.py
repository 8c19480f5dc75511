"""Which features are beyond every control: no direction of any control measured beside them has as much.

What a control has for the same label stands in `findings`; a dictionary without controls is beyond nothing. One peak
more, or a little more F1, may be luck, so what pages call a lead exceeds a margin.
"""

from collections.abc import Mapping

import polars as pl

from atlas.reading.tables import Atlas
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.schema.analysed import BESIDE
from atlas.schema.thresholds import MARGIN_F1, MARGIN_PEAKS

_ROUNDING = 1e-9


def lead_margin(peaks: int | None) -> float:
    """What a lead exceeds: of so many peaks, in purity; without peaks, in F1."""
    return MARGIN_PEAKS / peaks - _ROUNDING if peaks else MARGIN_F1 + _ROUNDING


def controls_beside(atlas: Atlas, name: str) -> Mapping[str, str]:
    """The controls whose best is told feature by feature: kind -> which."""
    return {kind: control for kind, control in atlas.controls_of(name).items() if kind in BESIDE}


def is_beyond(atlas: Atlas, name: str) -> pl.Expr:
    """Whether a row of a dictionary's `findings` is first beside each of its controls."""
    first = [pl.col(f"{BESIDE[kind]}_rank") == 1 for kind in controls_beside(atlas, name)]
    return pl.all_horizontal(first) if first else pl.lit(False)


def best_columns(atlas: Atlas, name: str) -> Mapping[str, str]:
    """What a control is, in words -> the column of `findings` with its best."""
    return {CONTROL_WORDS[kind]: f"{BESIDE[kind]}_best" for kind in controls_beside(atlas, name)}

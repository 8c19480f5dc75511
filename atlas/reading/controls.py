"""The controls of a dictionary, and which of their directions other pages lead to.

A control is measured for its figures. Only directions that are the best of it for the label of some feature have
examples with sound and a page of their own, unless the config asks for all of them.
"""

from collections.abc import Mapping

import polars as pl

from atlas.schema import FINDINGS
from atlas.schema.analysed import BESIDE
from atlas.schema.card import DictionaryCard
from atlas.store import AtlasFolder


def controls_of(name: str, cards: Mapping[str, DictionaryCard]) -> dict[str, str]:
    """The controls of a dictionary: kind -> which; of several of one kind the first."""
    controls: dict[str, str] = {}
    for other, card in cards.items():
        if card.control_of == name:
            controls.setdefault(card.kind, other)
    return controls


def cited(folder: AtlasFolder, controls: Mapping[str, Mapping[str, str]]) -> dict[str, frozenset[int]]:
    """Of each control, the features that are cited; controls: dictionary -> kind -> control."""
    found: dict[str, frozenset[int]] = {}
    for name, mine in controls.items():
        path = folder.path(FINDINGS, name)
        for kind, control in mine.items():
            column = f"{BESIDE[kind]}_feature"
            best = pl.read_parquet(path, columns=[column])[column].drop_nulls() if path.exists() else ()
            found[control] = frozenset(best)
    return found


def own_figures(controls: pl.DataFrame) -> dict[str, dict[tuple[str, str], float | None]]:
    """The figures of each dictionary, from the table `controls`: (figure, what it is of) -> value."""
    figures: dict[str, dict[tuple[str, str], float | None]] = {}
    for name, figure, of, value in controls.select("dictionary", "figure", "of", "value").iter_rows():
        figures.setdefault(name, {})[figure, of] = value
    return figures

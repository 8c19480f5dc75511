"""A dictionary's figures beside those of its random control: the answer to "compared with what?"."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from atlas.reading.names import column_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS, Definition
from atlas.render.parts.peaktiers import TIERS_OF_PEAKS
from atlas.render.terms import TIERS
from atlas.schema import STATES
from atlas.schema.analysed import WHOLE, split_column
from atlas.schema.figures import CONTROL_FIGURES
from atlas.schema.wording import fact_words
from atlas.speech.classes import CLASS_TIERS
from atlas.speech.edges import EDGE_TIER

Formatter = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class CardFigure:
    """One figure of a dictionary, and of its control; `control` is empty where there is none."""

    definition: Definition
    value: str
    control: str
    among: str = ""
    "how many features the figure is a share of, where that is told with it"
    control_among: str = ""


@dataclass(frozen=True, slots=True)
class CardRow:
    """A dictionary in one line: `cells` in the order of `SUMMARY`."""

    name: str
    address: str
    control_of: str
    tap: str
    cells: tuple[str, ...]


WHAT_A_CONTROL_IS = (
    "A random control is as many directions drawn at random in the same activations, each with a threshold that gives"
    " it the density of a feature. It shows what any direction of this layer would show. It is not chance, which every"
    " q is held against: where a layer already tells sounds apart, random directions find labels, and rightly so."
    " Compare what is named, held out, and not what is significant: of significant labels a control has as many, as"
    " they follow from how many recordings a direction fires in."
)

VALUES = "after folding decoder norms to 1"
"how the values of every dictionary are to be read"


def _text(value: object) -> str:
    return numbers.ABSENT if value is None or value == "" else str(value)


def _short(digest: str) -> str:
    return digest[:16] or numbers.ABSENT


MEASURED: Mapping[str, Formatter] = {
    "l0": numbers.figure,
    "fvu": numbers.figure,
    **dict.fromkeys(STATES, numbers.percent),
    "named": numbers.percent,
}
"what corpus and dictionary make together"
MADE: Mapping[str, Formatter] = {
    "features": numbers.count,
    "width": numbers.count,
    "selection": _text,
    "threshold": numbers.figure,
    "k": _text,
    "values": _text,
    "sha256": _short,
}
"what the dictionary is"
HEADLINE: Mapping[str, Formatter] = {
    "labels_found": numbers.plain,
    "label_f1": numbers.unit,
    "label_phi": numbers.unit,
    "above_control": numbers.count,
    "labels_above_control": numbers.count,
    **dict.fromkeys(("fvu_sample", "fvu_pca", "fvu_pursuit"), numbers.figure),
    "peak_named": numbers.percent,
}
"what tells a dictionary from random directions, in order, and how it is written"
DETAILS: Mapping[str, Formatter] = {
    **dict.fromkeys(("named_peaks", "named_label"), numbers.count),
    "labelled": numbers.percent,
    **dict.fromkeys(("best_auroc", "best_f1"), numbers.unit),
    **dict.fromkeys(("specialised", "share", "share_shifted", "pure", "shift_held", "flag"), numbers.percent),
    **dict.fromkeys(("tests", "tests_significant"), numbers.count),
}
"what else analysing holds against the control: random directions have as much of most of it"
BUDGETED = dict.fromkeys(("fvu_sample", "fvu_pca", "fvu_pursuit"), "components")
"a figure -> the number of features, components or templates a frame that it is reached with, which its name tells"
AMONG = {"peak_named": "eligible", "shift_held": "shift_eligible", "labels_found": "labels_tested"}
"a share -> the number of features that it is a share of, which stands beside it"
SUMMARY = ("features", "l0", "fvu", "live", "rare", "dense", "dead", "named")


def figures_of(atlas: Atlas, name: str) -> dict[str, Any]:
    """The figures of one dictionary by the keys of their definitions."""
    card = atlas.card.dictionaries[name]
    return {
        **asdict(card),
        **card.states,
        "values": VALUES,
        "named": atlas.figures_of(name).get(("named", WHOLE)),
    }


def card_figures(atlas: Atlas, name: str) -> tuple[CardFigure, ...]:
    """What was measured of a dictionary, its control beside it."""
    mine = figures_of(atlas, name)
    control = atlas.control_of(name)
    other = figures_of(atlas, control) if control else {}
    own = [
        CardFigure(DEFINITIONS[key], formatter(mine[key]), formatter(other[key]) if other else "")
        for key, formatter in MEASURED.items()
    ]
    return (*_controlled(atlas, name, HEADLINE), *own, *_controlled(atlas, name, DETAILS))


def _controlled(atlas: Atlas, name: str, figures: Mapping[str, Formatter]) -> Iterator[CardFigure]:
    """Some of the figures that analysing holds against the control."""
    control = atlas.control_of(name) or ""
    rows = atlas.controls.filter((pl.col("dictionary") == name) & (pl.col("control") == control))
    for kind, formatter in figures.items():
        figure = CONTROL_FIGURES[kind]
        among = {of: values for of, *values in _values(rows, AMONG.get(kind, ""))}
        for of, value, control_value in sorted(_values(rows, kind), key=_place):
            if value is None and control_value is None:
                continue  # no feature has enough of it
            budget = numbers.count(next((value for _, value, _ in _values(rows, BUDGETED.get(kind, ""))), None))
            heading = figure.name.format(budget) if kind in BUDGETED else _named(kind, of)
            definition = Definition(f"{kind}/{of}" if of else kind, heading, figure.meaning, figure.null)
            counts = [numbers.count(number) if number else "" for number in among.get(of, ())]
            yield CardFigure(definition, formatter(value), formatter(control_value) if control else "", *counts)


def _values(rows: pl.DataFrame, figure: str) -> Iterator[tuple[str, float | None, float | None]]:
    """of, value, control_value."""
    return rows.filter(pl.col("figure") == figure).select("of", "value", "control_value").iter_rows()


def _place(row: tuple[str, float | None, float | None]) -> int:
    """Tiers of peaks by how narrow they are; all else stays in its order."""
    return TIERS_OF_PEAKS.index(row[0]) if row[0] in TIERS_OF_PEAKS else 0


def _named(kind: str, of: str) -> str:
    if kind == "shift_held":
        column, domain = split_column(of)
        return CONTROL_FIGURES[kind].name.format(f"{column_name(column)} in {domain}")
    classes = {tier: f"{tier} of phones" for tier in CLASS_TIERS} | {EDGE_TIER: f"{EDGE_TIER} of words"}
    return CONTROL_FIGURES[kind].name.format(TIERS.get(of) or classes.get(of, of))


def made_figures(atlas: Atlas, name: str) -> tuple[CardFigure, ...]:
    """What a dictionary is, whatever was listened to."""
    figures = figures_of(atlas, name)
    return tuple(CardFigure(DEFINITIONS[key], formatter(figures[key]), "") for key, formatter in MADE.items())


def file_facts(atlas: Atlas, name: str) -> tuple[tuple[str, str], ...]:
    """What the file of a dictionary said."""
    facts = map(fact_words, atlas.card.dictionaries[name].facts)
    return tuple((fact[:1].upper() + fact[1:], text) for fact, text in facts)


def summaries(atlas: Atlas) -> tuple[CardRow, ...]:
    """Every dictionary in a line, each control after its dictionary."""
    formatters = {**MADE, **MEASURED}
    lines = []
    for name in atlas.names:
        figures = figures_of(atlas, name)
        cells = tuple(formatters[key](figures[key]) for key in SUMMARY)
        lines.append(CardRow(name, f"d/{name}.html", figures["control_of"] or "", figures["tap"], cells))
    return tuple(lines)

"""A dictionary's figures beside those of its controls: the answer to "compared with what?"."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import polars as pl

from atlas.reading.names import column_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS, Definition, beside_entry
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
class CardValue:
    """A figure as it is written; empty where it is not told."""

    text: str = ""
    among: str = ""
    "of how many, where that is told with it"
    interval: str = ""
    "its interval, where there is one"


@dataclass(frozen=True, slots=True)
class CardFigure:
    """One figure of a dictionary, and of its controls, in the order of `controls_of`."""

    definition: Definition
    value: CardValue
    drawn: CardValue = CardValue()
    "of as many features as the controls have; where that makes no difference, empty"
    controls: tuple[CardValue, ...] = ()


@dataclass(frozen=True, slots=True)
class CardRow:
    """A dictionary in one line: `cells` in the order of `SUMMARY`."""

    name: str
    address: str
    control_of: str
    tap: str
    cells: tuple[str, ...]


A_CONTROL = (
    "A control is directions that were not learned from this layer, each with a threshold that gives it the density of"
    " a feature."
)
"what every page says first of a control"
_KINDS_OF_CONTROLS: Mapping[str, str] = {
    "random": "Random directions show what any direction of this layer would show.",
    "template": "Templates, each the activation of one frame drawn at random, show what can be had by likeness to an"
    " example, and are harder to exceed.",
    "untrained": "Untrained features, learned from the same architecture with fresh weights, show what any network of"
    " this shape would give.",
    "mel": "Log-mel directions, random ones in the sound's own spectrum, show what needs no network.",
}
_HOW_TO_COMPARE = (
    "None of this is chance, which every q accounts for: where a layer already tells sounds apart, any direction finds"
    " labels, and rightly so. Compare what is named on held-out recordings, not what is significant: that follows from"
    " how many recordings a direction fires in. What is found grows with the number of features, so compare equal"
    " numbers."
)


def what_a_control_is(atlas: Atlas) -> str:
    """What every page says of controls, those of this atlas each in a sentence."""
    kinds = {card.kind for card in atlas.dictionaries.values() if card.control_of}
    return " ".join([A_CONTROL, *(said for kind, said in _KINDS_OF_CONTROLS.items() if kind in kinds), _HOW_TO_COMPARE])


CONTROL_WORDS: Mapping[str, str] = {
    "random": "random directions",
    "template": "templates",
    "untrained": "untrained features",
    "mel": "log-mel directions",
}
"""kind of control -> what its features are"""

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
    "tested": numbers.count,
    "labels_found": numbers.plain,
    "label_f1": numbers.unit,
    "label_phi": numbers.unit,
    "above_control": numbers.count,
    "labels_above_control": numbers.count,
    "label_probe": numbers.unit,
    "label_probe_permuted": numbers.unit,
    **dict.fromkeys(("fvu_sample", "fvu_pca", "fvu_pursuit"), numbers.figure),
    "agreement": numbers.percent,
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
BOUNDS = ("label_phi_low", "label_phi_high")
"which stand beside the figure that they are the interval of"
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
    """What was measured of a dictionary, its controls beside it."""
    mine = figures_of(atlas, name)
    others = [figures_of(atlas, control) for control in atlas.controls_of(name).values()]
    own = [
        CardFigure(
            DEFINITIONS[key],
            CardValue(formatter(mine[key])),
            controls=tuple(CardValue(formatter(other[key])) for other in others),
        )
        for key, formatter in MEASURED.items()
    ]
    return (*_controlled(atlas, name, HEADLINE), *own, *_controlled(atlas, name, DETAILS))


def drawn_count(atlas: Atlas, name: str) -> str:
    """How many features of a dictionary were drawn, as many as a control has; empty where these are all, or none."""
    rows = _rows_beside(atlas, name, next(iter(atlas.controls_of(name).values()), ""))
    drawn = rows.filter(pl.col("figure") == "features")["value_drawn"].drop_nulls()
    return numbers.count(drawn[0]) if len(drawn) and drawn[0] < atlas.feature_count(name) else ""


def _controlled(atlas: Atlas, name: str, figures: Mapping[str, Formatter]) -> Iterator[CardFigure]:
    """Some of the figures that analysing holds against the controls."""
    controls = tuple(atlas.controls_of(name).values()) or ("",)
    beside = [_rows_beside(atlas, name, control) for control in controls]
    drawn = bool(drawn_count(atlas, name))
    for kind, formatter in figures.items():
        write = partial(_card_value, formatter, kind)
        for of in sorted({of: None for rows in beside for of in _values(rows, kind, "value")}, key=_place):
            own = next(rows for rows in beside if of in _values(rows, kind, "value"))
            values = [write(rows, of, "control_value") for rows in beside]
            value = write(own, of, "value")
            if {one.text for one in (value, *values)} <= {"", numbers.ABSENT}:
                continue  # no feature has enough of it
            yield CardFigure(
                _definition(kind, of, _values(own, BUDGETED.get(kind, ""), "value").get(WHOLE)),
                value,
                write(own, of, "value_drawn") if drawn else CardValue(),
                tuple(values) if controls != ("",) else (),
            )


def _card_value(formatter: Formatter, figure: str, rows: pl.DataFrame, of: str, column: str) -> CardValue:
    values = _values(rows, figure, column)
    value, number = values.get(of), _values(rows, AMONG.get(figure, ""), column).get(of)
    if value is None:
        return CardValue("" if of not in values or column == "value_drawn" else numbers.ABSENT)
    ends = [_values(rows, f"{figure}_{end}", column).get(of) for end in ("low", "high")]
    interval = " to ".join(map(formatter, ends)) if None not in ends else ""
    return CardValue(formatter(value), numbers.count(number) if number else "", interval)


def _definition(kind: str, of: str, budget: float | None) -> Definition:
    """budget: of BUDGETED, what the name tells."""
    figure = CONTROL_FIGURES[kind]
    name = figure.name.format(numbers.count(budget)) if kind in BUDGETED else _named(kind, of)
    return Definition(f"{kind}/{of}" if of else kind, name, figure.meaning, figure.null, beside_entry(kind))


def _rows_beside(atlas: Atlas, name: str, control: str) -> pl.DataFrame:
    return atlas.controls.filter((pl.col("dictionary") == name) & (pl.col("control") == control))


def _values(rows: pl.DataFrame, figure: str, column: str) -> dict[str, float | None]:
    """of -> value."""
    return dict(rows.filter(pl.col("figure") == figure).select("of", column).iter_rows())


def _place(of: str) -> int:
    """Tiers of peaks by how narrow they are; all else stays in its order."""
    return TIERS_OF_PEAKS.index(of) if of in TIERS_OF_PEAKS else 0


def _named(kind: str, of: str) -> str:
    if kind == "shift_held":
        column, domain = split_column(of)
        return CONTROL_FIGURES[kind].name.format(f"{column_name(column)} in {domain}")
    classes = {tier: f"{tier} of phones" for tier in CLASS_TIERS} | {EDGE_TIER: f"{EDGE_TIER} of words"}
    words = {**CONTROL_WORDS, **TIERS, **classes}
    return CONTROL_FIGURES[kind].name.format(words.get(of, of))


def made_figures(atlas: Atlas, name: str) -> tuple[CardFigure, ...]:
    """What a dictionary is, whatever was listened to."""
    figures = figures_of(atlas, name)
    return tuple(CardFigure(DEFINITIONS[key], CardValue(formatter(figures[key]))) for key, formatter in MADE.items())


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

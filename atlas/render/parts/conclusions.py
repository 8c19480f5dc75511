"""What a dictionary's card comes to, in sentences: who finds more labels, and whether training would find it again."""

from collections.abc import Iterator

import polars as pl

from atlas.formatting import listed, percent
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.cards import CONTROL_WORDS, drawn_count
from atlas.schema.analysed import WHOLE
from atlas.schema.thresholds import HARDLY_REPRODUCIBLE

LABELS = "label"


def conclusions(atlas: Atlas, name: str) -> tuple[str, ...]:
    """Sentences about one dictionary, which its name begins; none about a control, or before analysing."""
    card = atlas.dictionaries[name]
    if card.control_of or not len(atlas.controls):
        return ()
    return tuple(filter(None, (_labels(atlas, name), *_seeds(atlas, name))))


def _labels(atlas: Atlas, name: str) -> str:
    """Who finds more labels of clips, of equally many features."""
    tested = _value(atlas, name, "labels_tested", LABELS, "value")
    if not tested:
        return f"{name} was held against no labels of clips that could be tested, so how many it finds is not known."
    found, drawn = (_value(atlas, name, "labels_found", LABELS, column) for column in ("value", "value_drawn"))
    among = f"of {numbers.count(tested)} that could be tested"
    theirs = {
        CONTROL_WORDS[kind]: _value(atlas, name, "labels_found", LABELS, "control_value", control) or 0
        for kind, control in atlas.controls_of(name).items()
    }
    if not theirs:
        return f"{name} finds {numbers.plain(found or 0)} labels {among}; no control says what that is worth."
    equal, some = (found if drawn is None else drawn) or 0, drawn_count(atlas, name)
    own = f"{numbers.plain(equal)} {among}"
    if some and drawn is not None:
        own += f" by {some} of its features, as many as each of them has (by all, {numbers.plain(found or 0)})"
    beside = f"{own}; {listed([f'{words} find {numbers.plain(value)}' for words, value in theirs.items()])}"
    ahead = [words for words, value in theirs.items() if value >= equal]
    if not ahead:
        return f"{name} finds more labels than its controls: {beside}."
    return (
        f"{name} finds no more labels than {listed(ahead)} in this one draw, so this is no evidence of what it learned:"
        f" {beside}."
    )


def _seeds(atlas: Atlas, name: str) -> Iterator[str]:
    """How far another training of the same tap has its features."""
    if atlas.dictionaries[name].kind != "sae":
        return
    rows = atlas.controls.filter(pl.col("dictionary") == name, pl.col("figure") == "agreement")
    others = rows["of"].unique(maintain_order=True).to_list()
    if not others:
        yield "No second seed was measured, so how reproducible its features are was not asked."
    for other in others:
        value = _value(atlas, name, "agreement", other, "value")
        if value is None:
            continue
        control = atlas.control_of(name)
        theirs = _value(atlas, name, "agreement", other, "control_value", control) if control else None
        beside = f" (random directions: {percent(theirs)})" if theirs is not None else ""
        hardly = "Hardly reproducible: " if value < HARDLY_REPRODUCIBLE else ""
        yield f"{hardly}{percent(value)} of its features are matched in {other}{beside}."


def _value(
    atlas: Atlas, name: str, figure: str, of: str = WHOLE, column: str = "value", control: str | None = None
) -> float | None:
    rows = atlas.controls.filter(pl.col("dictionary") == name, pl.col("figure") == figure, pl.col("of") == of)
    if control is not None:
        rows = rows.filter(pl.col("control") == control)
    values = rows[column].drop_nulls()
    return values[0] if len(values) else None

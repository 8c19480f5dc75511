"""What a dictionary's card comes to, in sentences: who is ahead in which figure, and whether it is reproducible."""

from collections.abc import Iterator, Sequence

import polars as pl

from atlas.formatting import listed, percent
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.cardchart import ChartPoint, card_chart
from atlas.render.parts.cards import CONTROL_WORDS, drawn_count
from atlas.schema.analysed import WHOLE
from atlas.schema.thresholds import HARDLY_REPRODUCIBLE

LABELS = "label"


def conclusions(atlas: Atlas, name: str) -> tuple[str, ...]:
    """Sentences about one dictionary, the first of which its name begins; none about a control, or before analysing."""
    card = atlas.dictionaries[name]
    if card.control_of or not len(atlas.controls):
        return ()
    return tuple(filter(None, (_standing(atlas, name), _labels(atlas, name), *_seeds(atlas, name))))


def _standing(atlas: Atlas, name: str) -> str:
    """Who is ahead, in all figures of the card; empty where no control was measured."""
    chart = card_chart(atlas, [name])
    if chart is None or not atlas.controls_of(name):
        return ""
    ahead: list[str] = []
    level: list[str] = []
    behind: dict[str, list[str]] = {}
    for figure in chart.figures:
        led, even = [], []
        for strip in figure.strips:
            own, *others = [point for point in strip.points if point.who not in ("chance", "decoy")]
            if own.who != "own" or not others:
                continue
            best = max(others, key=lambda point: float(point.at))
            if _is_level(own, best):
                even.append(strip.name)
            elif float(own.at) > float(best.at):
                led.append(strip.name)
            else:
                figures = f"{own.text.partition(' of ')[0]} against {best.text}"
                behind.setdefault(best.name, []).append(f"{_called(figure.key, [strip.name])} ({figures})")
        everywhere = len(led) == len(figure.strips) > 1
        ahead += [_called(figure.key, [] if everywhere else led)] if led else []
        level += [_called(figure.key, even)] if even else []
    parts = [
        *([f"ahead of its controls in {listed(ahead)}"] if ahead else []),
        *(f"behind {rival} in {listed(found)}" for rival, found in behind.items()),
        *([f"level with a control in {listed(level)}"] if level else []),
    ]
    return f"{name} is {'; '.join(parts)}." if parts else ""


def _is_level(own: ChartPoint, other: ChartPoint) -> bool:
    """Written alike, or within the dictionary's own interval."""
    within = bool(own.low) and float(own.low) <= float(other.at) <= float(own.high)
    return own.at == other.at or own.text == other.text or within


def _called(key: str, parts: Sequence[str]) -> str:
    """A figure in a phrase: some of its strips, or all, where no parts are given."""
    called = listed(parts) if any(parts) else ""
    words = {
        "above_control": f"named features that exceed all {called or 'directions of each'}",
        "agreement": f"features matched in {called or 'other seeds'}",
        "peak_named": f"peaks at one {called or 'phone or word'}",
        "labels_found": "labels found",
        "label_phi": "phi of the best feature",
        "label_probe": "sparse probes",
        "fvu_sample": "variance explained",
    }
    figure = key.removeprefix("beside_")
    kinds = f" ({called})" if figure in ("labels_found", "label_phi", "label_probe") and called else ""
    return words[figure] + kinds


def _labels(atlas: Atlas, name: str) -> str:
    """How many labels of clips are found, of equally many features."""
    tested = _value(atlas, name, "labels_tested", LABELS, "value")
    if not tested:
        return f"{name} was held against no labels of clips that could be tested, so how many it finds is not known."
    found, drawn = (_value(atlas, name, "labels_found", LABELS, column) for column in ("value", "value_drawn"))
    own = f"{name} finds {numbers.plain(found or 0)} of {numbers.count(tested)} labels that could be tested"
    theirs = {
        CONTROL_WORDS[kind]: _value(atlas, name, "labels_found", LABELS, "control_value", control) or 0
        for kind, control in atlas.controls_of(name).items()
    }
    if not theirs:
        return f"{own}; no control says what that is worth."
    equal, some = (found if drawn is None else drawn) or 0, drawn_count(atlas, name)
    if some and drawn is not None:
        many = f"{some} of its features, as many as a control has"
        own += f" (also by only {many})" if drawn == found else f" ({numbers.plain(drawn)} by {many})"
    beside = listed([f"{words} {numbers.plain(value)}" for words, value in theirs.items()])
    ahead = [words for words, value in theirs.items() if value >= equal]
    if ahead:
        beside += f"; {listed(ahead)} find as many or more in this one draw, so this is no evidence of what it learned"
    return f"{own}, {beside}."


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

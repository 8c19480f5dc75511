"""Columns and terms as classic scripts: what a page can load from `file://` as well as from a host.

A script calls `atlasColumn(dictionary, column, from, values)` or `atlasTerms(dictionary, terms)`; `data/index.js` tells
which scripts hold what, and how figures are called. Texts are coded: the different ones, and a number a row. No script
passes 2 MB. Numbers are rounded to what a list shows; the CSV has six digits, the tables all.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from atlas.render.columns import FIGURES, SearchColumn
from atlas.render.definitions import search_definition
from atlas.render.parts.marks import Mark
from atlas.render.terms import Term

LARGEST = 2_000_000
"bytes of a script"
SLICE = 500_000
"bytes of values in one call"
SHARED = ""
"what stands for a dictionary where a column belongs to all"
CLIP_FIGURES = (
    SearchColumn("clip_key", "clips", text=True),
    SearchColumn("clip_frames", "clips", 0),
    SearchColumn("clip_picture", "clips", 0),
    SearchColumn("clip_text", "texts", text=True),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a script, and the column that it brings."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What one dictionary has: its scripts by column, relative to `data/`; no script for a column without values."""

    name: str
    features: int
    control_of: str | None
    scripts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of one dictionary, by address, and what the index says of them."""

    contents: Mapping[str, str]
    addresses: Mapping[str, tuple[str, ...]]


def column_scripts(dictionary: str, figures: Iterable[SearchColumn], frame: pl.DataFrame) -> Scripts:
    """The scripts that hold a dictionary's columns."""
    by_script: dict[str, list[Call]] = {}
    for figure in figures:
        by_script.setdefault(figure.script, []).extend(_column_calls(dictionary, figure, frame[figure.name]))
    return _packed(dictionary, by_script)


def term_scripts(dictionary: str, terms: Iterable[Term], pages: Mapping[tuple[str, str], tuple[str, str]]) -> Scripts:
    """The scripts that hold a dictionary's terms; pages: (kind, label) -> (origin, address of the label's page)."""
    calls = []
    rows: list[str] = []
    for term in terms:
        rows.append(_term_row(term, *pages.get((term.kind, term.label), ("", ""))))
        if sum(map(len, rows)) > SLICE:
            calls.append(_term_call(dictionary, rows))
            rows = []
    return _packed(dictionary, {"terms": [*calls, *([_term_call(dictionary, rows)] if rows else [])]})


def index_script(key: str, title: str, domains: Iterable[Mark], holdings: Iterable[Holding]) -> str:
    """`data/index.js`: the dictionaries, where their columns lie, and what figures are called."""
    dictionaries = [
        {
            "name": holding.name,
            "features": holding.features,
            "controlOf": holding.control_of,
            "scripts": {column: list(addresses) for column, addresses in sorted(holding.scripts.items())},
        }
        for holding in holdings
    ]
    figures = {figure.name: _described(figure) for figure in FIGURES}
    marks = [{"name": mark.name, "sign": mark.sign, "style": mark.style} for mark in domains]
    content = {"key": key, "title": title, "domains": marks, "dictionaries": dictionaries, "figures": figures}
    return f"atlasIndex({_json(content)});\n"


def _described(figure: SearchColumn) -> dict[str, object]:
    known = search_definition(figure.name)
    return {"name": known.name, "text": figure.text, "definition": known.text}


def _column_calls(dictionary: str, figure: SearchColumn, values: pl.Series) -> Iterator[Call]:
    """The calls that bring one column, in order; none for a column without a value."""
    if values.null_count() == len(values):
        return
    sizes = (values.str.len_bytes() if figure.text else pl.repeat(8, len(values), eager=True)).fill_null(0) + 4
    pieces = pl.DataFrame({"value": values, "piece": sizes.cum_sum() // SLICE})
    start = 0
    for piece in pieces.partition_by("piece", maintain_order=True):
        content = _coded(piece["value"]) if figure.text else _json(_rounded(piece["value"], figure.decimals))
        yield Call(figure.name, f"atlasColumn({_json(dictionary)},{_json(figure.name)},{start},{content});\n")
        start += len(piece)


def _coded(values: pl.Series) -> str:
    """The different texts in order of appearance, the empty one first, and the number of each row's."""
    words = {"": 0}
    codes = [words.setdefault(value or "", len(words)) for value in values]
    return _json({"words": list(words), "codes": codes})


def _rounded(values: pl.Series, decimals: int | None) -> list[float | int | None]:
    finite = (value if value is not None and math.isfinite(value) else None for value in values)
    if decimals is None:
        return [None if value is None else _short(float(f"{value:.4g}")) for value in finite]
    return [None if value is None else _short(round(value, decimals)) for value in finite]


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _term_row(term: Term, origin: str, page: str) -> str:
    steps = [after - before for before, after in zip((0, *term.features), term.features, strict=False)]
    values = [_short(round(value, 4)) for value in term.values]
    return _json([term.kind, term.label, term.way, origin, page, steps, values])


def _term_call(dictionary: str, rows: list[str]) -> Call:
    return Call("terms", f"atlasTerms({_json(dictionary)},[{','.join(rows)}]);\n")


def _packed(dictionary: str, by_script: Mapping[str, list[Call]]) -> Scripts:
    """Calls into scripts: as many as fit, in order."""
    contents: dict[str, str] = {}
    addresses: dict[str, list[str]] = {}
    for script, calls in by_script.items():
        folder = f"{dictionary}/" if dictionary else ""
        number, address, size = 1, f"{folder}{script}.js", 0
        for call in calls:
            length = len(call.text.encode())
            if size and size + length > LARGEST:
                number, size = number + 1, 0
                address = f"{folder}{script}-{number}.js"
            size += length
            contents[address] = contents.get(address, "") + call.text
            held = addresses.setdefault(call.column, [])
            held += [address] * (address not in held)
    return Scripts(contents, {column: tuple(held) for column, held in addresses.items()})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

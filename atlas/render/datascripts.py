"""Columns and terms as classic scripts: what a page can load from `file://` as well as from a host.

A script calls `atlasColumn(dictionary, column, from, values)` or `atlasTerms(dictionary, shard, terms)`.
`data/index.js` tells which scripts hold what, and how figures are called; `data/words.js` which labels there are, and
in which shard the features of each lie. Texts are coded: the different ones, and a number a row. No script passes 2 MB.
Numbers are rounded to what a list shows; the CSV has six digits, the tables all.
"""

import json
import math
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from atlas.render.columns import SearchColumn
from atlas.render.definitions import search_definition
from atlas.render.parts.marks import Mark
from atlas.render.terms import WAYS, Term
from atlas.render.vocabulary import Word

LARGEST = 2_000_000
"bytes of a script"
SLICE = 500_000
"bytes of values in one call"
DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
"of the numbers of coded texts"
PER_UNIT = 10_000
TERMS = "terms"
_LEAST = 5
"columns of a row of words; other names and classes follow where there are any"
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
    """What one dictionary has: its scripts, and the parts of each."""

    name: str
    features: int
    control_of: str | None
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of one dictionary, by address below `data/`, and the parts of each; none without a value."""

    contents: Mapping[str, str]
    parts: Mapping[str, int]


class Numbered:
    """Texts by number, in order of appearance, the empty one first."""

    def __init__(self) -> None:
        self._places = {"": 0}

    def of(self, text: str) -> int:
        return self._places.setdefault(text, len(self._places))

    @property
    def texts(self) -> list[str]:
        return list(self._places)


def column_scripts(dictionary: str, figures: Iterable[SearchColumn], frame: pl.DataFrame) -> Scripts:
    """The scripts that hold a dictionary's columns."""
    by_script: dict[str, list[Call]] = {}
    for figure in figures:
        by_script.setdefault(figure.script, []).extend(_column_calls(dictionary, figure, frame[figure.name]))
    return _packed(dictionary, by_script)


def term_scripts(dictionary: str, terms: Iterable[Term], words: Sequence[Word]) -> Scripts:
    """The shards of a dictionary's terms: of each term the number of its word, its way and its features."""
    places = {(word.kind, word.label): (place, word.shard) for place, word in enumerate(words)}
    rows: list[list[str]] = [[] for _ in range(max((word.shard for word in words), default=-1) + 1)]
    for term in terms:
        place, shard = places[term.kind, term.label]
        rows[shard].append(_term_row(term, place))
    contents = {
        part_address(dictionary, TERMS, shard + 1): f"atlasTerms({_json(dictionary)},{shard},[{','.join(held)}]);\n"
        for shard, held in enumerate(rows)
    }
    return Scripts(contents, {TERMS: len(rows)} if rows else {})


def part_address(dictionary: str, script: str, number: int) -> str:
    """Where a part of a script lies below `data/`; the first is number 1."""
    folder = f"{dictionary}/" if dictionary else ""
    return f"{folder}{script}-{number}.js" if number > 1 else f"{folder}{script}.js"


def words_script(words: Iterable[Word], offered: Sequence[int] = ()) -> str:
    """`data/words.js`: every label with its kind, origin, page, shard, other names and classes; and the numbers of
    those that are offered where nothing is found."""
    kinds, origins, classes = Numbered(), Numbered(), Numbered()
    rows = [
        [
            kinds.of(word.kind),
            word.label,
            origins.of(word.origin),
            int(bool(word.page)) if word.page in ("", _plain_page(word)) else word.page,
            word.shard,
            list(word.names),
            [classes.of(name) for name in word.classes],
        ]
        for word in words
    ]
    rows = [row[: _LEAST + bool(row[_LEAST] or row[-1]) + bool(row[-1])] for row in rows]
    content = {
        "kinds": kinds.texts,
        "origins": origins.texts,
        "classes": classes.texts,
        "words": rows,
        "offered": offered,
    }
    return f"atlasWords({_json(content)});\n"


def _plain_page(word: Word) -> str:
    """The page of a word as scripts guess it; it is told where it is another one."""
    return f"l/{word.kind}/{word.label.replace(' ', '-')}.html"


def index_script(
    key: str, title: str, domains: Iterable[Mark], holdings: Iterable[Holding], described: Sequence[SearchColumn]
) -> str:
    """`data/index.js`: the dictionaries, how many parts their scripts have, and what figures are called."""
    dictionaries = [
        {
            "name": holding.name,
            "features": holding.features,
            "controlOf": holding.control_of,
            "scripts": dict(sorted(holding.parts.items())),
        }
        for holding in holdings
    ]
    columns = {figure.name: [figure.script, int(figure.text)] for figure in (*described, *CLIP_FIGURES)}
    figures = {figure.name: _described(figure) for figure in described}
    marks = [{"name": mark.name, "sign": mark.sign, "style": mark.style} for mark in domains]
    content = {
        "key": key,
        "title": title,
        "domains": marks,
        "dictionaries": dictionaries,
        "columns": columns,
        "figures": figures,
    }
    return f"atlasIndex({_json(content)});\n"


def _described(figure: SearchColumn) -> dict[str, object]:
    known = search_definition(figure.name)
    return {"name": known.name, "definition": known.text}


def _column_calls(dictionary: str, figure: SearchColumn, values: pl.Series) -> Iterator[Call]:
    """The calls that bring one column, in order; none for a column without a value."""
    if values.null_count() == len(values):
        return
    sizes = (values.str.len_bytes() if figure.text else pl.repeat(8, len(values), eager=True)).fill_null(0) + 4
    pieces = pl.DataFrame({"value": values, "piece": sizes.cum_sum() // SLICE})
    start = 0
    for piece in pieces.partition_by("piece", maintain_order=True):
        content = _coded(piece["value"]) if figure.text else _numbers(piece["value"], figure.decimals)
        yield Call(figure.name, f"atlasColumn({_json(dictionary)},{_json(figure.name)},{start},{content});\n")
        start += len(piece)


def _coded(values: pl.Series) -> str:
    """The different texts, the empty one first, and the number of each row's in digits to the base of 64."""
    texts = Numbered()
    codes = [texts.of(value or "") for value in values]
    width = 1
    while len(DIGITS) ** width < len(texts.texts):
        width += 1
    digits = ("".join(DIGITS[code // 64**place % 64] for place in reversed(range(width))) for code in codes)
    return _json({"words": texts.texts, "codes": "".join(digits)})


def _numbers(values: pl.Series, decimals: int | None) -> str:
    """All numbers; where most are blank, the others with the steps from row to row."""
    rounded = _rounded(values, decimals)
    known = [row for row, value in enumerate(rounded) if value is not None]
    if 2 * len(known) > len(rounded):
        return _json(rounded)
    return _json({"steps": _steps(known), "values": [rounded[row] for row in known]})


def _steps(numbers: Sequence[int]) -> list[int]:
    """The way from each number to the next, beginning at 0."""
    return [after - before for before, after in zip((0, *numbers), numbers, strict=False)]


def _rounded(values: pl.Series, decimals: int | None) -> list[float | int | None]:
    finite = (value if value is not None and math.isfinite(value) else None for value in values)
    if decimals is None:
        return [None if value is None else _short(float(f"{value:.4g}")) for value in finite]
    return [None if value is None else _short(round(value, decimals)) for value in finite]


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _term_row(term: Term, place: int) -> str:
    """Shares and AUROC are told in ten-thousandths, counts as they are."""
    scale = 1 if term.way == "heard" else PER_UNIT
    values = [round(value * scale) for value in term.values]
    return _json([place, WAYS.index(term.way), _steps(term.features), values])


def _packed(dictionary: str, by_script: Mapping[str, list[Call]]) -> Scripts:
    """Calls into scripts: as many as fit, in order."""
    contents: dict[str, str] = {}
    parts: dict[str, int] = {}
    for script, calls in by_script.items():
        number, size = 1, 0
        for call in calls:
            length = len(call.text.encode())
            if size and size + length > LARGEST:
                number, size = number + 1, 0
            size += length
            address = part_address(dictionary, script, number)
            contents[address] = contents.get(address, "") + call.text
            parts[script] = number
    return Scripts(contents, parts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

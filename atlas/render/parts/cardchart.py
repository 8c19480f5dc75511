"""The seven figures of a dictionary's card as one chart: a strip a figure, with a sign for each of who has it.

Every strip is an axis from 0 to 1, but for those of shares of features, which are small: these share another end, told
beside them. Beside controls the figure is that of as many features as these have. Several dictionaries, such as the
layers of a model, stand under each other in each figure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from atlas.formatting import percent
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import beside_entry
from atlas.render.parts.cardreader import CardReader
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.terms import TIERS
from atlas.schema.analysed import WHOLE
from atlas.schema.effects import BY_DRAW, NAMED_MEASURED
from atlas.schema.thresholds import FEWEST_LABELS

SIGNS: Mapping[str, str] = {
    "own": "●",
    "random": "○",
    "template": "■",
    "untrained": "□",
    "mel": "▮",
    "chance": "┆",
    "decoy": "│",
}
"who has a figure -> its sign"
REBUILDERS: Mapping[str, str] = {"random": "PCA", "template": "matching pursuit on templates"}
"whose sign is shown for what else rebuilds the activations"
_ENDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_LABELS = "label"
KIND_NAMES: Mapping[str, str] = {"label": "tags"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoint:
    """Where somebody stands on a strip, of 100, and what is written there."""

    who: str
    "a key of SIGNS, and a class of the style sheet"
    name: str
    text: str
    at: str
    low: str = ""
    high: str = ""
    interval: str = ""

    @property
    def sign(self) -> str:
        return SIGNS[self.who]


@dataclass(frozen=True, slots=True)
class Strip:
    """One strip of a figure: of a dictionary where there are several, else of a kind, a control or a tier."""

    name: str
    dictionary: str
    "which the name leads to; empty where there is one dictionary only"
    points: tuple[ChartPoint, ...]
    "in the order of the controls, its own first"


@dataclass(frozen=True, slots=True)
class ChartFigure:
    """A figure, the end of its axis, and its strips."""

    key: str
    "of its definition"
    name: str
    end: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True, slots=True)
class ChartSign:
    """A line of the key."""

    who: str
    sign: str
    name: str


@dataclass(frozen=True, slots=True)
class CardChart:
    """All figures, and the key to the signs."""

    figures: tuple[ChartFigure, ...]
    signs: tuple[ChartSign, ...]


@dataclass(frozen=True, slots=True)
class _Value:
    """Before it is drawn: whose, how large from 0 to 1, how it is written, and its interval."""

    who: str
    name: str
    value: float
    text: str
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A figure of one kind of label, one control or one tier: `part`, empty where there is one only."""

    key: str
    name: str
    part: str
    values: Mapping[str, Sequence[_Value]]
    "by dictionary"


PASSING = "does"
"the figure that is held against decoys, and not against controls; it is defined under this key"
_OF_FEATURES = frozenset({"above_control", "agreement", "peak_named"})
"figures that are shares of features"


def card_chart(atlas: Atlas, names: Sequence[str]) -> CardChart | None:
    """The figures that some of these dictionaries have, in the order of the card; nothing before analysing.

    Of several dictionaries the labels of one kind, the plain ones if there are any.
    """
    readers = [CardReader(atlas, name) for name in names]
    kinds = _kinds(readers)
    rows = [row for row in _rows(readers, kinds if len(names) == 1 else kinds[:1]) if row.values]
    shares = [
        value.value for row in rows if row.key in _OF_FEATURES for values in row.values.values() for value in values
    ]
    end = next(end for end in _ENDS if end >= min(1.0, max(shares, default=0.0)))
    draw = _alone if len(names) == 1 else _beside_each_other
    figures = tuple(draw(rows, end))
    return CardChart(figures, _signs_in(figures, names)) if figures else None


def _alone(rows: Sequence[_Row], end: float) -> Iterator[ChartFigure]:
    """A figure with a strip for each of its parts."""
    for (key, name), group in groupby(rows, key=lambda row: (row.key, row.name)):
        last = end if key in _OF_FEATURES else 1.0
        strips = [Strip(row.part, "", _points(values, last)) for row in group for values in row.values.values()]
        yield ChartFigure(_entry(key), name, _end(key, end), tuple(strips))


def _beside_each_other(rows: Sequence[_Row], end: float) -> Iterator[ChartFigure]:
    """A figure of each part, with a strip for each dictionary."""
    for row in rows:
        last = end if row.key in _OF_FEATURES else 1.0
        strips = [Strip(name, name, _points(values, last)) for name, values in row.values.items()]
        between = ", " if row.key == PASSING else " "
        name = f"{row.name}{between}{row.part}" if row.part else row.name
        yield ChartFigure(_entry(row.key), name, _end(row.key, end), tuple(strips))


def _entry(key: str) -> str:
    return key if key == PASSING else beside_entry(key)


def _end(key: str, end: float) -> str:
    if key == PASSING:
        return percent(1)
    return percent(end) if key in _OF_FEATURES else "1"


def _signs_in(figures: Sequence[ChartFigure], names: Sequence[str]) -> tuple[ChartSign, ...]:
    """The signs that a chart shows, in the order of SIGNS; variance is explained beside others than controls."""
    shown = {point.who for figure in figures for strip in figure.strips for point in strip.points}
    words = {
        "own": names[0] if len(names) == 1 else "the dictionary",
        "chance": "permuted labels",
        "decoy": "decoys",
        **CONTROL_WORDS,
    }
    words |= {who: f"{words[who]} (variance: {other})" for who, other in REBUILDERS.items()}
    return tuple(ChartSign(who, sign, words[who]) for who, sign in SIGNS.items() if who in shown)


def _kinds(readers: Sequence[CardReader]) -> list[str]:
    """The kinds of labels of which enough could be tested, the plain ones first."""
    tested = {
        kind for reader in readers for kind in reader.kinds("labels_tested") if reader.tested(kind) >= FEWEST_LABELS
    }
    return sorted(tested, key=lambda kind: (kind != _LABELS, kind))


def _rows(readers: Sequence[CardReader], kinds: Sequence[str]) -> Iterator[_Row]:
    parts = {kind: KIND_NAMES.get(kind, f"{kind}s") if len(kinds) > 1 or kind != _LABELS else "" for kind in kinds}
    for key, name, of in (("labels_found", "Labels found", _found), ("label_phi", "Phi of the best feature", _phi)):
        for kind, part in parts.items():
            yield _row(key, name, part, readers, partial(of, kind=kind))
    for control, words in CONTROL_WORDS.items():
        yield _row("above_control", "Named, and above all", words, readers, partial(_above, kind=control))
    for kind, part in parts.items():
        yield _row("label_probe", "Sparse probe, AUROC", part, readers, partial(_probe, kind=kind))
    yield _row("fvu_sample", "Variance explained", "", readers, _explained)
    for other in sorted({other for reader in readers for other in reader.kinds("agreement")}):
        yield _row("agreement", "Matched in", other, readers, partial(_shares, figure="agreement", of=other))
    for tier, word in TIERS.items():
        yield _row("peak_named", "Peaks at one", word, readers, partial(_shares, figure="peak_named", of=tier))
    for chosen, called in ((NAMED_MEASURED, "named"), (BY_DRAW, "drawn at random")):
        yield _row(PASSING, "Pass the causal test", called, readers, partial(_passing, of=chosen))


def _row(
    key: str, name: str, part: str, readers: Sequence[CardReader], values_of: Callable[[CardReader], Sequence[_Value]]
) -> _Row:
    values = {reader.name: values_of(reader) for reader in readers}
    return _Row(key, name, part, {dictionary: found for dictionary, found in values.items() if found})


def _found(reader: CardReader, kind: str) -> list[_Value]:
    """As shares of the labels that could be tested, written as numbers."""
    found = []
    for who, name, value, control in reader.everyone("labels_found", kind):
        tested = reader.beside("labels_tested", kind, control)
        among = f" of {numbers.count(tested)}" if control is None else ""
        found.append(_Value(who, name, value / tested if tested else 0.0, numbers.plain(value) + among))
    return found


def _phi(reader: CardReader, kind: str) -> list[_Value]:
    found = []
    for who, name, value, control in reader.everyone("label_phi", kind):
        low, high = (reader.beside(end, kind, control) for end in ("label_phi_low", "label_phi_high"))
        interval = None if low is None or high is None else (low, high)
        found.append(_Value(who, name, value, numbers.unit(value), interval))
    return found


def _above(reader: CardReader, kind: str) -> list[_Value]:
    """Against one kind of control alone, which is held against its own other directions."""
    control = reader.controls.get(kind)
    if control is None:
        return []
    pairs = (
        ("own", reader.name, reader.own("above_control", kind, control), reader.own("tested", WHOLE, control)),
        (
            kind,
            CONTROL_WORDS[kind],
            reader.theirs("above_control", kind, control),
            reader.theirs("tested", WHOLE, control),
        ),
    )
    return [
        _Value(who, name, value / total, numbers.count(value))
        for who, name, value, total in pairs
        if value is not None and total
    ]


def _probe(reader: CardReader, kind: str) -> list[_Value]:
    found = [
        _Value(who, name, value, numbers.unit(value)) for who, name, value, _ in reader.everyone("label_probe", kind)
    ]
    permuted = reader.own("label_probe_permuted", kind)
    chance = (
        [] if permuted is None or not found else [_Value("chance", "permuted labels", permuted, numbers.unit(permuted))]
    )
    return found + chance


def _explained(reader: CardReader) -> list[_Value]:
    """Beside what needs no learning, of as many components or templates a frame."""
    left = {
        "own": (reader.name, reader.own("fvu_sample", WHOLE)),
        "random": (REBUILDERS["random"], reader.own("fvu_pca", WHOLE)),
        "template": (REBUILDERS["template"], reader.own("fvu_pursuit", WHOLE)),
    }
    return [
        _Value(who, name, max(0.0, 1 - value), numbers.unit(1 - value))
        for who, (name, value) in left.items()
        if value is not None
    ]


def _shares(reader: CardReader, figure: str, of: str) -> list[_Value]:
    return [_Value(who, name, value, percent(value)) for who, name, value, _ in reader.everyone(figure, of)]


def _passing(reader: CardReader, of: str) -> list[_Value]:
    """Of the features that were ablated, and of their decoys where some number of them could be told."""
    if (share := reader.passing.get(of)) is None:
        return []
    passing = share["passing"] / share["measured"]
    own = _Value("own", reader.name, passing, f"{percent(passing)} of {numbers.count(share['measured'])}")
    if share["decoys"] is None:
        return [own]
    decoys = share["decoys"] / share["measured"]
    return [own, _Value("decoy", "decoys", decoys, percent(decoys))]


def _points(values: Sequence[_Value], end: float) -> tuple[ChartPoint, ...]:
    return tuple(_point(value, end) for value in values)


def _point(value: _Value, end: float) -> ChartPoint:
    low, high = value.interval or (None, None)
    at, left, right = ("" if one is None else _place(one, end) for one in (value.value, low, high))
    interval = "" if low is None else f"{numbers.unit(low)} to {numbers.unit(high)}"
    return ChartPoint(who=value.who, name=value.name, text=value.text, at=at, low=left, high=right, interval=interval)


def _place(value: float, end: float) -> str:
    return numbers.plain(100 * min(1.0, max(0.0, value / end)))

"""Features worth hearing: named, clearly beyond every control for their label, one per label, in turn of kinds.

Offered are live features without a flag whose strongest example can be heard. The kinds are words, phones, classes of
phones, languages, speakers, and other labels of clips by the domain that they are at home in. Where nothing qualifies,
nothing is shown, and `why_empty` says why.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import polars as pl

from atlas.analyse.naming.candidates import Homes, homes_of
from atlas.reading.names import part_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.beyond import best_columns, controls_beside, is_beyond, lead_margin
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.snippets import trace_path
from atlas.schema import FINDINGS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS
from atlas.speech.classes import CLASS_TIERS
from atlas.speech.edges import EDGE_TIER
from atlas.speech.languages import is_language, language_name
from atlas.speech.tiers import PHONES, WORDS

MOST = 12
ROOMS: Mapping[str, str] = {
    PHONES: "phones",
    WORDS: "words",
    "sound": "sounds",
    "music": "music",
    "language": "languages",
    "speech": "labels of speech",
    "classes": "classes of phones",
    "speaker": "speakers",
    EDGE_TIER: "edges of words",
}
"where features are taken from in turn, and what they are called; others follow under their own names"
_BESIDE = tuple(name for name in FINDINGS.columns if name.endswith(("_best", "_rank")))


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A feature to hear, how far it is beyond its controls, the trace of its strongest example, and what it is of."""

    feature: Listed
    why: str
    trace: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A feature that may be shown."""

    dictionary: str
    feature: int
    room: str  # a kind of timed label, or the domain of a label of clips
    label: str
    why: str
    worth: float


def gallery(atlas: Atlas, lister: Lister) -> tuple[Exhibit, ...]:
    """The features of the gallery, in the order of the page."""
    homes = homes_of(atlas.clips)
    chosen = _in_turn(candidate for name in _own(atlas) for candidate in _candidates(atlas, name, homes))
    traces = {
        name: _traces(atlas, name, [candidate.feature for candidate in chosen if candidate.dictionary == name])
        for name in {candidate.dictionary for candidate in chosen}
    }
    return tuple(
        Exhibit(
            lister.listed(candidate.dictionary, candidate.feature),
            candidate.why,
            traces[candidate.dictionary].get(candidate.feature, ""),
            ROOMS.get(candidate.room, candidate.room),
        )
        for candidate in chosen
    )


def why_empty(atlas: Atlas) -> str:
    """Why there is nothing in the gallery."""
    if not atlas.clips["audio"].any():
        return "No sound is published with this atlas, so features can be read but not heard."
    if not any(len(atlas.column(name, FINDINGS.name, "feature")) for name in _own(atlas)):
        return "Nothing has been analysed yet, so no feature has a name."
    if not any(controls_beside(atlas, name) for name in _own(atlas)):
        return "No control was measured beside any dictionary, so no feature is known to find more than one."
    return "No feature that carries a name finds its label clearly better than every control does."


def _own(atlas: Atlas) -> list[str]:
    return [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]


def _candidates(atlas: Atlas, name: str, homes: Homes) -> Iterator[Candidate]:
    """The features of a dictionary that carry a name and are beyond its controls."""
    bests = best_columns(atlas, name)
    columns = ("feature", "named_by", "kind", "label", "value", "recordings", *_BESIDE)
    named = atlas.column(name, FINDINGS.name, *columns).filter(
        pl.col("named_by").is_in((BY_PEAKS, BY_LABEL)), is_beyond(atlas, name)
    )
    for row in named.join(_offered(atlas, name), on="feature").sort("feature").rows(named=True):
        theirs = {words: row[column] for words, column in bests.items()}
        worth = row["value"] - max((value or 0.0 for value in theirs.values()), default=0.0)
        if worth <= lead_margin(row["recordings"] if row["named_by"] == BY_PEAKS else None):  # a peak a recording
            continue
        yield Candidate(
            dictionary=name,
            feature=row["feature"],
            room=_room(row["kind"], row["label"], homes),
            label=_said_once(row["kind"], row["label"]),
            why=_why(row, theirs),
            worth=worth,
        )


def _offered(atlas: Atlas, name: str) -> pl.DataFrame:
    """`feature` of what may be shown: live, without a flag, and to be heard."""
    audible = atlas.clips.filter("audio").select("clip")
    live = atlas.headlines(name).filter((pl.col("state") == "live") & (pl.col("flags").list.len().fill_null(0) == 0))
    return live.join(audible, on="clip", how="semi").select("feature")


def _room(kind: str, label: str, homes: Homes) -> str:
    if kind in (WORDS, PHONES):
        return kind
    if kind in CLASS_TIERS:
        return "classes"
    if kind == "label" and is_language(label):
        return "language"
    return homes.get((kind, label), "") if kind == "label" else kind


def _said_once(kind: str, label: str) -> str:
    """A label by which two features count as the same: `German` and the language `de` are one."""
    return (language_name(label) if kind == "language" else part_name(kind, label)).casefold()


def _why(row: Mapping[str, Any], theirs: Mapping[str, float | None]) -> str:
    measure = "purity" if row["named_by"] == BY_PEAKS else "F1"
    beside = ", ".join(
        f"{words} {numbers.unit(value) if value is not None else 'no match'}" for words, value in theirs.items()
    )
    return f"{measure} {numbers.unit(row['value'])}; {beside}"


def _in_turn(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The worthiest of each room in turn, no label and no feature twice."""
    rooms: dict[str, list[Candidate]] = {}
    labels: set[str] = set()
    features: set[tuple[str, int]] = set()
    for candidate in sorted(
        candidates, key=lambda candidate: (-candidate.worth, candidate.dictionary, candidate.feature, candidate.label)
    ):
        if candidate.label not in labels and (candidate.dictionary, candidate.feature) not in features:
            labels.add(candidate.label)
            features.add((candidate.dictionary, candidate.feature))
            rooms.setdefault(candidate.room, []).append(candidate)
    order = [room for room in ROOMS if room in rooms] + sorted(rooms.keys() - set(ROOMS))
    turns = zip_longest(*(rooms[room] for room in order))
    return [candidate for candidate in chain.from_iterable(turns) if candidate is not None][:MOST]


def _traces(atlas: Atlas, name: str, features: list[int]) -> dict[int, str]:
    columns = ("feature", "group", "rank", "start_s", "trace")
    top = atlas.column(name, "examples", *columns).filter(pl.col("feature").is_in(features) & (pl.col("rank") == 1))
    rows = top.filter(pl.col("group") == "top").select("feature", "start_s", "trace").iter_rows()
    return {feature: trace_path(trace, start_s, atlas.grid) for feature, start_s, trace in rows}

"""Features worth hearing: selective, each for another label, taken in turn from every domain.

Offered are live features without a flag whose strongest example can be heard. Where no feature has a label, some are
taken evenly over the range of densities, and the page says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

import polars as pl

from atlas.reading.names import label_name, timed_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.snippets import trace_path
from atlas.schema import FINDINGS, LABELS, PEAK_LABELS
from atlas.schema.analysed import BY_LABEL, BY_PEAKS
from atlas.speech.tiers import PHONES, WORDS

MOST = 12


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A feature to hear, why it is here, and the trace of its strongest example."""

    feature: Listed
    label: str
    why: str
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A feature that may be shown."""

    dictionary: str
    feature: int
    room: str  # the domain of its strongest example, or a kind of timed label
    label: str
    why: str
    worth: float


def gallery(atlas: Atlas, lister: Lister) -> tuple[Exhibit, ...]:
    """The features of the gallery, in the order of the page."""
    names = [name for name in atlas.names if not atlas.card.dictionaries[name].control_of]
    offered = {name: _offered(atlas, name) for name in names}
    candidates = [candidate for name in names for candidate in _labelled(atlas, name, offered[name])]
    chosen = _in_turn(candidates) or [candidate for name in names[:1] for candidate in _evenly(name, offered[name])]
    traces = {
        name: _traces(atlas, name, [candidate.feature for candidate in chosen if candidate.dictionary == name])
        for name in names
    }
    given = {name: dict(offered[name].select("feature", "given_name").drop_nulls().iter_rows()) for name in names}
    return tuple(
        Exhibit(
            lister.listed(candidate.dictionary, candidate.feature),
            given[candidate.dictionary].get(candidate.feature, candidate.label),
            candidate.why,
            traces[candidate.dictionary].get(candidate.feature, ""),
        )
        for candidate in chosen
    )


def _offered(atlas: Atlas, name: str) -> pl.DataFrame:
    """`feature`, `density`, `room` and `given_name` of what may be shown."""
    audible = atlas.clips.filter("audio").select("clip", pl.col("domain").alias("room"))
    live = atlas.headlines(name).filter((pl.col("state") == "live") & (pl.col("flags").list.len().fill_null(0) == 0))
    return live.select("feature", "density", "clip", "given_name").join(audible, on="clip").sort("feature")


def _labelled(atlas: Atlas, name: str, offered: pl.DataFrame) -> Iterator[Candidate]:
    """Features by what they are named after."""
    findings = atlas.column(name, FINDINGS.name, "feature", "named_by", "kind", "label", "value", "phi")
    named = findings.join(offered, on="feature").sort("feature")
    labels = atlas.column(name, LABELS.name, "feature", "kind", "label", "precision10")
    by_label = named.filter(named_by=BY_LABEL).join(labels, on=["feature", "kind", "label"], maintain_order="left")
    for row in by_label.rows(named=True):
        yield Candidate(
            dictionary=name,
            feature=row["feature"],
            room=row["room"],
            label=label_name(row["kind"], row["label"]),
            why=f"held-out F1 {numbers.unit(row['value'])}, phi {numbers.unit(row['phi'])}",
            worth=row["precision10"] + row["value"],
        )
    yield from _named_at_peaks(atlas, name, named)


def _named_at_peaks(atlas: Atlas, name: str, named: pl.DataFrame) -> Iterator[Candidate]:
    """Features by the word, phone or class at their strongest peaks."""
    rows = atlas.column(name, PEAK_LABELS.name, "feature", "tier", "peaks", "base").rename({"tier": "kind"})
    by_peaks = named.filter(named_by=BY_PEAKS).join(rows, on=["feature", "kind"], maintain_order="left")
    for row in by_peaks.rows(named=True):
        hits = round(row["value"] * row["peaks"])
        yield Candidate(
            dictionary=name,
            feature=row["feature"],
            room=row["kind"] if row["kind"] in (WORDS, PHONES) else "classes",
            label=timed_name(row["kind"], row["label"]),
            why=f"at {hits} of its {row['peaks']} strongest peaks",
            worth=row["value"] - row["base"],
        )


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
    turns = zip_longest(*(rooms[room] for room in sorted(rooms)))
    return [candidate for candidate in chain.from_iterable(turns) if candidate is not None][:MOST]


def _evenly(name: str, offered: pl.DataFrame) -> Iterator[Candidate]:
    ranked = offered.sort("density", "feature", descending=[True, False])
    for feature, density in ranked.gather_every(max(1, len(ranked) // MOST)).select("feature", "density").iter_rows():
        yield Candidate(
            dictionary=name,
            feature=feature,
            room="",
            label="",
            why=f"active on {numbers.percent(density)} of frames",
            worth=0.0,
        )


def _traces(atlas: Atlas, name: str, features: list[int]) -> dict[int, str]:
    columns = ("feature", "group", "rank", "start_s", "trace")
    top = atlas.column(name, "examples", *columns).filter(pl.col("feature").is_in(features) & (pl.col("rank") == 1))
    rows = top.filter(pl.col("group") == "top").select("feature", "start_s", "trace").iter_rows()
    return {feature: trace_path(trace, start_s, atlas.grid) for feature, start_s, trace in rows}

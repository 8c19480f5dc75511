"""For the about page: the sources of what is spoken, tier by tier, the clips that each has, and what was refused.

Shares are of the usable clips that `annotate` was asked for; where it was asked for none, nothing is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from atlas.formatting import percent
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.spoken import source_words
from atlas.schema.annotated import CORPUS, STUDIED

TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class TierSource:
    """What one source gave of one tier."""

    tier: str
    source: str
    clips: str
    recordings: str
    share: str


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many texts were not used, or not placed in time, by reason."""

    what: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Annotating:
    """What was annotated, by whom."""

    clips: str
    recordings: str
    sources: tuple[TierSource, ...]
    refused: tuple[Refusals, ...]
    studied: str
    "a sentence where the model under study wrote or placed words; else empty"


def annotating(atlas: Atlas) -> Annotating | None:
    """What the tables of `annotate` say as a whole; None where it was asked for nothing."""
    asked = atlas.transcripts.join(atlas.clips.select("clip", "recording"), on="clip", how="left")
    if asked.is_empty():
        return None
    return Annotating(
        clips=numbers.count(len(asked)),
        recordings=numbers.count(asked["recording"].n_unique()),
        sources=tuple(_sources(atlas, asked)),
        refused=tuple(_refused(asked)),
        studied=_studied(asked),
    )


def _sources(atlas: Atlas, asked: pl.DataFrame) -> Iterator[TierSource]:
    recording = asked.select("clip", "recording")
    texts = asked.filter(pl.col("problem").is_null()).select("clip", "source", tier=pl.lit(TEXTS))
    brought = atlas.alignments.frame.join(atlas.annotations, on=("clip", "tier", "start_s"), how="anti")
    timed = [
        frame.select("clip", "source", "tier")
        for frame in (brought.with_columns(source=pl.lit(CORPUS)), atlas.annotations)
    ]
    every = pl.concat([texts, *timed]).drop_nulls("source").unique().join(recording, on="clip")
    counted = every.group_by("tier", "source").agg(pl.len(), pl.col("recording").n_unique())
    first = pl.col("tier") != TEXTS
    for tier, source, clips, recordings in counted.sort(first, "tier", "source").iter_rows():
        share = percent(clips / len(asked))
        yield TierSource(tier, source_words(source), numbers.count(clips), numbers.count(recordings), share)


def _refused(asked: pl.DataFrame) -> Iterator[Refusals]:
    placed = pl.col("aligned_by").is_not_null()
    kinds = (
        ("Written texts not used", "problem", pl.lit(True)),
        ("Words not placed", "alignment_problem", ~placed),
        ("Phones alone not placed", "alignment_problem", placed),
    )
    for what, column, which in kinds:
        problems = asked.filter(which)[column].drop_nulls()
        counts = problems.value_counts(sort=False).sort("count", column, descending=[True, False])
        if len(counts):
            yield Refusals(what, tuple((problem, numbers.count(number)) for problem, number in counts.iter_rows()))


def _studied(asked: pl.DataFrame) -> str:
    sources = pl.concat([asked["source"], asked["aligned_by"]]).drop_nulls()
    mine = sources.filter(sources.str.starts_with(STUDIED)).unique().sort()
    if mine.is_empty():
        return ""
    return (
        "Words that the model under study wrote or placed are its own: where a feature goes with such a word, that"
        " shows what the model makes of the sound, which need not be what was said."
    )

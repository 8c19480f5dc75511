"""Clips to annotate, with what the corpus says of them; and what was found out about each, as rows of both tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.annotate.base import NOT_PLACED, Alignment, SpokenSpan, Transcript
from atlas.annotate.phones import SOURCE
from atlas.audio import draws
from atlas.audio.samples import Samples, read_sound
from atlas.config.settings import Config
from atlas.corpus.locate import locate
from atlas.errors import AudioProblem
from atlas.schema import ALIGNMENTS, ANNOTATIONS, CLIPS, TRANSCRIPTS, Table
from atlas.schema.annotated import CORPUS
from atlas.speech.symbols import is_silence
from atlas.speech.tiers import PHONES, WORDS, kind_of
from atlas.speech.words import PRONUNCIATION
from atlas.store import AtlasFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedClip:
    """A clip to annotate, and what the corpus says of it."""

    clip: int
    content: int
    file: str
    offset_s: float
    duration_s: float
    text: str | None
    "of the corpus; its aligned words, where it has these alone"
    language: str | None
    brings: frozenset[str]
    "the kinds of tier that it brings"

    def samples(self) -> Samples | None:
        """Its sound; None where that cannot be read any more."""
        try:
            return read_sound(self.file, self.offset_s, self.duration_s).samples
        except AudioProblem:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedClip:
    """What was found out about a clip."""

    asked: AskedClip
    transcript: Transcript
    text_by: str | None
    words: Alignment = NOT_PLACED
    "as a model places them"
    words_by: str | None = None
    forced: Alignment | None = None
    "as the forced aligner places them, if it was asked"

    @property
    def may_be_forced(self) -> bool:
        """Whether there is a text to align, and no tier of phones yet."""
        return self.transcript.text is not None and self.text_problem is None and PHONES not in self.asked.brings

    @property
    def text_problem(self) -> str | None:
        """Why the text is not used; the corpus's always is."""
        return self.transcript.problem if self.asked.text is None else None

    @property
    def placed_by(self) -> str | None:
        """Whose times the words have."""
        if WORDS in self.asked.brings:
            return CORPUS
        return SOURCE if self.is_forced else self.words_by if self.words.words else None

    @property
    def placing_problem(self) -> str | None:
        """Why the forced aligner placed no phones; or, where it was not asked, why nobody placed the words."""
        if self.text_problem is not None:
            return None
        if self.forced is not None:
            return self.forced.problem
        return None if self.placed_by is not None else self.words.problem or self.transcript.problem

    @property
    def is_forced(self) -> bool:
        return self.forced is not None and self.forced.problem is None


def asked_clips(config: Config, folder: AtlasFolder) -> pl.DataFrame:
    """Rows of `clips` that are usable and of a domain that is asked for; and `brings`, the kinds of tier they have."""
    clips = draws.usable(folder.read_table(CLIPS)).filter(pl.col("domain").is_in(config.annotate.domains))
    spans = folder.read_table(ALIGNMENTS)
    kinds = {tier: kind for tier in spans["tier"].unique() if (kind := kind_of(tier)) is not None}
    spans = spans.filter(pl.col("tier").is_in(list(kinds))).with_columns(pl.col("tier").replace(kinds))
    brings = spans.select("clip", "tier").unique().sort("clip", "tier").group_by("clip").agg(brings="tier")
    silent = [label for label in spans["label"].unique() if is_silence(label)]
    spoken = spans.filter(pl.col("tier") == WORDS, ~pl.col("label").is_in(silent)).sort("clip", "start_s")
    label = pl.col("label").str.replace(PRONUNCIATION, "")
    words = spoken.group_by("clip", maintain_order=True).agg(words=label.str.join(" "))
    known = clips.join(brings, on="clip", how="left").join(words, on="clip", how="left").sort("clip")
    return known.with_columns(pl.coalesce("text", "words").alias("text"), pl.col("brings").fill_null([]))


def asked_clip(row: Mapping[str, Any], config: Config) -> AskedClip:
    """From a row of `asked_clips` with its `content`."""
    return AskedClip(
        clip=row["clip"],
        content=row["content"],
        file=locate(config.corpus, row["path"]),
        offset_s=row["offset_s"],
        duration_s=row["duration_s"],
        text=row["text"],
        language=row["language"],
        brings=frozenset(row["brings"]),
    )


def transcripts_of(clips: Iterable[AnnotatedClip]) -> pl.DataFrame:
    return _frame(TRANSCRIPTS, [_transcript(clip) for clip in clips])


def annotations_of(clips: Iterable[AnnotatedClip]) -> pl.DataFrame:
    return _frame(ANNOTATIONS, [row for clip in clips for row in _spans(clip)])


def _transcript(clip: AnnotatedClip) -> dict[str, object]:
    transcript = clip.transcript
    return {
        **{name: getattr(transcript, name) for name in ("text", "language", "avg_logprob", "no_speech")},
        "clip": clip.asked.clip,
        "source": clip.text_by,
        "problem": clip.text_problem,
        "aligned_by": clip.placed_by,
        "alignment_problem": clip.placing_problem,
        "content": clip.asked.content,
    }


def _spans(clip: AnnotatedClip) -> list[dict[str, object]]:
    """What the corpus does not bring: words as the forced aligner places them, else the model; and phones."""
    tiers: list[tuple[str, Sequence[SpokenSpan], str | None]] = []
    if clip.is_forced and clip.forced is not None:
        tiers = [(WORDS, clip.forced.words, SOURCE), (PHONES, clip.forced.phones, SOURCE)]
    elif clip.words.problem is None:
        tiers = [(WORDS, clip.words.words, clip.words_by)]
    return [
        {
            "clip": clip.asked.clip,
            "tier": tier,
            "start_s": round(span.start_s, 6),
            "end_s": round(span.end_s, 6),
            "label": span.label,
            "score": span.score,
            "source": source,
        }
        for tier, spans, source in tiers
        if tier not in clip.asked.brings
        for span in spans
    ]


def _frame(table: Table, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    return table.frame({name: [row[name] for row in rows] for name in table.columns}).sort(table.key)

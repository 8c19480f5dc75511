"""What is spoken under a trace: its words, and the phones around its peak, on the time axis of the row's picture.

A label that gives the feature its name is marked: the word or phone itself, each phone of a class, or the word at whose
edge the peak stands. Of clips whose licence forbids to publish their sound no words are shown either.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from atlas.formatting import counted, listed
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.snippets import COLUMNS, PICTURE_S, picture_left
from atlas.schema.annotated import CORPUS, STUDIED, WRITTEN
from atlas.schema.media import LICENCE
from atlas.schema.thresholds import EDGE_S
from atlas.speech.classes import CLASS_TIERS, classes_of
from atlas.speech.edges import EDGE_TIER, ONSET, ONSET_AFTER_SILENCE, ROUNDING_S
from atlas.speech.symbols import convention_of, ipa_of, is_silence
from atlas.speech.tiers import PHONES, WORDS, kind_of
from atlas.speech.words import word_label

AROUND_S = 0.4
"on each side of a peak: where phones are shown"
MOST = 24
"labels of a kind in a row; nobody speaks so fast"
LONGEST = 20
"characters"
LETTER, PIXELS = 6, 560
"pixels that a character takes, and of a picture"

_NO_BREAK = "\N{NO-BREAK SPACE}"

Name = tuple[str, str]
"a tier and a label"


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """Labels with blanks between them; and the middle of each in thousandths of the picture, with `*` if it is marked.

    A tenth of what elements of their own would take: a page has forty rows.
    """

    labels: str
    places: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is spoken in one row."""

    words: SpokenLine | None
    phones: SpokenLine | None


@dataclass(frozen=True, slots=True)
class TimedSound:
    """A word or phone in its clip, and the names of features that it answers to."""

    start_s: float
    end_s: float
    text: str
    names: frozenset[Name]

    @property
    def middle_s(self) -> float:
        return (self.start_s + self.end_s) / 2

    def has_at(self, edge: str, moment_s: float) -> bool:
        """Whether an edge of it lies at a moment."""
        edge_s = self.start_s if edge in (ONSET, ONSET_AFTER_SILENCE) else self.end_s
        return abs(edge_s - moment_s) <= EDGE_S / 2 + ROUNDING_S


def spoken_of(atlas: Atlas, row: Mapping[str, Any], naming: Name) -> Spoken | None:
    """The words and phones of a row of `examples`; None where nobody knows them, or they may not be published."""
    if not may_be_read(atlas.clip_rows[row["clip"]]):
        return None
    known = sounds_of(atlas, row["clip"])
    first, last, peak = row["start_s"], row["end_s"], row["peak_s"]
    words = _between(known.get(WORDS, ()), first, last)
    near = _between(known.get(PHONES, ()), max(first, peak - AROUND_S), min(last, peak + AROUND_S))
    phones = [phone for phone in near if _fits(phone)]
    left_s = picture_left(peak) * PICTURE_S / COLUMNS
    if not words and not phones:
        return None
    tier, label = naming
    marked = [sound for sound in (*words, *phones) if naming in sound.names]
    if tier == EDGE_TIER:
        marked = [word for word in words if word.has_at(label, peak)]
    return Spoken(*(_line(sounds[:MOST], left_s, marked) for sounds in (words, phones)))


def may_be_read(clip: Mapping[str, Any]) -> bool:
    """Whether pages may show what is spoken in a clip: `[media] redistribute` covers words as it covers sound."""
    return bool(clip["reason"] != LICENCE)


def text_source(source: str) -> str:
    """Who wrote a transcript, by `transcripts.source`."""
    return "text of the corpus" if source == CORPUS else f"written by {source_words(source)}"


def placed_by(source: str) -> str:
    """Who placed words in time, by `transcripts.aligned_by`."""
    return f"words placed by {source_words(source)}"


def source_words(source: str) -> str:
    """A source of texts or times; of the model under study it is said that it is."""
    if source == CORPUS:
        return "the corpus"
    if source.startswith(STUDIED):
        return f"Whisper {source.removeprefix(STUDIED)}, the model under study"
    return f"Whisper {source.removeprefix(WRITTEN)}" if source.startswith(WRITTEN) else source


def writers_note(atlas: Atlas, clips: Iterable[int]) -> str:
    """Whose words stand under the traces of some rows; empty where nobody knows any."""
    sources = _by_writer(atlas, clips, "row")
    return f"The words under the traces: {sources}." if sources else ""


def writers(atlas: Atlas) -> str:
    """Whose transcripts there are of clips that can be heard."""
    return _by_writer(atlas, atlas.clips.filter("audio")["clip"], "clip")


def _by_writer(atlas: Atlas, clips: Iterable[int], noun: str) -> str:
    known = transcript_rows(atlas)
    rows = [known[clip] for clip in clips if clip in known]
    held = Counter(text_source(row["source"]) for row in rows if row["source"] and row["problem"] is None)
    sources = [f"{words} in {counted(number, noun)}" for words, number in sorted(held.items())]
    return listed(sources) if sources else ""


@lru_cache(maxsize=4)
def transcript_rows(atlas: Atlas) -> Mapping[int, Mapping[str, Any]]:
    """The rows of `texts_of` by clip."""
    return {row["clip"]: row for row in texts_of(atlas).iter_rows(named=True)}


@lru_cache(maxsize=4)
def texts_of(atlas: Atlas) -> pl.DataFrame:
    """`transcripts`, and in the same columns the corpus's texts of clips that `annotate` was not asked for."""
    spans = atlas.alignments.frame.select("clip", "tier").unique()
    timed = [clip for clip, tier in spans.iter_rows() if kind_of(tier) == WORDS]
    brought = atlas.clips.drop_nulls("text").join(atlas.transcripts, on="clip", how="anti")
    placed = pl.when(pl.col("clip").is_in(timed)).then(pl.lit(CORPUS))
    rows = brought.select("clip", "text", "language", source=pl.lit(CORPUS), aligned_by=placed)
    return pl.concat([atlas.transcripts, rows], how="diagonal").sort("clip")


@lru_cache(maxsize=4096)
def sounds_of(atlas: Atlas, clip: int) -> Mapping[str, Sequence[TimedSound]]:
    """The words and the phones of a clip in order; of two tiers of a kind, the first by name."""
    names, kinds = _names(atlas), dict[str, list[TimedSound]]()
    tiers: dict[str, str] = {}
    for _, tier, start_s, end_s, label in atlas.alignments.of(clip).iter_rows():
        kind = kind_of(tier)
        if kind is None or tiers.setdefault(kind, tier) != tier or is_silence(label):
            continue
        text, known = names[tier, label]
        kinds.setdefault(kind, []).append(TimedSound(start_s, end_s, text, known))
    return kinds


@lru_cache(maxsize=4)
def _names(atlas: Atlas) -> Mapping[Name, tuple[str, frozenset[Name]]]:
    """For each tier and label what pages show, and the names that features have by it."""
    names: dict[Name, tuple[str, frozenset[Name]]] = {}
    every = atlas.alignments.frame.select("tier", "label").unique()
    for (tier,), rows in every.partition_by("tier", as_dict=True).items():
        labels = rows["label"].to_list()
        convention = convention_of(labels)
        for label in labels:
            if kind_of(tier) == WORDS:
                names[tier, label] = label, frozenset({(tier, label), (WORDS, word_label(label))})
            elif kind_of(tier) == PHONES:
                ipa, classes = ipa_of(label, convention), classes_of(label, convention)
                of_classes = ((name, getattr(classes, name, None)) for name in CLASS_TIERS)
                known = {(tier, label), (PHONES, ipa), *of_classes}
                names[tier, label] = (
                    ipa or label,
                    frozenset((tier_name, value) for tier_name, value in known if value is not None),
                )
    return names


def _between(sounds: Sequence[TimedSound], first_s: float, last_s: float) -> list[TimedSound]:
    """Those whose middles lie within; sounds are in order and do not overlap much."""
    start = bisect_left(sounds, first_s, key=lambda sound: sound.middle_s)
    return list(_until(sounds, start, last_s))


def _until(sounds: Sequence[TimedSound], start: int, last_s: float) -> Iterator[TimedSound]:
    for place in range(start, len(sounds)):
        if sounds[place].middle_s > last_s:
            return
        yield sounds[place]


def _fits(sound: TimedSound) -> bool:
    return len(sound.text) * LETTER <= (sound.end_s - sound.start_s) / PICTURE_S * PIXELS


def _line(sounds: Sequence[TimedSound], left_s: float, marked: Sequence[TimedSound]) -> SpokenLine | None:
    if not sounds:
        return None
    places = [round(1000 * (sound.middle_s - left_s) / PICTURE_S) for sound in sounds]
    marks = ["*" if sound in marked else "" for sound in sounds]
    labels = [_NO_BREAK.join(numbers.cut(sound.text, LONGEST).split()) for sound in sounds]
    return SpokenLine(" ".join(labels), " ".join(f"{place}{mark}" for place, mark in zip(places, marks, strict=True)))

"""Kinds of label, and against what each label is held: the other recordings of its own strata.

A kind is asked of the cells (datasets within a domain) that carry it: "siren" is held against other sounds of its
corpus. In such a cell a clip without labels counts as one that lacks them all; a clip without language, speaker or
words counts as unknown, and is left out. A cell where all or none have a label says nothing about it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.recordings import Recordings
from atlas.audio import draws
from atlas.schema.thresholds import FEWEST_RECORDINGS, MOST_WORDS

Longs = NDArray[np.int64]

KINDS = ("label", "language", "speaker", "word")
DOMAIN = "domain"
WORD_TIERS = ("word", "words")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

RARE_LABEL = f"fewer than {FEWEST_RECORDINGS} recordings that are long enough to test"
NO_CONTRAST = f"fewer than {FEWEST_RECORDINGS} recordings in datasets that also hold others"


@dataclass(frozen=True, slots=True)
class Contrast:
    """The recordings that have a label, and the strata where others lack it."""

    labelled: Longs  # places among the kind's recordings, in those strata only
    strata: Longs
    counts: Longs  # [strata]: recordings that have the label
    sizes: Longs  # [strata]: all recordings

    @property
    def expected_share(self) -> NDArray[np.float64]:
        """[strata]: the share of recordings that have the label."""
        shares: NDArray[np.float64] = self.counts / self.sizes
        return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label: how much of the corpus has it, and what it is tested against; or why it is not."""

    name: str
    clips: Longs  # numbers of those that have it
    recordings: int
    datasets: int
    labelled: Longs  # places among the kind's recordings
    contrast: Contrast
    null_reason: str | None


@dataclass(frozen=True, slots=True)
class LabelKind:
    """A kind of label and the recordings that it is asked of."""

    name: str
    recordings: Longs  # places among the tested recordings of the corpus, by stratum
    stratum: Longs  # [the kind's recordings]
    labels: tuple[Label, ...]

    @property
    def tested(self) -> tuple[Label, ...]:
        return tuple(label for label in self.labels if label.null_reason is None)


def kinds_of(clips: pl.DataFrame, alignments: pl.DataFrame, recordings: Recordings) -> tuple[LabelKind, ...]:
    """The kinds of label that a corpus has; `alignments` may be only those of words."""
    usable = draws.usable(clips)
    pairs = {
        "label": usable.select("clip", pl.col("labels").alias("label")).explode("label"),
        "language": usable.select("clip", pl.col("language").alias("label")),
        "speaker": usable.select("clip", pl.col("speaker").alias("label")),
        "word": _frequent(_words(usable, alignments), usable),
    }
    kinds = (_kind(name, pairs[name].drop_nulls().unique(), usable, recordings) for name in KINDS)
    return tuple(kind for kind in kinds if kind.labels)


def domain_kind(recordings: Recordings) -> LabelKind:
    """Domains as labels, held against all the rest in one stratum: a domain has datasets of its own."""
    stratum = np.zeros(len(recordings.cell), np.int64)
    labels = []
    for name in recordings.domains:
        cells = recordings.cells_of(name)
        labelled = np.flatnonzero(np.isin(recordings.cell, cells))
        clips = np.flatnonzero(np.isin(recordings.clip_cell, cells))
        contrast = contrast_of(labelled, stratum)
        null_reason = _null_reason(labelled, contrast)
        labels.append(
            Label(
                name=name,
                clips=clips,
                recordings=len(labelled),
                datasets=len(cells),
                labelled=labelled,
                contrast=contrast,
                null_reason=null_reason,
            )
        )
    return LabelKind(DOMAIN, np.arange(len(stratum)), stratum, tuple(labels))


def contrast_of(labelled: Longs, stratum: Longs) -> Contrast:
    """labelled: places of the recordings that have the label; stratum: [recordings]."""
    strata = int(stratum.max(initial=-1)) + 1
    sizes, counts = np.bincount(stratum, minlength=strata), np.bincount(stratum[labelled], minlength=strata)
    informative = (counts > 0) & (counts < sizes)
    return Contrast(
        labelled[informative[stratum[labelled]]], np.flatnonzero(informative), counts[informative], sizes[informative]
    )


def _null_reason(labelled: Longs, contrast: Contrast) -> str | None:
    if len(labelled) < FEWEST_RECORDINGS:
        return RARE_LABEL
    return NO_CONTRAST if contrast.counts.sum() < FEWEST_RECORDINGS else None


def _kind(name: str, values: pl.DataFrame, usable: pl.DataFrame, recordings: Recordings) -> LabelKind:
    """values: clip, label, each pair once."""
    carrying = np.unique(recordings.clip_cell[values["clip"].to_numpy()])
    asked = np.isin(recordings.cell, carrying)
    if name != "label":
        asked &= np.isin(recordings.clip, values["clip"].to_numpy())
    members = np.flatnonzero(asked)
    stratum = recordings.cell[members]
    place = np.full(len(recordings.clip_cell), -1, np.int64)
    place[recordings.clip[members]] = np.arange(len(members))
    known = values.join(usable.select("clip", "recording", "dataset"), on="clip")
    grouped = known.group_by("label").agg("clip", pl.col("recording").n_unique(), pl.col("dataset").n_unique())
    labels = [
        _label(label, np.array(clips, np.int64), (within, datasets), place, stratum)
        for label, clips, within, datasets in grouped.sort("label").iter_rows()
    ]
    return LabelKind(name, members, stratum, tuple(labels))


def _label(name: str, clips: Longs, corpus: tuple[int, int], place: Longs, stratum: Longs) -> Label:
    labelled = np.sort(place[clips][place[clips] >= 0])
    contrast = contrast_of(labelled, stratum)
    recordings, datasets = corpus
    return Label(
        name=name,
        clips=clips,
        recordings=recordings,
        datasets=datasets,
        labelled=labelled,
        contrast=contrast,
        null_reason=_null_reason(labelled, contrast),
    )


def _words(usable: pl.DataFrame, alignments: pl.DataFrame) -> pl.DataFrame:
    """The words of each clip: of its text, or of its alignment where it has no text."""
    texts = usable.select("clip", "text").drop_nulls()
    spans = alignments.filter(pl.col("tier").is_in(WORD_TIERS)).join(texts, on="clip", how="anti")
    spoken = [*texts.iter_rows(), *spans.select("clip", "label").iter_rows()]
    pairs = [(clip, word) for clip, text in spoken for word in words_in(text)]
    return pl.DataFrame(pairs, schema={"clip": pl.UInt32, "label": pl.String}, orient="row").unique()


def words_in(text: str) -> Iterable[str]:
    """The words of a text, without case, numbers and marks."""
    return (match.group().casefold().replace("’", "'") for match in WORD.finditer(text))


def _frequent(words: pl.DataFrame, usable: pl.DataFrame) -> pl.DataFrame:
    """The words that most recordings hold; ties go to the alphabet."""
    held = words.join(usable.select("clip", "recording"), on="clip")
    counts = held.group_by("label").agg(pl.col("recording").n_unique().alias("held"))
    most = counts.sort(["held", "label"], descending=[True, False]).head(MOST_WORDS)
    return words.join(most, on="label", how="semi")

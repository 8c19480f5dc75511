"""What an earlier run made of the same clips: the same sound, the same said of it by the corpus, and the same recipe.

A clip is known by a hash of all of these (`content`), never by its number, so that a corpus that grows keeps what was
made. Rows are read once, before the first of them is written over.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from atlas.audio import draws
from atlas.schema import ANNOTATIONS, TRANSCRIPTS
from atlas.store import AtlasFolder


def with_contents(clips: pl.DataFrame, recipe: Mapping[str, str]) -> pl.DataFrame:
    """clips: rows of `clips` with the kinds of tier that the corpus brings -> the same with `content`."""
    rows = zip(draws.clip_hashes(clips), clips.select("text", "language", "brings").iter_rows(), strict=True)
    contents = [_content([int(hash64), *of_corpus, dict(recipe)]) for hash64, of_corpus in rows]
    return clips.with_columns(content=pl.Series(contents, dtype=pl.UInt64))


def _content(facts: Sequence[object]) -> int:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


@dataclass(frozen=True, slots=True)
class EarlierRows:
    """The rows of all shards that an earlier run left; `shard` and `clip` are that run's."""

    transcripts: pl.DataFrame
    annotations: pl.DataFrame

    @classmethod
    def of(cls, folder: AtlasFolder) -> Self:
        """What lies in a folder; a shard that was half written, or is of another version, is left out."""
        pieces = [
            [folder.read_table(table, shard).with_columns(shard=pl.lit(shard)) for table in (TRANSCRIPTS, ANNOTATIONS)]
            for shard in folder.marked(TRANSCRIPTS.writer)
            if folder.marker(TRANSCRIPTS.writer, shard) is not None
        ]
        empty = [table.empty().with_columns(shard=pl.lit("")) for table in (TRANSCRIPTS, ANNOTATIONS)]
        transcripts, annotations = (pl.concat(frames) for frames in zip(empty, *pieces, strict=True))
        return cls(transcripts.unique("content", keep="first", maintain_order=True), annotations)

    def of_clips(self, clips: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """clips: clip, content -> the rows of both tables that were made of them before, by their present numbers."""
        known = self.transcripts.rename({"clip": "before"}).join(clips.select("clip", "content"), on="content")
        numbers = known.select("shard", "before", "clip")
        spans = self.annotations.rename({"clip": "before"}).join(numbers, on=["shard", "before"])
        return (
            known.select(TRANSCRIPTS.columns.keys()).sort(TRANSCRIPTS.key),
            spans.select(ANNOTATIONS.columns.keys()).sort(ANNOTATIONS.key),
        )

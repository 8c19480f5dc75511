"""What an earlier run made of the same clips: the same sound, the same said of it by the corpus, and the same recipe.

A clip is known by a hash of all of these (`content`), never by its number, so that a corpus that grows keeps what was
made. Rows are read once, before the first of them is written over: what a killed run has not come to and some other
clips have taken the place of is made again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

import polars as pl

from atlas.annotate.base import UNREADABLE
from atlas.audio import draws
from atlas.errors import AtlasError
from atlas.schema import ANNOTATIONS, TRANSCRIPTS
from atlas.store import AtlasFolder

_TABLES = (TRANSCRIPTS, ANNOTATIONS)


def with_contents(clips: pl.DataFrame, recipe: Mapping[str, str]) -> pl.DataFrame:
    """clips: rows of `clips` with the kinds of tier that the corpus brings -> the same with `content`."""
    rows = zip(draws.clip_hashes(clips), clips.select("text", "language", "brings").iter_rows(), strict=True)
    contents = [_content([int(hash64), *of_corpus, dict(recipe)]) for hash64, of_corpus in rows]
    return clips.with_columns(content=pl.Series(contents, dtype=pl.UInt64))


def _content(facts: Sequence[object]) -> int:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class EarlierRows:
    """What earlier runs made of present clips, by the clips' present shards and numbers."""

    def __init__(self, folder: AtlasFolder, clips: pl.DataFrame) -> None:
        """clips: shard, clip, content. What could not be read then is tried again."""
        pieces = [piece for shard in folder.marked(TRANSCRIPTS.writer) if (piece := _whole(folder, shard)) is not None]
        empty = [table.empty().with_columns(left_in=pl.lit("")) for table in _TABLES]
        transcripts, annotations = (pl.concat(frames) for frames in zip(empty, *pieces, strict=True))
        failed = pl.any_horizontal(pl.col("problem", "alignment_problem").eq_missing(UNREADABLE))
        read = transcripts.filter(~failed).unique("content", keep="first", maintain_order=True)
        known = read.rename({"clip": "left_as"}).join(clips.select("shard", "clip", "content"), on="content")
        numbers = known.select("shard", "clip", "left_in", "left_as")
        spans = annotations.rename({"clip": "left_as"}).join(numbers, on=["left_in", "left_as"])
        self._by_shard = [frame.partition_by("shard", as_dict=True) for frame in (known, spans)]

    def of_shard(self, shard: int) -> list[pl.DataFrame]:
        """The rows of `transcripts` and of `annotations`."""
        rows = [of_table.get((shard,)) for of_table in self._by_shard]
        return [
            table.empty() if frame is None else frame.select(table.columns.keys()).sort(table.key)
            for table, frame in zip(_TABLES, rows, strict=True)
        ]


def _whole(folder: AtlasFolder, shard: str) -> list[pl.DataFrame] | None:
    """Both tables of a shard as one run left them; None for a shard that is half written, or of another version."""
    before = folder.marker(TRANSCRIPTS.writer, shard)
    if before is None:
        return None
    try:
        tables = [folder.read_table(table, shard).with_columns(left_in=pl.lit(shard)) for table in _TABLES]
    except AtlasError:
        return None
    return tables if folder.marker(TRANSCRIPTS.writer, shard) == before else None  # another job may have written it

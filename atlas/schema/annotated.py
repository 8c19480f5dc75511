"""The tables that `annotate` writes: what is spoken in clips, and when; and what the sound is like."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from atlas.schema.table import Table, columns_of

TRANSCRIPTS = Table(
    name="transcripts",
    writer="annotate",
    key=("clip",),
    columns={
        "clip": pl.UInt32,
        **columns_of(pl.String, "text", "language", "source"),
        **columns_of(pl.Float32, "avg_logprob", "no_speech"),
        **columns_of(pl.String, "problem", "aligned_by", "alignment_problem"),
        "content": pl.UInt64,
    },
    parts=("shard",),
)
ANNOTATIONS = Table(
    name="annotations",
    writer="annotate",
    key=("clip", "tier", "start_s"),
    columns={
        "clip": pl.UInt32,
        "tier": pl.String,
        **columns_of(pl.Float64, "start_s", "end_s"),
        "label": pl.String,
        "score": pl.Float32,
        "source": pl.String,
    },
    parts=("shard",),
)
COLUMNS = Table(
    name="columns",
    writer="annotate",
    key=("clip", "frame"),
    columns={
        "clip": pl.UInt32,
        "frame": pl.UInt16,
        **columns_of(pl.Float16, "loudness", "centroid", "flatness", "onset", "voiced", "f0"),
    },
    parts=("shard",),
)
ANNOTATED: Mapping[str, Table] = MappingProxyType({table.name: table for table in (TRANSCRIPTS, ANNOTATIONS, COLUMNS)})

CORPUS = "corpus"
"a text or an alignment that the corpus brought"
WRITTEN = "whisper:"
"so begins the source of words that a Whisper wrote or placed; its name follows"
STUDIED = "studied:"
"the same, where it is the model under study"

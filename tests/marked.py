"""Made-up atlases in which whatever is said in clips that may not be published can be recognised."""

from pathlib import Path

import polars as pl

from atlas.schema import ALIGNMENTS, ANNOTATIONS, CLIPS, PEAK_LABELS, TIMED_COUNTS, TIMED_LABELS, Table
from atlas.store import AtlasFolder
from tests.synthetic import LICENCES

MARK = "unspeakable"
"stands in every word and phone of those clips"
SENTENCE = f"{MARK} words of a whole sentence"
"a label of those clips alone, in a tier of its own"
SHARED = "a sentence that all say"
"a label of that tier which other clips have, too"
TIER = "phrase"


def mark(root: Path, *dictionaries: str) -> Path:
    """Mark an annotated atlas; what `LICENCES[2]` is the licence of may not be published."""
    store = AtlasFolder(root)
    clips = store.read_table(CLIPS)
    hidden = clips.filter(licence=LICENCES[2])["clip"]
    within = pl.col("clip").is_in(hidden.implode())
    label = pl.when(within).then(f"{MARK} " + pl.col("label")).otherwise("label").alias("label")
    said = pl.concat(
        [_phrases(hidden, SENTENCE, 0.0), _phrases(clips.filter(domain="speech")["clip"], SHARED, 1.0)]
    ).sort(ALIGNMENTS.key)
    brought = pl.concat([store.read_table(ALIGNMENTS).with_columns(label), said]).sort(ALIGNMENTS.key)
    store.write_table(ALIGNMENTS, brought)
    store.write_table(ANNOTATIONS, store.read_table(ANNOTATIONS, "00000").with_columns(label), "00000")
    for name in dictionaries:
        for table in (TIMED_LABELS, TIMED_COUNTS):
            rows = store.read_table(table, name)
            store.write_table(table, pl.concat([rows, *_found(table, rows)]).sort(table.key), name)
        peaks = store.read_table(PEAK_LABELS, name)
        word = pl.when(pl.col("tier") == "words").then(pl.lit(f"{MARK} nine")).otherwise("label").alias("label")
        store.write_table(PEAK_LABELS, peaks.with_columns(word), name)
    return root


def _phrases(clips: pl.Series, label: str, start_s: float) -> pl.DataFrame:
    columns = {"tier": TIER, "start_s": start_s, "end_s": start_s + 1, "label": label}
    rows = clips.to_frame().with_columns(pl.lit(value).alias(column) for column, value in columns.items())
    return rows.select(*ALIGNMENTS.columns)


def _found(table: Table, rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Both sentences as what features find."""
    first = rows.unique("feature", keep="first", maintain_order=True)
    sure = {} if table is TIMED_COUNTS else {"share": pl.lit(0.9), "q": pl.lit(1e-9)}
    return [first.with_columns(tier=pl.lit(TIER), label=pl.lit(label), **sure) for label in (SENTENCE, SHARED)]

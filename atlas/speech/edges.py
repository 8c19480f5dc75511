"""Words with their times -> the edges of words, as spans of 40 ms centred on the edge.

Every word has an onset and an end. Where silence of at least PAUSE_S lies before a word, its onset is an onset after
silence as well, and likewise its end before silence. Silence is whatever no word covers: a gap to the neighbouring
word or to the border of the clip, and labels that mean silence or noise. So spans of one tier may overlap.
"""

import polars as pl

from atlas.schema import ALIGNMENTS
from atlas.schema.thresholds import EDGE_S, PAUSE_S
from atlas.speech.symbols import is_silence

EDGE_TIER = "edge"
ROUNDING_S = 1e-6
"times are sums of rounded ones"

ONSET = "word onset"
END = "word end"
ONSET_AFTER_SILENCE = "onset after silence"
END_BEFORE_SILENCE = "end before silence"
EDGES = (ONSET, END, ONSET_AFTER_SILENCE, END_BEFORE_SILENCE)


def edge_spans(words: pl.DataFrame, clips: pl.DataFrame) -> pl.DataFrame:
    """The edges of the words of a tier; clips gives the `duration_s` of each."""
    silent = [label for label in words["label"].unique().to_list() if is_silence(label)]
    spoken = words.filter(~pl.col("label").is_in(silent)).sort("clip", "start_s", "end_s")
    spoken = spoken.join(clips.select("clip", "duration_s"), on="clip", maintain_order="left")
    before = pl.col("start_s") - pl.col("end_s").shift().over("clip").fill_null(0)
    after = pl.col("start_s").shift(-1).over("clip").fill_null(pl.col("duration_s")) - pl.col("end_s")
    start, end = pl.col("start_s"), pl.col("end_s")
    kinds = [
        _edges(spoken, ONSET, start),
        _edges(spoken, END, end),
        _edges(spoken.filter(before >= PAUSE_S - ROUNDING_S), ONSET_AFTER_SILENCE, start),
        _edges(spoken.filter(after >= PAUSE_S - ROUNDING_S), END_BEFORE_SILENCE, end),
    ]
    return pl.concat(kinds).sort(*ALIGNMENTS.key)


def _edges(words: pl.DataFrame, label: str, edge: pl.Expr) -> pl.DataFrame:
    return words.select(
        "clip",
        pl.lit(EDGE_TIER).alias("tier"),
        (edge - EDGE_S / 2).clip(lower_bound=0).round(6).alias("start_s"),
        pl.min_horizontal(edge + EDGE_S / 2, "duration_s").round(6).alias("end_s"),
        pl.lit(label).alias("label"),
    )

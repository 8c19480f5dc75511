"""The tables: columns, types, version. The wall between the measuring half and the showing half.

`TABLES` names every table that measuring writes, `ANNOTATED` those of annotating, `ANALYSED` those that analysing adds.
A table is one Parquet file, or a folder with one file a part (a dictionary, a shard, or both), so that memory stays
bounded by the largest part. Rows are sorted by the key, and nothing in them changes without cause.
"""

from atlas.schema.analysed import (
    ANALYSED,
    COLUMN_SHIFTS,
    COMPARISONS,
    CONTROLS,
    DOMAINS,
    EXPLANATIONS,
    FINDINGS,
    GRADES,
    LABEL_INDEX,
    LABELS,
    NEIGHBOURS,
    PEAK_LABELS,
    SPREADS,
    TIMED_LABELS,
)
from atlas.schema.annotated import ANNOTATED, ANNOTATIONS, COLUMNS, TRANSCRIPTS
from atlas.schema.measured import (
    ALIGNMENTS,
    CLIPS,
    CODES,
    DATASETS,
    EXAMPLES,
    FEATURES,
    GROUPS,
    HISTOGRAMS,
    MEL,
    MEL_BANDS,
    PEAKS,
    PEAKS_SMALL,
    STATES,
    TABLES,
    TIMED_COUNTS,
    TRACKS,
    peaks_table,
)
from atlas.schema.table import Table

__all__ = [
    "ALIGNMENTS",
    "ANALYSED",
    "ANNOTATED",
    "ANNOTATIONS",
    "CLIPS",
    "CODES",
    "COLUMNS",
    "COLUMN_SHIFTS",
    "COMPARISONS",
    "CONTROLS",
    "DATASETS",
    "DOMAINS",
    "EXAMPLES",
    "EXPLANATIONS",
    "FEATURES",
    "FINDINGS",
    "GRADES",
    "GROUPS",
    "HISTOGRAMS",
    "LABELS",
    "LABEL_INDEX",
    "MEL",
    "MEL_BANDS",
    "NEIGHBOURS",
    "PEAKS",
    "PEAKS_SMALL",
    "PEAK_LABELS",
    "SPREADS",
    "STATES",
    "TABLES",
    "TIMED_COUNTS",
    "TIMED_LABELS",
    "TRACKS",
    "TRANSCRIPTS",
    "Table",
    "peaks_table",
]

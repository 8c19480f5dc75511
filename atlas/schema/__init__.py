"""The tables: columns, types, version. The wall between the measuring half and the showing half.

`TABLES` names every table that measuring writes, `ANALYSED` those that analysing adds. A table is one Parquet file, or
a folder with one file a part (a dictionary, or a dictionary and a shard), so that memory stays bounded by the largest
part. Rows are sorted by the key, and nothing in them changes without cause.
"""

from atlas.schema.analysed import (
    ANALYSED,
    COMPARISONS,
    CONTROLS,
    DOMAINS,
    EXPLANATIONS,
    FINDINGS,
    GRADES,
    LABEL_INDEX,
    LABELS,
    NEIGHBOURS,
    SPREADS,
    TIMED_LABELS,
)
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
    "CLIPS",
    "CODES",
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
    "SPREADS",
    "STATES",
    "TABLES",
    "TIMED_COUNTS",
    "TIMED_LABELS",
    "TRACKS",
    "Table",
    "peaks_table",
]

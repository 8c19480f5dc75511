"""Which tables a site offers, and where it keeps what belongs to them.

The folder `tables/` of a site is an atlas to whoever opens its address: the card and the chosen tables, under the paths
that they have in an atlas. Sounds and decoder rows, which a site holds anyway, lie beside it and not a second time.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from atlas.schema import Table
from atlas.schema.described import EVERY

TablesChoice = Literal["none", "figures", "all"]
"`[site] tables`"
NO_TABLES: Literal["none"] = "none"
ALL: Literal["all"] = "all"

FOLDER = "tables"
"of the site"
VECTORS = "vectors"
BESIDE: Mapping[str, str] = MappingProxyType({"media/": "../media/", f"{VECTORS}/": f"../data/{VECTORS}/"})
"folder of an atlas -> where a site keeps it, as seen from its tables"

BY_ROW = frozenset(
    {
        *("peaks", "codes", "columns", "tracks"),  # a row for each clip or frame
        *("alignments", "annotations", "transcripts"),  # what is spoken in clips
        *("timed_counts", "spreads", "mel", "effect_pairs"),  # what tests and pictures were made of
    }
)
"tables that no figure of a feature is read from, and that grow with the corpus or are large: `all` alone offers them"
LARGE = frozenset({"timed_labels"})
"tables of figures that take more than all others together: packed sites, which are large already, leave them to `all`"
SPOKEN = frozenset({"clips", "alignments", "annotations", "transcripts", "effect_examples"})
"tables that say what is spoken in a clip, which a licence may not allow to be published"
TIMED = frozenset({"timed_labels", "timed_counts", "peak_labels"})
"tables that name timed labels, of which some are spoken in such clips alone"


def offered(choice: TablesChoice, *, packed: bool) -> tuple[Table, ...]:
    """The tables that a site offers."""
    if choice == NO_TABLES:
        return ()
    left_out = frozenset[str]() if choice == ALL else BY_ROW | LARGE if packed else BY_ROW
    return tuple(table for table in EVERY if table.name not in left_out)

"""docs/data-dictionary.md: every table and column, from the schema and the registry of figures."""

from collections.abc import Iterator

import polars as pl
from polars.datatypes import DataTypeClass

from atlas.schema import ANALYSED, ANNOTATED, IMPORTED, TABLES, Table
from atlas.schema.figures import COLUMNS, ROWS
from atlas.schema.media import MEDIA

EVERY: tuple[Table, ...] = (*TABLES.values(), *ANNOTATED.values(), *ANALYSED.values(), *IMPORTED.values(), MEDIA)
_ABOVE = """# Data dictionary

*Made from the code by `make docs-reference`; edit `atlas/schema/figures/` instead.*

An atlas is a folder of Parquet files. Columns and types are in `atlas/schema/`, and are checked on
every read and write. Equal inputs give equal bytes, however the corpus was split and over how many workers, on one
build of torch and one instruction set. Rows are sorted by the key. Frames are valid frames: padding is never counted.
A figure that does not exist is null. How figures are defined, and why, is in [statistics.md](statistics.md).

`vectors/{dictionary}.safetensors` holds decoder rows, `atlas.json` the card: config, encoder, corpus, and each
dictionary's figures.

```python
import polars as pl

features = pl.read_parquet("layer6-atlas/features/layer6.parquet")
features.filter(pl.col("state") == "live").sort("density").select("feature", "density", "clips_active", "max")
```
"""


def data_dictionary() -> str:
    """The page."""
    rows = "\n".join(f"| [`{one.name}`](#{one.name}) | {ROWS[one.name]} | {one.writer} |" for one in EVERY)
    tables = "\n".join("\n".join(_lines(one)) for one in EVERY)
    return f"{_ABOVE}\n| table | one row is | written by |\n|---|---|---|\n{rows}\n\n{tables}"


def _lines(table: Table) -> Iterator[str]:
    yield f"## `{table.name}`\n"
    folder = "/".join([table.name, *(f"{{{part}}}" for part in table.parts)])
    key = ", ".join(f"`{column}`" for column in table.key)
    yield f"One row is {ROWS[table.name]}. `{folder}.parquet`, by {key}; written by {table.writer}.\n"
    yield "| column | type | meaning | unit | null where |\n|---|---|---|---|---|"
    for column, kind in table.columns.items():
        figure = COLUMNS[table.name][column]
        cells = (f"`{column}`", type_of(kind), figure.meaning, figure.unit, figure.null)
        yield f"| {' | '.join(cells)} |"
    yield ""


def type_of(kind: pl.DataType | DataTypeClass | type[pl.DataType]) -> str:
    """A type in a few characters: `u32`, `f64`, `text`, `list of u8`."""
    made = kind() if isinstance(kind, type) else kind
    match made:
        case pl.List(inner=inner):
            return f"list of {type_of(inner)}"
        case pl.String() | pl.Enum():
            return "text"
        case pl.Boolean():
            return "true or false"
    return str(made).lower().replace("uint", "u").replace("int", "i").replace("float", "f")

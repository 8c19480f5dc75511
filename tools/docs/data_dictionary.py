"""docs/data-dictionary.md: every table and column, from the schema and the registry of figures."""

from collections.abc import Iterator

from atlas.schema.described import DescribedTable, every_table

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
    every = tuple(every_table())
    rows = "\n".join(f"| [`{one.name}`](#{one.name}) | {one.row} | {one.writer} |" for one in every)
    tables = "\n".join("\n".join(_lines(one)) for one in every)
    return f"{_ABOVE}\n| table | one row is | written by |\n|---|---|---|\n{rows}\n\n{tables}"


def _lines(table: DescribedTable) -> Iterator[str]:
    yield f"## `{table.name}`\n"
    key = ", ".join(f"`{column}`" for column in table.key)
    yield f"One row is {table.row}. `{table.file}`, by {key}; written by {table.writer}.\n"
    yield "| column | type | meaning | unit | null where |\n|---|---|---|---|---|"
    for column in table.columns:
        cells = (f"`{column.name}`", column.type, column.meaning, column.unit, column.null)
        yield f"| {' | '.join(cells)} |"
    yield ""

"""Every table and column with what it means: made of the schema and the registry of figures, for pages and for docs."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from polars.datatypes import DataTypeClass

from atlas.schema import ANALYSED, ANNOTATED, CAUSES, EXPERIMENTS, IMPORTED, TABLES, Table
from atlas.schema.figures import COLUMNS, ROWS
from atlas.schema.media import MEDIA

EVERY: tuple[Table, ...] = (
    *TABLES.values(),
    *ANNOTATED.values(),
    *ANALYSED.values(),
    *CAUSES.values(),
    *IMPORTED.values(),
    *EXPERIMENTS.values(),
    MEDIA,
)
"every table of an atlas, in the order in which they are described"


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """A column; what it means may hold names between backticks."""

    name: str
    type: str
    meaning: str
    unit: str
    null: str
    "where the figure does not exist; empty for one that always does"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedTable:
    """A table."""

    name: str
    row: str
    "what one row of it is"
    file: str
    "where it lies in an atlas, with the parts that it is cut into between braces"
    key: tuple[str, ...]
    writer: str
    columns: tuple[DescribedColumn, ...]


def described(table: Table) -> DescribedTable:
    """A table, described."""
    figures = COLUMNS[table.name]
    columns = ((name, type_of(kind), figures[name]) for name, kind in table.columns.items())
    return DescribedTable(
        name=table.name,
        row=ROWS[table.name],
        file="/".join([table.name, *(f"{{{part}}}" for part in table.parts)]) + ".parquet",
        key=table.key,
        writer=table.writer,
        columns=tuple(DescribedColumn(name, kind, one.meaning, one.unit, one.null) for name, kind, one in columns),
    )


def every_table() -> Iterator[DescribedTable]:
    """All tables, described."""
    return map(described, EVERY)


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

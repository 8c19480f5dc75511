"""What the `datasets` library is told of the columns of a table, in the YAML at the top of a card.

Parquet metadata would say it in the file itself, but polars writes the schema of Arrow beside it, and pyarrow then
reads no other.
"""

from collections.abc import Mapping

import polars as pl

AUDIO = pl.Struct({"bytes": pl.Binary, "path": pl.String})
"a sound, as their `Audio` is stored"
_VALUES = (
    (pl.String, "string"),
    (pl.Boolean, "bool"),
    (pl.Float32, "float32"),
    (pl.Float64, "float64"),
    (pl.Int64, "int64"),
    (pl.UInt8, "uint8"),
    (pl.UInt32, "uint32"),
)


def column_lines(columns: Mapping[str, pl.DataType]) -> list[str]:
    """Their list of features, in YAML without indentation."""
    return [line for name, kind in columns.items() for line in (f"- name: {name}", f"  {_kind(kind)}")]


def _kind(kind: pl.DataType) -> str:
    if kind == AUDIO:
        return "dtype: audio"
    if isinstance(kind, pl.List):
        return f"sequence: {_value(kind.inner)}"
    return f"dtype: {_value(kind)}"


def _value(kind: object) -> str:
    return next(name for known, name in _VALUES if kind == known)

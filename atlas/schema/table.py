"""What a table is: its writer, its key, its columns and types, and how it is cut into files."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from atlas.errors import AtlasError

Columns = Mapping[str, pl.DataType | type[pl.DataType]]
_VERSION = "atlas.version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of table: who writes it, what its rows are sorted by, its columns, and how it is cut into files."""

    name: str
    writer: str
    key: tuple[str, ...]
    columns: Columns
    parts: tuple[str, ...] = ()
    version: int = 1
    "raised with every change of its columns or of what they mean: what depends on this table alone is done again"

    @property
    def metadata(self) -> dict[str, str] | None:
        """What its files say beside their rows; those of the first version say nothing."""
        return {_VERSION: str(self.version)} if self.version > 1 else None

    def check_version(self, metadata: Mapping[str, str], where: str) -> None:
        """Refuse a file of another version."""
        version = metadata.get(_VERSION, "1")
        if version != str(self.version):
            raise AtlasError(
                f"{where}: version {version} of the table `{self.name}`, and this tool reads version {self.version};"
                f" run `atlas build`, which makes it anew, or use the version of the tool that made it"
            )

    def check(self, frame: pl.DataFrame, where: str) -> pl.DataFrame:
        """Return the frame if its columns and types are those of this table, in order."""
        expected = {name: kind if isinstance(kind, pl.DataType) else kind() for name, kind in self.columns.items()}
        actual = dict(frame.schema)
        if list(actual.items()) == list(expected.items()):
            return frame
        differing = [
            f"{name} ({actual.get(name, 'absent')}, expected {expected.get(name, 'no such column')})"
            for name in dict.fromkeys([*expected, *actual])
            if actual.get(name) != expected.get(name)
        ]
        raise AtlasError(f"{where}: not a table of `{self.name}`: {'; '.join(differing) or 'columns in another order'}")

    def empty(self) -> pl.DataFrame:
        """A frame of this table without rows."""
        return pl.DataFrame(schema=dict(self.columns))

    def frame(self, data: Mapping[str, object]) -> pl.DataFrame:
        """Build a frame of this table from one sequence a column."""
        return pl.DataFrame({name: data[name] for name in self.columns}, schema=dict(self.columns))


U8_TRACE = pl.List(pl.UInt8)
FEATURE: Columns = MappingProxyType({"dictionary": pl.String, "feature": pl.UInt32})


def columns_of(kind: pl.DataType | type[pl.DataType], *names: str) -> Columns:
    """Columns of one type."""
    return dict.fromkeys(names, kind)

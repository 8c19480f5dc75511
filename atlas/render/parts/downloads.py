"""What a site offers to be downloaded as it lies in the atlas: the card, the chosen tables, and decoder rows.

Paths of tables are relative to the corpus, and the card names no path of the machine. What is spoken in a clip is left
out where its licence allows no publishing, as it is on pages.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.render.parts.withheld import hidden_clips, hidden_labels, silence_may_be_read, without, without_tokens
from atlas.render.site import SiteAtlas
from atlas.schema import CLIPS, EFFECT_TOKENS, HALLUCINATION, Table
from atlas.schema.card import CARD
from atlas.schema.media import INDEX
from atlas.schema.offered import ALL, FOLDER, SPOKEN, TIMED, VECTORS, offered
from atlas.schema.vectors import vectors_path

LARGEST = 100 * 10**6
"bytes; hosts take no larger file"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFile:
    """A file of the atlas that the site offers."""

    part: str
    "of which dictionary or shard it is; empty for the whole"
    address: str
    source: Path
    rows: int
    size: int
    rewritten: bytes | None = None
    "where it is not offered as it lies there"

    @property
    def content(self) -> bytes:
        return self.source.read_bytes() if self.rewritten is None else self.rewritten

    @property
    def fits(self) -> bool:
        """Whether hosts take it."""
        return self.size <= LARGEST


def downloads(atlas: SiteAtlas) -> Iterator[OfferedFile]:
    """All files that are offered and fit: the card, by which histograms are read, the tables, decoder rows."""
    card = atlas.folder.root / CARD
    yield OfferedFile(part="", address=f"{FOLDER}/{CARD}", source=card, rows=1, size=card.stat().st_size)
    files = (file for table in offered_tables(atlas) for file in table_files(atlas, table))
    yield from (file for file in (*files, *vector_files(atlas)) if file.fits)


def offered_tables(atlas: SiteAtlas) -> tuple[Table, ...]:
    """The tables that the config chooses."""
    return offered(atlas.settings.tables, packed=atlas.packed)


def table_files(atlas: SiteAtlas, table: Table) -> Iterator[OfferedFile]:
    """The files of a table that are there, whether they fit or not."""
    for parts in _parts(atlas, table):
        path = atlas.folder.path(table, *parts)
        if path.exists():
            rewritten = publishable(atlas, table, path)
            rows = pl.scan_parquet(path if rewritten is None else io.BytesIO(rewritten)).select(pl.len())
            yield OfferedFile(
                part="/".join(parts),
                address=f"{FOLDER}/{path.relative_to(atlas.folder.root).as_posix()}",
                source=path,
                rows=rows.collect().item(),
                size=path.stat().st_size if rewritten is None else len(rewritten),
                rewritten=rewritten,
            )


def table_bytes(atlas: SiteAtlas, table: Table) -> int:
    """How much a table takes in the atlas."""
    paths = (atlas.folder.path(table, *parts) for parts in _parts(atlas, table))
    return sum(path.stat().st_size for path in paths if path.exists())


def _parts(atlas: SiteAtlas, table: Table) -> Iterator[tuple[str, ...]]:
    every: dict[str, Callable[[], tuple[str, ...]]] = {
        "dictionary": lambda: atlas.names,
        "shard": lambda: tuple(atlas.shards),
        "file": lambda: (INDEX,),
    }
    cut: list[tuple[str, ...]] = [()]
    for part in table.parts:
        cut = [(*before, one) for before in cut for one in every[part]()]
    yield from cut


def publishable(atlas: SiteAtlas, table: Table, path: Path) -> bytes | None:
    """A file of a table without what is spoken in hidden clips; None where it says nothing of the kind."""
    if table.name in TIMED and (labels := hidden_labels(atlas)):
        rows = pl.read_parquet(path)
        kept = without(rows, labels)
        return None if len(kept) == len(rows) else _written(table, kept, path)
    if table is EFFECT_TOKENS and hidden_clips(atlas):
        rows = pl.read_parquet(path)
        kept = without_tokens(atlas, rows)
        return None if len(kept) == len(rows) else _written(table, kept, path)
    if table.name in SPOKEN and (hidden := hidden_clips(atlas)):
        rows = pl.read_parquet(path)
        spoken = pl.col("clip").is_in(sorted(hidden)) & (pl.col("text").is_not_null() if table is CLIPS else True)
        if rows.select(spoken.any()).item():
            kept = rows.with_columns(text=pl.when(~spoken).then("text")) if table is CLIPS else rows.filter(~spoken)
            return _written(table, kept, path)
    if table is HALLUCINATION and not silence_may_be_read(atlas):
        return _written(table, pl.read_parquet(path).with_columns(commonest=pl.lit(None, pl.String)), path)
    return None


def _written(table: Table, rows: pl.DataFrame, path: Path) -> bytes:
    buffer = io.BytesIO()
    checked = table.check(rows, str(path))
    checked.write_parquet(buffer, compression="zstd", compression_level=3, metadata=table.metadata)
    return buffer.getvalue()


def vector_files(atlas: SiteAtlas) -> Iterator[OfferedFile]:
    """The decoder rows of each dictionary; of controls where the config asks for everything."""
    for name in atlas.names:
        path = vectors_path(atlas.folder.root, name)
        wanted = atlas.card.dictionaries[name].control_of is None or atlas.settings.tables == ALL
        if wanted and path.exists():
            address = vectors_address(name)
            rows, size = atlas.feature_count(name), path.stat().st_size
            yield OfferedFile(part=name, address=address, source=path, rows=rows, size=size)


def vectors_address(name: str) -> str:
    """Where a site has the decoder rows of a dictionary."""
    return f"data/{VECTORS}/{name}.safetensors"

"""`atlas export embedding-atlas`: one Parquet that the `embedding-atlas` package opens as a map of features.

A row a feature that has a place on the map; dead ones have none. Maps of several dictionaries lie beside each other.
Neighbours are the features of the same dictionary with the most similar decoder rows, by their row in the file and
1 minus the cosine, the feature itself first, as the package's own are.
"""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from atlas.errors import AtlasError
from atlas.exports.blocks import BLOCK, blocks
from atlas.exports.cosines import most_alike, unit
from atlas.exports.labelling import sure_labels
from atlas.exports.links import sound_link
from atlas.formatting import counted
from atlas.progress import Echo
from atlas.reading.names import shown_name
from atlas.render.parts.featuredata import address_to_cite
from atlas.render.parts.withheld import hidden_clips
from atlas.render.site import SiteAtlas
from atlas.schema.media import LEAD_S
from atlas.store import AtlasFolder

NEIGHBOURS = 15
"beside the feature itself"
GAP = 0.15
"between maps, as a share of the largest one's width"
NEIGHBOUR = pl.Struct({"ids": pl.List(pl.Int64), "distances": pl.List(pl.Float32)})
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "dictionary": pl.String,
    "feature": pl.UInt32,
    "label": pl.String,
    "text": pl.String,
    "x": pl.Float32,
    "y": pl.Float32,
    "neighbors": NEIGHBOUR,
    "named_by": pl.String,
    "domain": pl.String,
    "state": pl.String,
    "density": pl.Float64,
    "max": pl.Float32,
    "recordings": pl.UInt32,
    "value": pl.Float64,
    "q": pl.Float64,
    "link": pl.String,
    "audio": pl.String,
    "audio_start_s": pl.Float64,
    "audio_end_s": pl.Float64,
}


def export_embedding_atlas(atlas: SiteAtlas, dictionaries: Sequence[str], to: Path, echo: Echo) -> None:
    """Write the features of dictionaries into one Parquet, and say how it is opened."""
    _refuse_other(to)
    frames: list[pl.DataFrame] = []
    right, rows, widest = 0.0, 0, 0.0
    for name in dictionaries:
        frame = _features(atlas, name, rows)
        widest = max(widest, _width(frame))
        frames.append(frame.with_columns(pl.col("x") - pl.col("x").min() + right))
        right += widest * (1 + GAP)
        rows += len(frame)
    whole = pl.concat(frames).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    AtlasFolder(to.parent).write_parquet(to, whole)
    echo(_closing_lines(atlas, dictionaries, whole, to))


def _refuse_other(to: Path) -> None:
    """Take no name that the package would not know, and nobody else's file."""
    if to.suffix != ".parquet":
        raise AtlasError(f"--to {to}: expected a name that ends in .parquet, as the package goes by it")
    if not to.exists():
        return
    try:
        columns = list(pl.read_parquet_schema(to))
    except (pl.exceptions.ComputeError, OSError):
        columns = []
    if columns != list(COLUMNS):
        raise AtlasError(f"{to}: something else than an earlier export; give --to a new name")


def _width(frame: pl.DataFrame) -> float:
    low, high = frame.select(pl.col("x").min().alias("low"), pl.col("x").max().alias("high")).row(0)
    return float(high - low)


def _features(atlas: SiteAtlas, name: str, first_row: int) -> pl.DataFrame:
    """The features of a dictionary that have a place on its map; first_row: of the file, where they begin."""
    placed = atlas.features(name).filter(pl.col("map_x").is_not_null() & pl.col("map_y").is_not_null())
    if not len(placed):
        raise AtlasError(f"{name}: no map, as no feature has a place on it; run `atlas analyse`")
    numbers = placed["feature"].to_list()
    texts = _texts(atlas, name)
    named = [shown_name(row) or "" for row in placed.iter_rows(named=True)]
    named_numbers = zip(named, numbers, strict=True)
    columns = {
        "id": [f"{name}/{number}" for number in numbers],
        "label": named,
        "text": ["; ".join(dict.fromkeys([called, *texts.get(number, [])])) for called, number in named_numbers],
        "link": [address_to_cite(atlas, name, number) for number in numbers],
    }
    series = [pl.Series(key, values, dtype=pl.String) for key, values in columns.items()]
    neighbours = pl.Series("neighbors", list(_neighbours(atlas, name, placed, first_row)), dtype=NEIGHBOUR)
    domain = pl.when(pl.col("domains").list.len() > 0).then(pl.col("domains").list.join(", ")).otherwise(pl.lit("none"))
    rows = placed.with_columns(*series, neighbours, domain.alias("domain"), pl.lit(name).alias("dictionary"))
    rows = rows.rename({"map_x": "x", "map_y": "y"})
    return rows.join(_sounds(atlas, name), on="feature", how="left", maintain_order="left").select(*COLUMNS)


def _texts(atlas: SiteAtlas, name: str) -> dict[int, list[str]]:
    """What search finds a feature by beside its name: labels, and what others say of it."""
    texts: dict[int, list[str]] = {}
    for block in blocks(atlas, name):
        for number, labels in sure_labels(block).items():
            texts.setdefault(number, []).extend(label.name for label in labels)
        for number, said in block.explanations.items():
            texts.setdefault(number, []).extend(one["text"] for one in said)
    return texts


def _neighbours(atlas: SiteAtlas, name: str, placed: pl.DataFrame, first_row: int) -> Iterator[dict[str, list[float]]]:
    """The rows of the file that each row is most like, and how far they are."""
    units = unit(atlas.decoder(name)[placed["feature"].to_numpy()])
    for first in range(0, len(units), BLOCK):
        alike = most_alike(units, first, min(first + BLOCK, len(units)), NEIGHBOURS + 1)
        for indices, cosines in zip((alike.indices + first_row).tolist(), alike.cosines.tolist(), strict=True):
            yield {"ids": indices, "distances": [round(1 - cosine, 4) for cosine in cosines]}


def _sounds(atlas: SiteAtlas, name: str) -> pl.DataFrame:
    """Where the largest peak of each feature that may be heard is heard: feature, audio, and its seconds in there."""
    wanted = ("feature", "group", "rank", "clip", "start_s", "end_s")
    heard = pl.col("audio") & ~pl.col("clip").is_in(sorted(hidden_clips(atlas)))
    audible = atlas.clips.filter(heard).select("clip", "key")
    examples = atlas.column(name, "examples", *wanted).join(audible, on="clip").sort("feature", "group", "rank")
    best = examples.filter(pl.col("group") == "top").unique("feature", keep="first", maintain_order=True)
    links = pl.Series("audio", [sound_link(atlas, key) for key in best["key"]], dtype=pl.String)
    seconds = [(pl.col(f"{end}_s") + LEAD_S).alias(f"audio_{end}_s") for end in ("start", "end")]
    return best.select("feature", links, *seconds)


def _closing_lines(atlas: SiteAtlas, dictionaries: Sequence[str], whole: pl.DataFrame, to: Path) -> str:
    heard = whole["audio"].is_not_null().sum()
    missing = sum(map(atlas.feature_count, dictionaries)) - len(whole)
    left_out = f", {missing:,} left out, as they have no place on the map" if missing else ""
    relative = "links are relative, as [site] base_url is not set; " if atlas.settings.base_url is None else ""
    lines = [
        f"export     {counted(len(whole), 'feature')}, {heard:,} with a sound{left_out}",
        f"           {to.stat().st_size / 1e6:.1f} MB in {to}; {relative}open it by",
        f"           {command(to)}",
    ]
    return "\n".join(lines)


def command(to: Path) -> str:
    """The command that opens the file."""
    return f"embedding-atlas {shlex.quote(str(to))} --x x --y y --text text --neighbors neighbors"

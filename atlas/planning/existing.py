"""What an atlas that is there already says exactly: its clips, its dictionaries, and the bytes of its folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from safetensors import safe_open

from atlas.errors import AtlasError
from atlas.planning.firing import CorpusExtent, FiringMeans
from atlas.planning.folder import FOLDERS, REST
from atlas.planning.outline import CorpusOutline, outline_clips
from atlas.planning.shapes import Shape, shapes_of_card
from atlas.schema import ALIGNMENTS, CLIPS, EXAMPLES, FEATURES, MEL
from atlas.schema.card import CARD, Card, read_card
from atlas.schema.described import EVERY
from atlas.schema.thresholds import DRAWN_CLIPS, FEWEST_RECORDINGS
from atlas.store import AtlasFolder

STAGES = ("index", "annotate", "calibrate", "scan", "merge", "analyse", "effects", "media", "render")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedDictionary:
    """What was measured of one dictionary."""

    shape: Shape
    firing: FiringMeans
    l0: float | None
    mel_bytes: float
    example_bytes: float
    tables: Mapping[str, float] = field(default_factory=dict)
    "bytes of its tables"


def outline_of_atlas(folder: AtlasFolder, timed_labels: int) -> CorpusOutline | None:
    """The corpus as `index` left it; None where it has not."""
    if folder.marker("index") is None and not (folder.root / CARD).exists():
        return None
    return outline_clips(folder.read_table(CLIPS), folder.read_table(ALIGNMENTS), timed_labels)


def card_of_atlas(folder: AtlasFolder) -> Card | None:
    """The card of a merged atlas; None where there is none that this version reads."""
    try:
        return read_card(folder.root)
    except AtlasError:
        return None


def finished(folder: AtlasFolder, card: Card, extent: CorpusExtent) -> list[FinishedDictionary]:
    """The dictionaries of a merged atlas."""
    widths = {name: _width(folder, name) for name in card.dictionaries}
    shapes = shapes_of_card(card, widths)
    return [
        FinishedDictionary(
            shape=shape,
            firing=_firing(folder, shape, extent),
            l0=card.dictionaries[shape.name].l0,
            mel_bytes=folder.path(MEL, shape.name).stat().st_size / max(1, shape.features),
            example_bytes=folder.path(EXAMPLES, shape.name).stat().st_size / max(1, _rows(folder, shape.name)),
            tables=_tables(folder, shape.name),
        )
        for shape in shapes
    ]


def _tables(folder: AtlasFolder, name: str) -> dict[str, float]:
    """The bytes of each table of a dictionary, all of its shards together."""
    found = {}
    for table in EVERY:
        if table.parts[:1] == ("dictionary",):
            place = folder.root / table.name
            files = [place / f"{name}.parquet", *(place / name).glob("*.parquet")]
            found[table.name] = float(sum(path.stat().st_size for path in files if path.exists()))
    return found


def _rows(folder: AtlasFolder, name: str) -> int:
    return int(pl.scan_parquet(folder.path(EXAMPLES, name)).select(pl.len()).collect().item())


def _width(folder: AtlasFolder, name: str) -> int:
    path = folder.root / "vectors" / f"{name}.safetensors"
    if not path.exists():
        return 0
    with safe_open(path, framework="numpy") as file:
        return int(file.get_slice("decoder").get_shape()[1])


def _firing(folder: AtlasFolder, shape: Shape, extent: CorpusExtent) -> FiringMeans:
    """Examples follow from what fired, so that another number of them than was asked for then can be planned."""
    features = folder.read_table(FEATURES, shape.name).select("clips_active", "recordings_active")
    clips, recordings = features["clips_active"].cast(pl.Float64), features["recordings_active"].cast(pl.Float64)
    in_shard = min(1.0, extent.shard_windows / extent.windows)

    def examples(extent: CorpusExtent) -> float:
        drawn = clips.clip(0, 4 * extent.others) + extent.others * clips.clip(0, 1)
        return _mean(recordings.clip(0, extent.top) + drawn)

    kept = (in_shard * recordings).clip(0, extent.top) + (in_shard * clips).clip(0, DRAWN_CLIPS)
    return FiringMeans(
        active=_mean(clips > 0),
        tested=_mean(recordings >= FEWEST_RECORDINGS),
        breadth=_mean(recordings.log1p()),
        clips=_mean(clips),
        examples=examples(extent),
        few=examples(extent.few),
        picks=_mean(kept),
    )


def _mean(values: pl.Series) -> float:
    return float(values.sum()) / max(1, len(values))


def folder_bytes(folder: AtlasFolder) -> dict[str, float]:
    """The files of an atlas's folder, by part."""
    found = dict.fromkeys((*FOLDERS, REST), 0.0)
    for path in folder.root.rglob("*"):
        if path.is_file():
            top = path.relative_to(folder.root).parts[0].removesuffix(".parquet")
            part = next((name for name, tops in FOLDERS.items() if top in tops), REST)
            found[part] += path.stat().st_size
    return found


def done_shares(folder: AtlasFolder, shards: int) -> Mapping[str, float]:
    """How much of each stage was done before, as far as markers tell; whether it still fits the config, they do not."""
    shares = {name: 1.0 for name in STAGES if folder.marker(name) is not None}
    for name in ("annotate", "scan"):
        marked = len(folder.marked(name))
        if marked:
            shares[name] = min(1.0, marked / shards)
    return shares

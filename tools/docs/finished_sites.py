"""Finished sites with the atlases that they were rendered from: what is known of their pages, and the bytes of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.config.settings import ExamplesConfig
from atlas.planning import parts
from atlas.planning.existing import FinishedDictionary, finished, outline_of_atlas
from atlas.planning.firing import CorpusExtent
from atlas.planning.outline import CorpusOutline
from atlas.planning.parts import SitePart, parts_of_site
from atlas.render.parts.featuredata import ALONE
from atlas.render.parts.tracks import most_bands
from atlas.schema import EFFECTS, EXAMPLES, FEATURES, SCREENING, Table
from atlas.schema.card import Card, read_card
from atlas.schema.media import INDEX, MEDIA
from atlas.schema.site import SITE, read_site
from atlas.schema.thresholds import TRACKED_FEATURES
from atlas.store import AtlasFolder

Piece = tuple[NDArray[np.float64], NDArray[np.float64]]
"what is known of each page, and its bytes"
_LABELS_AT_MOST = 200  # of a tier, which are counted


@dataclass(frozen=True)
class Finished:
    """A site, and the atlas that it was rendered from."""

    folder: AtlasFolder
    site: Path

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The files of the site by address."""
        files = (path for path in self.site.rglob("*") if path.is_file())
        return {path.relative_to(self.site).as_posix(): path.stat().st_size for path in files}

    @cached_property
    def dictionaries(self) -> list[FinishedDictionary]:
        outline = outline_of_atlas(self.folder, _LABELS_AT_MOST)
        assert outline is not None, "the atlas is whole"
        card = read_card(self.folder.root)
        return finished(self.folder, card, _extent(card, outline))

    @cached_property
    def controls(self) -> set[str]:
        return {one.shape.name for one in self.dictionaries if one.shape.is_control}

    @cached_property
    def learned(self) -> list[FinishedDictionary]:
        return [one for one in self.dictionaries if not one.shape.is_control]

    @cached_property
    def features(self) -> int:
        return sum(one.shape.features for one in self.dictionaries)

    @cached_property
    def parts(self) -> Mapping[str, SitePart]:
        return parts_of_site(self.sizes, self.controls, self._former)

    @cached_property
    def _former(self) -> Mapping[str, str]:
        return read_site((self.site / SITE).read_bytes(), str(self.site)).redirects

    @property
    def packed(self) -> bool:
        return parts.SHARDS in self.parts

    def of(self, prefix: str, suffix: str = "") -> list[int]:
        """The sizes of the files whose addresses begin and end so."""
        return [size for name, size in self.sizes.items() if name.startswith(prefix) and name.endswith(suffix)]

    def rows(self, table: Table) -> int:
        """How many rows a table has, all of its files together."""
        files = sorted((self.folder.root / table.name).rglob("*.parquet"))
        return sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in files)


def _extent(card: Card, outline: CorpusOutline) -> CorpusExtent:
    """What was asked for when the atlas was made."""
    asked = card.config.get("examples")
    examples = ExamplesConfig.model_validate(asked if isinstance(asked, dict) else {})
    return CorpusExtent(
        windows=outline.count,
        recordings=outline.recordings,
        shard_windows=512,
        top=examples.top,
        others=examples.others,
    )


def pages_of(one: Finished) -> Iterator[Piece]:
    """Of each learned dictionary of an unpacked site: what is known of each feature, and the bytes of its page."""
    for known in one.learned if not one.packed else ():
        name, n = known.shape.name, known.shape.features
        table = one.folder.read_table(FEATURES, name).sort("feature")
        examples = _counted(one.folder.read_table(EXAMPLES, name), n)
        active = table["clips_active"].to_numpy() > 0
        size = np.array([one.sizes[f"f/{name}/{feature}.html"] for feature in range(n)], float)
        yield np.stack([np.ones(n), active, _breadth(table), examples, *_effects(one, name, n)], 1).astype(float), size


def json_of(one: Finished) -> Iterator[Piece]:
    """The same of the JSON of features, where each has a file of it."""
    for known in one.learned if not one.packed and parts.JSON in one.parts else ():
        name, n = known.shape.name, known.shape.features
        rows = one.folder.read_table(EXAMPLES, name)
        most = pl.when(pl.col("group") == "top").then(ALONE.top).otherwise(ALONE.others)
        breadth = _breadth(one.folder.read_table(FEATURES, name).sort("feature"))
        size = np.array([one.sizes[f"f/{name}/{feature}.json"] for feature in range(n)], float)
        few = _counted(rows.filter(pl.col("rank") <= most), n)
        yield np.stack([np.ones(n), breadth, few, *_effects(one, name, n)[:2]], axis=1), size


def _breadth(table: pl.DataFrame) -> NDArray[np.float64]:
    breadth: NDArray[np.float64] = np.log1p(table["recordings_active"].to_numpy().astype(float))
    return breadth


def _effects(one: Finished, name: str, n: int) -> list[NDArray[np.float64]]:
    """Whether each feature was screened, measured exactly, and held against full sets of controls."""
    found = [np.zeros(n) for _ in range(3)]
    if one.folder.path(SCREENING, name).exists():
        table = one.folder.read_table(EFFECTS, name)
        controlled = table.filter(pl.col("control_recordings") > 0)
        found[0][one.folder.read_table(SCREENING, name)["feature"].to_numpy()] = 1
        found[1][table["feature"].to_numpy()] = 1
        found[2][controlled["feature"].to_numpy()] = 1
    return found


def _counted(examples: pl.DataFrame, features: int) -> NDArray[np.float64]:
    counts = examples.group_by("feature").len()
    found = np.zeros(features)
    found[counts["feature"].to_numpy()] = counts["len"].to_numpy()
    return found


def clips_of(one: Finished) -> Iterator[Piece]:
    """The same of the pages of clips: bands times seconds, and timed labels."""
    outline = outline_of_atlas(one.folder, _LABELS_AT_MOST)
    media = one.folder.read_table(MEDIA, INDEX)
    spans = pl.concat([pl.read_parquet(path, columns=["clip"]) for path in _span_files(one.folder.root)])
    counted = media.join(spans.group_by("clip").len(), on="clip", how="left").with_columns(pl.col("len").fill_null(0))
    shown = counted.filter(pl.col("key").map_elements(lambda key: f"c/{key}.html" in one.sizes, pl.Boolean))
    if outline is None or not shown.height:
        return
    bands = len(one.learned) * min(TRACKED_FEATURES, most_bands(len(one.learned)))
    size = np.array([one.sizes[f"c/{key}.html"] for key in shown["key"]], float)
    yield np.stack([np.ones(shown.height), bands * shown["seconds"].to_numpy(), shown["len"].to_numpy()], 1), size


def _span_files(root: Path) -> list[Path]:
    return [root / "alignments.parquet", *sorted((root / "annotations").glob("*.parquet"))]

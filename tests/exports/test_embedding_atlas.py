"""`atlas export embedding-atlas`: the columns as the package reads them, and neighbours that are rows of the file.

The package itself opens an export in `make parity`.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.config.site import MediaConfig, SiteConfig
from atlas.errors import AtlasError
from atlas.exports.embedding_atlas import COLUMNS, NEIGHBOURS, command, export_embedding_atlas
from atlas.render.site import SiteAtlas
from tests.synthetic import LICENCES

BOTH = ("block2", "block3")
Export = Callable[[SiteAtlas], pl.DataFrame]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    def exported(atlas: SiteAtlas) -> pl.DataFrame:
        export_embedding_atlas(atlas, BOTH, tmp_path / "map.parquet", lambda _: None)
        return pl.read_parquet(tmp_path / "map.parquet")

    return exported


def test_a_row_is_a_feature_with_a_place_on_the_map(atlas: SiteAtlas, export: Export) -> None:
    rows = export(atlas)

    placed = [
        f"{name}/{feature}"
        for name in BOTH
        for feature in atlas.features(name).filter(pl.col("map_x").is_not_null())["feature"]
    ]
    assert rows.schema == pl.Schema(COLUMNS)
    assert rows["id"].to_list() == placed
    assert rows.select("x", "y", "text", "label", "domain", "link", "neighbors").null_count().sum_horizontal()[0] == 0


def test_maps_lie_beside_each_other_in_their_own_shape(atlas: SiteAtlas, export: Export) -> None:
    rows = export(atlas)

    left, right = (rows.filter(dictionary=name) for name in BOTH)
    assert left["x"].max() < right["x"].min()
    own = atlas.features("block3").drop_nulls("map_x")
    assert np.allclose(np.diff(right["x"]), np.diff(own["map_x"]), atol=1e-5)
    assert np.allclose(right["y"], own["map_y"])


def test_neighbours_are_rows_of_the_same_dictionary_the_feature_itself_first(atlas: SiteAtlas, export: Export) -> None:
    rows = export(atlas).with_row_index()
    names = rows["dictionary"].to_list()
    lengths = set()

    for row, near in rows.select("index", "neighbors").iter_rows():
        assert (near["ids"][0], near["distances"][0]) == (row, 0)
        assert near["distances"] == sorted(near["distances"])
        assert {names[other] for other in near["ids"]} == {names[row]}
        lengths.add(len(near["ids"]))
    assert lengths == {NEIGHBOURS + 1}, "the package stacks them"


def test_the_nearest_is_the_most_similar_decoder_row(atlas: SiteAtlas, export: Export) -> None:
    rows = export(atlas)
    units = atlas.decoder("block3").astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    own = rows.filter(dictionary="block3")["feature"].to_numpy()
    cosines = units[own] @ units[own].T
    np.fill_diagonal(cosines, -2)

    first = rows.filter(dictionary="block3")["neighbors"].struct.field("ids").list.get(1).to_numpy() - (
        len(rows) - len(own)
    )
    assert np.allclose(cosines[np.arange(len(own)), first], cosines.max(axis=1), atol=1e-3)


def test_links_are_whole_where_the_site_has_an_address(atlas: SiteAtlas, published: SiteAtlas, export: Export) -> None:
    relative, whole = export(atlas), export(published)

    assert re.fullmatch(r"f/block2/\d+\.html\?v=[0-9a-f]{8}-[0-9a-f]{8}", relative["link"][0])
    assert whole["link"].to_list() == [f"https://example.org/atlas/{link}" for link in relative["link"]]
    sounds = relative["audio"].drop_nulls()
    assert sounds.str.contains(r"^media/audio/[0-9a-f]{16}\.mp3$").all()
    assert whole["audio"].drop_nulls()[0] == f"https://example.org/atlas/{sounds[0]}"


def test_sounds_lie_where_the_config_says(atlas: SiteAtlas, export: Export) -> None:
    elsewhere = replace(atlas, media=MediaConfig(base_url="https://cdn.example.org/media/", redistribute=LICENCES))

    assert export(elsewhere)["audio"].drop_nulls()[0].startswith("https://cdn.example.org/media/audio/")


def test_a_feature_without_a_page_of_its_own_is_linked_by_the_alias_unless_a_host_shows_it(
    atlas: SiteAtlas, published: SiteAtlas, export: Export
) -> None:
    stubless = replace(atlas, settings=SiteConfig(packed=True, stubs=False))
    hosted = replace(atlas, settings=SiteConfig(base_url="https://example.org/atlas", packed=True, stubs=False))

    assert re.fullmatch(r"f\.html\?v=[0-9a-f-]{17}#block2/\d+", export(stubless)["link"][0])
    assert export(hosted)["link"].to_list() == export(published)["link"].to_list()


def test_only_clips_that_may_be_heard_are_linked(atlas: SiteAtlas, export: Export) -> None:
    allowed = set(atlas.clips.filter("audio")["key"])

    assert {link[-20:-4] for link in export(atlas)["audio"].drop_nulls()} <= allowed


def test_it_ends_with_the_command_that_opens_it(atlas: SiteAtlas, tmp_path: Path) -> None:
    said: list[str] = []
    to = tmp_path / "my map.parquet"
    export_embedding_atlas(atlas, BOTH, to, said.append)

    assert said[0].splitlines()[-1].strip() == command(to)
    assert shlex.split(command(to))[:4] == ["embedding-atlas", str(to), "--x", "x"]


def test_equal_atlases_give_equal_bytes(atlas: SiteAtlas, tmp_path: Path) -> None:
    for name in ("one.parquet", "two.parquet"):
        export_embedding_atlas(atlas, BOTH, tmp_path / name, lambda _: None)

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_name_without_parquet_and_a_file_of_somebody_else_are_refused(atlas: SiteAtlas, tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "mine.parquet")
    (tmp_path / "text.parquet").write_text("no table", encoding="utf-8")

    with pytest.raises(AtlasError, match=r"expected a name that ends in \.parquet"):
        export_embedding_atlas(atlas, BOTH, tmp_path / "map.csv", lambda _: None)
    for name in ("mine.parquet", "text.parquet"):
        with pytest.raises(AtlasError, match=f"{name}: something else than an earlier export; give --to a new name"):
            export_embedding_atlas(atlas, BOTH, tmp_path / name, lambda _: None)


def test_an_earlier_export_is_replaced(atlas: SiteAtlas, tmp_path: Path) -> None:
    for dictionaries in (BOTH, ("block3",)):
        export_embedding_atlas(atlas, dictionaries, tmp_path / "map.parquet", lambda _: None)

    assert pl.read_parquet(tmp_path / "map.parquet")["dictionary"].unique().to_list() == ["block3"]

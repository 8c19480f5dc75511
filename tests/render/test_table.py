"""What stands in for the table of all features without a script: index pages of 500 links, and the CSV."""

import io
from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import SiteConfig
from atlas.render.columns import played_clips
from atlas.render.pages import search, table
from atlas.render.pages.table import Link, LinkPage, features_whole, link_pages
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import site_of
from atlas.schema import FEATURES
from tests.synthetic import Spec, write_atlas


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return site_atlas(write_atlas(tmp_path_factory.mktemp("atlas"), Spec(features=501, clips=72)), SiteConfig())


def test_index_pages_hold_500_links_each_in_order_and_name_each_other(atlas: SiteAtlas) -> None:
    whole = pl.DataFrame(
        {"feature": range(1001), "label": "siren", "best_label": "dog", "state": "live", "density": 0.0031}
    )

    views = list(link_pages(atlas, "block2", whole))

    titles = ("0–499", "500–999", "1,000–1,000")
    assert [len(view.links) for view in views] == [500, 500, 1]
    last = Link("f/block2/1000.html", 1000, "siren", "live", "0.31 %")
    assert views[2] == LinkPage("block2", 3, "1,000–1,000", (last,), titles)


def test_a_feature_without_a_finding_is_named_by_its_best_label(atlas: SiteAtlas) -> None:
    whole = pl.DataFrame(
        {
            "feature": [0, 1],
            "label": [None, None],
            "best_label": ["dog", None],
            "state": "live",
            "density": 0.1,
        },
        schema_overrides={"label": pl.String},
    )

    (view,) = link_pages(atlas, "block2", whole)

    assert [link.label for link in view.links] == ["dog", ""]


def test_the_csv_has_every_feature_with_every_figure_in_six_digits(atlas: SiteAtlas) -> None:
    content = dict(table.pages(atlas))["d/block2.csv"]
    assert isinstance(content, str)
    read = pl.read_csv(io.StringIO(content), infer_schema_length=None)

    features = atlas.folder.read_table(FEATURES, "block2")
    assert read["feature"].to_list() == list(range(501))
    assert read["density"].to_list() == [float(f"{density:.6g}") for density in features["density"]]
    assert read["frames_active"].to_list() == features["frames_active"].to_list()
    assert set(read.columns) >= {*FEATURES.columns, "best_label", "auroc", "q", "phone", "map_x", "q_music"}
    assert not any(name.startswith("example_") for name in read.columns)


def test_every_dictionary_has_its_pages_and_all_links_of_them_lead_to_features(atlas: SiteAtlas) -> None:
    pages = dict(table.pages(atlas))

    assert set(pages) == {
        *("d/block2.csv", "d/block2/links-1.html", "d/block2/links-2.html"),
        *("d/block2-random.csv", "d/block2-random/links-1.html", "d/block2-random/links-2.html"),
    }
    assert 'href="../../f/block2/500.html"' in str(pages["d/block2/links-2.html"])
    assert 'href="links-1.html"' in str(pages["d/block2/links-2.html"])


def test_the_same_atlas_gives_the_same_data_and_pages(atlas: SiteAtlas) -> None:
    again = site_atlas(atlas.folder.root, SiteConfig())

    assert list(search.pages(atlas)) == list(search.pages(again))
    assert list(table.pages(atlas)) == list(table.pages(again))


def test_an_atlas_that_was_not_analysed_and_has_no_sound_has_search_all_the_same(tmp_path: Path) -> None:
    spec = Spec(features=8, clips=72, analysed=False, media=False)
    bare = site_atlas(write_atlas(tmp_path, spec), SiteConfig())

    pages = dict(search.pages(bare))

    assert "data/block2/core.js" in pages
    assert "data/clips.js" not in pages
    assert site_of(bare).title in str(pages["data/index.js"])
    assert len(features_whole(bare, "block2", played_clips(bare.clips))) == 8

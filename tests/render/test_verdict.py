"""What a feature page says at its head, what it says of a control, and which overlaps it lists."""

import re
from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import feature
from atlas.render.pages.feature import FeatureView, feature_view
from atlas.render.parts.cards import A_CONTROL
from atlas.render.parts.related import OVERLAPS
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import site_of
from atlas.schema.thresholds import NEAR_OVERLAP
from tests.synthetic import Spec, write_atlas

FEATURES = 16


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atlas(tmp_path_factory.mktemp("atlas"), Spec(features=FEATURES, clips=60))


def views_of(atlas: SiteAtlas, name: str = "block2") -> list[FeatureView]:
    dictionary = atlas.dictionary(name)
    return [feature_view(atlas, site_of(atlas), dictionary, number) for number in range(FEATURES)]


def with_table(folder: Path, table: str, frame: pl.DataFrame, tmp_path: Path) -> SiteAtlas:
    """The same atlas with another table of `block2`."""
    for path in folder.iterdir():
        if path.name != table:
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / table).mkdir()
    for path in (folder / table).iterdir():
        if path.name != "block2.parquet":
            (tmp_path / table / path.name).symlink_to(path)
    frame.write_parquet(tmp_path / table / "block2.parquet")
    return site_atlas(tmp_path, SiteConfig())


def test_the_parts_of_a_verdict_are_the_whole(folder: Path) -> None:
    verdict = next(view.verdict for view in views_of(site_atlas(folder, SiteConfig())) if view.state == "live")

    assert re.fullmatch(r"[A-Z].*\. ", verdict.label)
    assert re.fullmatch(r"Live: fires on \S+ % of frames", verdict.begin)
    assert re.fullmatch(r" \(more often than [\w.]+( %)? of the live features\)", verdict.compared)
    assert re.fullmatch(r", in \d+ clips?, \d+ recordings?, \d of \d datasets?(; .+)?\.", verdict.end)
    assert verdict.text == verdict.label + verdict.begin + verdict.compared + verdict.end


def test_the_truth_is_told_where_it_is_known_and_counts_the_labels_of_the_top_examples(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "truth.jsonl").write_text("", encoding="utf-8")
    atlas = site_atlas(folder, SiteConfig(truth=tmp_path / "truth.jsonl"))
    examples = pl.read_parquet(folder / "examples" / "block2.parquet").filter(pl.col("group") == "top")
    for number, view in enumerate(views_of(atlas)):
        clips = examples.filter(pl.col("feature") == number)["clip"]
        held = [label for clip in clips for label in atlas.clip_rows[clip]["labels"]]
        told = re.findall(r"(?:^|, )([^,]+?) in (\d+)", view.verdict.truth)
        assert len(told) == min(5, len(set(held)))
        assert all(held.count(label) == int(count) for label, count in told)

    assert [view.verdict.truth for view in views_of(site_atlas(folder, SiteConfig()))] == [""] * FEATURES


def test_a_control_says_what_it_is_and_shows_its_top_examples_only(folder: Path) -> None:
    atlas = site_atlas(folder, SiteConfig())
    pages = dict(feature.pages(atlas, "block2-random", 0, FEATURES))
    others = dict(feature.pages(atlas, "block2", 0, FEATURES))

    assert all("This is a control</b>, one of the random directions that" in str(text) for text in pages.values())
    assert all(A_CONTROL in str(text) for text in pages.values())
    assert not any('data-star="' in str(text) for text in pages.values())
    assert not any("This is a control" in str(text) for text in others.values())
    assert all('data-star="' in str(text) for text in others.values())
    assert all("<summary>Share" in str(text) for text in (*pages.values(), *others.values()))
    assert not any('<details class="group">' in str(text) for text in pages.values())
    assert any('<details class="group">' in str(text) for text in others.values())


def test_weak_overlaps_are_not_listed_and_a_page_says_that_there_are_no_others(folder: Path, tmp_path: Path) -> None:
    neighbours = pl.read_parquet(folder / "neighbours" / "block2.parquet")
    weak = pl.when(pl.col("kind") == "overlap").then(NEAR_OVERLAP / 2).otherwise(pl.col("value"))
    atlas = with_table(folder, "neighbours", neighbours.with_columns(weak.alias("value")), tmp_path)
    near = [view.elsewhere for view in views_of(atlas) if view.elsewhere]

    assert near
    assert {one.rows for one in near} == {()}
    assert {one.note for one in near} == {"No feature of another dictionary shares a tenth of its active frames."}


def test_of_each_other_dictionary_the_two_strongest_overlaps_are_told_in_words_and_of_a_control_one(
    folder: Path, tmp_path: Path
) -> None:
    neighbours = pl.read_parquet(folder / "neighbours" / "block2.parquet")
    overlap = neighbours.filter(pl.col("kind") == "overlap").select(pl.exclude("rank", "value"))
    ranks = pl.DataFrame({"rank": [1, 2, 3, 4], "value": [0.9, 0.8, 0.7, 0.6]}, schema_overrides={"rank": pl.UInt8})
    many = overlap.join(ranks, how="cross").select(neighbours.columns).sort("feature", "kind", "rank")
    views = views_of(with_table(folder, "neighbours", many, tmp_path))

    assert OVERLAPS == 2
    other = overlap["other_dictionary"][0]
    told = [view.elsewhere.rows for view in views if view.elsewhere]
    assert told
    for rows in told:
        control = rows[0].control
        assert [one.neighbour.value for one in rows] == ["90 %"] if control else ["90 %", "80 %"]
        assert {one.words for one in rows} == {f"The same frames in {'the control ' * control}"}
        assert all(one.neighbour.listed.name.startswith(f"{other}/") for one in rows)

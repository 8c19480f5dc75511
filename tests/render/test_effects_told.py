"""A site with effects tells of them on every page that should, and one without has no word of them anywhere."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import polars as pl
import pytest
from markupsafe import escape

from atlas.config.site import MediaConfig
from atlas.render.datascripts import LARGEST
from atlas.render.effect_columns import DOING, LOSES
from atlas.render.pages.mapping import map_of
from atlas.render.parts.downloads import table_files
from atlas.render.run import KINDS
from atlas.render.site import SiteAtlas
from atlas.schema import CAUSES, EFFECT_EXAMPLES, EFFECT_TOKENS
from atlas.schema.offered import offered
from atlas.schema.thresholds import SIGNIFICANT_Q
from atlas.store import AtlasFolder
from tests.causes import Cases, with_effects
from tests.render.sites import licensed
from tests.synthetic import HOSTILE, LICENCES, Spec, write_atlas

SPEC = Spec(features=96, dictionaries=("block1", "block2"), clips=240, annotated=True)
WORDS = ("causal", "decoy", "effect_", "effects", "ablating", "ablation")
PAGES = ("index.html", "about.html", "guide.html", "search.html", "map.html", "data.html", "d/block1.html")
"that speak of effects where there are some"
COLUMNS = ["does", "effect", "effect_size", "effect_statistic", "effect_q"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atlas(tmp_path_factory.mktemp("told") / "atlas", SPEC)


@pytest.fixture(scope="module")
def without(folder: Path) -> Mapping[str, str]:
    """All pages but those of features, and all scripts with data, before effects are measured."""
    return pages_of(licensed(folder))


@pytest.fixture(scope="module")
def cases(folder: Path, without: Mapping[str, str]) -> Cases:
    return with_effects(folder)


@pytest.fixture(scope="module")
def atlas(folder: Path, cases: Cases) -> SiteAtlas:
    return licensed(folder)


@pytest.fixture(scope="module")
def told(atlas: SiteAtlas) -> Mapping[str, str]:
    return pages_of(atlas)


def pages_of(atlas: SiteAtlas) -> dict[str, str]:
    every = (page for kind in KINDS for page in kind(atlas))
    texts = {address: content for address, content in every if address.endswith((".html", ".js", ".csv"))}
    return {address: str(content) for address, content in texts.items() if address != "assets/constants.js"}


def test_without_effects_no_page_script_or_table_has_a_word_of_them(without: Mapping[str, str]) -> None:
    found = {
        (address, word)
        for address, text in without.items()
        for word in WORDS
        if word in text.replace("sound-effects", "").replace("side effects", "")
    }

    assert found == set()


def test_with_effects_each_page_that_should_speaks_of_them(told: Mapping[str, str]) -> None:
    assert [address for address in PAGES if not any(word in told[address] for word in WORDS)] == []
    assert "That is a cause" in told["d/block1.html"]
    assert "What its features do is <a" in told["d/block2.html"], "which has no decoder, and so no shares"
    assert "Nothing was ablated" in told["d/block1-random.html"] or "control" in told["d/block1-random.html"]
    assert 'id="section-effects"' in told["about.html"]
    assert "pass the causal test" in told["index.html"]
    assert " of them do was measured by ablation." in told["index.html"]


def test_search_has_a_facet_a_range_and_columns_of_what_features_do(told: Mapping[str, str], cases: Cases) -> None:
    page = told["search.html"]
    index = json.loads(told["data/index.js"].removeprefix("atlasIndex(").removesuffix(");\n"))

    assert [value for value in DOING if f'name="does" value="{value}"' in page] == list(DOING)
    assert page.count('name="effect_size"') == 2
    assert {name: index["columns"][name][0] for name in COLUMNS} == dict.fromkeys(COLUMNS, "effects") | {
        "does": "names"
    }
    assert [one["name"] for one in index["dictionaries"] if "effects" in one["scripts"]] == ["block1", "block2"]
    assert '"passes"' in told["data/block1/names.js"]
    assert '["loses"' not in told["data/words.js"]
    assert '"loses"' in told["data/words.js"]
    assert max(len(text.encode()) for address, text in told.items() if address.startswith("data/")) <= LARGEST


def test_the_csv_of_a_dictionary_says_what_its_features_do(told: Mapping[str, str], cases: Cases) -> None:
    rows = pl.read_csv(io.StringIO(told["d/block1.csv"]), infer_schema_length=None)

    assert dict(rows.select("feature", "does").filter(feature=cases.passing).iter_rows()) == {cases.passing: "passes"}
    assert rows.filter(feature=cases.inert)["does"].to_list() == ["no effect seen"]
    assert rows.filter(feature=cases.beyond_budget)["does"].to_list() == ["screened only"]
    assert rows.filter(pl.col("does") == "passes")["effect_q"].max() < SIGNIFICANT_Q
    assert (
        rows.filter(pl.col("does") == "screened only")["effect"].null_count() == (rows["does"] == "screened only").sum()
    )
    assert pl.read_csv(io.StringIO(told["d/block1-random.csv"]), infer_schema_length=None)["does"].null_count() == 96


def test_the_map_offers_effects_as_axes_and_what_features_do_as_colours(atlas: SiteAtlas) -> None:
    menus = map_of(atlas)

    assert {*COLUMNS} - {"does"} <= {choice.value for choice in menus.figures}
    assert menus.colours[-1].value == "does"
    assert len({choice.text for choice in menus.figures}) == len(menus.figures)


def test_tables_of_effects_are_offered_but_for_single_pairs_which_all_offers_too() -> None:
    names = {choice: {table.name for table in offered(choice, packed=False)} for choice in ("figures", "all")}  # type: ignore[arg-type]

    assert {*CAUSES} - names["figures"] == {"effect_pairs"}
    assert {*CAUSES} <= names["all"]


def test_the_data_page_lists_tables_of_effects_only_where_there_are_some(
    told: Mapping[str, str], without: Mapping[str, str]
) -> None:
    anchors = [f'id="table-{name}"' for name in CAUSES]

    assert [anchor for anchor in anchors if anchor not in told["data.html"]] == []
    assert [anchor for anchor in anchors if anchor in without["data.html"]] == []


def test_what_is_said_before_and_after_is_not_offered_of_clips_that_may_not_be_published(folder: Path) -> None:
    bare = licensed(folder)
    licences = dict(bare.clips.select("clip", "licence").iter_rows())
    clips = [next(clip for clip, licence in licences.items() if licence == one) for one in LICENCES[:2]]
    rows = [("block2", place, 1, clip, "ablate", None, "a", "b", "c", "largest") for place, clip in enumerate(clips)]
    frame = pl.DataFrame(rows, schema=dict(EFFECT_EXAMPLES.columns), orient="row")
    AtlasFolder(folder).write_table(EFFECT_EXAMPLES, frame, "block2")

    offered_clips = [
        [pl.read_parquet(io.BytesIO(file.content))["clip"].to_list() for file in files if file.part == "block2"]
        for redistribute in (LICENCES[:2], LICENCES[:1])
        for files in [table_files(replace(bare, media=MediaConfig(redistribute=redistribute)), EFFECT_EXAMPLES)]
    ]

    assert offered_clips == [[clips], [clips[:1]]]


def test_a_word_that_withheld_clips_alone_have_is_not_offered(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "atlas"
    copytree(folder, root)
    atlas = licensed(root)
    tokens = atlas.table("effect_tokens", "block1")
    secret = tokens.with_columns(token=pl.when(pl.col("token") == "six").then(pl.lit("atlas")).otherwise("token"))
    AtlasFolder(root).write_table(EFFECT_TOKENS, secret, "block1")
    nothing = replace(atlas, media=MediaConfig(redistribute=["none"]))

    (file,) = (file for file in table_files(nothing, EFFECT_TOKENS) if file.part == "block1")

    assert "atlas" in secret["token"].to_list()
    assert "atlas" not in pl.read_parquet(io.BytesIO(file.content))["token"].to_list()
    assert "six" not in secret["token"].to_list()


def test_hostile_words_that_ablation_lowers_come_out_as_text(tmp_path: Path) -> None:
    root, text = write_atlas(tmp_path, Spec(features=48, clips=160)), next(text for text in HOSTILE if "<" in text)
    with_effects(root, [text])
    tokens = AtlasFolder(root).read_table(EFFECT_TOKENS, "block2")
    hostile = pl.when(pl.col("token") == "six").then(pl.lit(text)).otherwise("token")
    AtlasFolder(root).write_table(EFFECT_TOKENS, tokens.with_columns(token=hostile), "block2")
    told = pages_of(licensed(root))
    words = json.loads(told["data/words.js"].removeprefix("atlasWords(").removesuffix(");\n"))

    assert text.strip() in {word[1] for word in words["words"] if words["kinds"][word[0]] == LOSES}
    assert str(escape(text.strip())) in told["d/block2.html"]
    assert text.strip() not in told["d/block2.html"]

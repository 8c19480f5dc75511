"""A feature in a notebook: its name, a histogram and sounds, all within the page, and every text escaped."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import soundfile
from markupsafe import escape

from atlas.errors import AtlasError
from atlas.reading.clips import AtlasClip
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas
from tests.render.sites import Parsed
from tests.synthetic import HOSTILE, Spec, write_atlas


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return open_atlas(write_atlas(tmp_path_factory.mktemp("shown"), Spec(features=64, clips=48, hostile=True)))


def shown(atlas: Atlas) -> list[str]:
    return [atlas.feature("block2", number)._repr_html_() for number in range(64)]


def test_a_live_feature_shows_a_histogram_and_three_snippets_that_play(atlas: Atlas) -> None:
    row = atlas.features("block2").filter(pl.col("state") == "live").row(0, named=True)
    feature = atlas.feature("block2", row["feature"])
    parsed = Parsed(feature._repr_html_())
    heard = feature.examples.filter(pl.col("group") == "top").head(3)
    sounds = [attributes["src"] or "" for tag, attributes in parsed.elements if tag == "audio"]

    assert feature.name in parsed.said
    assert len([tag for tag, _ in parsed.elements if tag == "rect"]) == sum(count > 0 for count in feature.counts)
    assert len(sounds) == heard["audio"].sum() > 0
    lengths = heard.filter("audio").select(pl.col("end_s") - pl.col("start_s")).to_series().to_list()
    for address, length_s in zip(sounds, lengths, strict=True):
        header, data = address.split(",")
        assert header == "data:audio/mpeg;base64"
        assert soundfile.info(io.BytesIO(base64.b64decode(data))).duration == pytest.approx(length_s, abs=0.2)


def test_a_dead_feature_shows_its_name_alone(atlas: Atlas) -> None:
    number = atlas.features("block2").filter(pl.col("state") == "dead").row(0, named=True)["feature"]
    html = atlas.feature("block2", number)._repr_html_()

    assert f"block2/{number}" in html
    assert "<svg" not in html
    assert "<audio" not in html


def test_a_clip_that_cannot_be_fetched_leaves_the_rest_of_the_feature(atlas: Atlas) -> None:
    def unreachable(number: int) -> AtlasClip:
        raise AtlasError(f"clip {number}: could not be fetched")

    row = atlas.features("block2").filter(pl.col("state") == "live").row(0, named=True)
    feature = replace(atlas.feature("block2", row["feature"]), clip=unreachable)
    html = feature._repr_html_()

    assert "<svg" in html
    assert "<audio" not in html
    for example in feature.examples.filter(pl.col("group") == "top").head(3).iter_rows(named=True):
        assert f"clip {example['clip']}: could not be fetched" in html


def test_hostile_texts_come_out_as_text_and_nothing_is_loaded_from_outside(atlas: Atlas) -> None:
    pages = shown(atlas)
    known = {"div", "p", "strong", "br", "small", "figure", "figcaption", "svg", "rect", "audio"}

    assert any("&lt;script&gt;" in page or "&lt;img" in page for page in pages)
    for page in pages:
        parsed = Parsed(page)
        assert {tag for tag, _ in parsed.elements} <= known
        assert parsed.crossed == parsed.open == []
        assert all(address.startswith("data:audio/mpeg;base64,") for address in parsed.values("src"))
        assert re.search(r"https?:|url\(|\son\w+=", re.sub(r">[^<]*<", "><", page)) is None


def test_a_feature_names_itself(atlas: Atlas, tmp_path: Path) -> None:
    feature = atlas.feature("block2", 5)

    assert repr(feature) == f"<feature block2/5: {feature.label or 'no label'}, {feature.row['state']}>"


def test_a_feature_that_somebody_named_shows_that_name_and_who_gave_it(atlas: Atlas) -> None:
    given = atlas.table("names", "block2")

    assert len(given) == len(HOSTILE)
    for feature, name, author in given.select("feature", "name", "author").iter_rows():
        named = atlas.feature("block2", feature)
        assert named.label == name
        assert repr(named).startswith(f"<feature block2/{feature}: {name}, ")
        html = named._repr_html_()
        assert f"<strong>block2/{feature}: {escape(name)}</strong>" in html
        assert f", named by {escape(author)}</small>" in html

"""What is spoken under a trace: where labels stand, which is marked, whose words they are, and when there are none."""

from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import SiteConfig
from atlas.render.parts.spoken import AROUND_S, spoken_of, text_source
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema.media import LICENCE
from tests.synthetic import HOSTILE, Spec, write_atlas

FEATURES = 32


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("spoken"), Spec(features=FEATURES, clips=120, annotated=True))
    return site_atlas(folder, SiteConfig())


def row_of(clip: int, peak_s: float) -> dict[str, object]:
    return {"clip": clip, "start_s": max(0.0, peak_s - 1.5), "end_s": peak_s + 1.5, "peak_s": peak_s}


def test_each_label_stands_at_its_middle_and_the_one_that_names_the_feature_is_marked(atlas: SiteAtlas) -> None:
    spoken = spoken_of(atlas, row_of(2, 2.0), ("words", "nine"))
    spans = atlas.alignments.of(2).filter(pl.col("tier") == "words").select("start_s", "end_s", "label").rows()
    middles = [(start + end) / 2 - 0.5 for start, end, _ in spans]

    assert spoken is not None
    assert spoken.words is not None
    shown = [(middle, span[2]) for middle, span in zip(middles, spans, strict=True) if 0 <= middle <= 3]
    assert spoken.words.labels == " ".join(label for _, label in shown)
    places = [f"{round(1000 * middle / 3)}{'*' * (label == 'nine')}" for middle, label in shown]
    assert spoken.words.places == " ".join(places)


def test_phones_stand_around_the_peak_alone_and_those_of_a_class_are_marked(atlas: SiteAtlas) -> None:
    spoken = spoken_of(atlas, row_of(2, 2.0), ("manner", "fricative"))

    assert spoken is not None
    assert spoken.phones is not None
    labels, places = spoken.phones.labels.split(" "), spoken.phones.places.split(" ")
    assert all(abs(int(place.rstrip("*")) - 500) <= 1000 * AROUND_S / 3 for place in places)
    assert {label for label, place in zip(labels, places, strict=True) if "*" in place} == {*labels} & {"s", "ʃ"}


@pytest.mark.parametrize(("edge", "place"), [("word onset", "start_s"), ("end before silence", "end_s")])
def test_the_word_at_whose_edge_the_peak_stands_is_marked(atlas: SiteAtlas, edge: str, place: str) -> None:
    spans = atlas.alignments.of(2).filter(pl.col("tier") == "words").sort("start_s")
    alone = next(row for row in spans.rows(named=True) if (spans[place] - row[place]).abs().lt(0.05).sum() == 1)
    near = spoken_of(atlas, row_of(2, alone[place] + 0.015), ("edge", edge))
    far = spoken_of(atlas, row_of(2, alone[place] + 0.025), ("edge", edge))

    assert near is not None
    assert far is not None
    assert near.words is not None
    assert far.words is not None
    labels = zip(near.words.labels.split(" "), near.words.places.split(" "), strict=True)
    assert [label for label, at in labels if at.endswith("*")] == [alone["label"]]
    assert "*" not in far.words.places


def test_a_clip_without_timed_labels_or_with_a_closed_licence_shows_no_words(atlas: SiteAtlas) -> None:
    closed = atlas.clips.filter(pl.col("reason") == LICENCE, pl.col("clip").is_in(atlas.alignments.frame["clip"]))
    refused = atlas.transcripts.filter(pl.col("problem").is_not_null())["clip"].to_list()

    assert refused
    assert [spoken_of(atlas, row_of(clip, 2.0), ("", "")) for clip in (*closed["clip"], *refused)] == [None] * (
        len(closed) + len(refused)
    )


def test_a_source_says_whether_the_model_under_study_wrote_the_words() -> None:
    assert text_source("corpus") == "text of the corpus"
    assert text_source("studied:tiny.en") == "written by Whisper tiny.en, the model under study"
    assert text_source("whisper:base") == "written by Whisper base"


def test_hostile_words_stay_one_label_each(tmp_path: Path) -> None:
    atlas = site_atlas(write_atlas(tmp_path, Spec(features=16, clips=48, annotated=True, hostile=True)), SiteConfig())
    spoken = [spoken_of(atlas, row_of(clip, 2.0), ("", "")) for clip in range(16)]
    lines = [line for one in spoken if one for line in (one.words, one.phones) if line]

    assert lines
    for line in lines:
        assert len(line.labels.split(" ")) == len(line.places.split(" "))
    assert any(HOSTILE[0][:8] in line.labels for line in lines)

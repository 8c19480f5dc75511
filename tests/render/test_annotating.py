"""What the about page tells of annotations: sources and shares by tier, refusals by reason, whose words they are."""

from pathlib import Path

import polars as pl
import pytest

from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas
from atlas.render.parts.annotating import annotating
from tests.synthetic import Spec, write_atlas


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    spec = Spec(features=16, clips=96, annotated=True, media=False)
    return open_atlas(write_atlas(tmp_path_factory.mktemp("annotating"), spec))


def test_each_source_of_a_tier_is_told_with_its_clips(atlas: Atlas) -> None:
    told = annotating(atlas)

    assert told is not None
    assert told.clips == "32"
    rows = {(row.tier, row.source): (row.clips, row.share) for row in told.sources}
    assert rows["texts", "Whisper tiny.en, the model under study"] == ("8", "25 %")
    assert rows["words", "the corpus"] == rows["phones", "the corpus"] == ("12", "38 %")
    assert rows["words", "pocketsphinx"] == ("8", "25 %")


def test_refusals_are_counted_by_reason(atlas: Atlas) -> None:
    told = annotating(atlas)
    problems = atlas.transcripts["problem"].drop_nulls()

    assert told is not None
    assert {one.what: one.reasons for one in told.refused} == {
        "Written texts not used": (("no speech", str(len(problems))),),
        "Words not placed": (("misfit", "4"),),
    }


def test_words_of_the_model_under_study_are_told_as_its_own_and_others_are_not(atlas: Atlas, tmp_path: Path) -> None:
    told = annotating(atlas)
    spec = Spec(features=16, clips=96, annotated=True, media=False)
    folder = write_atlas(tmp_path, spec)
    path = folder / "transcripts" / "00000.parquet"
    of_another = pl.read_parquet(path).with_columns(pl.col("source").str.replace("studied:", "whisper:"))
    of_another.write_parquet(path)
    other = annotating(open_atlas(folder))

    assert told is not None
    assert other is not None
    assert "are its own" in told.studied
    assert other.studied == ""


def test_an_atlas_that_was_not_annotated_says_nothing(tmp_path: Path) -> None:
    assert annotating(open_atlas(write_atlas(tmp_path, Spec(features=16, clips=48, media=False)))) is None

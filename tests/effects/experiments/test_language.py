"""Steering between two planted languages: their features move what the model hears, and random ones do not."""

from pathlib import Path

import polars as pl
import pytest
import torch

from atlas.effects.experiments.language import column_of, samples, steer_pairs
from atlas.effects.experiments.language_tables import language_runs, shifts
from atlas.schema import EXPERIMENTS
from atlas.schema.experiments import (
    ADDED,
    BEYOND_MOST,
    FEATURES_MOVED,
    MEANS_MOVED,
    NO_LANGUAGES,
    ONE_LANGUAGE,
    RANDOM_MOVED,
    REMOVED,
    UNEDITED,
)
from atlas.schema.thresholds import LANGUAGE_RECORDINGS, MOST_LANGUAGES
from tests.effects.experiments.planted import ENGLISH, GERMAN, ORIGIN, SILENT, SPOKEN, PlantedStudy, clips, study


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    planted = study(tmp_path_factory.mktemp("languages"))
    pairs, left_out = steer_pairs(planted, 1)
    return shifts("units", pairs), language_runs(planted, ORIGIN, pairs, left_out)


def one(rows: pl.DataFrame, **wanted: object) -> dict[str, float]:
    return rows.filter(**wanted).row(0, named=True)


def test_the_features_of_a_language_are_found(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    _, runs = tables
    german, english = (one(runs, language=language) for language in ("German", "en"))

    assert (german["removed"][0], german["added"][0]) == (GERMAN, ENGLISH)  # type: ignore[index]
    assert (english["removed"][0], english["added"][0]) == (ENGLISH, GERMAN)  # type: ignore[index]
    assert german["null_reason"] is None
    assert german["recordings_a"] + german["recordings_b"] == SPOKEN / 2


def test_taking_a_language_away_or_adding_another_moves_what_is_heard(
    tables: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    rows, _ = tables
    for edit in (REMOVED, ADDED):
        moved = one(rows, language="German", edit=edit, version=FEATURES_MOVED, k=1)
        means = one(rows, language="German", edit=edit, version=MEANS_MOVED, k=1)

        assert moved["own_high"] < -0.2
        assert means["own_high"] < 0
        assert moved["target_low"] > 0
    added = one(rows, language="German", edit=ADDED, version=FEATURES_MOVED, k=1)
    assert added["size"] == pytest.approx(one(rows, language="German", edit=ADDED, version=MEANS_MOVED, k=1)["size"])


def test_random_features_move_no_language(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    rows, _ = tables
    random = rows.filter(pl.col("version") == RANDOM_MOVED, pl.col("k") == 1)

    assert len(random) == 4 * 5
    assert random["own"].abs().max() < 0.01  # type: ignore[operator]
    assert random["changed"].max() == 0


def test_unedited_clips_have_not_moved(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    rows, _ = tables
    unedited = rows.filter(version=UNEDITED)

    assert len(unedited) == 2
    assert unedited.select("own", "target", "changed", "to_other", "size").sum_horizontal().to_list() == [0, 0]


def test_the_tables_are_whole(tables: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    for name, rows in zip(("language_steering", "language_runs"), tables, strict=True):
        EXPERIMENTS[name].check(rows, name)


def test_a_model_without_languages_leaves_a_row_that_says_so(tmp_path: Path) -> None:
    planted = study(tmp_path, languages=())
    pairs, left_out = steer_pairs(planted, 1)
    (row,) = language_runs(planted, ORIGIN, pairs, left_out).rows(named=True)

    assert not pairs
    assert row["null_reason"] == NO_LANGUAGES
    assert len(shifts("units", pairs)) == 0


@pytest.mark.parametrize(
    ("languages", "reasons"),
    [
        (["German"] * 20 + ["fr"] * 20, {"fr": "language that the model does not know", "German": ONE_LANGUAGE}),
        (["German"] * 36 + ["en"] * 4, {"en": "too few recordings", "German": ONE_LANGUAGE}),
        ([None] * SPOKEN, {"": ONE_LANGUAGE}),
    ],
)
def test_languages_that_cannot_be_steered_between_say_why(
    tmp_path: Path, languages: list[str | None], reasons: dict[str, str]
) -> None:
    planted = study(tmp_path)
    changed = clips({"language": [None] * SILENT + languages})
    found, left_out = samples(
        type(planted)(planted.root, planted.config, "units", planted.planted, changed), ("de", "en")
    )

    assert found == []
    assert {left.language: left.reason for left in left_out} == reasons


def test_a_language_is_found_by_name_or_code() -> None:
    assert [column_of(language, ("de", "English")) for language in ("German", "de-AT", "English", "fr")] == [
        0,
        0,
        1,
        None,
    ]


def spoken_by(counts: dict[str, int]) -> pl.DataFrame:
    """Clips of speech alone, a recording each, so many of each language."""
    languages = [language for language, count in counts.items() for _ in range(count)]
    total = len(languages)
    frame = clips().select(pl.all().gather([0]).repeat_by(total).explode())
    return frame.with_columns(
        clip=pl.int_range(total, dtype=pl.UInt32),
        sha256=pl.format("content {}", pl.int_range(total)),
        recording=pl.format("recording {}", pl.int_range(total)),
        domain=pl.lit("speech"),
        language=pl.Series(languages),
    )


def test_the_languages_of_most_recordings_are_kept_and_the_others_say_why(tmp_path: Path) -> None:
    """More of each than are heard: by those that are heard all would be alike, and the first by name kept."""
    codes = ("de", "en", "es", "fr", "it", "nl", "zh")
    counts = {code: 3 * LANGUAGE_RECORDINGS for code in codes} | {"zh": 9 * LANGUAGE_RECORDINGS}
    planted = study(tmp_path)
    found, left_out = samples(
        PlantedStudy(planted.root, planted.config, "units", planted.planted, spoken_by(counts)), codes
    )

    assert len(found) == MOST_LANGUAGES
    assert found[0].language == "zh"
    assert {len(half) for one in found for half in (one.half_a, one.half_b)} == {LANGUAGE_RECORDINGS}
    (left,) = left_out
    assert (left.language, left.reason) == ("nl", BEYOND_MOST)
    assert left.recordings_a + left.recordings_b == counts["nl"]


def test_recordings_heard_as_the_other_language_from_the_beginning_have_not_become_it(tmp_path: Path) -> None:
    """The clips of one language are those of the other, so that all are heard as one of the two unedited."""
    planted = study(tmp_path)
    model = planted.planted
    swapped = model.inputs.clone()
    swapped[:, :, [GERMAN, ENGLISH]] = swapped[:, :, [ENGLISH, GERMAN]]
    mistaken = torch.cat([model.inputs[: SILENT + SPOKEN // 2], swapped[SILENT + SPOKEN // 2 :]])
    world = PlantedStudy(
        planted.root, planted.config, "units", type(model)(model.tapped, model.readout, mistaken), planted.clips
    )
    pairs, _ = steer_pairs(world, 1)
    rows = shifts("units", pairs)

    for language in ("German", "en"):
        before = one(rows, language=language, version=UNEDITED)["to_other"]
        rest = rows.filter(pl.col("language") == language, pl.col("version") != UNEDITED)
        assert 0 < before < 1
        assert (rest["to_other"] <= 1 - before + 1e-12).all()
        assert (rest["to_other"] <= rest["changed"] + 1e-12).all()
        assert rest.filter(pl.col("version") == RANDOM_MOVED, pl.col("k") == 1)["to_other"].max() == 0

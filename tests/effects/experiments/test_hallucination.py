"""The hallucination experiment in a world where one feature is the cause: it is found, and random features are not."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlas.effects.experiments.hallucination import Steered, sample, steer
from atlas.effects.experiments.hallucination_tables import all_tables
from atlas.effects.experiments.hallucination_tables import rates as rates_of
from atlas.effects.experiments.hearing import FOLDER, KeptClips, jobs_of
from atlas.errors import AtlasError
from atlas.schema import EXPERIMENTS
from atlas.schema.experiments import (
    BY_TEXT,
    BY_TRANSCRIPT,
    FEATURES_MOVED,
    MEANS_MOVED,
    RANDOM_MOVED,
    RECONSTRUCTION,
    UNEDITED,
)
from atlas.schema.thresholds import FEWEST_STEERED_RECORDINGS, HALLUCINATION_COUNTS, HALLUCINATION_DOSES, RANDOM_SETS
from tests.effects.experiments.planted import CAUSE, ORIGIN, SILENT, SPOKEN, WIDTH, PlantedStudy, clips, study


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Steered, dict[str, pl.DataFrame]]:
    planted = study(tmp_path_factory.mktemp("planted"))
    steered = steer(planted, 1, None)
    return steered, dict(all_tables(planted, ORIGIN, steered))


def rates(tables: dict[str, pl.DataFrame], version: str, k: int, dose: float) -> list[float]:
    rows = tables["hallucination"].filter(pl.col("version") == version, pl.col("k") == k, pl.col("dose") == dose)
    return rows["rate"].to_list()


def test_the_cause_has_the_largest_weight_and_shifting_it_stops_the_texts(
    found: tuple[Steered, dict[str, pl.DataFrame]],
) -> None:
    steered, tables = found
    first = tables["hallucination_features"].row(0, named=True)
    (unedited,) = rates(tables, UNEDITED, 0, 0)

    assert first["feature"] == CAUSE
    assert first["weight"] > 0 > first["shift"]
    assert 0.3 < unedited < 0.7
    assert rates(tables, FEATURES_MOVED, 10, 3) == [0]
    assert rates(tables, MEANS_MOVED, 10, 3) == [0]
    assert steered.probe_auroc == 1


def test_random_features_of_equal_size_stop_nothing(found: tuple[Steered, dict[str, pl.DataFrame]]) -> None:
    _, tables = found
    (unedited,) = rates(tables, UNEDITED, 0, 0)
    for dose in HALLUCINATION_DOSES:
        assert rates(tables, RANDOM_MOVED, 10, dose) == [unedited] * RANDOM_SETS


def test_controls_are_as_large_as_the_shift_that_they_stand_beside(
    found: tuple[Steered, dict[str, pl.DataFrame]],
) -> None:
    _, tables = found
    sizes = tables["hallucination"].filter(pl.col("k") > 0).group_by("k", "dose").agg("size")

    assert len(sizes) == 2 * len(HALLUCINATION_DOSES)  # 100 features do not fit
    for row in sizes["size"]:
        assert len(row) == 2 + RANDOM_SETS
        assert row.to_list() == pytest.approx([row[0]] * len(row), rel=1e-4)
    doubled = tables["hallucination"].filter(pl.col("version") == FEATURES_MOVED, pl.col("k") == 10).sort("dose")
    assert doubled["size"].to_list() == pytest.approx([doubled["size"][0] * dose for dose in HALLUCINATION_DOSES])


def test_the_tables_are_whole_and_say_what_was_used(found: tuple[Steered, dict[str, pl.DataFrame]]) -> None:
    steered, tables = found
    (run,) = tables["hallucination_runs"].rows(named=True)
    unedited = tables["hallucination"].filter(version=UNEDITED).row(0, named=True)

    for name, rows in tables.items():
        EXPERIMENTS[name].check(rows, name)
    assert run["recordings_a"] + run["recordings_b"] == SILENT
    assert unedited["recordings"] == run["recordings_b"]
    assert unedited["commonest"] in ("thank you", "thank you so much")
    assert unedited["wer"] == 0
    assert 0 < unedited["speech_recordings"] < SPOKEN
    assert (run["with_text"], run["reference"]) == (0, BY_TRANSCRIPT)
    assert (run["identity"], run["basis"]) == ("identity", "basis")
    assert run["taken_for_speech_b"] == int(steered.taken_b.sum())
    assert tables["hallucination"].filter(version=RECONSTRUCTION)["size"][0] > 0
    assert len(tables["hallucination_features"]) == max(k for k in HALLUCINATION_COUNTS if k <= WIDTH)


def test_a_readout_that_reads_nothing_shows_no_effect(tmp_path: Path) -> None:
    planted = study(tmp_path, reads=0.0)
    with pytest.raises(AtlasError, match=r"none of the .* recordings without speech of half A are taken for speech"):
        steer(planted, 1, None)


def test_a_killed_run_goes_on_and_more_clips_add_to_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = study(tmp_path)
    few = steer(planted, 1, 10)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / FOLDER).rglob("*.parquet")}
    more = steer(planted, 1, 20)
    again = {path: path.stat().st_mtime_ns for path in (tmp_path / FOLDER).rglob("*.parquet")}

    assert len(few.sample.silent_b) == 10
    assert len(more.sample.silent_b) == 20
    assert again.items() > kept.items()
    assert (
        more.silent.filter(pl.col("clip").is_in(few.silent["clip"].unique().to_list()))
        .sort("clip", "move")
        .equals(few.silent.sort("clip", "move"))
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"domain": ["speech"] * (SILENT + SPOKEN)}, "the corpus has no recordings without speech: all clips are of"),
        (
            {"domain": ["sound"] * 4 + ["speech"] * (SILENT + SPOKEN - 4)},
            r"half [AB] has \d recordings without speech, and the experiment needs 8",
        ),
        (
            {"recording": ["one"] * SILENT + [f"recording {number}" for number in range(SPOKEN)]},
            r"half [AB] has [01] recordings? without speech, and the experiment needs 8",
        ),
    ],
)
def test_a_corpus_that_cannot_tell_is_refused(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    planted = study(tmp_path)
    with pytest.raises(AtlasError, match=told):
        sample(clips(changes), planted, planted.planted.readout, None)


def test_speech_that_the_model_cannot_write_is_left_out_of_the_words(tmp_path: Path) -> None:
    planted = study(tmp_path, languages=())
    chosen = sample(planted.clips, planted, planted.planted.readout, None)

    assert set(chosen.spoken_b["language"]) == {"en"}
    assert set(chosen.spoken_b["domain"]) == {"speech"}


def with_texts(planted: PlantedStudy, count: int) -> tuple[dict[str, object], dict[str, object]]:
    """The unedited row and the run where so many recordings of speech of half B have a text, wrong by a word."""
    steered = steer(planted, 1, 20)
    texts = pl.Series(["thank him"] * count + [None] * (len(steered.sample.spoken_b) - count), dtype=pl.String)
    sample = replace(steered.sample, spoken_b=steered.sample.spoken_b.with_columns(text=texts))
    tables = all_tables(planted, ORIGIN, replace(steered, sample=sample))
    unedited = tables["hallucination"].filter(version=UNEDITED).row(0, named=True)
    return unedited, tables["hallucination_runs"].row(0, named=True)


def test_words_are_held_against_texts_alone_where_enough_recordings_have_one(tmp_path: Path) -> None:
    """The transcripts are `thank you` or `thank you so much`: half of the words of the texts are wrong, or more."""
    planted = study(tmp_path)
    unedited, run = with_texts(planted, FEWEST_STEERED_RECORDINGS)

    assert (run["reference"], run["speech_recordings"], run["with_text"]) == (BY_TEXT, 8, 8)
    assert (unedited["speech_recordings"], unedited["words"]) == (8, 16)
    assert unedited["wer"] >= 0.5  # type: ignore[operator]


def test_words_are_held_against_the_unedited_transcripts_of_all_where_few_have_a_text(tmp_path: Path) -> None:
    planted = study(tmp_path)
    unedited, run = with_texts(planted, FEWEST_STEERED_RECORDINGS - 1)

    assert (run["reference"], run["speech_recordings"], run["with_text"]) == (BY_TRANSCRIPT, 10, 7)
    assert (unedited["speech_recordings"], unedited["wer"]) == (10, 0)


def test_a_text_of_one_recording_is_not_told(found: tuple[Steered, dict[str, pl.DataFrame]]) -> None:
    steered, _ = found
    alone = steered.silent.with_columns(text=pl.format("{} {}", "text", "clip"))
    of_two = alone.with_columns(
        text=pl.when(pl.col("clip").is_in(alone["clip"].unique().sort().to_list()[:2]))
        .then(pl.lit("both"))
        .otherwise("text")
    )
    for silent, told in ((alone, {None}), (of_two, {"both"})):
        texts = rates_of("units", replace(steered, silent=silent.with_columns(no_speech=0.0)))["commonest"]
        assert set(texts) == told


def test_what_was_heard_is_found_again_only_for_the_same_content_duration_and_language(tmp_path: Path) -> None:
    planted = study(tmp_path)
    row = planted.clips.head(1).with_columns(hash=pl.lit(7, pl.UInt64))
    kept = KeptClips.of(planted, "written", "")
    others = [
        row,
        row.with_columns(path=pl.lit("elsewhere.wav"), clip=pl.lit(9, pl.UInt32)),
        row.with_columns(duration_s=0.3),
        row.with_columns(language=pl.lit("de")),
        row.with_columns(hash=pl.lit(8, pl.UInt64)),
    ]
    keys = [jobs_of(kept, one, lambda _: pl.DataFrame())[0][3] for one in others]

    assert keys[0] == keys[1]
    assert len(set(keys)) == len(others) - 1

"""Which datasets are told of at `atlas index`, as recordings that are not independent."""

import logging
from typing import Any

import polars as pl
import pytest

from atlas.corpus.entries import SHOWN
from atlas.corpus.sharing import sharing_of, warn_of_sharing
from atlas.schema import CLIPS


def clips(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of `clips`; each is a recording of its own, where it says nothing else."""
    said = [
        {"recording": f"r{n}", "path": f"r{n}.wav", "domain": "speech", "dataset": "talk", "labels": []} | row
        for n, row in enumerate(rows)
    ]
    return CLIPS.frame({name: [row.get(name) for row in said] for name in CLIPS.columns})


def told(frame: pl.DataFrame) -> list[str]:
    return list(sharing_of(frame))


@pytest.mark.parametrize(("column", "noun"), [("speaker", "speaker"), ("text", "text"), ("attribution", "attribution")])
def test_half_of_the_recordings_that_share_a_value_are_told(column: str, noun: str) -> None:
    shared = [{column: "ann"}] * 3 + [{column: "bob"}] * 2

    assert told(clips(*shared, *[{column: f"x{n}"} for n in range(5)])) == [f"talk: 5 of 10 recordings share 2 {noun}s"]
    assert told(clips(*shared, *[{column: f"x{n}"} for n in range(6)])) == []
    assert told(clips(*shared, *[{}] * 5)) == [f"talk: 5 of 10 recordings share 2 {noun}s"]


def test_clips_of_one_recording_share_nothing() -> None:
    assert told(clips(*[{"recording": f"r{n // 4}", "speaker": f"s{n // 4}"} for n in range(40)])) == []


def test_one_credit_for_the_whole_dataset_is_its_publisher() -> None:
    assert told(clips(*[{"attribution": "The authors"}] * 8)) == []


def test_speakers_go_before_texts_and_a_dataset_has_one_line() -> None:
    assert told(clips(*[{"speaker": "ann", "text": "yes", "path": f"{n % 2}/{n}.wav"} for n in range(6)])) == [
        "talk: 6 of 6 recordings share 1 speaker"
    ]


def test_a_dataset_in_several_folders_is_told_and_one_in_a_single_folder_is_not() -> None:
    assert told(clips(*[{"path": f"libri/{n // 5}/{n}.flac"} for n in range(25)])) == [
        "talk: 25 of 25 recordings share 5 folders"
    ]
    assert told(clips(*[{"path": f"libri/{n}.flac"} for n in range(25)])) == []
    assert told(clips(*[{"path": f"libri/{n}/a.flac"} for n in range(25)])) == []


@pytest.mark.parametrize("named", ["dog", "Dog", "train", "speech", "talk"])
def test_folders_of_a_label_a_split_a_domain_or_a_dataset_say_nothing(named: str) -> None:
    rows = [{"path": f"{named}/{n}.wav", "labels": ["dog"]} for n in range(8)]

    assert told(clips(*rows, {"path": "other/9.wav"}, {"path": "other/10.wav"})) == []


def test_folders_say_nothing_where_speakers_are_known() -> None:
    assert told(clips(*[{"path": f"{n // 5}/{n}.flac", "speaker": f"s{n}"} for n in range(25)])) == []


def test_datasets_of_hardly_any_recordings_are_not_told() -> None:
    assert told(clips(*[{"speaker": "ann"}] * 4)) == []
    assert told(clips()) == []


def test_one_warning_names_the_first_few_datasets(caplog: pytest.LogCaptureFixture) -> None:
    rows = [{"dataset": f"set{n // 6}", "speaker": "ann"} for n in range(6 * (SHOWN + 2))]
    broken = {"dataset": "set0", "problem": "file not found", "speaker": "ann"}
    with caplog.at_level(logging.WARNING):
        warn_of_sharing(clips(*rows, broken))

    heading, first, *_, last = caplog.messages[0].split("\n")
    assert heading == (
        "7 datasets with recordings that are not independent, though each counts as one; set corpus.group (such as"
        ' "speaker") or corpus.group_pattern, or join them by recording_pattern'
    )
    assert (first, last) == ("  set0: 6 of 6 recordings share 1 speaker", "  and 2 more")
    assert len(caplog.messages) == 1


def test_independent_recordings_and_an_empty_corpus_warn_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_sharing(clips(*[{"speaker": f"s{n}"} for n in range(9)]))
    warn_of_sharing(clips())

    assert caplog.messages == []

"""Two labels of clips in one name: on planted features, and at the edges of the rule."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.analyse.naming.findings import findings_frame
from atlas.analyse.naming.pairs import Carriers, carriers_of
from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.strongest import NO_CLIP
from atlas.reading.names import shown_name
from tests.analyse.making import Clip, World, clips_frame, world
from tests.analyse.tabling import Rows, analysed, siren

BOTH, MOSTLY_SIREN, HARDLY_WHISTLE, SIREN, DOG, NOISE, THREE = range(7)
CLIPS = 400
HAS: dict[str, slice | list[int]] = {
    "siren": slice(0, 30),
    "alarm": slice(0, 30),  # the same recordings: a synonym
    "whistle": slice(30, 60),
    "dog": slice(60, 90),
    "animal": slice(60, 110),  # a wider class
    "train": slice(110, 140),
}


def corpus() -> tuple[list[Clip], dict[str, np.ndarray]]:
    has = {label: np.zeros(CLIPS, bool) for label in HAS}
    for label, places in HAS.items():
        has[label][places] = True
    clips = [
        Clip(f"r{number:03d}", dataset=f"set{number % 2}", labels=[label for label in HAS if has[label][number]])
        for number in range(CLIPS)
    ]
    return clips, has


def planted(seed: int = 3) -> World:
    clips, has = corpus()
    random = np.random.default_rng(seed)
    values = random.uniform(1, 2, (7, CLIPS))
    often = np.full(values.shape, 0.02)
    often[BOTH, has["siren"] | has["whistle"]] = 0.95
    often[MOSTLY_SIREN, has["siren"]], often[MOSTLY_SIREN, has["whistle"]] = 1.0, 0.9
    values[MOSTLY_SIREN, has["siren"]] += 0.1
    often[HARDLY_WHISTLE], values[HARDLY_WHISTLE, has["siren"]] = often[MOSTLY_SIREN], 3.0
    often[SIREN, has["siren"]], often[DOG, has["dog"]] = 0.95, 0.95
    often[NOISE] = 0.3
    often[THREE, has["siren"] | has["whistle"] | has["train"]] = 0.95
    softer = np.where(often < 0.1, 0.7, 1.0)
    return world(clips, values * softer * (random.random(often.shape) < often))


def found_in(mine: World) -> list[dict[str, Any]]:
    """What the features are called, from their tests."""
    tables = label_tables("d", mine.blocks(), mine.recordings, mine.kinds)
    strongest = [[clip for clip in row if clip != NO_CLIP] for row in mine.blocks()[0].strongest.tolist()]
    made = analysed([{}] * mine.features)
    clips = pl.Series("clips", strongest, dtype=pl.List(pl.UInt32))
    made = replace(
        made, labels=tables.labels, label_index=tables.label_index, strongest=made.strongest.with_columns(clips)
    )
    return findings_frame(made, None, None, carriers=carriers_of(mine.clips)).rows(named=True)


def test_a_feature_of_two_sounds_is_called_after_both() -> None:
    found = found_in(planted())
    for feature in (BOTH, MOSTLY_SIREN):
        told = found[feature]
        assert (told["named_by"], told["second_kind"], told["null_reason"]) == ("label", "label", None)
        assert {told["label"], told["second_label"]} == {"alarm", "whistle"}  # of synonyms, the first by alphabet
        assert shown_name(told) == f"{told['label']}, also {told['second_label']}"


def test_a_synonym_a_wider_class_and_what_is_not_among_the_strongest_are_not_said_beside_the_label() -> None:
    found = found_in(planted())
    assert (found[SIREN]["label"], found[SIREN]["second_label"]) == ("alarm", None)
    assert (found[DOG]["label"], found[DOG]["second_label"]) == ("dog", None)
    assert (found[HARDLY_WHISTLE]["label"], found[HARDLY_WHISTLE]["second_label"]) == ("alarm", None)  # is never heard
    assert found[NOISE]["named_by"] == "none"


def test_a_feature_of_three_sounds_is_not_called_after_two_of_them() -> None:
    told = found_in(planted())[THREE]
    assert (told["named_by"], told["second_label"]) == ("leaning", None)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_name_nothing_twice(seed: int) -> None:
    mine = planted(seed)
    order = np.random.default_rng(seed).permutation(CLIPS)
    shuffled = mine.clips.with_columns(labels=mine.clips["labels"].gather(order))
    again = world(shuffled, np.zeros((1, CLIPS)))
    found = found_in(World(shuffled, again.recordings, again.kinds, mine.peaks, mine.features))
    assert [told["second_label"] for told in found] == [None] * mine.features


def carriers(**clips: range) -> Carriers:
    """Labels of clips, each clip a recording."""
    in_clips = {("label", label): frozenset(places) for label, places in clips.items()}
    return Carriers(in_clips, {named: frozenset(map(str, places)) for named, places in in_clips.items()})


def whistle(**others: Any) -> dict[str, Any]:
    return siren(0, **({"label": "whistle", "phi_heldout": 0.6, "precision10": 0.4} | others))


def told(labels: Rows, has: Carriers) -> dict[str, Any]:
    index = [{"label": "siren", "tests": 8}, {"label": "whistle", "tests": 8}]
    return findings_frame(analysed([{}], labels=labels, label_index=index), None, None, carriers=has).row(0, named=True)


# The strongest recordings are the clips 0 to 19, in order.
APART = carriers(siren=range(6), whistle=range(6, 30))


def test_the_name_by_itself_comes_first_and_figures_are_those_of_the_first() -> None:
    found = told([siren(0), whistle(phi_heldout=0.9)], APART)
    assert (found["label"], found["second_label"], found["phi"]) == ("siren", "whistle", 0.75)
    neither = told([siren(0, precision10=0.5), whistle(phi_heldout=0.9)], APART)
    assert (neither["label"], neither["second_label"], neither["phi"]) == ("whistle", "siren", 0.9)


def test_the_halves_may_choose_either_first() -> None:
    rows = [siren(0, phi_chosen_a=0.9), whistle(phi_chosen_b=0.9)]
    assert (told(rows, APART)["label"], told(rows, APART)["second_label"]) == ("siren", "whistle")
    third = siren(0, label="dog", phi_chosen_b=0.8)
    three = carriers(siren=range(6), whistle=range(6, 30), dog=range(40, 60))
    assert told([siren(0, phi_chosen_a=0.9), whistle(phi_chosen_b=0.9), third], three)["null_reason"] == "halves differ"


@pytest.mark.parametrize(
    "change",
    [
        {"f1_heldout": 0.49},
        {"phi_heldout": 0.39},
        {"f1_permuted_max": 0.8},
        {"q": 0.05},
        {"auroc": 0.6},
    ],
)
def test_a_second_label_that_falls_short_in_anything_is_not_said(change: dict[str, float]) -> None:
    found = told([siren(0), whistle(**change)], APART)
    assert (found["label"], found["second_label"]) == ("siren", None)


@pytest.mark.parametrize(
    ("has", "second"),
    [
        (carriers(siren=range(6), whistle=range(5, 14)), "whistle"),  # 1 of 6 in common
        (carriers(siren=range(10), whistle=range(6, 16)), None),  # no whistle alone is heard
        (carriers(siren=range(10), whistle=range(5, 15)), None),
        (carriers(siren=range(10), whistle=range(5, 60)), None),
        (carriers(siren=range(10)), None),
        (carriers(), None),
    ],
)
def test_labels_of_nearly_the_same_recordings_make_no_pair(has: Carriers, second: str | None) -> None:
    assert told([siren(0), whistle()], has)["second_label"] == second


def test_each_is_heard_without_the_other_among_the_strongest_recordings() -> None:
    weak = [siren(0, precision10=0.4), whistle(precision10=0.4)]
    four = carriers(siren=range(4), whistle=range(4, 8))
    assert {told(weak, four)["label"], told(weak, four)["second_label"]} == {"siren", "whistle"}
    three = carriers(siren=range(4), whistle=range(4, 7))
    assert told(weak, three)["named_by"] == "leaning"
    of_twenty = carriers(siren=range(4), whistle=[*range(4, 8), *range(20, 40)])  # type: ignore[arg-type]
    assert told(weak, of_twenty)["named_by"] == "leaning"  # 8 of 10, and 8 of the first 20


@given(st.lists(st.tuples(st.integers(0, 4), st.sets(st.sampled_from("abc"), max_size=3), st.booleans()), max_size=12))
def test_carriers_are_the_clips_and_recordings_that_can_be_used(drawn: list[tuple[int, set[str], bool]]) -> None:
    rows = [
        Clip(f"r{recording}", labels=sorted(labels), language="de", problem="broken" if broken else None)
        for recording, labels, broken in drawn
    ]
    found = carriers_of(clips_frame(rows))
    usable = [(clip, recording, labels) for clip, (recording, labels, broken) in enumerate(drawn) if not broken]
    for label in "abc":
        clips = {clip for clip, _, labels in usable if label in labels}
        assert found.clips.get(("label", label), frozenset()) == clips
        assert found.recordings.get(("label", label), frozenset()) == {f"r{drawn[clip][0]}" for clip in clips}
    assert found.clips.get(("language", "de"), frozenset()) == {clip for clip, _, _ in usable}

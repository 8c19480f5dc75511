"""Groups of recordings, from `clips` to figures: with few of them nothing changes, with enough none is cut."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from atlas.analyse.testing.domains import domains_frame
from atlas.analyse.testing.halves import dealt
from atlas.analyse.testing.kinds import contrast_of
from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.search import SEARCHED, labellings
from atlas.schema.thresholds import FEWEST_GROUPS
from tests.analyse.making import Clip, World, world

RECORDINGS, FEATURES = 160, 6


def made(group_of: Callable[[int], str | None]) -> World:
    """A label that goes with the first feature; a third of the corpus is music."""
    random = np.random.default_rng(8)
    has = random.random(RECORDINGS) < 0.4
    clips = [
        Clip(
            f"r{number}",
            "music" if number % 3 == 0 else "speech",
            dataset="ab"[number % 2],
            labels=["it"] if has[number] else [],
            group=group_of(number),
        )
        for number in range(RECORDINGS)
    ]
    values = random.exponential(1, (FEATURES, RECORDINGS)) * (random.random((FEATURES, RECORDINGS)) < 0.6)
    values[0] += 2 * has * (random.random(RECORDINGS) < 0.8)
    return world(clips, values)


def alone(number: int) -> None:
    return None


def speaker(groups: int) -> Callable[[int], str]:
    return lambda number: f"s{number % groups}"


def figures(one: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (
        label_tables("block1", one.blocks(), one.recordings, one.kinds).labels,
        domains_frame("block1", one.blocks_over_all(), one.over_all),
    )


def test_with_fewer_groups_than_are_enough_all_figures_are_those_without_groups() -> None:
    few, bare = figures(made(speaker(FEWEST_GROUPS - 1))), figures(made(alone))

    for with_groups, without in zip(few, bare, strict=True):
        assert_frame_equal(with_groups, without)


def test_with_enough_groups_held_out_figures_and_intervals_differ_and_tests_do_not() -> None:
    grouped, bare = figures(made(speaker(FEWEST_GROUPS))), figures(made(alone))

    blind = ("p", "q", "auroc", "lift", "precision10", "mass_share")
    assert_frame_equal(grouped[0].select(blind), bare[0].select(blind))
    assert_frame_equal(grouped[1].select("p", "q", "auroc"), bare[1].select("p", "q", "auroc"))
    assert grouped[0]["phi_heldout"].to_list() != bare[0]["phi_heldout"].to_list()
    assert grouped[0]["auroc_low"].to_list() != bare[0]["auroc_low"].to_list()
    assert grouped[1]["auroc_low"].to_list() != bare[1]["auroc_low"].to_list()
    again = figures(made(speaker(FEWEST_GROUPS)))
    assert_frame_equal(grouped[0], again[0])
    assert_frame_equal(grouped[1], again[1])


@pytest.mark.parametrize("groups", [FEWEST_GROUPS, 37])
def test_no_group_lies_in_both_halves_of_a_label(groups: int) -> None:
    one = made(speaker(groups))
    (kind,) = one.kinds
    within, labels = labellings(kind.labels[0].contrast, kind.stratum, one.recordings.unit[kind.recordings])
    places = kind.recordings[within]
    half_a = dealt(labels[:, 0], kind.stratum[within], one.recordings.hashes[places], one.recordings.unit[places])
    group = one.clips["group"].gather(one.recordings.clip[places]).to_list()
    sides = {(name, bool(side)) for name, side in zip(group, half_a, strict=True)}

    assert len(sides) == len({name for name, _ in sides}) == groups
    assert {side for _, side in sides} == {True, False}


def test_a_label_of_a_single_group_is_not_searched_as_no_other_half_can_hold_it() -> None:
    one = made(speaker(FEWEST_GROUPS))
    first = pl.col("group") == "s1"
    of_one = one.clips.with_columns(
        labels=pl.when(first).then(pl.lit(["it"])).otherwise(pl.lit([], pl.List(pl.String)))
    )
    values = np.zeros((1, RECORDINGS))
    values[0] = 1 + of_one.select(first).to_series().to_numpy()
    alike = world(of_one, values)
    rows = label_tables("block1", alike.blocks(), alike.recordings, alike.kinds).labels

    assert rows["p"].to_list() != []
    assert all(rows[figure].null_count() == len(rows) for figure in SEARCHED)


def test_a_label_that_all_recordings_of_a_speaker_have_is_shuffled_among_speakers() -> None:
    stratum, unit = np.zeros(60, np.int64), np.repeat(np.arange(20), 3)
    of_speakers = contrast_of(np.flatnonzero(unit < 8), stratum)
    _, labels = labellings(of_speakers, stratum, unit)
    by_speaker = labels.reshape(20, 3, -1)
    assert (by_speaker == by_speaker[:, :1]).all()
    assert (by_speaker[:, 0].sum(axis=0) == 8).all()
    assert len({tuple(column) for column in by_speaker[:, 0].T.tolist()}) > 10

    mixed = contrast_of(np.arange(25), stratum)  # one speaker has it in one of three recordings
    _, labels = labellings(mixed, stratum, unit)
    shuffled = labels[:, 1:].reshape(20, 3, -1)
    assert (labels.sum(axis=0) == 25).all()
    assert not (shuffled == shuffled[:, :1]).all()

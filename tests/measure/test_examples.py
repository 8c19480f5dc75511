"""The examples of each feature against sorting and drawing by hand over a small corpus."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlas.audio.draws import quiet_start
from atlas.measure.examples import examples_frame, mass_shown, snippet
from atlas.measure.features import features_frame
from atlas.schema import EXAMPLES, GROUPS
from tests.measure.making import Clip
from tests.measure.small import ALWAYS, DEAD, OTHERS, SINGLE, TOP, N, small

REACH = 75
DRAWN = ("random", "high", "mid", "low")


@cache
def frame() -> pl.DataFrame:
    return examples_frame(small().merged)


def shown(feature: int, group: str) -> list[dict[str, Any]]:
    return frame().filter((pl.col("feature") == feature) & (pl.col("group") == group)).rows(named=True)


def clip_of(row: dict[str, Any]) -> Clip:
    return next(clip for clip in small().clips if clip.number == row["clip"])


def bounds(frame_number: int, valid: int) -> tuple[int, int]:
    return max(frame_number - REACH, 0), min(frame_number + REACH + 1, valid)


def test_rows_are_sorted_and_ranks_go_from_one_without_gaps() -> None:
    EXAMPLES.check(frame(), "examples")
    assert frame().equals(frame().sort("dictionary", "feature", "group", "rank"))
    for (_, _), rows in frame().group_by("feature", "group"):
        assert rows["rank"].to_list() == list(range(1, rows.height + 1))
        assert rows["clip"].n_unique() == rows.height


@pytest.mark.parametrize("feature", range(N))
def test_the_top_are_the_largest_peaks_one_a_recording(feature: int) -> None:
    ordered = sorted(small().firing(feature), key=lambda clip: (-clip.valid_values[:, feature].max(), clip.number))
    best: dict[int, int] = {}
    for clip in ordered:
        best.setdefault(clip.recording, clip.number)
    assert [row["clip"] for row in shown(feature, "top")] == list(best.values())[:TOP]


@pytest.mark.parametrize("feature", range(N))
def test_the_drawn_groups_follow_from_hashes_and_thirds(feature: int) -> None:
    drawn = [clip.number for clip in small().by_hash(small().firing(feature))[:32]]
    thirds = dict(zip(drawn, small().merged.firing.thirds[feature].tolist(), strict=False))
    assert [row["clip"] for row in shown(feature, "random")] == drawn[:OTHERS]
    for third, group in enumerate(("low", "mid", "high")):
        expected = [clip for clip in drawn[OTHERS:] if thirds[clip] == third][:OTHERS]
        assert [row["clip"] for row in shown(feature, group)] == expected
    clips = [row["clip"] for group in DRAWN for row in shown(feature, group)]
    assert len(clips) == len(set(clips))


@pytest.mark.parametrize("feature", range(N))
def test_a_snippet_reaches_a_second_and_a_half_from_the_peak_within_the_clip(feature: int) -> None:
    for row in [row for group in ("top", *DRAWN) for row in shown(feature, group)]:
        column = clip_of(row).valid_values[:, feature]
        first, last = bounds(int(column.argmax()), len(column))
        assert (row["start_s"], row["end_s"]) == (first / 50, last / 50)
        assert row["peak_s"] == (column.argmax() + 0.5) / 50
        assert row["peak"] == column.max()


@pytest.mark.parametrize("feature", range(N))
def test_a_trace_is_in_shares_of_the_features_maximum(feature: int) -> None:
    maximum = small().values()[:, feature].max()
    for row in [row for group in ("top", *DRAWN) for row in shown(feature, group)]:
        column = clip_of(row).valid_values[:, feature].astype(np.float64)
        exact = column[slice(*bounds(int(column.argmax()), len(column)))] / maximum * 255
        assert len(row["trace"]) == len(exact)
        assert np.abs(np.array(row["trace"]) - exact).max() <= 0.51
    if feature != DEAD:
        assert max(shown(feature, "top")[0]["trace"]) == 255


@pytest.mark.parametrize("feature", range(N))
def test_quiet_examples_are_silent_stretches_placed_by_hash(feature: int) -> None:
    rows = shown(feature, "quiet")
    assert [row["clip"] for row in rows] == [clip for clip in small().merged.firing.quiet[feature] if clip >= 0]
    for row in rows:
        clip = clip_of(row)
        assert not clip.valid_values[:, feature].any()
        first = quiet_start(clip.hash64, clip.valid, 2 * REACH + 1)
        last = min(first + 2 * REACH + 1, clip.valid)
        assert (row["start_s"], row["end_s"], row["peak"]) == (first / 50, last / 50, 0.0)
        assert row["trace"] == [0] * (last - first)
        assert row["start_s"] <= row["peak_s"] <= row["end_s"]


def test_the_small_corpus_fills_every_group() -> None:
    assert set(frame()["group"].cast(pl.String)) == set(GROUPS)
    assert shown(ALWAYS, "quiet") == []
    assert [row["clip"] for row in shown(SINGLE, "random")] == [30]
    assert frame().filter(pl.col("feature") == DEAD).height == 0


def test_the_mass_shown_counts_each_stretch_once() -> None:
    found = mass_shown(small().merged)
    shares = features_frame(small().merged, found)["mass_shown"].to_list()
    for feature in range(N):
        clips = {row["clip"]: clip_of(row) for group in ("top", *DRAWN) for row in shown(feature, group)}
        mass = 0.0
        for clip in clips.values():
            column = clip.valid_values[:, feature].astype(np.float64)
            mass += column[slice(*bounds(int(column.argmax()), len(column)))].sum()
        assert found[feature] == pytest.approx(mass, rel=1e-4)
        total = small().values()[:, feature].sum()
        assert shares[feature] is None if feature == DEAD else shares[feature] == pytest.approx(mass / total, rel=1e-4)
    assert shares[SINGLE] == 1.0


def test_without_other_groups_only_the_top_are_shown() -> None:
    bare = examples_frame(replace(small().merged, others=0))
    drawn = set(bare["group"].cast(pl.String).unique().to_list())
    assert "random" not in drawn
    assert "quiet" not in drawn
    assert drawn == {"top"}


def test_a_snippet_at_a_border_ends_there() -> None:
    frames, valid = np.array([0, 74, 75, 200, 9]), np.array([300, 300, 300, 210, 10])
    first, last = snippet(frames, valid, REACH)
    assert first.tolist() == [0, 0, 0, 125, 0]
    assert last.tolist() == [76, 150, 151, 210, 10]

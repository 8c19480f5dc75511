"""Choosing: in turns, within a budget, on clips of half B alone, and why a feature was left out."""

import logging
from collections import Counter
from math import ceil
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import polars as pl
import pytest
from hypothesis import given

from atlas.config.effects import EffectsConfig
from atlas.effects.choosing import choose, drawn_clips, firing_in, with_reasons, within_budget
from atlas.effects.covariances import covariances
from atlas.effects.design import Chosen
from atlas.effects.slopes import screen
from atlas.errors import AtlasError
from atlas.schema import FEATURES, FINDINGS, PEAKS
from atlas.schema.analysed import BY_DOMAIN, BY_LABEL, BY_PEAKS, NAMELESS
from atlas.schema.effects import (
    BEYOND_BUDGET,
    BY_DRAW,
    BY_NAME,
    BY_SCREENING,
    BY_WISH,
    NEVER_FIRES,
    SCREENING,
    SILENT_IN_A,
    TOO_FEW_RECORDINGS,
)
from atlas.schema.thresholds import ABLATION_SHARE, EFFECT_RECORDINGS, FEWEST_EFFECT_RECORDINGS
from tests.effects.runs import hearing_of

N = 40
EACH = 2 * EFFECT_RECORDINGS / ABLATION_SHARE


def budget_for(features: int, wished: tuple[str, ...] = ()) -> EffectsConfig:
    return EffectsConfig(budget_passes=ceil(round(features * EACH, 6)), features=wished)


def firing_of(features: int = N, recordings: int = 20, seed: int = 0) -> pl.DataFrame:
    """Feature i fires in all clips but i % 3 of them; every recording has two clips, and half of them are in B."""
    generator = np.random.default_rng(seed)
    rows = [
        (feature, clip, generator.uniform(0.1, 9), f"r{clip // 2:02d}", clip // 2 % 2 == 0, 1000 + clip)
        for feature in range(features)
        for clip in range(4 * recordings)
        if clip >= feature % 3
    ]
    columns = ("feature", "clip", "peak", "recording", "half_a", "hash64")
    kinds = (pl.UInt32, pl.UInt32, pl.Float32, pl.String, pl.Boolean, pl.UInt64)
    return pl.DataFrame(rows, schema=dict(zip(columns, kinds, strict=True)), orient="row")


def screening_of(effects: list[float | None], shares: list[float | None] | None = None) -> pl.DataFrame:
    columns = {
        "dictionary": ["d"] * len(effects),
        "feature": range(len(effects)),
        "recordings": [9] * len(effects),
        "gradient_effect": effects,
        "control_share_below": shares or [None if one is None else 1.0 for one in effects],
        **dict.fromkeys(("recordings_b", "chosen_by", "null_reason")),
    }
    return pl.DataFrame(columns, schema=dict(SCREENING.columns))


def findings_of(named: dict[int, tuple[str, float | None]], n: int = N) -> pl.DataFrame:
    rows = [named.get(feature, (NAMELESS, None)) for feature in range(n)]
    known = {
        "dictionary": ["d"] * n,
        "feature": range(n),
        "named_by": [by for by, _ in rows],
        "value": [value for _, value in rows],
    }
    return pl.DataFrame(
        {column: known.get(column, [None] * n) for column in FINDINGS.columns}, schema=dict(FINDINGS.columns)
    )


NO_NAMES = findings_of({})
RISING = screening_of([0.01 * (1 + feature) * (-1) ** feature for feature in range(N)])


def test_half_come_by_screening_and_a_quarter_each_by_name_and_by_draw() -> None:
    names = {feature: (BY_PEAKS if feature % 2 else BY_LABEL, feature / N) for feature in range(10)}
    chosen = choose("d", budget_for(16), RISING, findings_of(names | {12: (BY_DOMAIN, 1.0)}), firing_of())

    assert len(chosen) == 16
    assert Counter(one.by for one in chosen) == {BY_SCREENING: 8, BY_NAME: 4, BY_DRAW: 4}
    assert [one.feature for one in chosen if one.by == BY_SCREENING] == [*range(39, 39 - 8, -1)]
    assert [one.feature for one in chosen if one.by == BY_NAME] == [9, 8, 7, 6]
    assert [one.by for one in chosen[:4]] == [BY_SCREENING, BY_NAME, BY_SCREENING, BY_DRAW]


def test_blocks_of_features_choose_as_all_at_once_do(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = choose("d", budget_for(16), RISING, NO_NAMES, firing_of())
    table = with_reasons(RISING, pl.DataFrame({"clips_active": [1] * N}), firing_of(), plain)
    monkeypatch.setattr("atlas.effects.choosing._BLOCK", 3)

    assert choose("d", budget_for(16), RISING, NO_NAMES, firing_of().lazy()) == plain
    blocks = with_reasons(RISING, pl.DataFrame({"clips_active": [1] * N}), firing_of().lazy(), plain)
    assert blocks.equals(table)


def test_what_beats_more_directions_comes_before_what_is_larger() -> None:
    screening = screening_of([0.5, -0.1, 0.2, 0.01, None], [0.5, 1.0, 1.0, 1.0, None])
    chosen = choose("d", budget_for(4), screening, findings_of({}, 5), firing_of(5))

    assert [one.feature for one in chosen if one.by == BY_SCREENING][:2] == [2, 1]


def test_lists_that_end_are_passed_over() -> None:
    """Where nothing is screened or named, as without a readout, all are drawn; and none comes twice."""
    nothing = screening_of([None] * N)
    chosen = choose("d", budget_for(N + 5), nothing, NO_NAMES, firing_of())

    assert {one.by for one in chosen} == {BY_DRAW}
    assert sorted(one.feature for one in chosen) == list(range(N))
    order = [one.feature for one in chosen]
    assert order != sorted(order)
    assert order != [one.feature for one in choose("e", budget_for(N), nothing, NO_NAMES, firing_of())]


@given(st.integers(1, N), st.integers(1, N), st.integers(0, 3))
def test_a_smaller_budget_chooses_a_beginning_of_what_a_larger_one_does(one: int, other: int, wishes: int) -> None:
    wished = tuple(f"d/{feature}" for feature in (5, 30, 2)[:wishes])
    names = findings_of({feature: (BY_PEAKS, 0.5) for feature in range(0, N, 3)})
    small, large = sorted((max(one, wishes, 1), max(other, wishes, 1)))
    less, more = (choose("d", budget_for(size, wished), RISING, names, firing_of()) for size in (small, large))

    assert len(less) == small
    assert more[:small] == less


def test_features_that_the_config_names_come_first_and_those_of_others_are_left_alone() -> None:
    settings = budget_for(4, ("d/3", "e/7", "d/1", "d/3"))
    chosen = choose("d", settings, RISING, NO_NAMES, firing_of())

    assert [(one.feature, one.by) for one in chosen[:3]] == [(3, BY_WISH), (1, BY_WISH), (39, BY_SCREENING)]
    assert 7 not in {one.feature for one in chosen if one.by == BY_WISH}


@pytest.mark.parametrize("features", range(1, 400, 7))
def test_the_least_budget_that_is_told_is_enough_and_one_less_is_not(features: int) -> None:
    wished = tuple(f"d/{feature}" for feature in range(features))
    screening, firing = screening_of([None] * features), firing_of(features, 1)
    least = ceil(round(features * EACH, 6))

    choose("d", EffectsConfig(budget_passes=least, features=wished), screening, findings_of({}, features), firing)
    with pytest.raises(AtlasError, match=rf"{least - 1:,} passes are too few .*; give {least:,} or more"):
        choose("d", EffectsConfig(budget_passes=least - 1, features=wished), screening, NO_NAMES, firing)


def test_a_budget_too_small_for_one_feature_is_refused_with_the_least() -> None:
    with pytest.raises(AtlasError, match=r"budget_passes: 53 passes .* a single feature; give 54 or more"):
        choose("d", EffectsConfig(budget_passes=53), RISING, NO_NAMES, firing_of())


def test_a_feature_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AtlasError, match=r"effects\.features: d/40 does not exist; d has 40 features, from 0"):
        choose("d", budget_for(4, ("d/40",)), RISING, NO_NAMES, firing_of())


def test_what_is_wished_for_is_known_before_anything_is_heard() -> None:
    assert within_budget("d", budget_for(6, ("d/7", "d/2", "e/3")), N) == ([7, 2], 6)


def test_a_wish_that_fires_in_too_few_recordings_is_said_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    firing = firing_of().filter((pl.col("feature") != 6) | (pl.col("clip") < 4))
    with caplog.at_level(logging.WARNING):
        chosen = choose("d", budget_for(4, ("d/6",)), RISING, NO_NAMES, firing)

    assert "d/6 fires in 1 recordings of half B, and 8 are needed" in caplog.text
    assert 6 not in {one.feature for one in chosen}
    assert len(chosen) == 4


def test_recordings_of_half_b_alone_decide() -> None:
    many = firing_of().filter((pl.col("feature") > 0) | pl.col("half_a"))
    assert 0 not in {one.feature for one in choose("d", budget_for(N), RISING, NO_NAMES, many)}
    few = firing_of(recordings=FEWEST_EFFECT_RECORDINGS)
    assert len(choose("d", budget_for(N), RISING, NO_NAMES, few)) == N
    fewer = firing_of(recordings=FEWEST_EFFECT_RECORDINGS - 1)
    assert choose("d", budget_for(N), RISING, NO_NAMES, fewer) == []


@pytest.mark.parametrize("seed", range(5))
def test_clips_are_one_a_recording_and_equally_from_the_quartiles_of_peaks(seed: int) -> None:
    firing = firing_of(3, 40, seed)
    (one, *_) = choose("d", budget_for(3), screening_of([0.1, 0.2, 0.3]), findings_of({}, 3), firing)
    rows = firing.filter(pl.col("feature") == one.feature, ~pl.col("half_a"))
    quartile = (pl.col("peak").rank("ordinal") - 1) * 4 // pl.len()
    of_clip = dict(rows.select("clip", quartile.alias("quartile")).iter_rows())
    recording = dict(rows.select("clip", "recording").iter_rows())

    assert len(one.clips) == EFFECT_RECORDINGS == len({recording[clip] for clip in one.clips})
    for count in (4, 8, 16):
        assert Counter(of_clip[clip] for clip in one.clips[:count]) == dict.fromkeys(range(4), count // 4)


def test_clips_are_drawn_by_content_and_not_by_number_or_order() -> None:
    rows = firing_of(1, 40).filter(~pl.col("half_a"))
    drawn = drawn_clips("d", 0, rows)
    renumbered = rows.with_columns(pl.col("clip") + 100).sample(fraction=1, shuffle=True, seed=1)

    assert drawn_clips("d", 0, renumbered) == tuple(clip + 100 for clip in drawn)
    assert drawn_clips("d", 1, rows) != drawn
    assert drawn_clips("e", 0, rows) != drawn


def test_fewer_recordings_than_sixteen_give_a_clip_each() -> None:
    rows = firing_of(1, 9).filter(~pl.col("half_a"))
    drawn = drawn_clips("d", 0, rows)

    assert len(drawn) == rows["recording"].n_unique() == 9


def test_every_feature_has_a_reason_or_was_chosen() -> None:
    """0 never fires, 1 is silent in A, 2 fires in few, 3 is too much; 4 is chosen, and 5, though silent in A."""
    firing = firing_of(6).filter(
        (pl.col("feature") > 2)
        | ((pl.col("feature") == 1) & ~pl.col("half_a"))
        | ((pl.col("feature") == 2) & (pl.col("clip") < 8)),
        (pl.col("feature") != 5) | ~pl.col("half_a"),
    )
    screening = screening_of([None, None, 0.1, 0.1, 0.1, None]).with_columns(
        recordings=pl.Series([0, 0, 2, 20, 20, 0], dtype=pl.UInt32)
    )
    features = pl.DataFrame({"clips_active": [0, 40, 8, 80, 80, 40]})
    chosen = [Chosen(4, BY_NAME, (3,)), Chosen(5, BY_DRAW, (3,))]
    table = SCREENING.check(with_reasons(screening, features, firing, chosen), "screening")

    reasons = [NEVER_FIRES, SILENT_IN_A, TOO_FEW_RECORDINGS, BEYOND_BUDGET, None, None]
    assert table["null_reason"].to_list() == reasons
    assert table["chosen_by"].to_list() == [None, None, None, None, BY_NAME, BY_DRAW]
    assert table["recordings_b"].to_list() == [0, 20, 2, 20, 20, 20]
    assert table["recordings"].to_list() == [0, 0, 2, 20, 20, 0]


def test_without_a_gradient_recordings_are_counted_where_features_fire() -> None:
    chosen = [Chosen(0, BY_DRAW, (3,))]
    features = pl.DataFrame({"clips_active": [80] * 3})
    table = with_reasons(screening_of([None] * 3), features, firing_of(3), chosen)

    assert table["null_reason"].to_list() == [None, BEYOND_BUDGET, BEYOND_BUDGET], (
        "the budget kept two from being chosen"
    )
    assert table["recordings"].to_list() == [20, 20, 19]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_from_a_run_to_its_choice(heard_config: Path, tmp_path: Path) -> None:
    """Clips that are chosen are heard, of half B, and the feature fires in them."""
    hearing = hearing_of(heard_config, ("units",), tmp_path)
    heard, folder = hearing.heard(), hearing.run.folder
    screening = screen(hearing, heard, covariances(hearing, heard))["units"]
    lazy = firing_in(folder, "units", heard)
    firing = lazy.collect()
    peaks = pl.read_parquet(folder.root / PEAKS.name / "units/*.parquet")
    chosen = choose("units", budget_for(3), screening, findings_of({}, len(screening)), firing)
    table = with_reasons(screening, folder.read_table(FEATURES, "units"), firing, chosen)
    of_b = {clip.number: clip.recording for clip in heard if not clip.half_a}

    assert firing["clip"].is_in([clip.number for clip in heard]).all()
    assert len(firing) == len(peaks.filter(pl.col("clip").is_in([clip.number for clip in heard])))
    assert len(chosen) == 3
    assert choose("units", budget_for(3), screening, findings_of({}, len(screening)), lazy) == chosen
    for one in chosen:
        active = set(peaks.filter(pl.col("feature") == one.feature)["clip"])
        assert set(one.clips) <= active & set(of_b)
        assert len({of_b[clip] for clip in one.clips}) == len(one.clips) >= FEWEST_EFFECT_RECORDINGS
    assert table.filter(pl.col("chosen_by").is_null())["null_reason"].null_count() == 0
    agreed = table.filter(pl.col("gradient_effect").is_not_null())
    counted = firing.filter("half_a").group_by("feature").agg(pl.col("recording").n_unique().alias("counted"))
    joined = agreed.join(counted, on="feature")
    assert (joined["recordings"] == joined["counted"]).all()
    assert len(joined) == len(agreed)

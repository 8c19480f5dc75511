"""The table `column_shifts`, against loops over clips, frames and features."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from atlas.analyse.testing.shifts import ShiftReach, _is_held_out, shifts_of
from atlas.audio.draws import clip_hash
from atlas.audio.units import in_half_a
from atlas.schema import CODES, COLUMN_SHIFTS
from atlas.schema.thresholds import FEWEST_SAMPLED_FRAMES, FEWEST_SHIFT_FRAMES, HELD_SHIFT, LEAST_SHIFT, SHIFTS
from tests.analyse.making import Clip, clips_frame

Active = NDArray[np.bool_]  # [frames, features]
Doubles = NDArray[np.float64]


def codes_of(clip: NDArray[np.integer], frame: NDArray[np.integer], active: Active) -> pl.DataFrame:
    features = [np.flatnonzero(row).tolist() for row in active]
    values = pl.Series([[1.0] * len(row) for row in features], dtype=pl.List(pl.Float16))
    rows = {"clip": clip.astype(np.uint32), "frame": frame.astype(np.uint16), "features": features, "values": values}
    return CODES.frame(rows)


def columns_of(codes: pl.DataFrame, **columns: Doubles) -> pl.DataFrame:
    """NaN is null."""
    values = {name: pl.Series(column).fill_nan(None).cast(pl.Float16) for name, column in columns.items()}
    return codes.select("clip", "frame").with_columns(**values)


def states(features: int) -> pl.Series:
    return pl.Series(["live"] * features)


def half_of(clips: pl.DataFrame, recording: str) -> int:
    """0 for half A, by the smallest hash among the usable clips of a recording."""
    rows = clips.filter(pl.col("recording") == recording, pl.col("problem").is_null())
    smallest = min(clip_hash(sha256, offset) for sha256, offset in rows.select("sha256", "offset_s").rows())
    return int(not in_half_a(np.array([smallest], np.uint64))[0])


def rotated(values: list[float], turn: int) -> list[float]:
    """What each place is given under one of the shifts: by so many sixths, and one place at least."""
    step = max(1, len(values) * turn // (SHIFTS + 1))
    return [values[(place + step) % len(values)] if len(values) > 1 else np.nan for place in range(len(values))]


def mean_shift(picked: list[float], everything: list[float], spread: float) -> float:
    picked = [value for value in picked if not np.isnan(value)]
    if len(picked) < FEWEST_SHIFT_FRAMES:
        return np.nan
    return (np.mean(picked) - np.nanmean(everything)) / spread


@dataclass(frozen=True)
class Row:
    """A sampled frame."""

    clip: int
    features: list[int]
    value: float


def naive_row(feature: int, domain: str, rows: list[Row], clips: list[tuple[str, int]]) -> tuple[float | None, ...]:
    """From shift_a to held_out; nothing where there are too few frames. clips: domain and half of each."""
    every: tuple[list[float], list[float]] = ([], [])
    picked: tuple[list[float], list[float]] = ([], [])
    turned: list[tuple[list[float], list[float]]] = [([], []) for _ in range(SHIFTS)]
    for clip, clip_rows in groupby(rows, lambda row: row.clip):
        if clips[clip][0] != domain:
            continue
        half, frames = clips[clip][1], list(clip_rows)
        values = [row.value for row in frames]
        on = [place for place, row in enumerate(frames) if feature in row.features]
        every[half].extend(values)
        picked[half].extend(values[place] for place in on)
        for turn in range(SHIFTS):
            moved = rotated(values, turn + 1)
            turned[turn][half].extend(moved[place] for place in on)
    together = [value for value in picked[0] + picked[1] if not np.isnan(value)]
    if len(together) < FEWEST_SAMPLED_FRAMES or (spread := float(np.nanstd(every[0] + every[1]))) < 1e-9:
        return ()
    a, b = (mean_shift(picked[half], every[half], spread) for half in (0, 1))
    chance = [abs(mean_shift(one[half], every[half], spread)) for one in turned for half in (0, 1)]
    largest = max([value for value in chance if not np.isnan(value)], default=None)
    known = largest is not None and not np.isnan([a, b]).any()
    held_out = bool(known and a * b > 0 and min(abs(a), abs(b)) >= HELD_SHIFT and min(abs(a), abs(b)) > largest)
    halves = (None if np.isnan(shift) else shift for shift in (a, b))
    return (*halves, float(np.std(together)) / spread, len(together), largest, held_out)


def naive_rows(
    features: int, codes: pl.DataFrame, columns: pl.DataFrame, clips: pl.DataFrame
) -> Iterator[tuple[object, ...]]:
    halved = [(domain, half_of(clips, name)) for domain, name in clips.select("domain", "recording").rows()]
    joined = codes.join(columns, on=("clip", "frame"), how="left").sort("clip", "frame")
    for feature in range(features):
        for column in ("even", "gaps", "smooth"):
            values = joined.select("clip", "features", pl.col(column).cast(pl.Float64).fill_null(np.nan)).rows()
            rows = [Row(*row) for row in values]
            for domain in ("music", "speech"):
                if figures := naive_row(feature, domain, rows, halved):
                    yield ("block", feature, column, domain, *figures)


def largest_shift(row: tuple[object, ...]) -> float:
    return max((abs(shift) for shift in row[4:6] if isinstance(shift, float)), default=0.0)


def counted(rows: list[tuple[object, ...]], columns: pl.DataFrame, clips: pl.DataFrame) -> Iterator[ShiftReach]:
    """The features of each column and domain, one by one."""
    for column in columns.columns[2:]:
        for domain in clips["domain"].unique():
            mine = [row for row in rows if row[2:4] == (column, domain)]
            eligible = [row for row in mine if None not in (row[4], row[5], row[8])]
            yield ShiftReach(column, domain, len(eligible), sum(row[9] is True for row in mine))


def place_of(reach: ShiftReach) -> tuple[str, str]:
    return reach.column, reach.domain


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int]:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lengths = random.choice([1, 2, 7, 40, 90], draw(st.sampled_from([1, 6, 24])))
    domains = draw(st.sampled_from([("speech",), ("music", "speech")]))
    rows = [Clip(f"recording {random.integers(len(lengths))}", domains[random.integers(len(domains))]) for _ in lengths]
    clip = np.repeat(np.arange(len(lengths)), lengths)
    frame = np.concatenate([np.sort(random.choice(200, length, replace=False)) for length in lengths])
    smooth = np.convolve(random.standard_normal(len(clip) + 7), np.ones(8) / np.sqrt(8), "valid")
    features = 3
    steep, above = draw(st.sampled_from([(3, 0), (30, 0.7)]))  # the second lies beyond 1 SD
    active = random.random((len(clip), features)) < 0.6 / (1 + np.exp(-steep * (smooth[:, None] * (-1, 0, 1) - above)))
    codes = codes_of(clip, frame, active)
    gaps = np.where(random.random(len(clip)) < draw(st.sampled_from([0, 0.3, 1])), np.nan, smooth**2)
    columns = columns_of(codes, smooth=smooth, gaps=gaps, even=np.full(len(clip), 0.1))
    kept = columns.sample(fraction=draw(st.sampled_from([1.0, 0.9])), seed=1, shuffle=True)
    return clips_frame(rows), codes, kept, features


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_the_rows_are_those_of_loops_over_clips_and_frames(
    world: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, int],
) -> None:
    clips, codes, columns, features = world

    shifts = shifts_of("block", codes, columns, clips, states(features))

    COLUMN_SHIFTS.check(shifts.rows, "rows")
    every = list(naive_rows(features, codes, columns, clips))
    rows = [row for row in every if largest_shift(row) >= LEAST_SHIFT]
    event(f"{min(len(rows), 3)} rows, with more counted as 3")
    expected = pl.DataFrame(rows, schema=dict(COLUMN_SHIFTS.columns), orient="row")
    assert_frame_equal(shifts.rows, expected, abs_tol=1e-9)
    event(f"{min(sum(reach.held_out for reach in shifts.reach), 3)} held out, with more counted as 3")
    assert sorted(shifts.reach, key=place_of) == sorted(counted(every, columns, clips), key=place_of)


def planted(frames: int = 60, recordings: int = 20) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Feature 0 is active where it is loud, 1 anywhere, 2 throughout the clips that are loud, 3 hardly ever."""
    random = np.random.default_rng(3)
    clip = np.repeat(np.arange(recordings), frames)
    loud = 3.0 * (clip % 2) + random.standard_normal(len(clip))
    active = np.stack([loud > 4, random.random(len(clip)) < 0.2, clip % 2 == 1, np.arange(len(clip)) % 60 == 0], axis=1)
    codes = codes_of(clip, np.tile(np.arange(frames), recordings), active)
    clips = clips_frame([Clip(f"recording {number}", "speech") for number in range(recordings)])
    return codes, columns_of(codes, loudness=loud), clips


def test_a_feature_of_loud_moments_is_shifted_more_than_under_rotation_and_one_of_loud_clips_is_not() -> None:
    codes, columns, clips = planted()

    rows = shifts_of("block", codes, columns, clips, states(4)).rows

    assert rows["feature"].to_list() == [0, 2]
    moments, whole = rows.rows(named=True)
    assert moments["shift_a"] > moments["shifted_max"] + 0.5 < moments["shift_b"] + 0.5
    assert max(whole["shift_a"], whole["shift_b"]) == pytest.approx(whole["shifted_max"])
    assert moments["sd"] < 0.4 < whole["sd"] < 0.7
    assert (moments["held_out"], whole["held_out"]) == (True, False)


def test_features_that_are_dead_or_rare_have_no_rows_and_are_not_counted() -> None:
    codes, columns, clips = planted()

    shifts = shifts_of("block", codes, columns, clips, pl.Series(["rare", "live", "dense", "dead"]))

    assert shifts.rows["feature"].to_list() == [2]
    assert shifts.reach == (ShiftReach("loudness", "speech", eligible=2, held_out=0),)


def test_a_shift_is_held_out_where_both_halves_are_large_of_one_sign_and_beyond_chance() -> None:
    halves = np.array([[1.0, 1.2], [-1.3, -1.0], [1.2, 0.99], [1.5, -1.5], [1.2, np.nan], [1.4, 1.4], [2.0, 2.0]])
    chance = np.array([0.9, 0.9, 0.2, 0.2, 0.2, 1.4, np.nan])

    held_out = _is_held_out(halves[:, None], chance[:, None])

    assert held_out[:, 0].tolist() == [True, True, False, False, False, False, False]


def test_clips_of_one_sampled_frame_have_shifts_and_no_chance() -> None:
    codes, columns, clips = planted(frames=1, recordings=400)

    rows = shifts_of("block", codes, columns, clips, states(4)).rows.filter(pl.col("feature") == 2)

    assert rows["shift_a"][0] > LEAST_SHIFT < rows["shift_b"][0]
    assert rows["shifted_max"].to_list() == [None]


def test_the_order_of_rows_does_not_matter_nor_frames_that_have_no_codes() -> None:
    codes, columns, clips = planted()
    more = pl.concat([columns, columns.with_columns(pl.col("frame") + 500)])

    mixed = shifts_of("block", codes.reverse(), more.sample(fraction=1, shuffle=True, seed=2), clips, states(4))
    ordered = shifts_of("block", codes, columns, clips, states(4))

    assert mixed.rows.equals(ordered.rows)
    assert mixed.reach == ordered.reach == (ShiftReach("loudness", "speech", eligible=3, held_out=1),)


def test_without_columns_or_codes_there_are_no_rows() -> None:
    codes, columns, clips = planted()

    for one, other in ((codes, columns.clear()), (codes.clear(), columns), (codes, columns.select("clip", "frame"))):
        shifts = shifts_of("block", one, other, clips, states(4))
        assert shifts.rows.equals(COLUMN_SHIFTS.empty())
        assert sum(reach.eligible for reach in shifts.reach) == 0


def test_a_large_sample_takes_seconds() -> None:
    """A sixteenth of 2^18 frames, 6,144 features and 50 active ones a frame; the bound is for busy machines."""
    random = np.random.default_rng(0)
    frames, features = 2**14, 6144
    active = np.sort(random.integers(0, features, (frames, 50)), axis=1).astype(np.uint32)
    clip = np.arange(frames) // 64
    codes = pl.DataFrame(
        {"clip": clip.astype(np.uint32), "frame": (np.arange(frames) % 64).astype(np.uint16), "features": active},
        schema_overrides={"features": pl.Array(pl.UInt32, 50)},
    ).with_columns(pl.col("features").arr.to_list())
    clips = clips_frame([Clip(f"recording {number}", "speech") for number in range(clip[-1] + 1)])
    columns = columns_of(codes, **{name: random.standard_normal(frames) for name in "abcdef"})

    started = time.process_time()
    shifts_of("block", codes, columns, clips, states(features))

    assert time.process_time() - started < 5

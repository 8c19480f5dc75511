"""Draws by content: they depend on a clip alone, spread evenly, and stay what they are."""

import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.audio import draws

hashes = st.integers(0, 2**64 - 1)


def clips(*rows: tuple[str | None, float, int, str | None]) -> pl.DataFrame:
    schema = {"sha256": pl.String, "offset_s": pl.Float64, "valid_frames": pl.UInt32, "problem": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_clips_hash_is_of_its_content_and_its_offset_in_milliseconds() -> None:
    expected = int(hashlib.sha256(b"abc@1500").hexdigest()[:16], 16)
    assert draws.clip_hash("abc", 1.5) == draws.clip_hash("abc", 1.50049) == expected
    assert len({draws.clip_hash(name, offset) for name in "ab" for offset in (0.0, 0.001, 30.0)}) == 6


def test_the_hash_of_a_clip_is_the_same_in_any_table() -> None:
    one, other = ("abc", 1.5, 10, None), ("def", 0.0, 10, None)
    alone = draws.clip_hashes(clips(one)).tolist()
    assert draws.clip_hashes(clips(other, one)).tolist()[1:] == alone == [draws.clip_hash("abc", 1.5)]
    assert draws.clip_hashes(clips((None, 0.0, 0, "gone"))).dtype == np.uint64


def test_the_matched_stretch_is_as_long_as_the_clip_a_tenth_of_the_way_up() -> None:
    rows = [(str(frames), 0.0, frames, None) for frames in range(100, 0, -1)]
    assert draws.matched_frames(clips(*rows)) == 11
    assert draws.matched_frames(clips(*rows, *[("x", 0.0, 1, "problem")] * 300)) == 11
    assert draws.matched_frames(clips(("a", 0.0, 7, None))) == 7
    assert draws.matched_frames(clips()) == 0


def test_within_a_dataset_the_stretch_is_as_long_as_the_clip_a_tenth_of_the_way_up_there() -> None:
    cells = [("speech", "digits", 10), ("speech", "books", 500), ("sound", "digits", 40)]
    rows = [(*cell, shift + frames, None) for shift in range(20) for *cell, frames in cells]
    rows += [("speech", "digits", 1, "problem"), ("speech", "lost", 9, "problem")]
    schema = {"domain": pl.String, "dataset": pl.String, "valid_frames": pl.UInt32, "problem": pl.String}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    assert draws.cell_frames(table).tolist() == [12, 502, 42] * 20 + [0, 0]
    assert draws.cell_frames(table.clear()).tolist() == []


@given(hashes, st.integers(0, 3000), st.integers(0, 3000))
def test_a_matched_stretch_lies_within_its_clip_or_is_not(hash64: int, valid: int, length: int) -> None:
    start = draws.matched_start(hash64, valid, length)
    if length == 0 or valid < length:
        assert start == -1
    else:
        assert 0 <= start <= valid - length


@given(hashes, st.integers(1, 3000), st.integers(1, 3000))
def test_a_quiet_stretch_begins_within_its_clip(hash64: int, valid: int, length: int) -> None:
    start = draws.quiet_start(hash64, valid, length)
    assert 0 <= start <= max(valid - length, 0)
    if valid >= length:
        assert start == draws.matched_start(hash64, valid, length)


def test_stretches_are_placed_evenly() -> None:
    rng = np.random.default_rng(0)
    starts = [draws.matched_start(int(value), 13, 10) for value in rng.integers(0, 2**64, 4000, np.uint64)]
    assert np.bincount(starts).tolist() == pytest.approx([1000] * 4, abs=120)
    assert draws.matched_start(0, 13, 10) == 0
    assert draws.matched_start(2**64 - 1, 13, 10) == 3


@given(hashes, st.integers(1, 1500))
def test_all_frames_are_sampled_at_a_rate_of_one_and_none_at_zero(hash64: int, valid: int) -> None:
    assert draws.sampled_frames(hash64, valid, 1.0).tolist() == list(range(valid))
    assert draws.sampled_frames(hash64, valid, 0.0).tolist() == []


@given(hashes, st.integers(1, 1500), st.floats(0, 0.999), st.floats(0, 0.999))
def test_a_higher_rate_keeps_the_frames_of_a_lower_one(hash64: int, valid: int, one: float, other: float) -> None:
    fewer, more = (set(draws.sampled_frames(hash64, valid, rate).tolist()) for rate in sorted((one, other)))
    assert fewer <= more
    assert set(draws.sampled_frames(hash64, valid // 2, max(one, other)).tolist()) == {
        frame for frame in more if frame < valid // 2
    }


def test_the_share_of_sampled_frames_is_the_rate() -> None:
    rng = np.random.default_rng(1)
    drawn = [draws.sampled_frames(int(value), 1500, 0.3) for value in rng.integers(0, 2**64, 100, np.uint64)]
    assert sum(map(len, drawn)) / 150_000 == pytest.approx(0.3, abs=0.006)  # five standard errors
    assert np.bincount(np.concatenate(drawn), minlength=1500).min() > 5


def test_a_frame_is_drawn_as_splitmix64_would_have_it() -> None:
    frames = [int(frame) for frame in draws.sampled_frames(12345, 50, 0.5)]
    expected = []
    for frame in range(50):
        z = (frame * 0x9E3779B97F4A7C15 + 12345) % 2**64
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        if (z ^ z >> 31) < 2**63:
            expected.append(frame)
    assert frames == expected


def test_the_rate_of_codes_keeps_about_the_wanted_number_of_frames() -> None:
    table = clips(("a", 0.0, 300, None), ("b", 0.0, 700, None), ("c", 0.0, 9000, "problem"))
    assert draws.code_rate(table, 250) == 0.25
    assert draws.code_rate(table, 5000) == 1.0
    assert draws.code_rate(table, 0) == 0.0
    assert draws.code_rate(clips(), 10) == 1.0

"""MP3 that every player reads alike: constant in rate, a click in its place, and of a size known beforehand."""

import io
import struct
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from atlas.audio.files import ffmpeg_program
from atlas.audio.samples import RATE_HZ, Samples
from atlas.media.sounds import encode, most_bytes
from atlas.schema.media import LEAD_S

FRAME_BYTES = 108  # 36 ms at 24 kb/s
FRAME = 576  # samples


def by_libsndfile(content: bytes) -> Samples:
    """What is after the first frame, for which libmpg123 drops 529 samples."""
    samples, rate_hz = soundfile.read(io.BytesIO(content[FRAME_BYTES:]), dtype="float32")
    assert rate_hz == RATE_HZ
    return samples


def by_ffmpeg(content: bytes) -> Samples:
    command = [ffmpeg_program(), "-v", "error", "-i", "-", "-f", "f32le", "-ac", "1", "-ar", str(RATE_HZ), "pipe:1"]
    return np.frombuffer(subprocess.run(command, input=content, capture_output=True, check=True).stdout, np.float32)


def noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


@pytest.mark.parametrize("decode", [by_libsndfile, by_ffmpeg])
@pytest.mark.parametrize("second", [0.0, 1.0, 1.2345, 28.0])
def test_a_click_is_in_its_place_within_a_millisecond(second: float, decode: Callable[[bytes], Samples]) -> None:
    samples = np.zeros(30 * RATE_HZ, np.float32)
    samples[round(second * RATE_HZ)] = 0.9

    heard = decode(encode(samples, 0.0))

    assert abs(np.abs(heard).argmax() / RATE_HZ - (second + LEAD_S)) < 0.001


def test_every_frame_is_of_one_rate_and_size() -> None:
    content = encode(noise(5), 0.0)

    frames = [content[start : start + FRAME_BYTES] for start in range(0, len(content), FRAME_BYTES)]
    assert {frame[:3] for frame in frames} == {bytes((0xFF, 0xF3, 0x38))}
    assert {len(frame) for frame in frames} == {FRAME_BYTES}


def test_the_first_frame_tells_players_the_frames_and_bytes_after_it_and_of_no_delay() -> None:
    content = encode(noise(3), 0.0)
    first, after = content[:FRAME_BYTES], content[FRAME_BYTES:]

    assert struct.unpack(">4sIII", first[13:29]) == (b"Info", 0b11, len(after) // FRAME_BYTES, len(after))
    assert first[29:] == bytes(FRAME_BYTES - 29)
    assert b"Info" not in after
    assert len(by_libsndfile(content)) == len(after) // FRAME_BYTES * FRAME


@given(st.integers(1, 30 * RATE_HZ))
def test_a_file_is_as_large_as_foretold_or_smaller_by_two_frames(samples: int) -> None:
    size = len(encode(np.zeros(samples, np.float32), 0.0))

    assert 0 <= most_bytes(samples / RATE_HZ) - size <= 2 * FRAME_BYTES


def test_a_minute_takes_180_kilobytes() -> None:
    assert most_bytes(60) == pytest.approx(180_000, rel=0.01)


@pytest.mark.parametrize("gain_db", [-12.0, 0.0, 9.5])
def test_the_sound_is_all_there_and_louder_by_the_gain(gain_db: float) -> None:
    times = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = (0.1 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)

    heard = by_libsndfile(encode(tone, gain_db))[round(LEAD_S * RATE_HZ) :][: len(tone)]

    assert len(heard) == len(tone)
    wanted = tone * 10 ** (gain_db / 20)
    assert np.sqrt(np.mean(np.square(heard - wanted))) < 0.1 * np.sqrt(np.mean(np.square(wanted)))


def test_equal_samples_give_equal_bytes() -> None:
    assert encode(noise(2), 3.0) == encode(noise(2), 3.0)

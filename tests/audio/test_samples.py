"""Decoding to mono at one rate, stretches and windows of it, and the display mel."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.audio.samples import (
    MEL_BANDS,
    MEL_FLOOR_DB,
    MEL_GRID,
    MEL_TOP_HZ,
    RATE_HZ,
    display_mel,
    energy_db,
    hz_to_mel,
    mel_filters,
    mel_to_hz,
    read_pieces,
    read_sound,
)
from atlas.errors import AudioProblem

FORMS = [
    ("a.wav", "PCM_16", "wav"),
    ("b.wav", "FLOAT", "wav"),
    ("a.flac", "PCM_16", "flac"),
    ("b.flac", "PCM_24", "flac"),
    ("a.ogg", "VORBIS", "vorbis"),
    ("a.opus", "OPUS", "opus"),
    ("a.mp3", "MPEG_LAYER_III", "mp3"),
]


def tone(seconds: float, rate_hz: int, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype(np.float32)


def written(path: Path, samples: np.ndarray, rate_hz: int, subtype: str | None = None) -> Path:
    form = "OGG" if path.suffix == ".opus" else None
    with soundfile.SoundFile(path, "w", rate_hz, samples[0].size, subtype, format=form) as file:
        for block in np.array_split(samples, len(samples) // 10_000 + 1):  # Vorbis falls over a long one
            file.write(block)
    return path


@pytest.mark.parametrize(("name", "subtype", "codec"), FORMS)
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_formats_rates_and_channels_come_out_as_the_same_tone(
    name: str, subtype: str, codec: str, rate_hz: int, channels: int, tmp_path: Path
) -> None:
    if subtype == "OPUS" and rate_hz == 44_100:
        pytest.skip("Opus has no such rate")
    samples = np.stack([tone(2, rate_hz)] * channels, axis=1)

    sound = read_sound(written(tmp_path / name, samples, rate_hz, subtype))

    middle = sound.samples[RATE_HZ // 2 : 3 * RATE_HZ // 2]
    assert (sound.codec, sound.source_rate_hz, sound.samples.dtype) == (codec, rate_hz, np.float32)
    assert (len(sound.samples), sound.duration_s) == (2 * RATE_HZ, 2)
    assert np.argmax(np.abs(np.fft.rfft(middle))) == 440
    assert abs(energy_db(middle) - 20 * math.log10(0.5 / math.sqrt(2))) < 0.3


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = noise(16_000), tone(1, 16_000)
    path = written(tmp_path / "a.wav", np.stack([left, right], axis=1), 16_000, "FLOAT")

    assert np.allclose(read_sound(path).samples, (left + right) / 2, atol=1e-7)


@pytest.mark.parametrize(("name", "subtype"), [form[:2] for form in FORMS if form[1] != "OPUS"])
@pytest.mark.parametrize(("offset_s", "duration_s"), [(0.0, 1.0), (0.5, 2.25), (2.0, 2.0), (3.999, None), (1.0, 9.0)])
def test_a_stretch_is_a_slice_of_the_whole(
    name: str, subtype: str, offset_s: float, duration_s: float | None, tmp_path: Path
) -> None:
    path = written(tmp_path / name, noise(64_000), 16_000, subtype)
    whole = read_sound(path).samples

    stretch = read_sound(path, offset_s, duration_s).samples

    start = round(offset_s * 16_000)
    expected = whole[start:] if duration_s is None else whole[start : start + round(duration_s * 16_000)]
    assert len(stretch) == len(expected)
    # An MP3 frame leans on those before it, of which a decoder that jumps into the file has read a few only.
    assert np.abs(stretch - expected).max() <= (1e-4 if subtype == "MPEG_LAYER_III" else 0)


def test_a_stretch_is_cut_out_before_it_is_resampled(tmp_path: Path) -> None:
    rate_hz = 44_100
    samples = noise(3 * rate_hz)
    path = written(tmp_path / "a.wav", samples, rate_hz, "FLOAT")
    middle = written(tmp_path / "b.wav", samples[rate_hz : 2 * rate_hz], rate_hz, "FLOAT")

    assert np.array_equal(read_sound(path, 1, 1).samples, read_sound(middle).samples)


def test_a_stretch_that_starts_after_the_end_is_a_problem(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", noise(16_000), 16_000)

    with pytest.raises(AudioProblem, match=r"^starts at 1\.5 s, after the end of the file \(1 s\)$"):
        read_sound(path, 1.5, 1)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 12_345])
@pytest.mark.parametrize("window_s", [0.25, 0.5, 1.3, 30.0])
def test_a_piece_is_what_a_reader_gets_for_its_times_and_never_longer_than_the_window(
    rate_hz: int, window_s: float, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.wav", noise(round(2.345 * rate_hz)), rate_hz)

    found = list(read_pieces(path, window_s, 0.02))

    assert [piece.offset_s for piece in found] == [number * window_s for number in range(len(found))]
    assert sum(piece.duration_s for piece in found) == pytest.approx(round(2.345 * rate_hz) / rate_hz)
    for piece in found:
        again = read_sound(path, piece.offset_s, piece.duration_s)
        assert np.array_equal(again.samples, piece.sound.samples)
        assert len(again.samples) <= round(window_s * RATE_HZ)


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3"])
def test_a_long_file_of_another_rate_is_cut_at_the_window(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / name, noise(70 * 44_100), 44_100)

    found = list(read_pieces(path, 30.0, 0.02))

    assert [(piece.offset_s, piece.duration_s, piece.file_s) for piece in found] == [
        (0, 30, 70),
        (30, 30, 70),
        (60, 10, 70),
    ]
    assert [MEL_GRID.frames_of(len(piece.sound.samples)) for piece in found] == [1500, 1500, 500]
    again = read_sound(path, 30.0, 30.0).samples
    assert np.abs(again - found[1].sound.samples).max() < 1e-4


def test_a_rest_shorter_than_a_frame_is_left_out_and_a_lone_one_kept(tmp_path: Path) -> None:
    longer = written(tmp_path / "a.wav", noise(16_000 + 319), 16_000)
    frame_more = written(tmp_path / "b.wav", noise(16_000 + 320), 16_000)
    lone = written(tmp_path / "c.wav", noise(10), 16_000)

    lengths = [
        [len(piece.sound.samples) for piece in read_pieces(path, 1.0, 0.02)] for path in (longer, frame_more, lone)
    ]

    assert lengths == [[16_000], [16_000, 320], [10]]


def test_pieces_of_a_stretch_begin_and_end_with_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", noise(4 * 16_000), 16_000)

    found = [(piece.offset_s, piece.duration_s) for piece in read_pieces(path, 1.0, 0.02, start_s=0.5, end_s=2.25)]
    rounded = [(piece.offset_s, piece.duration_s) for piece in read_pieces(path, 1.0, 0.02, start_s=3.5, end_s=4.05)]

    assert found == [(0.5, 1.0), (1.5, 0.75)]
    assert rounded == [(3.5, 0.5)]
    with pytest.raises(AudioProblem, match=r"^ends at 4\.2 s, after the end of the file \(4 s\)$"):
        list(read_pieces(path, 1.0, 0.02, end_s=4.2))


def test_a_file_is_taken_in_frames_begun() -> None:
    assert [MEL_GRID.frames_of(samples) for samples in (0, 1, 319, 320, 321, 480_000)] == [0, 1, 1, 1, 2, 1500]


def test_loudness_is_mean_power_over_a_floor() -> None:
    assert energy_db(np.ones(100, dtype=np.float32)) == 0
    assert energy_db(np.full(100, 0.1, dtype=np.float32)) == pytest.approx(-20)
    assert energy_db(np.zeros(100, dtype=np.float32)) == MEL_FLOOR_DB


@pytest.mark.parametrize("length", [1, 319, 320, 5000])
def test_the_display_mel_is_what_ten_naive_lines_say(length: int) -> None:
    samples = noise(length)
    window = np.array([0.5 - 0.5 * math.cos(2 * math.pi * n / 512) for n in range(512)])
    filters = mel_filters().astype(np.float64)
    expected = []
    for frame in range(math.ceil(length / 320)):
        centre = frame * 320 + 160
        cut = [samples[n] if 0 <= n < length else 0.0 for n in range(centre - 256, centre + 256)]
        power = np.abs(np.fft.rfft(np.array(cut) * window * 2 / window.sum())) ** 2
        expected.append(np.maximum(10 * np.log10(np.maximum(power @ filters, 1e-30)) + 100, 0))

    found = display_mel(samples)

    assert (found.shape, found.dtype) == ((len(expected), 80), np.float32)
    assert np.abs(found - expected).max() < 1e-3


def test_the_display_mel_of_silence_is_zero_and_of_a_tone_is_highest_in_its_band() -> None:
    bands = mel_to_hz(np.linspace(0, hz_to_mel(MEL_TOP_HZ), MEL_BANDS + 2))[1:-1]

    for hz in (300.0, 1000.0, 4000.0):
        column = display_mel(tone(1, 16_000, hz))[25]
        assert abs(np.argmax(column) - np.argmin(np.abs(bands - hz))) <= 1

    assert display_mel(np.zeros(3200, dtype=np.float32)).tolist() == [[0.0] * 80] * 10


def test_the_mel_scale_goes_there_and_back() -> None:
    for hz in (0.0, 440.0, 1000.0, 6400.0):
        assert mel_to_hz(np.array([hz_to_mel(hz)]))[0] == pytest.approx(hz)
    assert hz_to_mel(6400.0) == pytest.approx(15 + 27)

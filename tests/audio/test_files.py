"""What can be opened as sound, by whom, and the sentence for what cannot."""

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.audio import files
from atlas.audio.samples import RATE_HZ, energy_db, read_sound
from atlas.errors import AtlasError, AudioProblem

TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE_HZ) / RATE_HZ)).astype(np.float32)


def written(path: Path, **form: str) -> Path:
    soundfile.write(path, TONE, RATE_HZ, **form)
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def problem_of(path: Path | str) -> str:
    with pytest.raises(AudioProblem) as caught:
        read_sound(path)
    return str(caught.value)


@pytest.fixture
def ffmpeg(tmp_path: Path) -> str:
    files.ffmpeg_program.cache_clear()
    return files.ffmpeg_program()


def converted(path: Path, ffmpeg: str, *options: str, pipe: bool = False) -> Path:
    source = written(path.with_name("source.wav"))
    command = [ffmpeg, "-v", "error", "-y", "-i", str(source), *options]
    result = subprocess.run([*command, "-" if pipe else str(path)], check=True, capture_output=True)
    if pipe:
        path.write_bytes(result.stdout)
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a"])
def test_a_missing_file_is_a_problem(name: str, tmp_path: Path) -> None:
    assert problem_of(tmp_path / name) == "file not found"


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a"])
def test_an_empty_file_is_a_problem(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()

    assert problem_of(tmp_path / name) == "empty file"


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    assert problem_of(tmp_path) == "cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.wav", "not readable as audio: Format not recognised"),
        ("a.mp3", "not readable as audio: Format not recognised"),
        ("a.m4a", "not readable as audio by ffmpeg"),
    ],
)
def test_a_text_is_not_audio(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("not audio at all\n" * 100)

    assert problem_of(tmp_path / name) == sentence


def test_an_mp3_without_a_frame_is_not_said_to_be_missing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mp3").write_bytes(b"\xff\xfb" + b"x" * 1000)

    assert problem_of(tmp_path / "a.mp3") == "not readable as audio"
    capfd.readouterr()  # the decoder's own complaint


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au"])
def test_a_truncated_file_of_plain_samples_is_a_problem(name: str, tmp_path: Path) -> None:
    assert problem_of(cut(written(tmp_path / name))) == "truncated: the file is shorter than its headers say"


def test_a_truncated_flac_is_a_problem(tmp_path: Path) -> None:
    assert problem_of(cut(written(tmp_path / "a.flac"))) == "truncated or damaged: flac decoder lost sync"


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
@pytest.mark.parametrize("share", [0.4, 0.6, 0.999])
def test_a_truncated_ogg_is_a_problem(subtype: str, share: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "a.ogg", rng.uniform(-1, 1, 10 * RATE_HZ), RATE_HZ, subtype=subtype)
    assert len(read_sound(tmp_path / "a.ogg").samples) == 10 * RATE_HZ

    sentence = problem_of(cut(tmp_path / "a.ogg", share))

    assert sentence == "truncated: the file is shorter than its headers say"


def test_a_truncated_mp3_with_a_table_of_contents_is_a_problem(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sentence = problem_of(cut(written(tmp_path / "a.mp3")))

    assert sentence.startswith("truncated: ends at 1.")
    assert sentence.endswith(" s instead of 3 s")
    capfd.readouterr()  # the decoder's own complaint


@pytest.mark.parametrize(("value", "name"), [(np.nan, "nan.wav"), (np.inf, "inf.wav"), (-np.inf, "less.wav")])
def test_samples_that_are_no_numbers_are_a_problem(value: float, name: str, tmp_path: Path) -> None:
    samples = TONE.copy()
    samples[1000] = value
    for rate in (RATE_HZ, 44_100):
        soundfile.write(tmp_path / name, samples, rate, subtype="FLOAT")

        assert problem_of(tmp_path / name) == "NaN or infinite samples"


def test_a_file_of_no_samples_is_a_problem(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE[:0], RATE_HZ)

    assert problem_of(tmp_path / "a.wav") == "no samples"


def test_a_member_of_a_tar_file_reads_like_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac")
    with tarfile.open(tmp_path / "shard.tar", "w") as tar:
        tar.add(path, "x/a.flac")

    member = f"{tmp_path}/shard.tar::x/a.flac"

    assert np.array_equal(read_sound(member).samples, read_sound(path).samples)
    assert files.content(member) == path.read_bytes()
    assert files.sha256(member) == files.sha256(path)
    assert problem_of(f"{tmp_path}/shard.tar::x/b.flac") == "no such member of shard.tar"
    assert problem_of(f"{tmp_path}/other.tar::x/b.flac") == "file not found"


def test_a_tar_file_that_breaks_off_is_named(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "shard.tar", "w") as tar:
        tar.add(written(tmp_path / "a.wav"), "a.wav")

    sentence = problem_of(f"{cut(tmp_path / 'shard.tar')}::a.wav")

    assert sentence.startswith("shard.tar is not a whole, uncompressed tar file (")


@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.wma"])
def test_what_libsndfile_cannot_read_goes_through_ffmpeg(name: str, tmp_path: Path, ffmpeg: str) -> None:
    sound = read_sound(converted(tmp_path / name, ffmpeg))

    middle = sound.samples[RATE_HZ : 2 * RATE_HZ]
    assert sound.codec == name[2:]
    assert abs(sound.duration_s - 3) < 0.15
    assert np.argmax(np.abs(np.fft.rfft(middle))) == 440
    assert abs(energy_db(middle) - energy_db(TONE)) < 0.5


def test_a_truncated_m4a_is_a_problem(tmp_path: Path, ffmpeg: str) -> None:
    assert problem_of(cut(converted(tmp_path / "a.m4a", ffmpeg))) == "not readable as audio by ffmpeg"


def test_the_ffmpeg_of_a_python_package_serves_where_the_system_has_none(
    tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = converted(tmp_path / "a.m4a", ffmpeg)
    expected_s = read_sound(path).duration_s
    files._decoded_by_ffmpeg.cache_clear()
    files.ffmpeg_program.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setenv("PATH", "")

    assert "imageio_ffmpeg" in files.ffmpeg_program()
    assert abs(read_sound(path).duration_s - expected_s) < 0.1  # versions differ in the padding that they leave
    files.ffmpeg_program.cache_clear()


def test_no_ffmpeg_at_all_is_a_problem_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.m4a").write_text("anything")
    files.ffmpeg_program.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)

    assert problem_of(tmp_path / "a.m4a") == "needs ffmpeg to be read; install ffmpeg, or convert the file to flac"


def test_pydub_says_nothing_on_import_even_without_ffmpeg() -> None:
    script = (
        "import os; os.environ['PATH'] = ''\n"
        "from atlas.audio import files\n"
        "try: files._decoded_by_ffmpeg('absent.m4a')\n"
        "except files.AudioProblem: pass\n"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)

    assert result.stderr == ""


def test_a_flac_written_into_a_pipe_is_read_whole(tmp_path: Path, ffmpeg: str) -> None:
    sound = read_sound(converted(tmp_path / "a.flac", ffmpeg, "-f", "flac", pipe=True))

    assert (sound.codec, len(sound.samples)) == ("flac", len(TONE))
    assert np.abs(sound.samples - TONE).max() < 1e-4


def test_a_wav_written_into_a_pipe_is_no_truncated_one(tmp_path: Path, ffmpeg: str) -> None:
    sound = read_sound(converted(tmp_path / "a.wav", ffmpeg, "-f", "wav", pipe=True))

    assert len(sound.samples) == len(TONE)


def test_an_mp3_whose_length_libsndfile_would_guess_is_read_whole(tmp_path: Path, ffmpeg: str) -> None:
    path = converted(tmp_path / "a.mp3", ffmpeg, "-q:a", "4", "-write_xing", "0", "-af", "apad=pad_dur=20")
    with soundfile.SoundFile(path) as guess:
        assert guess.frames < 20 * RATE_HZ

    assert abs(read_sound(path).duration_s - 23) < 0.2


def test_a_tagged_mp3_is_still_read_by_libsndfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.mp3")
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 3, 0]) + b"\0" * 384
    path.write_bytes(tag + path.read_bytes())
    monkeypatch.setattr(files, "_by_ffmpeg", None)

    assert len(read_sound(path).samples) == len(TONE)


def test_problems_are_errors_that_the_user_sees() -> None:
    assert issubclass(AudioProblem, AtlasError)


def test_bytes_are_found_from_either_end_without_losing_the_place() -> None:
    source = io.BytesIO(b"0123456789")
    source.seek(4)

    assert files._bytes_at(source, 2, 3) == b"234"
    assert files._bytes_at(source, -2, 9) == b"89"
    assert files._bytes_at(source, -20, 3) == b"012"
    assert source.tell() == 4

"""Writing a corpus: equal bytes for equal scenes, and what the index stage finds in it."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import Config, CorpusConfig, EncoderConfig
from atlas.corpus.index import index
from atlas.encoders.whisper import GRID
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.store import AtlasFolder
from tests.building import contents
from tools.demo.scenes.files import CODING, opus, write_corpus
from tools.demo.scenes.scene import RATE_HZ, WINDOW_S, Scene, Timed
from tools.demo.scenes.takes import MusicSource, SoundSource, Take, scenes_of
from tools.demo.scenes.worlds import World


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    sources = (SoundSource("bell"), MusicSource(("guitar",), "melody"), SoundSource("rain"))
    takes = [
        Take(World.SHOWN, (number,), f"{source.domain}-set", f"take-{number}", 4.0, 1 + number % 2, (source,))
        for number, source in enumerate(sources)
    ]
    made = [scene for take in takes for scene in scenes_of(take)]
    spoken = Scene(
        *("speech-set/x-1", made[0].samples, "speech", "speech-set", "x", "x-a", ("speech", "Ärger"), "de", "so, ja"),
        phones=(Timed(0.1, 0.25, "z"), Timed(0.25, 0.4, "oʊ")),
        words=(Timed(0.1, 0.4, "so"),),
        truth={"level_db": -20.5, "variant": "m1"},
    )
    return [*made, spoken]


def test_equal_scenes_are_written_as_equal_bytes(scenes: list[Scene], tmp_path: Path) -> None:
    written = [write_corpus(tmp_path / name, scenes) for name in ("first", "second", "first")]

    assert written[0] == written[1] == written[2]
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert written[0].clips == 5
    assert written[0].seconds == sum(len(scene.samples) for scene in scenes) / RATE_HZ
    assert written[0].sound_bytes == sum(path.stat().st_size for path in (tmp_path / "first").rglob("*.opus"))


def test_what_is_written_is_indexed_without_a_problem(scenes: list[Scene], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, [*scenes[:-1]])
    settings = Config(
        title="made",
        corpus=CorpusConfig(manifest=corpus / "manifest.csv", alignments=corpus / "alignments.tsv"),
        encoder=EncoderConfig(model="tiny.en"),
        dictionary=(DictionaryConfig(name="units", tap="encoder.blocks.2", kind="identity", density=0.01),),
    )
    folder = AtlasFolder(tmp_path / "atlas")

    found = index(settings, folder, WINDOW_S, GRID, 1)

    assert (found.clips, found.problems, found.recordings) == (4, 0, 3)
    clips = folder.read_table(CLIPS)
    assert set(clips["codec"]) == {"opus"}
    assert clips.sort("path")["labels"].to_list() == [
        list(scene.labels) for scene in sorted(scenes[:-1], key=lambda scene: scene.name)
    ]
    assert folder.read_table(ALIGNMENTS).is_empty()


def test_labels_times_and_truth_are_written_as_they_are(scenes: list[Scene], tmp_path: Path) -> None:
    write_corpus(tmp_path, scenes[-1:])

    with open(tmp_path / "manifest.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "path": "speech-set/x-1.opus",
        "domain": "speech",
        "dataset": "speech-set",
        "recording": "x",
        "speaker": "x-a",
        "labels": "speech|Ärger",
        "language": "de",
        "text": "so, ja",
        "licence": "CC0 1.0",
    }
    assert (tmp_path / "alignments.tsv").read_text(encoding="utf-8").splitlines() == [
        "path\ttier\tstart_s\tend_s\tlabel",
        "speech-set/x-1.opus\tphones\t0.100\t0.250\tz",
        "speech-set/x-1.opus\tphones\t0.250\t0.400\toʊ",
        "speech-set/x-1.opus\twords\t0.100\t0.400\tso",
    ]
    truth = json.loads((tmp_path / "truth.jsonl").read_text(encoding="utf-8"))
    assert truth == {"path": "speech-set/x-1.opus", "level_db": -20.5, "variant": "m1"}
    assert "CC0 1.0" in (tmp_path / "LICENCE.txt").read_text(encoding="utf-8")


def test_the_coding_keeps_length_and_times_and_its_checksums_are_right(scenes: list[Scene]) -> None:
    samples = scenes[0].samples
    raw = io.BytesIO()
    soundfile.write(raw, samples, RATE_HZ, **CODING)
    serial = int.from_bytes(raw.getvalue()[14:18], "little")

    coded = opus(samples, serial)

    assert coded == raw.getvalue()  # with libsndfile's own number, its own checksums come out
    decoded, rate_hz = soundfile.read(io.BytesIO(opus(samples, 7)), dtype="float32")
    assert (rate_hz, len(decoded)) == (RATE_HZ, len(samples))
    lags = np.fft.irfft(np.fft.rfft(decoded) * np.conj(np.fft.rfft(samples)))
    assert np.argmax(lags) == 0
    assert np.corrcoef(decoded, samples)[0, 1] > 0.95

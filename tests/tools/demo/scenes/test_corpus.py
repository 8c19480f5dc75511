"""The corpus in the package: as large, as balanced and as free of give-aways as it promises, by its files alone."""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from scipy.stats import chi2_contingency, kruskal

from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import Config, CorpusConfig, EncoderConfig
from atlas.corpus.index import index
from atlas.encoders.whisper import GRID
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.store import AtlasFolder
from tools.demo.scenes.chain import SUPPLY_HZ
from tools.demo.scenes.instruments import INSTRUMENTS
from tools.demo.scenes.scene import RATE_HZ, WINDOW_S
from tools.demo.scenes.sets import training_scenes
from tools.demo.scenes.shown import shown_takes
from tools.demo.scenes.sounds import SOUNDS
from tools.demo.scenes.takes import BUZZING, DATASETS, scenes_of
from tools.demo.scenes.voices import LANGUAGE_NAMES
from tools.demo.scenes.worlds import World, world_of

CORPUS = Path(__file__).resolve().parents[4] / "atlas" / "demo" / "files" / "corpus"
LARGEST = 8_000_000  # bytes
FEWEST = 12  # recordings of a label
CLASSES = (*LANGUAGE_NAMES.values(), *INSTRUMENTS, *SOUNDS)

CHAIN_NUMBERS = (
    "noise.snr_db",
    "level_db",
    "room.rt60_s",
    "room.distance",
    "microphone.slope_db",
    "microphone.peak_db",
)
CHAIN_CHOICES = ("noise.kind", "microphone.narrow", "microphone.clips")
SHARED = {  # what is a class, or is or is not there, in both worlds
    *("parts", "buzzes", "drums", "mode", "chord_beats", "noise.kind", "microphone.narrow", "microphone.clips"),
    *("siren.kind", "telephone.electronic"),
}
MEASURED = "voice.measured_hz"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with open(CORPUS / "manifest.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truths() -> dict[str, dict[str, str | float]]:
    lines = (CORPUS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    known = [json.loads(line) for line in lines]
    return {one.pop("path"): one for one in known}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> AtlasFolder:
    settings = Config(
        title="shown",
        corpus=CorpusConfig(manifest=CORPUS / "manifest.csv", alignments=CORPUS / "alignments.tsv"),
        encoder=EncoderConfig(model="tiny.en"),
        dictionary=(DictionaryConfig(name="units", tap="encoder.blocks.2", kind="identity", density=0.01),),
    )
    folder = AtlasFolder(tmp_path_factory.mktemp("shown") / "atlas")
    index(settings, folder, WINDOW_S, GRID, 1)
    return folder


def plain(name: str) -> str:
    """The name of a parameter, of whichever part of a mixture."""
    return name.removeprefix("second.")


def test_it_is_large_and_balanced_and_small_enough(rows: list[dict[str, str]], indexed: AtlasFolder) -> None:
    clips = indexed.read_table(CLIPS)
    minutes = {domain: seconds / 60 for domain, seconds in clips.group_by("domain").agg(pl.sum("duration_s")).rows()}

    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) <= LARGEST
    assert len(rows) >= 480
    assert sum(minutes.values()) >= 32
    assert all(0.29 <= minutes[domain] / sum(minutes.values()) <= 0.38 for domain in DATASETS)
    assert {row["dataset"] for row in rows} == {dataset for datasets in DATASETS.values() for dataset in datasets}
    assert {row["licence"] for row in rows} == {"CC0 1.0"}


def test_it_is_indexed_without_a_problem_and_each_clip_fits_a_window(indexed: AtlasFolder) -> None:
    clips = indexed.read_table(CLIPS)
    spans = indexed.read_table(ALIGNMENTS).join(clips.select("clip", "duration_s", "labels"), on="clip")

    assert clips["problem"].null_count() == clips.height
    assert clips["path"].n_unique() == clips["sha256"].n_unique() == clips.height
    assert 1.5 < clips["duration_s"].min() <= clips["duration_s"].max() <= WINDOW_S  # type: ignore[operator]
    assert (spans["end_s"] <= spans["duration_s"]).all()
    assert spans["labels"].list.contains("speech").all()
    assert spans["clip"].n_unique() == clips["labels"].list.contains("speech").sum()


def test_every_label_has_recordings_enough_and_no_class_is_one_dataset(rows: list[dict[str, str]]) -> None:
    recordings, datasets = defaultdict(set), defaultdict(set)
    for row in rows:
        for label in row["labels"].split("|"):
            recordings[label].add(row["recording"])
            datasets[label].add(row["dataset"])

    assert {label: len(found) for label, found in recordings.items() if len(found) < FEWEST} == {}
    assert set(CLASSES) <= set(recordings)
    assert {label: found for label, found in datasets.items() if len(found) < 2} == {}
    assert (len(LANGUAGE_NAMES), len(INSTRUMENTS), len(SOUNDS)) == (13, 13, 22)


def test_a_fifth_of_the_clips_are_mixtures(truths: dict[str, dict[str, str | float]]) -> None:
    mixed = [truth for truth in truths.values() if "|" in str(truth["parts"])]

    assert 0.18 < len(mixed) / len(truths) < 0.22
    assert all(-6 <= float(truth["second.level_db"]) <= 0 for truth in mixed)


def test_the_chain_knows_nothing_of_the_class(
    rows: list[dict[str, str]], truths: dict[str, dict[str, str | float]]
) -> None:
    first = {row["recording"]: row for row in reversed(rows)}.values()  # takes, as clips of one share their chain
    chances = {}
    for column in ("domain", "dataset"):
        groups: dict[str, list[dict[str, str | float]]] = defaultdict(list)
        for row in first:
            groups[row[column]].append(truths[row["path"]])
        for name in CHAIN_NUMBERS:
            chances[column, name] = kruskal(*([one[name] for one in group] for group in groups.values())).pvalue
        for name in CHAIN_CHOICES:
            counts = [Counter(one[name] for one in group) for group in groups.values()]
            options = sorted({str(option) for count in counts for option in count})
            table = [[count[option] for option in options] for count in counts]
            chances[column, name] = chi2_contingency(table).pvalue

    assert len(chances) == 18
    assert {what: chance for what, chance in chances.items() if chance < 0.05 / len(chances)} == {}


def test_levels_and_noise_span_what_they_should(
    rows: list[dict[str, str]], truths: dict[str, dict[str, str | float]], indexed: AtlasFolder
) -> None:
    snr_db, level_db = (np.array([float(truth[name]) for truth in truths.values()]) for name in CHAIN_NUMBERS[:2])
    measured = dict(indexed.read_table(CLIPS).select("path", "energy_db").rows())
    heard_db = np.array([measured[path] for path in truths])

    assert (snr_db.min() < 7, snr_db.max() > 38) == (True, True)
    assert (level_db.min() < -33, level_db.max() > -14) == (True, True)
    assert np.corrcoef(heard_db, level_db)[0, 1] > 0.8
    assert heard_db.min() > -60


def sounds(paths: list[str]) -> Iterator[np.ndarray]:
    for path in paths:
        samples, rate_hz = soundfile.read(CORPUS / path, dtype="float32")
        assert rate_hz == RATE_HZ
        yield samples


def test_one_dataset_buzzes_and_it_is_heard(
    rows: list[dict[str, str]], truths: dict[str, dict[str, str | float]]
) -> None:
    buzzing = {row["path"] for row in rows if truths[row["path"]]["buzzes"] == "yes"}
    paths = [row["path"] for row in rows]

    lines_db = {}
    for path, samples in zip(paths, sounds(paths), strict=True):
        spectrum = np.abs(np.fft.rfft(samples[: 2 * RATE_HZ] * np.hanning(len(samples[: 2 * RATE_HZ])), 2 * RATE_HZ))
        line = round(SUPPLY_HZ * 2)
        beside = np.r_[spectrum[line - 60 : line - 8], spectrum[line + 9 : line + 61]]
        lines_db[path] = 20 * np.log10(spectrum[line - 2 : line + 3].max() / np.sqrt(np.square(beside).mean()))

    assert {row["dataset"] for row in rows if row["path"] in buzzing} == {BUZZING}
    takes = Counter((row["recording"], row["path"] in buzzing) for row in rows if row["dataset"] == BUZZING)
    assert sum(buzzes for _, buzzes in takes) == sum(not buzzes for _, buzzes in takes) == 26
    heard = {path for path, line_db in lines_db.items() if line_db > 15}
    assert len(heard & buzzing) / len(buzzing) > 0.9
    assert len(heard - buzzing) / (len(rows) - len(buzzing)) < 0.05


def test_numbers_and_choices_of_the_corpus_are_those_of_the_shown_world(
    truths: dict[str, dict[str, str | float]],
) -> None:
    strays = [
        (path, name, value)
        for path, truth in truths.items()
        for name, value in truth.items()
        if isinstance(value, float) and plain(name) != MEASURED and world_of(value) != World.SHOWN
    ]

    assert strays == []
    assert {plain(name) for truth in truths.values() for name in truth if name.endswith("bpm")} == {"bpm"}


@pytest.mark.usefixtures("espeak")
def test_nothing_that_is_drawn_is_shared_with_the_training_world(truths: dict[str, dict[str, str | float]]) -> None:
    shown, training = defaultdict(set), defaultdict(set)
    for truth in truths.values():
        for name, value in truth.items():
            shown[plain(name)].add(value)
    for scene in training_scenes(120, seed=77):
        for name, value in scene.truth.items():
            training[plain(name)].add(value)
            if isinstance(value, float) and plain(name) != MEASURED:
                assert world_of(value) == World.TRAINING, name

    both = set(shown) & set(training)
    assert len(both) > 120
    assert {
        name: shown[name] & training[name] for name in both - SHARED - {MEASURED} if shown[name] & training[name]
    } == {}
    assert all(shown[name] & training[name] for name in both & SHARED)


def test_the_files_are_what_the_programs_make(truths: dict[str, dict[str, str | float]]) -> None:
    takes = [one for one in shown_takes() if all(source.domain != "speech" for source in one.sources)]

    for one in takes[::40]:
        for scene in scenes_of(one):
            path = scene.name + ".opus"
            assert truths[path] == scene.truth
            (decoded,) = sounds([path])
            assert len(decoded) == len(scene.samples)
            assert np.corrcoef(decoded, scene.samples)[0, 1] > 0.7, path  # the coding of noise keeps little of its form


def test_the_licence_is_beside_the_sounds(rows: list[dict[str, str]]) -> None:
    assert "espeak-ng" in (CORPUS / "LICENCE.txt").read_text(encoding="utf-8")
    listed = {row["path"] for row in rows}
    assert listed == {path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*.opus")}
    assert soundfile.info(io.BytesIO((CORPUS / min(listed)).read_bytes())).subtype == "OPUS"

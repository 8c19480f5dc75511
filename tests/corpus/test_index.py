"""The index stage on small corpora: rows, numbers, shards, problems, and what does not change them."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from atlas.audio.files import sha256
from atlas.audio.samples import MEL_FLOOR_DB, energy_db, read_sound
from atlas.config.dictionaries import DictionaryConfig
from atlas.config.settings import Config, CorpusConfig, EncoderConfig, ScanConfig
from atlas.corpus.decode import Clip
from atlas.corpus.entries import CorpusEntry
from atlas.corpus.index import INDEX, Indexed, content_digest, index, shards_of
from atlas.encoders.whisper import GRID
from atlas.errors import AtlasError
from atlas.schema import ALIGNMENTS, CLIPS
from atlas.schema.grid import FrameGrid
from atlas.stages import Options
from atlas.store import AtlasFolder, changes

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real" / "corpus"


def config(shard_windows: int = 512, **corpus: Any) -> Config:
    return Config(
        title="small",
        corpus=CorpusConfig(**corpus),
        encoder=EncoderConfig(model="tiny.en"),
        dictionary=(DictionaryConfig(name="units", tap="encoder.blocks.2", kind="identity", density=0.01),),
        scan=ScanConfig(shard_windows=shard_windows),
    )


def tone(seconds: float, rate_hz: int = 16_000, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def sound(path: Path, samples: np.ndarray, rate_hz: int = 16_000, **form: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate_hz, **form)
    return path


def manifest(folder: Path, *rows: str, header: str = "path,domain") -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class Windowed:
    """What the stage works on: a config, a folder, and the window of an encoder."""

    config: Config
    folder: AtlasFolder
    window_s: float
    grid: FrameGrid = GRID


def index_facts(settings: Config, window_s: float) -> dict[str, str]:
    return INDEX.facts(Windowed(settings, AtlasFolder(Path("nowhere")), window_s))


def indexed(settings: Config, out: Path, window_s: float = 1.0, workers: int = 1) -> pl.DataFrame:
    index(settings, AtlasFolder(out), window_s, GRID, workers)
    return AtlasFolder(out).read_table(CLIPS)


def problems_of(root: Path, *names: str) -> dict[str, str | None]:
    settings = config(manifest=manifest(root, *(f"{name},sound" for name in names)), max_problem_share=1)
    return dict(indexed(settings, root / "atlas").select("path", "problem").rows())


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    sound(root / "talk/long.flac", tone(2.5, 44_100), 44_100)
    sound(root / "talk/short.wav", tone(0.75, hz=300))
    sound(root / "tunes/band.ogg", np.stack([tone(1.0, 48_000, 220), tone(1.0, 48_000, 220)], axis=1), 48_000)
    sound(root / "rain.wav", np.zeros(8_000, dtype=np.float32))
    shutil.copy(root / "rain.wav", root / "snow.wav")
    rows = [
        "tunes/band.ogg,music,,rock|loud,CC0",
        "talk/short.wav,speech,b,,",
        "talk/long.flac,speech,b,calm,",
        "snow.wav,sound,,,",
        "rain.wav,sound,,,",
        "absent.wav,sound,,,",
    ]
    manifest(root, *rows, header="path,domain,recording,labels,licence")
    return root


def test_a_small_mixed_corpus_gives_these_rows(mixed: Path, tmp_path: Path) -> None:
    settings = config(3, manifest=mixed / "manifest.csv", max_problem_share=0.5)

    found = indexed(settings, tmp_path / "atlas")

    assert found.select("clip", "path", "offset_s", "duration_s", "valid_frames", "shard", "problem").rows() == [
        (0, "absent.wav", 0.0, 0.0, 0, 0, "file not found"),
        (1, "talk/long.flac", 0.0, 1.0, 50, 0, None),
        (2, "talk/long.flac", 1.0, 1.0, 50, 0, None),
        (3, "talk/long.flac", 2.0, 0.5, 25, 0, None),
        (4, "talk/short.wav", 0.0, 0.75, 38, 0, None),
        (5, "rain.wav", 0.0, 0.5, 25, 1, None),
        (6, "snow.wav", 0.0, 0.5, 25, 1, "same content as rain.wav"),
        (7, "tunes/band.ogg", 0.0, 1.0, 50, 1, None),
    ]
    assert found.select("domain", "dataset", "recording", "labels", "licence", "codec", "sample_rate").rows() == [
        ("sound", "corpus", "absent", [], None, None, None),
        ("speech", "corpus", "b", ["calm"], None, "flac", 44_100),
        ("speech", "corpus", "b", ["calm"], None, "flac", 44_100),
        ("speech", "corpus", "b", ["calm"], None, "flac", 44_100),
        ("speech", "corpus", "b", [], None, "wav", 16_000),
        ("sound", "corpus", "rain", [], None, "wav", 16_000),
        ("sound", "corpus", "snow", [], None, "wav", 16_000),
        ("music", "corpus", "tunes/band", ["rock", "loud"], "CC0", "vorbis", 48_000),
    ]
    assert found["sha256"].to_list() == [None, *(sha256(mixed / path) for path in found["path"][1:])]
    loud = 20 * np.log10(0.5 / np.sqrt(2))
    expected = [None, loud, loud, loud, loud, MEL_FLOOR_DB, MEL_FLOOR_DB, loud]
    assert [level is None for level in found["energy_db"]] == [level is None for level in expected]
    assert np.allclose(found["energy_db"][1:].to_numpy(), expected[1:], atol=0.2)
    for name in ("group", "speaker", "language", "text", "attribution", "source_url"):
        assert found[name].null_count() == 8


def test_the_stage_says_what_it_found(mixed: Path, tmp_path: Path) -> None:
    settings = config(3, manifest=mixed / "manifest.csv", max_problem_share=0.5)
    folder = AtlasFolder(tmp_path / "atlas")

    found = index(settings, folder, 1.0, GRID, 2)

    assert found == Indexed(
        clips=8,
        files=6,
        recordings=3,
        shards=2,
        problems=2,
        domains=(("speech", 4), ("music", 1), ("sound", 1)),
        datasets=1,
        labelled=4,
        spans=0,
        hours=4.75 / 3600,
        seconds=found.seconds,
    )
    assert folder.read_table(ALIGNMENTS).is_empty()


def test_the_stage_leaves_its_marker(mixed: Path, tmp_path: Path) -> None:
    settings = config(3, manifest=mixed / "manifest.csv", max_problem_share=0.5)
    workspace = Windowed(settings, AtlasFolder(tmp_path / "atlas"), 1.0)

    lines = INDEX.do(workspace, Options(workers=1)).splitlines()

    assert lines[0].startswith(
        "index      8 clips of 3 recordings, 0.00 h, 2 with a `problem` in clips.parquet, in 2 sh"
    )
    assert lines[1] == "           speech 4, music 1, sound 1; 1 dataset, 4 clips with labels, 0 timed labels"
    marker = workspace.folder.marker("index")
    assert marker is not None
    assert marker.facts == index_facts(settings, 1.0)
    assert sorted(marker.outputs) == ["alignments.parquet", "clips.parquet"]
    assert INDEX.do(workspace, Options()) == "index      was done before"


def test_order_and_workers_change_no_byte(mixed: Path, tmp_path: Path) -> None:
    settings = config(3, manifest=mixed / "manifest.csv", max_problem_share=0.5)
    indexed(settings, tmp_path / "one")
    facts = index_facts(settings, 1.0)
    header, *rows = (mixed / "manifest.csv").read_text().splitlines()
    manifest(mixed, *reversed(rows), header=header)

    indexed(settings, tmp_path / "two", workers=2)

    assert (tmp_path / "one/clips.parquet").read_bytes() == (tmp_path / "two/clips.parquet").read_bytes()
    assert index_facts(settings, 1.0) == facts


def test_a_clip_added_elsewhere_changes_numbers_only(mixed: Path, tmp_path: Path) -> None:
    settings = config(3, manifest=mixed / "manifest.csv", max_problem_share=0.5)
    before = indexed(settings, tmp_path / "one")
    sound(mixed / "a.wav", tone(0.3))
    with open(mixed / "manifest.csv", "a") as file:
        file.write("a.wav,sound,,,\n")

    after = indexed(settings, tmp_path / "two").filter(pl.col("path") != "a.wav")

    assert after.drop("clip", "shard").equals(before.drop("clip", "shard"))


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100])
def test_valid_frames_are_those_of_the_samples_that_a_reader_gets(rate_hz: int, tmp_path: Path) -> None:
    sound(tmp_path / "a.flac", tone(31.2345, rate_hz), rate_hz)

    for window_s in (0.7, 1.5, 30.0):
        settings = config(manifest=manifest(tmp_path, "a.flac,music"))
        for row in indexed(settings, tmp_path / "atlas", window_s).iter_rows(named=True):
            again = read_sound(tmp_path / row["path"], row["offset_s"], row["duration_s"])
            assert row["valid_frames"] == GRID.frames_of(len(again.samples))
            assert row["valid_frames"] <= round(window_s * GRID.frames_per_s)
            assert row["energy_db"] == np.float32(energy_db(again.samples))


def test_stretches_of_one_file_are_clips_of_their_own(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", tone(4))
    rows = ("a.wav,speech,2.5,3", "a.wav,speech,0.25,2", "a.wav,speech,3.5,9")

    found = indexed(
        config(manifest=manifest(tmp_path, *rows, header="path,domain,start_s,end_s"), max_problem_share=1),
        tmp_path / "atlas",
    )

    assert found.select("clip", "offset_s", "duration_s", "problem").rows() == [
        (0, 0.25, 1.0, None),
        (1, 1.25, 0.75, None),
        (2, 2.5, 0.5, None),
        (3, 3.5, 0.0, "ends at 9 s, after the end of the file (4 s)"),
    ]


def test_whatever_cannot_be_read_is_a_row_with_one_sentence(tmp_path: Path) -> None:
    sound(tmp_path / "fine.wav", tone(1))
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no audio\n")
    sound(tmp_path / "none.wav", tone(0))
    sound(tmp_path / "nan.wav", np.full(1600, np.nan, dtype=np.float32), subtype="FLOAT")
    sound(tmp_path / "inf.wav", np.full(1600, np.inf, dtype=np.float32), subtype="FLOAT")
    cut = sound(tmp_path / "cut.flac", tone(2))
    cut.write_bytes(cut.read_bytes()[:-2000])
    names = ("fine.wav", "absent.wav", "empty.wav", "text.wav", "none.wav", "nan.wav", "inf.wav", "cut.flac")

    assert problems_of(tmp_path, *names) == {
        "fine.wav": None,
        "absent.wav": "file not found",
        "empty.wav": "empty file",
        "text.wav": "not readable as audio: Format not recognised",
        "none.wav": "no samples",
        "nan.wav": "NaN or infinite samples",
        "inf.wav": "NaN or infinite samples",
        "cut.flac": "truncated or damaged: flac decoder lost sync",
    }


def test_too_many_problems_stop_the_run_and_only_their_list_is_written(tmp_path: Path) -> None:
    sound(tmp_path / "fine.wav", tone(1))
    for n in range(6):
        (tmp_path / f"{n}.wav").touch()
    settings = config(manifest=manifest(tmp_path, "fine.wav,sound", *(f"{n}.wav,sound" for n in range(6))))

    with pytest.raises(AtlasError) as caught:
        indexed(settings, tmp_path / "atlas")

    listed = tmp_path / "atlas/problems.txt"
    assert str(caught.value) == (
        "6 of 7 clips have a problem, more than the allowed share of 0.05; mend these files, leave them out, or raise"
        f" corpus.max_problem_share; all are listed in {listed}\n"
        + "".join(f"  {n}.wav: empty file\n" for n in range(5))
        + "  and 1 more"
    )
    assert listed.read_text(encoding="utf-8").splitlines() == [f"{n}.wav: empty file" for n in range(6)]
    assert [path.name for path in (tmp_path / "atlas").iterdir()] == ["problems.txt"]


def test_a_root_that_is_not_that_of_the_paths_is_told_with_where_it_looked(tmp_path: Path) -> None:
    sound(tmp_path / "fine.wav", tone(1))
    settings = config(manifest=manifest(tmp_path, "fine.wav,sound", *(f"{n}.wav,sound" for n in range(6))))

    with pytest.raises(AtlasError) as caught:
        indexed(settings, tmp_path / "atlas")

    assert str(caught.value).splitlines()[0] == (
        "6 of 7 clips have a problem, more than the allowed share of 0.05; the first was looked for as"
        f" {tmp_path}/0.wav: set corpus.root to the folder that paths are relative to"
    )


def test_a_corpus_without_one_usable_clip_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(AtlasError) as caught:
        problems_of(tmp_path, "a.wav")

    assert str(caught.value) == "1 of 1 clips have a problem; at least one must be without\n  a.wav: file not found"


def test_timed_labels_follow_the_clips_of_their_files(tmp_path: Path) -> None:
    sound(tmp_path / "b.wav", tone(1.5))
    sound(tmp_path / "a.wav", tone(0.5, hz=300))
    spans = "path\ttier\tstart_s\tend_s\tlabel\nb.wav\twords\t0.5\t1.25\tx\na.wav\twords\t0\t0.55\ty\n"
    (tmp_path / "alignments.tsv").write_text(spans)
    listed = manifest(tmp_path, "b.wav,speech", "a.wav,speech")
    folder = AtlasFolder(tmp_path / "atlas")

    assert index(config(manifest=listed, alignments=tmp_path / "alignments.tsv"), folder, 1.0, GRID, 1).spans == 3

    assert folder.read_table(ALIGNMENTS).rows() == [
        (0, "words", 0.0, 0.5, "y"),
        (1, "words", 0.5, 1.0, "x"),
        (2, "words", 0.0, 0.25, "x"),
    ]


def test_all_clips_of_a_recording_have_its_group_and_the_scan_does_not_depend_on_it(tmp_path: Path) -> None:
    for number in range(6):
        sound(tmp_path / f"{number}.wav", tone(1.5, hz=200 + 50 * number))
    rows = [f"{number}.wav,speech,r{number // 2},{'' if number % 2 else f's{number // 4}'}" for number in range(6)]
    listed = manifest(tmp_path, *rows, header="path,domain,recording,speaker")
    bare, grouped = (
        indexed(config(manifest=listed, **asked), tmp_path / "atlas") for asked in ({}, {"group": "speaker"})
    )

    assert bare["group"].null_count() == 12
    groups = grouped.group_by("recording").agg(pl.col("group").unique()).sort("recording")
    assert groups.rows() == [("r0", ["s0"]), ("r1", ["s0"]), ("r2", ["s1"])]
    assert content_digest(bare) == content_digest(grouped)


def test_a_run_warns_of_shared_speakers_once_unless_groups_are_given(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(6):
        sound(tmp_path / f"{number}.wav", tone(0.5, hz=200 + 50 * number))
    listed = manifest(tmp_path, *(f"{n}.wav,speech,ann" for n in range(6)), header="path,domain,speaker")
    told = []
    for asked in ({"group": "speaker"}, {"group_pattern": "([0-9])"}, {}):
        folder = AtlasFolder(tmp_path / f"atlas{len(told)}")
        INDEX.do(Windowed(config(manifest=listed, **asked), folder, 1.0), Options(workers=1))
        told.append(len(caplog.messages))

    assert told == [0, 0, 1]
    assert caplog.messages[0].endswith(f"\n  {tmp_path.name}: 6 of 6 recordings share 1 speaker")


def test_each_fact_names_what_changed(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", tone(1))
    (tmp_path / "alignments.tsv").write_text("path\ttier\tstart_s\tend_s\tlabel\na.wav\twords\t0\t1\tx\n")
    listed = manifest(tmp_path, "a.wav,speech")
    settings = config(manifest=listed, alignments=tmp_path / "alignments.tsv")
    before, labels = index_facts(settings, 30.0), "the timed labels of corpus.alignments"

    def changed(now: dict[str, str]) -> set[str]:
        return {change.key for change in changes(before, now)}

    assert changed(index_facts(settings, 10.0)) == {"the window of the encoder"}
    assert changed(index_facts(config(7, **settings.corpus.model_dump()), 30.0)) == {"scan.shard_windows"}
    relabelled = config(**settings.corpus.model_dump() | {"dataset": "mine", "max_problem_share": 0.5})
    assert changed(index_facts(relabelled, 30.0)) == {"corpus.dataset", "the rows of the corpus"}
    grouped = config(**settings.corpus.model_dump() | {"group_pattern": "(a)"})
    assert changed(index_facts(grouped, 30.0)) == {"corpus.group_pattern", "the rows of the corpus"}
    (tmp_path / "alignments.tsv").write_text("path\ttier\tstart_s\tend_s\tlabel\na.wav\twords\t0\t1\ty\n")
    assert changed(index_facts(settings, 30.0)) == {labels}
    sound(tmp_path / "a.wav", tone(2))
    assert changed(index_facts(settings, 30.0)) == {labels, "the audio files"}
    (tmp_path / "a.wav").unlink()
    manifest(tmp_path, "a.wav,music")
    assert changed(index_facts(settings, 30.0)) == {labels, "the audio files", "the rows of the corpus"}


def clip(recording: str, problem: str | None = None) -> Clip:
    entry = CorpusEntry(
        path="",
        file="",
        start_s=None,
        end_s=None,
        domain="",
        dataset="",
        recording=recording,
        group=None,
        speaker=None,
        labels=(),
        language=None,
        text=None,
        licence=None,
        attribution=None,
        source_url=None,
    )
    return Clip(entry=entry, offset_s=0.0, problem=problem)


def test_a_recording_is_never_split_and_a_long_one_has_a_shard_to_itself() -> None:
    recordings = "aabbbcddddddeef"

    assert shards_of([clip(name) for name in recordings], 4) == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3]
    assert shards_of([clip(name) for name in recordings], 1) == [0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 4, 4, 5]


def test_clips_with_problems_take_no_room_in_a_shard() -> None:
    clips = [clip("a", "bad"), clip("b"), clip("b", "bad"), clip("b"), clip("c", "bad"), clip("d"), clip("e", "bad")]

    assert shards_of(clips, 2) == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.skipif(not REAL.is_dir(), reason="shared/real is absent")
def test_the_real_corpus_is_indexed_as_its_readme_says(tmp_path: Path) -> None:
    columns = {"labels": "label", "source_url": "source_repo"}
    settings = config(manifest=REAL / "manifest.csv", alignments=REAL / "alignments.tsv", columns=columns)

    found = indexed(settings, tmp_path / "atlas", 30.0, workers=2)

    assert (found.height, found["problem"].null_count()) == (726, 726)
    minutes = dict(found.group_by("domain").agg((pl.col("duration_s").sum() / 60).round(1)).rows())
    assert minutes == {"speech": 18.9, "music": 29.8, "sound": 30.0}
    assert found["valid_frames"].max() <= 1500
    with open(REAL / "alignments.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    timed = sum(not tier.endswith("_untimed") and label != "" for _, tier, _, _, label in rows)
    assert AtlasFolder(tmp_path / "atlas").read_table(ALIGNMENTS).height == timed

"""The stage: what is there afterwards, what is done again and what is not, and what is said when it cannot be done."""

import io
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.audio.samples import RATE_HZ, energy_db
from atlas.config.settings import Config
from atlas.errors import AtlasError
from atlas.media import run, sounds
from atlas.media.run import discard
from atlas.schema import CLIPS
from atlas.schema.media import INDEX, LEAD_S, MEDIA, picture_path, sound_path, window_key
from atlas.store import AtlasFolder
from tests.building import contents
from tests.media.small import WINDOW_S, measured, media, media_facts, with_media, write_world

SHOWN = {"first": [(0, "top", rank, rank) for rank in range(7)]}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return write_world(tmp_path / "world")


@pytest.fixture
def folder(config: Config, tmp_path: Path) -> AtlasFolder:
    return measured(tmp_path / "atlas", config, SHOWN)


def files(folder: AtlasFolder) -> dict[str, bytes]:
    return contents(folder.root, lambda name: name.startswith("media/"))


def written(folder: AtlasFolder) -> dict[Path, int]:
    """When each sound and picture was written."""
    paths = [*folder.root.glob("media/*/*")]
    return {path: path.stat().st_mtime_ns for path in paths}


def test_the_index_says_what_is_there(folder: AtlasFolder, config: Config) -> None:
    line = media(folder, config)

    rows = folder.read_table(MEDIA, INDEX).rows(named=True)
    clips = folder.read_table(CLIPS).rows(named=True)
    assert [row["clip"] for row in rows] == list(range(7))
    assert [row["key"] for row in rows] == [
        window_key(clip["sha256"], clip["offset_s"], clip["duration_s"]) for clip in clips
    ]
    assert [row["seconds"] for row in rows] == [1.0, 2.5, 1.7, 1.0, 1.0, 5.0, 3.0]
    assert [row["reason"] for row in rows] == [None, None, None, "licence", "licence", None, None]
    for row in rows:
        heard, drawn = sound_path(folder.root, row["key"]), picture_path(folder.root, row["key"])
        assert row["audio_bytes"] == (heard.stat().st_size if row["reason"] is None else None)
        assert (row["gain_db"] is None) == (row["reason"] is not None) == (not heard.exists())
        assert row["picture_bytes"] == drawn.stat().st_size
    assert len(written(folder)) == 7 + 5
    megabytes = sum(row["audio_bytes"] or 0 for row in rows) / 1e6
    first, second = line.splitlines()
    assert re.fullmatch(
        rf"media      5 sounds \({megabytes:.1f} MB\), 7 pictures \(0\.0 MB\), 2 not published \(licence\), in .* s",
        first,
    )
    assert second == "           not in [media] redistribute: all rights reserved (1), unknown (1)"


def test_a_sound_is_the_window_at_its_gain(folder: AtlasFolder, config: Config) -> None:
    media(folder, config)

    row = folder.read_table(MEDIA, INDEX).row(6, named=True)  # the second window of the long file
    heard, rate_hz = soundfile.read(io.BytesIO(sound_path(folder.root, row["key"]).read_bytes()[108:]), dtype="float32")
    window = heard[round(LEAD_S * rate_hz) :][: 3 * RATE_HZ]
    source_db = folder.read_table(CLIPS)["energy_db"][6]
    assert len(window) == 3 * RATE_HZ
    assert energy_db(window) == pytest.approx(source_db + row["gain_db"], abs=1.5)  # MP3 drops the highest frequencies


def test_a_second_run_writes_no_file_again(folder: AtlasFolder, config: Config) -> None:
    media(folder, config)
    before, times = files(folder), written(folder)
    media(folder, config)

    assert files(folder) == before
    assert written(folder) == times


def test_processes_make_the_same_as_one(folder: AtlasFolder, config: Config, tmp_path: Path) -> None:
    media(folder, config)
    other = measured(tmp_path / "other", config, SHOWN)
    media(other, config, workers=2)

    assert files(other) == files(folder)


def test_a_run_that_was_stopped_goes_on(
    folder: AtlasFolder, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measured(tmp_path / "whole", config, SHOWN)
    media(whole, config)
    encode, left = sounds.encode, [2]

    def stopping(samples: np.ndarray, gain_db: float) -> bytes:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return encode(samples, gain_db)

    with monkeypatch.context() as patch:
        patch.setattr(sounds, "encode", stopping)
        with pytest.raises(KeyboardInterrupt):
            media(folder, config)
    assert folder.marker("media") is None
    times = written(folder)
    assert len(times) > 2
    media(folder, config)

    assert files(folder) == files(whole)
    assert {path: written(folder)[path] for path in times} == times
    assert folder.marker("media") is not None


def test_a_licence_that_is_taken_back_takes_its_sounds_away(folder: AtlasFolder, config: Config) -> None:
    media(folder, config)
    times = written(folder)
    narrower = with_media(config, redistribute=("CC BY 4.0",))
    line = media(folder, narrower)

    assert line.startswith("media      1 sound (")
    assert [path.name for path in folder.root.glob("media/audio/*")] == [
        f"{folder.read_table(MEDIA, INDEX)['key'][2]}.mp3"
    ]
    assert written(folder).items() <= times.items()
    media(folder, config)
    assert len(list(folder.root.glob("media/audio/*"))) == 5


def test_a_full_budget_is_said(folder: AtlasFolder, config: Config) -> None:
    line = media(folder, with_media(config, budget_mb=0))

    first = line.splitlines()[0]
    assert first.startswith("media      0 sounds (0.0 MB), 7 pictures")
    assert ", 2 not published (licence), 5 over the budget of 0 MB, in " in first
    assert folder.read_table(MEDIA, INDEX)["reason"].to_list() == ["budget"] * 3 + ["licence"] * 2 + ["budget"] * 2


def test_windows_that_no_example_needs_any_more_are_deleted(folder: AtlasFolder, config: Config) -> None:
    media(folder, config)
    media(measured(folder.root, config, {"first": [(0, "top", 0, 1)]}), config)

    assert folder.read_table(MEDIA, INDEX)["clip"].to_list() == [1]
    assert len(written(folder)) == 2


def test_a_clip_that_comes_to_the_corpus_renames_nothing(folder: AtlasFolder, config: Config, tmp_path: Path) -> None:
    media(folder, config)
    before = {name: content for name, content in files(folder).items() if name != "media/index.parquet"}
    manifest = tmp_path / "world/corpus/manifest.csv"
    soundfile.write(manifest.with_name("0.wav"), np.full(RATE_HZ, 0.01, np.float32), RATE_HZ)
    manifest.write_text(manifest.read_text(encoding="utf-8") + "0.wav,sound,made,CC0\n", encoding="utf-8")
    shown = {"first": [(0, "top", rank, rank) for rank in range(8)]}
    media(measured(tmp_path / "larger", config, shown), config)

    assert before.items() <= files(AtlasFolder(tmp_path / "larger")).items()


def test_a_damaged_file_is_made_anew(folder: AtlasFolder, config: Config) -> None:
    media(folder, config)
    before = files(folder)
    damaged = sorted(folder.root.glob("media/*/*.*"))[::5]
    for path in damaged:
        path.write_bytes(path.read_bytes()[:100])
    assert folder.marker("media") is None
    media(folder, config)

    assert len(damaged) > 1
    assert files(folder) == before


def test_another_way_of_making_makes_all_anew(
    folder: AtlasFolder, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    media(folder, config)
    times = written(folder)
    facts = media_facts(folder, config)
    monkeypatch.setattr(run, "RECIPE", "another")
    assert media_facts(folder, config) == facts | {"the recipe of sounds and pictures": "another"}
    media(folder, config)

    assert not written(folder).items() & times.items()
    assert written(folder).keys() == times.keys()


def test_what_is_discarded_is_made_anew(folder: AtlasFolder, config: Config) -> None:
    media(folder, config)
    before = files(folder)
    discard(folder)
    assert files(folder) == {}
    assert folder.marker("media") is None
    media(folder, config)

    assert files(folder) == before


def test_the_stage_depends_on_what_was_measured_and_on_its_own_settings(folder: AtlasFolder, config: Config) -> None:
    before = media_facts(folder, config)
    media(folder, config)
    marker = folder.marker("media")
    assert marker is not None
    assert marker.facts == before
    assert len(marker.outputs) == 1 + 7 + 5

    assert media_facts(folder, with_media(config, redistribute=("CC BY 4.0", "CC0"))) == before
    assert media_facts(folder, with_media(config, redistribute=("CC0",))) != before
    assert media_facts(folder, with_media(config, budget_mb=1)) != before
    assert media_facts(measured(folder.root, config, {}), config) != before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_has_gone_is_named(folder: AtlasFolder, config: Config, tmp_path: Path, workers: int) -> None:
    gone = tmp_path / "world/corpus/c.ogg"
    gone.unlink()
    with pytest.raises(AtlasError) as caught:
        media(folder, config, workers)

    assert str(caught.value) == (
        f"c.ogg: file not found, though it was fine at `atlas index`; bring it back as {gone},"
        " or run `atlas build` again without it"
    )


@pytest.mark.parametrize(("seconds", "level"), [(2.5, 0.01), (0.9, 0.2)])
def test_another_sound_under_the_same_name_is_refused(
    folder: AtlasFolder, config: Config, tmp_path: Path, seconds: float, level: float
) -> None:
    other = np.random.default_rng(9).normal(0, level, round(seconds * RATE_HZ)).astype(np.float32)
    soundfile.write(tmp_path / "world/corpus/b.flac", other, RATE_HZ)
    with pytest.raises(AtlasError) as caught:
        media(folder, config)

    assert str(caught.value) == "b.flac: its sound has changed since `atlas index`; run `atlas build` again"


def test_members_of_tar_files_are_heard_like_files(folder: AtlasFolder, config: Config, tmp_path: Path) -> None:
    media(folder, config)
    corpus = tmp_path / "world/corpus"
    with tarfile.open(corpus / "shard.tar", "w") as tar:
        tar.add(corpus / "b.flac", "b.flac")
    rows = "path,domain,dataset,licence\nshard.tar::b.flac,music,made,CC0\n"
    (corpus / "manifest.csv").write_text(rows, encoding="utf-8")
    packed = measured(tmp_path / "packed", config, {"first": [(0, "top", 0, 0)]})
    media(packed, config)

    made = {name: content for name, content in files(packed).items() if name != "media/index.parquet"}
    assert len(made) == 2
    assert made.items() <= files(folder).items()


def test_a_window_of_another_length_has_another_key() -> None:
    keys = {window_key("ab", 0.0, WINDOW_S), window_key("ab", 0.0, 4.0), window_key("ab", 1.0, WINDOW_S)}

    assert len(keys | {window_key("cd", 0.0, WINDOW_S)}) == 4
    assert window_key("ab", 0.1 + 0.2, 4.0) == window_key("ab", 0.3, 4.0)

"""The four sources of a corpus, each as a small folder."""

import io
import json
import logging
import tarfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from atlas.config.settings import CorpusConfig
from atlas.corpus.entries import CorpusEntry
from atlas.corpus.sources import read_entries
from atlas.errors import AtlasError


def touched(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def shard(path: Path, members: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, text in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(text.encode())
            tar.addfile(header, io.BytesIO(text.encode()))
    return path


def entries(**settings: Any) -> tuple[CorpusEntry, ...]:
    return read_entries(CorpusConfig(**settings))


def problem_of(**settings: Any) -> str:
    with pytest.raises(AtlasError) as caught:
        entries(**settings)
    return str(caught.value)


def test_a_manifest_is_read_relative_to_its_own_folder_or_to_a_root(tmp_path: Path) -> None:
    manifest = written(tmp_path / "lists/all.csv", f"path,domain\na.wav,speech\n{tmp_path}/lists/b/c.ogg,music\n")

    found = [(entry.path, entry.file, entry.dataset) for entry in entries(manifest=manifest)]
    rooted = [(entry.path, entry.file, entry.dataset) for entry in entries(manifest=manifest, root=tmp_path)]

    assert found == [
        ("a.wav", f"{tmp_path}/lists/a.wav", "lists"),
        ("b/c.ogg", f"{tmp_path}/lists/b/c.ogg", "lists"),
    ]
    assert rooted == [
        ("a.wav", f"{tmp_path}/a.wav", tmp_path.name),
        ("lists/b/c.ogg", f"{tmp_path}/lists/b/c.ogg", tmp_path.name),
    ]


def test_a_manifest_may_name_its_columns_as_it_likes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    row = {"wav": "a.wav", "kind": "sound", "tags": ["dog", "barking"], "begin": 1.5, "snr": 3}
    manifest = written(tmp_path / "all.jsonl", json.dumps(row) + "\n")
    columns = {"path": "wav", "domain": "kind", "labels": "tags", "start_s": "begin"}

    with caplog.at_level(logging.INFO):
        found = entries(manifest=manifest, columns=columns)

    assert [(entry.path, entry.domain, entry.labels, entry.start_s) for entry in found] == [
        ("a.wav", "sound", ("dog", "barking"), 1.5)
    ]
    assert caplog.messages == [f"{manifest}: columns that are not used: snr"]


def test_a_manifest_without_paths_is_told_which_columns_it_has(tmp_path: Path) -> None:
    manifest = written(tmp_path / "all.csv", "file,domain\na.wav,speech\n")

    assert problem_of(manifest=manifest) == (
        f"{manifest}: no column path; its columns: file, domain;"
        ' name the one with the paths: corpus.columns = { path = "..." }'
    )


def test_paths_outside_the_root_are_counted(tmp_path: Path) -> None:
    manifest = written(tmp_path / "all.csv", "path,domain\n../a.wav,speech\n/b.wav,speech\nc.wav,speech\n")

    message = problem_of(manifest=manifest)

    assert message.splitlines()[0] == f"{manifest}: 2 rows cannot be used"
    assert [line.split(" lies")[0] for line in message.splitlines()[1:]] == ["  row 1: ../a.wav", "  row 2: /b.wav"]


def test_a_folder_a_domain_lists_its_audio_and_names_datasets_by_subfolder(tmp_path: Path) -> None:
    touched(tmp_path / "talk", "libri/x/b.flac", "libri/x/notes.txt", "a.WAV", ".hidden.wav", ".cache/c.wav")
    touched(tmp_path / "tunes", "fma/a.mp3")

    found = entries(folders={"speech": tmp_path / "talk", "music": tmp_path / "tunes"})

    assert [(entry.path, entry.file, entry.domain, entry.dataset, entry.recording) for entry in found] == [
        ("speech/a.WAV", f"{tmp_path}/talk/a.WAV", "speech", "talk", "speech/a"),
        ("speech/libri/x/b.flac", f"{tmp_path}/talk/libri/x/b.flac", "speech", "libri", "speech/libri/x/b"),
        ("music/fma/a.mp3", f"{tmp_path}/tunes/fma/a.mp3", "music", "fma", "music/fma/a"),
    ]


def test_a_folder_that_is_missing_or_without_audio_is_an_error(tmp_path: Path) -> None:
    touched(tmp_path / "talk", "notes.txt")

    assert problem_of(folders={"speech": tmp_path / "talk"}) == (
        f"{tmp_path}/talk: no audio file in it (corpus.folders.speech)"
    )
    assert problem_of(folders={"speech": tmp_path / "absent"}).startswith(f"{tmp_path}/absent: not a folder")


def test_an_audiofolder_is_labelled_by_its_folders_and_not_by_its_splits(tmp_path: Path) -> None:
    root = touched(tmp_path / "esc", "train/dog/1.wav", "test/cat/2.wav", "data/train/3.wav", "4.wav")

    found = {entry.path: (entry.labels, entry.dataset) for entry in entries(audiofolder=root, domain="sound")}

    assert found == {
        "train/dog/1.wav": (("dog",), "esc"),
        "test/cat/2.wav": (("cat",), "esc"),
        "data/train/3.wav": ((), "esc"),
        "4.wav": ((), "esc"),
    }


def test_an_audiofolder_with_metadata_is_read_from_that(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = touched(tmp_path / "esc", "train/dog/1.wav", "test/2.wav", "test/3.wav")
    written(root / "train/metadata.csv", "file_name,transcription\ndog/1.wav,woof\n")
    written(root / "test/metadata.jsonl", '{"file_name": "2.wav", "labels": ["a", "b"]}\n')

    found = entries(audiofolder=root, domain="sound", columns={"text": "transcription"})

    assert [(entry.path, entry.file, entry.text, entry.labels) for entry in found] == [
        ("test/2.wav", f"{root}/test/2.wav", None, ("a", "b")),
        ("train/dog/1.wav", f"{root}/train/dog/1.wav", "woof", ()),
    ]
    assert caplog.messages == [f"{root}: 1 audio file in no metadata file, left out"]


def test_a_mistake_in_metadata_names_file_and_row(tmp_path: Path) -> None:
    root = touched(tmp_path / "esc", "train/1.wav")
    written(root / "train/metadata.csv", "file_name\n1.wav\n../../2.wav\n")

    assert problem_of(audiofolder=root, domain="sound") == (
        f"{root}: 1 row cannot be used\n  train/metadata.csv, row 2: train/../../2.wav lies outside {root};"
        " set corpus.root to a folder above all files"
    )


def test_webdataset_shards_give_a_clip_a_member_with_its_sidecars(tmp_path: Path) -> None:
    said = json.dumps({"domain": "speech", "lang": "de", "labels": ["x", "y"], "text": "from json"})
    shard(tmp_path / "wds/1.tar", {"k/b.flac": "", "k/b.json": said, "k/b.txt": "from txt", "k/a.wav": ""})
    shard(tmp_path / "wds/0.tar", {"c.v.ogg": "", "c.txt": " hello \n", "c.cls": "3", ".d.wav": "", "c.png": ""})

    found = entries(webdataset=tmp_path / "wds/*.tar", domain="sound", columns={"language": "lang"})

    assert [(e.path, e.file, e.domain, e.labels, e.language, e.text) for e in found] == [
        ("0.tar::c.v.ogg", f"{tmp_path}/wds/0.tar::c.v.ogg", "sound", ("3",), None, "hello"),
        ("1.tar::k/a.wav", f"{tmp_path}/wds/1.tar::k/a.wav", "sound", (), None, None),
        ("1.tar::k/b.flac", f"{tmp_path}/wds/1.tar::k/b.flac", "speech", ("x", "y"), "de", "from json"),
    ]
    assert {entry.dataset for entry in found} == {"wds"}
    assert found[2].recording == "1.tar::k/b"


def test_shards_in_several_folders_are_named_from_where_the_pattern_begins(tmp_path: Path) -> None:
    shard(tmp_path / "wds/x/0.tar", {"a.wav": ""})
    shard(tmp_path / "wds/y/0.tar", {"a.wav": ""})

    found = [entry.path for entry in entries(webdataset=tmp_path / "wds/*/0.tar", domain="sound")]

    assert found == ["x/0.tar::a.wav", "y/0.tar::a.wav"]
    assert [entry.path for entry in entries(webdataset=tmp_path / "wds/x/0.tar", domain="sound")] == ["0.tar::a.wav"]


def test_shards_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    assert problem_of(webdataset=tmp_path / "*.tar") == (
        f"{tmp_path}/*.tar: no such file; expected a tar file, or a pattern such as shards/*.tar"
    )
    written(tmp_path / "0.tar", "no tar file")
    assert problem_of(webdataset=tmp_path / "0.tar").startswith("0.tar is not a whole, uncompressed tar file (")


@pytest.mark.parametrize(("text", "sentence"), [("{", "not JSON: "), ("[1]", "not a JSON object")])
def test_a_sidecar_that_is_no_json_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    path = shard(tmp_path / "0.tar", {"a.wav": "", "a.json": text})

    assert problem_of(webdataset=path).startswith(f"{path}::a.json: {sentence}")


def test_a_column_of_groups_is_read_from_every_kind_of_table(tmp_path: Path) -> None:
    rows = [{"path": "a.wav", "domain": "sound", "author": "ann"}]
    pl.DataFrame(rows).write_parquet(tmp_path / "m.parquet")
    pl.DataFrame(rows).write_csv(tmp_path / "m.csv")
    pl.DataFrame(rows).write_ndjson(tmp_path / "m.jsonl")

    for name in ("m.parquet", "m.csv", "m.jsonl"):
        found = read_entries(CorpusConfig(manifest=tmp_path / name, group="author"))
        assert [entry.group for entry in found] == ["ann"]


def test_folders_have_no_column_of_groups_but_paths_have_patterns(tmp_path: Path) -> None:
    folders = {"speech": touched(tmp_path, "ann/1.wav", "bob/1.wav")}

    found = read_entries(CorpusConfig(folders=folders, group_pattern="^speech/([^/]+)/"))
    assert [entry.group for entry in found] == ["ann", "bob"]
    with pytest.raises(AtlasError, match=r"corpus.folders: no column speaker, .* its columns: domain; where paths say"):
        read_entries(CorpusConfig(folders=folders, group="speaker"))

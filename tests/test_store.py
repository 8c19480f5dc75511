"""The folder of an atlas: files are whole or absent, markers say what was done, and one run at a time writes."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.schema import ALIGNMENTS
from atlas.store import AtlasFolder, Change, changes, opaque

ROOT = Path(__file__).resolve().parent.parent
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
SPANS = pl.DataFrame(
    {"clip": [0], "tier": ["phones"], "start_s": [0.0], "end_s": [0.5], "label": ["a"]},
    schema=dict(ALIGNMENTS.columns),
)


@pytest.fixture
def folder(tmp_path: Path) -> AtlasFolder:
    return AtlasFolder(tmp_path / "atlas")


def fail_with(error: OSError) -> object:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail


def files_in(folder: AtlasFolder) -> list[str]:
    return sorted(path.relative_to(folder.root).as_posix() for path in folder.root.rglob("*") if path.is_file())


def test_a_table_is_read_as_it_was_written(folder: AtlasFolder) -> None:
    path = folder.write_table(ALIGNMENTS, SPANS)

    assert path == folder.root / "alignments.parquet"
    assert files_in(folder) == ["alignments.parquet"]
    assert folder.read_table(ALIGNMENTS).equals(SPANS)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_file_that_was_there_before(
    folder: AtlasFolder, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = folder.write_bytes(folder.root / "card.json", b"before")
    monkeypatch.setattr(os, step, fail_with(FULL))

    with pytest.raises(AtlasError) as caught:
        folder.write_bytes(path, b"after")

    assert (
        str(caught.value) == f"{path}: the disk is full; make room and run the same command again, it goes on from here"
    )
    assert files_in(folder) == ["card.json"]
    assert path.read_bytes() == b"before"


def test_a_disk_that_is_full_before_the_first_byte_leaves_nothing(
    folder: AtlasFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.root.mkdir()
    monkeypatch.setattr("builtins.open", fail_with(FULL))

    with pytest.raises(AtlasError, match="the disk is full"):
        folder.write_table(ALIGNMENTS, SPANS)

    assert files_in(folder) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_no_half_of_a_joined_table(
    folder: AtlasFolder, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    piece = folder.write_parquet(folder.root / "work/piece.parquet", SPANS)
    monkeypatch.setattr(os, step, fail_with(FULL))

    with pytest.raises(AtlasError, match="the disk is full"):
        folder.join_parquet(ALIGNMENTS, [piece])

    assert files_in(folder) == ["work/piece.parquet"]


def test_a_disk_that_fills_up_while_polars_writes_leaves_no_half_either(
    folder: AtlasFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_frame: pl.LazyFrame, path: Path, **_options: object) -> None:
        path.write_bytes(b"PAR1")
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    piece = folder.write_parquet(folder.root / "work/piece.parquet", SPANS)
    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", fill)

    with pytest.raises(AtlasError, match="the disk is full"):
        folder.join_parquet(ALIGNMENTS, [piece])

    assert files_in(folder) == ["work/piece.parquet"]


def test_a_folder_that_may_not_be_written_is_named(folder: AtlasFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", fail_with(PermissionError(errno.EACCES, "Permission denied")))

    with pytest.raises(AtlasError) as caught:
        folder.write_json(folder.root / "card.json", {})

    assert str(caught.value) == f"{folder.root / 'card.json'}: cannot be written: Permission denied"


def test_a_joined_table_holds_its_pieces_in_order(folder: AtlasFolder) -> None:
    later = SPANS.with_columns(clip=pl.lit(1, pl.UInt32))
    pieces = [
        folder.write_parquet(folder.root / f"work/{number}.parquet", frame)
        for number, frame in enumerate((SPANS, ALIGNMENTS.empty(), later))
    ]
    folder.join_parquet(ALIGNMENTS, pieces)

    assert folder.read_table(ALIGNMENTS).equals(pl.concat([SPANS, later]))


def test_a_table_with_other_columns_is_neither_written_nor_read(folder: AtlasFolder) -> None:
    wrong = SPANS.rename({"label": "phone"}).with_columns(clip=pl.lit(0, pl.Int64))
    path = folder.root / "alignments.parquet"
    expected = (
        f"{path}: not a table of `alignments`: clip (Int64, expected UInt32); label (absent, expected String);"
        " phone (String, expected no such column)"
    )

    with pytest.raises(AtlasError) as caught:
        folder.write_table(ALIGNMENTS, wrong)
    assert str(caught.value) == expected
    assert not path.exists()

    folder.write_parquet(path, wrong)
    with pytest.raises(AtlasError) as caught:
        folder.read_table(ALIGNMENTS)
    assert str(caught.value) == expected


def test_a_table_that_is_not_there_names_the_stage_that_writes_it(folder: AtlasFolder) -> None:
    with pytest.raises(AtlasError) as caught:
        folder.read_table(ALIGNMENTS)

    path = folder.root / "alignments.parquet"
    assert str(caught.value) == f"{path}: not there; run the stage that writes it, `atlas index`"


def test_a_table_that_is_no_parquet_file_names_the_stage_that_writes_it(folder: AtlasFolder) -> None:
    folder.write_bytes(folder.root / "alignments.parquet", b"not a table")

    with pytest.raises(AtlasError, match=r"alignments\.parquet: not a readable Parquet file \(.*run `atlas index`$"):
        folder.read_table(ALIGNMENTS)


def test_a_marker_is_read_as_it_was_put(folder: AtlasFolder) -> None:
    output = folder.write_bytes(folder.root / "clips.parquet", b"1234")
    put = folder.mark(("scan", "00001"), {"b": "2", "a": "1"}, [output], {"seconds": "3"})

    assert folder.marker("scan", "00001") == put
    assert folder.marker("scan", "00002") is None
    assert folder.marker("index") is None
    assert folder.marked("scan") == ("00001",)
    assert put.digest() == digest_of('{"a": "1", "b": "2"}')

    folder.unmark("scan", "00001")
    folder.unmark("scan", "00001")
    assert folder.marker("scan", "00001") is None
    assert folder.marked("scan") == ()


@pytest.mark.parametrize("content", [None, b"123"])
def test_a_marker_counts_only_while_its_outputs_are_there_whole(folder: AtlasFolder, content: bytes | None) -> None:
    output = folder.write_bytes(folder.root / "clips.parquet", b"1234")
    folder.mark(("index",), {}, [output])
    output.unlink()
    if content is not None:
        output.write_bytes(content)

    assert folder.marker("index") is None


def test_a_folder_with_markers_of_another_version_is_refused(folder: AtlasFolder) -> None:
    folder.mark(("index",), {}, [])
    path = folder.root / ".done/index.json"
    raw = json.loads(path.read_text(encoding="utf-8")) | {"format": 1}
    path.write_text(json.dumps(raw), encoding="utf-8")

    with pytest.raises(AtlasError) as caught:
        folder.marker("index")
    assert str(caught.value) == (
        f"{folder.root}: made by another version of the tool, whose markers this one does not read; use another --out,"
        " or the version that made it"
    )


def test_a_table_of_another_version_is_refused_with_the_remedy(folder: AtlasFolder) -> None:
    path = folder.write_table(replace(ALIGNMENTS, version=2), SPANS)

    assert folder.read_table(replace(ALIGNMENTS, version=2)).equals(SPANS)
    with pytest.raises(AtlasError) as caught:
        folder.read_table(ALIGNMENTS)
    assert str(caught.value) == (
        f"{path}: version 2 of the table `alignments`, and this tool reads version 1; run `atlas build`, which makes it"
        " anew, or use the version of the tool that made it"
    )


def test_a_joined_table_has_its_version_too(folder: AtlasFolder) -> None:
    piece = folder.write_parquet(folder.root / "work/piece.parquet", SPANS)
    folder.join_parquet(replace(ALIGNMENTS, version=3), [piece])

    assert folder.read_table(replace(ALIGNMENTS, version=3)).equals(SPANS)
    with pytest.raises(AtlasError, match="version 3 of the table `alignments`"):
        folder.read_table(ALIGNMENTS)


def test_a_marker_that_cannot_be_read_says_what_to_do(folder: AtlasFolder) -> None:
    path = folder.write_bytes(folder.root / ".done/index.json", b"{")

    with pytest.raises(AtlasError) as caught:
        folder.marker("index")
    assert str(caught.value).startswith(f"{path}: not a readable marker (")
    assert str(caught.value).endswith("); delete it to run the stage again")


def test_changes_name_what_differs_by_key() -> None:
    found = changes({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "4", "d": "5"})

    assert found == (Change("b", "2", "4"), Change("c", "3", None), Change("d", None, "5"))
    assert [str(change) for change in found] == ["b was 2, is 4", "c was 3, is absent", "d was absent, is 5"]


def test_digests_are_never_shown() -> None:
    found = changes({"a": opaque("12"), "b": opaque("34")}, {"a": opaque("56"), "c": opaque("78")})

    assert [str(change) for change in found] == ["a changed", "b is gone", "c is new"]


def test_a_key_that_is_no_fact_has_its_default() -> None:
    assert changes({"a": "1"}, {"b": "2"}, {"a": "1", "b": "3"}.get) == (Change("b", "3", "2"),)


def test_what_came_with_an_entry_of_a_list_is_not_told_key_by_key() -> None:
    before = {"dictionary": "a", "dictionary.a.k": "1"}
    now = {"dictionary": "a, b", "dictionary.a.k": "2", "dictionary.b.k": "3", "dictionary.b.tap": "x"}

    assert [change.key for change in changes(before, now)] == ["dictionary", "dictionary.a.k"]


def test_a_sweep_takes_half_written_files_and_nothing_else(folder: AtlasFolder) -> None:
    folder.write_bytes(folder.root / "peaks/last/00000.parquet", b"whole")
    (folder.root / "peaks/last/00001.parquet.host.17.atlas-part").write_bytes(b"half")
    (folder.root / "part.parquet").write_bytes(b"whole")
    folder.sweep()

    assert files_in(folder) == ["part.parquet", "peaks/last/00000.parquet"]


HOLD = """
import sys
from pathlib import Path
from atlas.store import AtlasFolder
with AtlasFolder(Path(sys.argv[1])).lock(shared=sys.argv[2] == "shared"):
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: AtlasFolder, how: str) -> Iterator[int]:
    """Another process holds the folder's lock during the block, which gets its number."""
    command = [sys.executable, "-c", HOLD, str(folder.root), how]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.communicate()


def test_a_folder_that_another_run_holds_alone_is_refused_and_told_who_it_is(folder: AtlasFolder) -> None:
    with held_elsewhere(folder, "alone") as process:
        for shared in (False, True):
            with pytest.raises(AtlasError) as caught, folder.lock(shared=shared):
                pass
            assert str(caught.value).startswith(f"{folder.root}: in use by process {process} on ")
            assert str(caught.value).endswith("; wait for it, or use another --out")
    with folder.lock():
        pass


def test_runs_that_scan_parts_hold_the_folder_together_and_keep_others_out(folder: AtlasFolder) -> None:
    with held_elsewhere(folder, "shared"):
        with folder.lock(shared=True):
            pass
        with pytest.raises(AtlasError, match="in use by another run; wait for it"), folder.lock():
            pass


def test_a_table_cut_into_parts_needs_the_name_of_each(folder: AtlasFolder) -> None:
    with pytest.raises(ValueError, match="alignments is cut by"):
        folder.path(ALIGNMENTS, "last")


def test_a_folder_with_somebody_elses_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/mine.wav").write_bytes(b"mine")
    with pytest.raises(AtlasError) as caught, AtlasFolder(tmp_path).lock():
        pass
    assert str(caught.value) == f"{tmp_path}: holds other files and no atlas; give --out an empty or a new folder"
    assert [path.name for path in tmp_path.rglob("*")] == ["datasets", "mine.wav"]

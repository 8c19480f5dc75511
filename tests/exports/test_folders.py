"""An export's folder is there whole or not at all, and takes no other's place."""

from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.exports.folders import MARKER, fresh_folder, measured
from tests.exports.conftest import contents


def write(to: Path, text: str, kind: str = "tests") -> None:
    with fresh_folder(to, kind) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text(text, encoding="utf-8")


def test_an_earlier_export_of_the_kind_is_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    (tmp_path / "out" / "left over").touch()
    write(tmp_path / "out", "two")

    assert contents(tmp_path) == {
        "out/inner/file": b"two",
        f"out/{MARKER}": (tmp_path / "out" / MARKER).read_bytes(),
    }
    assert str(measured(tmp_path / "out")) == "1 file, 0.0 MB"


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    before = contents(tmp_path)

    with pytest.raises(TypeError):
        write(tmp_path / "out", 2)  # type: ignore[arg-type]

    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["thesis.tex", MARKER])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("[]", encoding="utf-8")

    with pytest.raises(AtlasError, match="holds something else than an earlier export for tests; give --to a new"):
        write(tmp_path, "one")

    assert contents(tmp_path) == {name: b"[]"}


def test_an_export_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "out", "one", "others")

    with pytest.raises(AtlasError, match="an earlier export for tests"):
        write(tmp_path / "out", "two")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(AtlasError, match="cannot be written: Not a directory"):
        write(tmp_path / "file" / "out", "one")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "one")

    assert (tmp_path / "out/inner/file").read_text(encoding="utf-8") == "one"

"""Commands work where neither the package nor the home folder can be written to."""

import os
from pathlib import Path

import pytest

from atlas.cli.kernels import VARIABLE, find_room


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "somewhere")  # so that what a test leaves is undone
    monkeypatch.delenv(VARIABLE)


def test_where_nothing_can_be_written_kernels_are_kept_in_a_folder_for_this_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    find_room()

    assert Path(os.environ[VARIABLE]).parent == tmp_path
    assert Path(os.environ[VARIABLE]).is_dir()


@pytest.mark.parametrize("room", ["the package", "home"])
def test_numba_is_left_alone_where_it_finds_room_by_itself(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writable = os.path.expanduser("~") if room == "home" else str(Path(find_room.__code__.co_filename).parents[1])
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) == writable)
    find_room()

    assert VARIABLE not in os.environ


def test_the_folder_that_the_user_names_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "mine")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    find_room()

    assert os.environ[VARIABLE] == "mine"

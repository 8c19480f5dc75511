"""A disk that fills up at any moment costs nothing but the time until there is room again."""

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atlas.cli import main
from tests.building import contents, stored_world


def build(config: Path, out: Path) -> Result:
    return CliRunner().invoke(main, ["build", str(config), "--out", str(out)])


def fill_disk_after(files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From so many files on, nothing more reaches the disk."""
    sync, synced = os.fsync, 0

    def fsync(number: int) -> None:
        nonlocal synced
        synced += 1
        if synced > files:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(number)

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_full_disk_is_told_in_a_sentence_and_the_next_run_goes_on(tiny_config: Path, tmp_path: Path) -> None:
    lines = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    config = stored_world(tmp_path, tiny_config.parent, lines[:4])
    filled, whole = tmp_path / "filled", tmp_path / "whole"
    for files in (0, 2, 6, 14):
        with pytest.MonkeyPatch.context() as monkeypatch:
            fill_disk_after(files, monkeypatch)
            result = build(config, filled)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"Error: {filled}/")
        assert result.stderr.endswith(
            ": the disk is full; make room and run the same command again, it goes on from here\n"
        )
        assert list(filled.rglob("*.atlas-part")) == []
    assert build(config, filled).exit_code == 0
    assert build(config, whole).exit_code == 0

    assert contents(filled) == contents(whole)

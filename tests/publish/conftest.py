"""A small world to publish in, and a git that reads nobody's config."""

from pathlib import Path

import pytest

from tests.publish.worlds import ISOLATED, World, new_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in ISOLATED.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return new_world(tmp_path)

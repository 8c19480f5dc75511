"""A small world whose clips are heard, made once."""

from pathlib import Path

import pytest

from tests.effects.runs import write_world


@pytest.fixture(scope="session")
def heard_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of a miniature Whisper over noises, with its atlas beside; readers keep what they make elsewhere."""
    return write_world(tmp_path_factory.mktemp("heard"))

"""The tables beside the demo's site; and speech, where espeak-ng is installed."""

from pathlib import Path

import pytest

from atlas.demo.scenes.espeak import speak
from atlas.demo.show import atlas_beside
from atlas.errors import AtlasError


@pytest.fixture(scope="session")
def demo_atlas(demo_site: Path) -> Path:
    return atlas_beside(demo_site)


@pytest.fixture(scope="session")
def espeak() -> None:
    """What a test asks for that makes speech: it is skipped, with the reason, where that cannot be."""
    try:
        speak("a", "en", 170, 50, 50)
    except AtlasError as error:
        pytest.skip(str(error))

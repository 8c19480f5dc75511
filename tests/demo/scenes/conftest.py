"""Speech in tests: skipped, with the reason, where espeak-ng is not installed."""

import pytest

from atlas.demo.scenes.espeak import speak
from atlas.errors import AtlasError


@pytest.fixture(scope="session")
def espeak() -> None:
    """What a test asks for that makes speech."""
    try:
        speak("a", "en", 170, 50, 50)
    except AtlasError as error:
        pytest.skip(str(error))

"""Speech, where espeak-ng is installed."""

import pytest

from atlas.errors import AtlasError
from tools.demo.scenes.espeak import speak


@pytest.fixture(scope="session")
def espeak() -> None:
    """What a test asks for that makes speech: it is skipped, with the reason, where that cannot be."""
    try:
        speak("a", "en", 170, 50, 50)
    except AtlasError as error:
        pytest.skip(str(error))

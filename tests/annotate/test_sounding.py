"""Which clips hold any sound at all."""

import numpy as np
import pytest

from atlas.annotate.sounding import has_sound
from atlas.audio.samples import Samples

SPEECH = (np.random.default_rng(0).standard_normal(16_000) * 0.01).astype(np.float32)


def dithered(samples: int) -> Samples:
    """The last bit of 16."""
    return (np.random.default_rng(0).integers(-1, 2, samples) / 32768).astype(np.float32)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.zeros(16_000, np.float32), dithered(16_000), np.full(999, np.nan, np.float32)],
)
def test_what_recorders_leave_of_silence_is_no_sound(samples: Samples) -> None:
    assert not has_sound(samples)


def test_a_short_sound_in_a_long_silence_is_one() -> None:
    assert has_sound(np.concatenate([np.zeros(99_999, np.float32), SPEECH[:160]]))
    assert has_sound(SPEECH * 0.1)

"""A stretch cut out of an MP3 sounds as it does in the whole, but for the rounding of the decoder."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from atlas.audio.samples import RATE_HZ
from atlas.errors import AtlasError
from atlas.exports.cutting import FRAME_BYTES, FRAME_S, SILENT, cut
from atlas.media.sounds import encode
from atlas.schema.media import LEAD_S

SECONDS = 6
ROUNDING = 1e-6  # decoders add the same products in another order


def bursts() -> NDArray[np.float32]:
    """Noise in bursts between silences, which makes frames keep bits for each other."""
    random = np.random.default_rng(0)
    loud = (random.random(SECONDS * 20) < 0.3).repeat(RATE_HZ // 20)
    return (0.5 * random.standard_normal(SECONDS * RATE_HZ) * loud).astype(np.float32)


SOUND = encode(bursts(), 0.0)


def decoded(content: bytes) -> NDArray[np.float32]:
    samples: NDArray[np.float32] = soundfile.read(io.BytesIO(content), dtype="float32")[0]
    return samples


WHOLE = decoded(SOUND[FRAME_BYTES:])  # without the tag, for which decoders drop samples


@settings(max_examples=60)
@given(st.floats(0, SECONDS - 0.5), st.floats(0.1, 3))
def test_a_cut_plays_the_samples_of_the_whole(start_s: float, length_s: float) -> None:
    end_s = min(start_s + length_s, SECONDS)
    piece = cut(SOUND, start_s, end_s)

    samples = round((end_s - start_s) * RATE_HZ)
    there, here = round((start_s + LEAD_S) * RATE_HZ), round(piece.start_s * RATE_HZ)
    heard = decoded(piece.content)[here : here + samples]

    assert len(heard) == samples
    assert np.abs(heard - WHOLE[there : there + samples]).max() < ROUNDING


def test_a_cut_is_little_longer_than_its_stretch_and_begins_in_silence() -> None:
    piece = cut(SOUND, 3.0, 4.0)

    assert len(piece.content) / FRAME_BYTES <= 1 / FRAME_S + 9
    assert 0.2 < piece.start_s < 0.25
    assert not decoded(piece.content)[: SILENT * 576 - 576].any()


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(AtlasError, match="run `atlas media`"):
        cut(SOUND[:-1], 0, 1)
    with pytest.raises(AtlasError, match="run `atlas media`"):
        cut(SOUND[FRAME_BYTES:], 0, 1)

"""Taps that are no module of the model: the sound's own log-mel, and the same architecture with fresh weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from atlas.encoders import catalogue
from atlas.encoders.base import EncoderSource
from atlas.encoders.taps import load_encoder, tap_widths
from atlas.errors import AtlasError
from atlas.measure.listening import ClipActivations, ClipSource, listen
from tests import tiny, waves

CPU = torch.device("cpu")
FAMILIES = {
    "whisper": ("encoder.pt", tiny.write_encoder, "encoder.conv2", 64),
    "waves": ("encoder.waves", waves.write_encoder, "layers.0", 16),
}


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES)
def family(request: pytest.FixtureRequest) -> tuple[str, Callable[[Path], None], str, int]:
    return request.param


@pytest.fixture
def source(
    family: tuple[str, Callable[[Path], None], str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> EncoderSource:
    monkeypatch.setattr(catalogue, "FAMILIES", (*catalogue.FAMILIES, waves.WAVES))
    family[1](tmp_path / family[0])
    return catalogue.find_source(str(tmp_path / family[0]))


def heard(source: EncoderSource, folder: Path, *taps: str) -> ClipActivations:
    rate_hz, samples = source.grid.rate_hz, np.random.default_rng(1).standard_normal(12_345).astype(np.float32) / 10
    soundfile.write(folder / "a.wav", samples, rate_hz, "FLOAT")
    clip = ClipSource(
        number=0,
        path="a.wav",
        file=str(folder / "a.wav"),
        offset_s=0.0,
        duration_s=len(samples) / rate_hz,
        valid=source.grid.frames_of(len(samples)),
        hash64=0,
        recording=0,
    )
    return next(listen(load_encoder(source, taps, CPU, torch.float32), [clip], taps, 1))


def test_the_log_mel_is_the_display_mel_at_each_frame_and_silent_on_padding(
    family: tuple[str, Callable[[Path], None], str, int], source: EncoderSource, tmp_path: Path
) -> None:
    tap, width = family[2:]
    found = heard(source, tmp_path, tap, "log-mel")
    mel, valid = found.activations["log-mel"][0], found.clips[0].valid

    assert tap_widths(source, (tap, "log-mel")) == {tap: width, "log-mel": 80}
    assert mel.shape == (found.activations[tap].shape[1], 80)
    assert torch.equal(mel[:valid], torch.from_numpy(found.mels[0]))
    assert not mel[valid:].any()
    assert torch.equal(heard(source, tmp_path, "log-mel").activations["log-mel"][0, :valid], mel[:valid])


def test_an_untrained_tap_has_the_shape_of_the_trained_one_and_the_same_other_values_each_time(
    family: tuple[str, Callable[[Path], None], str, int], source: EncoderSource, tmp_path: Path
) -> None:
    tap, width = family[2:]
    fresh = f"untrained {tap}"
    found, again = (heard(source, tmp_path, tap, fresh).activations for _ in range(2))

    assert tap_widths(source, (fresh,)) == {fresh: width}
    assert found[fresh].shape == found[tap].shape
    assert not torch.allclose(found[fresh], found[tap])
    assert torch.equal(found[fresh], again[fresh])
    assert torch.equal(found[tap], heard(source, tmp_path, tap).activations[tap])


def test_a_module_that_does_not_exist_is_refused_untrained_too(source: EncoderSource) -> None:
    with pytest.raises(AtlasError, match="tap 'nothing' does not exist"):
        tap_widths(source, ("log-mel", "untrained nothing"))

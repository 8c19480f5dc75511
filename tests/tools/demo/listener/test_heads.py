"""Heads: fitted where there is something to be heard, they say it; how well they do is counted by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from atlas.encoders.whisper import find_source
from atlas.readouts.heads import HeadNames, Heads, find_heads
from tests.tools.demo.listener.small import SHAPE, scenes
from tools.demo.listener.heads import EncodedScenes, HeadLessons, encoded_scenes, fit_heads, scores_of, write_heads
from tools.demo.listener.network import save_encoder, untrained

FRAMES, WIDTH = 24, 12  # no padding
PHONES = ("a", "k", "s")
TAGS = ("bell", "speech")
LANGUAGES = ("de", "en")


def made_up(count: int, seed: int, heard: float = 3.0) -> EncodedScenes:
    """Every phone, tag and language is a direction of its own, in noise; every third scene is a bell alone."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((count, FRAMES, WIDTH)) * 0.3
    found = EncodedScenes(torch.empty(0), [], [], [])
    for number in range(count):
        speaks = number % 3 > 0
        phones = [int(phone) for phone in draw.integers(len(PHONES), size=6)] if speaks else []
        for place, phone in enumerate(phones):
            x[number, 4 * place : 4 * place + 3, phone] += heard  # the fourth frame lies between two phones
        x[number, :24, 4 if speaks else 3] += heard
        language = int(draw.integers(len(LANGUAGES)))
        if speaks:
            x[number, :24, 5 + language] += heard
        found.phones.append(tuple(PHONES[phone] for phone in phones))
        found.labels.append(frozenset({"speech"} if speaks else {"bell"}))
        found.languages.append(LANGUAGES[language] if speaks else "")
    return EncodedScenes(torch.from_numpy(x).half(), found.phones, found.labels, found.languages)


def test_what_is_there_to_be_heard_is_said_on_scenes_never_met() -> None:
    names, weights = fit_heads(made_up(90, 0), HeadLessons(epochs=30, batch=8, learning_rate=0.1))
    known = scores_of(Heads(names, weights), made_up(60, 1))
    unheard = scores_of(Heads(names, weights), made_up(60, 1, heard=0.0))

    assert names == HeadNames(PHONES, TAGS, LANGUAGES)
    assert known.phone_error_rate < 0.05
    assert known.tag_f1 > 0.95
    assert known.language_accuracy > 0.95
    assert unheard.phone_error_rate > 0.6
    assert unheard.language_accuracy < 0.8


def test_equal_lessons_give_equal_weights() -> None:
    one, other = (fit_heads(made_up(30, 0), HeadLessons(epochs=2, batch=8))[1] for _ in range(2))

    assert all(torch.equal(one[name], other[name]) for name in one)


def plain_heads() -> Heads:
    """They say what an axis of the width says, and otherwise nothing."""
    rows = {"phones": [None, 0, 1, 2], "tags": [3, 4], "languages": [5, 6]}
    weights: dict[str, Tensor] = {}
    for part, axes in rows.items():
        weight = torch.zeros(len(axes), WIDTH)
        for row, axis in enumerate(axes):
            if axis is not None:
                weight[row, axis] = 10.0
        weights |= {f"{part}.weight": weight, f"{part}.bias": torch.full((len(axes),), -5.0)}
    weights["phones.bias"][0] = 0.0
    return Heads(HeadNames(PHONES, TAGS, LANGUAGES), weights)


def test_scores_are_counted_by_hand() -> None:
    """Spoken `a k s` and `s`, spelt `a s` and `s k`: two edits of four phones; one language of two is right."""
    x = torch.zeros(3, FRAMES, WIDTH)
    for scene, frame, phone in ((0, 1, 0), (0, 5, 2), (1, 1, 2), (1, 5, 1)):
        x[scene, frame, phone] = 3.0
    x[:2, :, 4] = 3.0  # speech in two, found in both
    x[:, :, 5] = 1.0  # German everywhere
    labels = [frozenset({"speech"}), frozenset({"speech", "bell"}), frozenset({"bell"})]
    found = scores_of(plain_heads(), EncodedScenes(x, [("a", "k", "s"), ("s",), ()], labels, ["de", "en", ""]))

    assert found.phone_error_rate == pytest.approx(2 / 4)
    assert found.tag_f1 == pytest.approx((0 + 1) / 2)
    assert found.language_accuracy == pytest.approx(1 / 2)


def test_heads_are_fitted_on_an_encoder_and_found_to_fit_it(tmp_path: Path) -> None:
    encoder = tmp_path / "encoder.pt"
    save_encoder(untrained(SHAPE, 1), SHAPE, encoder)
    heard = encoded_scenes(encoder, scenes(12, 5))
    names, weights = fit_heads(heard, HeadLessons(epochs=1, batch=4))
    size = write_heads(names, weights, encoder, tmp_path / "heads.safetensors")
    source = find_heads(tmp_path / "heads.safetensors", "effects.readout", find_source(str(encoder)))

    assert heard.encoded.shape == (12, SHAPE.n_audio_ctx, SHAPE.n_audio_state)
    assert heard.speaking == [1, 3, 5, 7, 9, 11]
    assert all(set(heard.phones[one]) == {"a", "s"} for one in heard.speaking)
    assert names == HeadNames(("a", "s"), ("aa", "bb", "high", "low"), ("aa", "bb")) == source.names
    assert size == (tmp_path / "heads.safetensors").stat().st_size

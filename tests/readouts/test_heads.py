"""Linear heads: what they say, held against plain arithmetic, and which files of them are refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from atlas.annotate.base import SILENT
from atlas.encoders.catalogue import find_source
from atlas.errors import AtlasError
from atlas.readouts.heads import Heads, HeadsSource, find_heads, heads_bytes
from tests.annotate.whispers import miniature, write
from tests.readouts.made import NAMES, WIDTH, head_weights, heads

FRAMES = 30
CPU = torch.device("cpu")


def encoded(rows: int) -> Tensor:
    return torch.randn(rows, FRAMES, WIDTH, generator=torch.Generator().manual_seed(1))


def logits(x: Tensor, part: str) -> Tensor:
    weights = head_weights()
    return x @ weights[f"{part}.weight"].T + weights[f"{part}.bias"]


def test_an_utterance_is_the_likeliest_phone_of_each_frame() -> None:
    x = encoded(1)
    (utterance,) = heads().listen(x, [FRAMES], ["de"])
    spelt = logits(x, "phones")[0].log_softmax(-1)
    said = heads().said(x, utterance).logprobs[0]

    assert utterance.texts == tuple(f" {NAMES.phones[token - 1]}" for token in utterance.tokens)
    for token, (first, stop), own in zip(utterance.tokens, utterance.frames.tolist(), said, strict=True):
        assert spelt[first:stop].argmax(-1).tolist() == [token] * (stop - first)
        assert float(own) == pytest.approx(float(spelt[first:stop, token].mean()), abs=1e-5)
    assert heads().write(x, None) == [" ".join(NAMES.phones[token - 1] for token in utterance.tokens)]


def test_tags_and_languages_are_a_soft_maximum_over_the_window() -> None:
    x = encoded(2)
    (utterance,) = heads().listen(x[:1], [FRAMES], [None])
    said = heads().said(x, utterance)
    tags, languages = (logits(x, part).double().exp().mean(dim=1).log() for part in ("tags", "languages"))

    assert said.tags is not None
    assert said.no_speech is not None
    assert said.languages is not None
    torch.testing.assert_close(said.tags.exp().double(), tags.sigmoid(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(said.no_speech.double(), 1 - tags[:, 1].sigmoid(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(said.languages.double(), languages.log_softmax(-1), rtol=1e-4, atol=1e-4)
    assert utterance.language == NAMES.languages[int(languages[0].argmax())]


def test_a_clip_without_speech_or_phones_has_a_problem() -> None:
    def told(tag: float, blank: float) -> str | None:
        weights = head_weights()
        weights["tags.bias"][1] = tag
        weights["phones.bias"][0] = blank
        (utterance,) = Heads(NAMES, weights).listen(encoded(1), [FRAMES], [None])
        return utterance.problem

    assert [told(30, -30), told(-30, -30), told(30, 90)] == [None, SILENT, SILENT]


def test_a_speller_without_other_heads_says_nothing_of_them() -> None:
    alone = heads(replace(NAMES, tags=(), languages=()))
    (utterance,) = alone.listen(encoded(1), [FRAMES], [None])
    said = alone.said(encoded(2), utterance)

    assert (said.no_speech, said.languages, said.tags, utterance.language) == (None, None, None, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder and heads that fit it."""
    write(miniature(), tmp_path / "whole.pt")
    encoder = find_source(str(tmp_path / "whole.pt"))
    (tmp_path / "heads.safetensors").write_bytes(heads_bytes(NAMES, head_weights(), encoder.sha256))
    return tmp_path


def found(folder: Path) -> HeadsSource:
    return find_heads(folder / "heads.safetensors", "effects.readout", find_source(str(folder / "whole.pt")))


def test_a_file_of_heads_says_what_its_weights_say_in_half_precision(folder: Path) -> None:
    source = found(folder)
    loaded, x = source.load(CPU), encoded(2)
    rounded = Heads(NAMES, {name: weight.half().float() for name, weight in head_weights().items()})
    (utterance,) = loaded.listen(x[:1], [FRAMES], [None])

    assert (source.name, source.names, source.problem) == ("heads.safetensors", NAMES, None)
    assert torch.equal(loaded.said(x, utterance).logprobs, rounded.said(x, utterance).logprobs)
    assert (loaded.tags, loaded.languages) == (NAMES.tags, NAMES.languages)


def without_a_bias(content: bytes, sha256: str) -> bytes:
    return save({"phones.weight": load(content)["phones.weight"]}, _metadata(sha256))


def too_wide(content: bytes, sha256: str) -> bytes:
    return heads_bytes(NAMES, head_weights(width=WIDTH + 1), sha256)


def of_another_encoder(content: bytes, sha256: str) -> bytes:
    return heads_bytes(NAMES, head_weights(), "0" * 64)


def without_names(content: bytes, sha256: str) -> bytes:
    return save(load(content), {"encoder_sha256": sha256})


def no_tensors(content: bytes, sha256: str) -> bytes:
    return b"not tensors"


def _metadata(sha256: str) -> dict[str, str]:
    return {"phones": '["a", "b", "s", "tʃ"]', "tags": "[]", "languages": "[]", "encoder_sha256": sha256}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without_a_bias, r"heads.safetensors: phones.bias should have the shape \(5,\), not None"),
        (too_wide, r"phones.weight should have the shape \(5, 16\), not \(5, 17\)"),
        (of_another_encoder, r"effects.readout: the heads .* sha256 000000000000…, and encoder.model, whole.pt, has"),
        (without_names, r"heads.safetensors: not a file of heads; .*KeyError: 'phones'"),
        (no_tensors, r"heads.safetensors: not a file of heads; .*SafetensorError"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(folder: Path, spoil, told: str) -> None:
    path = folder / "heads.safetensors"
    path.write_bytes(spoil(path.read_bytes(), find_source(str(folder / "whole.pt")).sha256))

    with pytest.raises(AtlasError, match=told):
        found(folder)


def test_a_missing_file_and_weights_that_are_no_numbers_are_told(folder: Path) -> None:
    sha256 = find_source(str(folder / "whole.pt")).sha256
    bad = head_weights() | {"tags.bias": torch.tensor([0.0, float("nan")])}
    (folder / "heads.safetensors").write_bytes(heads_bytes(NAMES, bad, sha256))
    with pytest.raises(AtlasError, match=r"NaN or infinite weights in tags.bias"):
        found(folder).load(CPU)

    (folder / "heads.safetensors").unlink()
    with pytest.raises(AtlasError, match=r"effects.readout: there is no file .*heads.safetensors"):
        found(folder)

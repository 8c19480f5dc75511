"""Whisper's decoder as a readout: log-probabilities of given tokens, held against the model itself."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from atlas.annotate.whisper_words import find_writer
from atlas.readouts.base import Utterance
from atlas.readouts.whisper_decoder import WhisperDecoder
from tests.annotate.whispers import ENGLISH, MULTILINGUAL, miniature, write

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

FRAMES, WIDTH = 100, 16


@pytest.fixture(params=[ENGLISH, MULTILINGUAL], ids=["english", "multilingual"])
def readout(request: pytest.FixtureRequest, tmp_path: Path) -> WhisperDecoder:
    path = write(miniature(request.param), tmp_path / "whole.pt")
    return WhisperDecoder(find_writer(str(path)).load(torch.device("cpu")))


def encoded(rows: int) -> Tensor:
    return torch.randn(rows, FRAMES, WIDTH, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def utterance(readout: WhisperDecoder) -> Utterance:
    tokens = (*readout.words.tokenizer("en").encode(" the siren"), readout.words.tokenizer("en").eot)
    frames = torch.zeros(len(tokens), 2, dtype=torch.long).numpy()
    return Utterance(tokens=tokens, texts=("",) * len(tokens), frames=frames, language="en")


def test_given_tokens_are_as_probable_as_the_model_says_one_by_one(
    readout: WhisperDecoder, utterance: Utterance
) -> None:
    """The slow way: what has been said so far goes in, and the next token's probability is read at its end."""
    features = encoded(3)
    said = readout.said(features, utterance)
    start = list(readout.words.tokenizer("en").sot_sequence_including_notimestamps)

    assert said.logprobs.shape == (3, len(utterance.tokens))
    for row in range(3):
        before = list(start)
        for place, token in enumerate(utterance.tokens):
            logits = readout.model.logits(torch.tensor([before]), features[row : row + 1])[0, -1].float()
            assert float(logits.log_softmax(-1)[token]) == pytest.approx(float(said.logprobs[row, place]), abs=1e-4)
            before.append(token)


def test_languages_and_no_speech_are_read_at_the_first_position(readout: WhisperDecoder, utterance: Utterance) -> None:
    features = encoded(2)
    said = readout.said(features, utterance)
    tokenizer = readout.words.tokenizer("en")
    first = readout.model.logits(torch.tensor([[tokenizer.sot]] * 2), features)[:, 0].float()

    torch.testing.assert_close(said.no_speech, first.softmax(-1)[:, tokenizer.no_speech], rtol=0, atol=1e-6)
    if readout.languages:
        assert said.languages is not None
        assert said.languages.shape == (2, len(readout.languages))
        torch.testing.assert_close(said.languages.exp().sum(-1), torch.ones(2))
        theirs = readout.model.detect_language(features)[1]
        for row, shares in enumerate(theirs):
            assert float(said.languages[row].exp()[readout.languages.index("en")]) == pytest.approx(
                shares["en"], abs=1e-5
            )
    else:
        assert said.languages is None


def test_rows_without_a_change_say_the_same_to_the_bit(readout: WhisperDecoder, utterance: Utterance) -> None:
    rows = encoded(1).expand(8, -1, -1).clone()
    rows[1::2] += 1
    said = readout.said(rows, utterance)

    assert all(torch.equal(said.logprobs[row], said.logprobs[0]) for row in (2, 4, 6))
    assert not torch.equal(said.logprobs[1], said.logprobs[0])


def test_gradients_reach_what_the_encoder_gave(readout: WhisperDecoder, utterance: Utterance) -> None:
    """Against a finite difference along the gradient itself."""
    x = encoded(1).requires_grad_()
    (gradient,) = torch.autograd.grad(readout.said(x, utterance).logprobs.sum(), x)
    direction = gradient / gradient.norm()
    step = 0.02
    ahead, behind = (
        float(readout.said(x.detach() + sign * step * direction, utterance).logprobs.double().sum()) for sign in (1, -1)
    )

    assert float((gradient * direction).sum()) == pytest.approx((ahead - behind) / (2 * step), rel=0.05)


def test_an_utterance_has_its_tokens_within_the_clip_and_the_end_behind_them(readout: WhisperDecoder) -> None:
    features = encoded(2)
    found = readout.listen(features, [60, 100], ["en", None])

    for one, length in zip(found, (60, 100), strict=True):
        assert one.tokens[-1] == readout.words.tokenizer("en").eot
        assert len(one.tokens) == len(one.texts) == len(one.frames)
        assert (one.frames[:, 0] < one.frames[:, 1]).all()
        assert one.frames.max() <= length
        assert (one.frames[1:, 0] >= one.frames[:-1, 0]).all()
    assert replace(found[0]).text == "".join(found[0].texts).strip()


def test_free_writing_is_what_the_unedited_clip_is_heard_as(readout: WhisperDecoder) -> None:
    features = encoded(2)
    heard = readout.listen(features, [100, 100], ["en", "en"])

    assert [text.strip() for text in readout.write(features, "en")] == [one.text for one in heard]


def test_a_clip_is_heard_alike_alone_and_in_company(readout: WhisperDecoder) -> None:
    features = encoded(3)
    together = readout.listen(features, [100, 70, 40], ["en"] * 3)

    for row, one in enumerate(together):
        (alone,) = readout.listen(features[row : row + 1], [(100, 70, 40)[row]], ["en"])
        assert (alone.tokens, alone.texts, alone.problem) == (one.tokens, one.texts, one.problem)
        assert (alone.frames == one.frames).all()


def test_nothing_is_said_in_a_language_that_the_model_does_not_know(readout: WhisperDecoder) -> None:
    known, unknown = readout.listen(encoded(2), [100, 100], ["eng", "klingon"])

    assert len(known.tokens) > 1
    assert (unknown.tokens, unknown.frames.shape, unknown.problem) == ((), (0, 2), "unknown language")


def test_what_is_said_is_the_same_where_gradients_are_asked_for(readout: WhisperDecoder, utterance: Utterance) -> None:
    """Then no memory is used again; rows differ, so that one row's figures in another's place would show."""
    features = encoded(3)
    plain, followed = readout.said(features, utterance), readout.said(features.clone().requires_grad_(), utterance)

    torch.testing.assert_close(plain.logprobs, followed.logprobs.detach(), rtol=0, atol=1e-6)
    assert plain.kl is not None
    assert followed.kl is not None
    torch.testing.assert_close(plain.kl, followed.kl, rtol=0, atol=1e-6)
    assert plain.kl[0] == 0
    assert (plain.kl[1:] > 0).all()


def test_two_texts_at_once_are_as_probable_as_each_alone(readout: WhisperDecoder, utterance: Utterance) -> None:
    """What is heard to the bit; and rows without a change say the same of the other text, to the bit, too."""
    rows = encoded(1).expand(8, -1, -1).clone()
    rows[1::2] += 1
    other = readout.reading("A quite different text, longer than the siren", "en", utterance)
    assert other is not None
    said, read = readout.said_of_both(rows, utterance, other)
    alone, other_alone = readout.said(rows, utterance), readout.said(rows, other)

    for name in ("logprobs", "no_speech", "languages", "kl"):
        mine, theirs = getattr(said, name), getattr(alone, name)
        assert mine is theirs is None or torch.equal(mine, theirs)
    torch.testing.assert_close(read.logprobs, other_alone.logprobs, rtol=0, atol=1e-5)
    assert all(torch.equal(read.logprobs[row], read.logprobs[0]) for row in (2, 4, 6))
    assert not torch.equal(read.logprobs[1], read.logprobs[0])


def test_what_the_second_text_costs_is_its_tokens_alone(readout: WhisperDecoder, utterance: Utterance) -> None:
    """Keys and values of the frames are made once a layer, however many texts."""
    other = readout.reading("another text", "en", utterance)
    assert other is not None
    blocks, made = readout.model.decoder.blocks, list[int]()
    for place, block in enumerate(blocks):
        for project in (block.cross_attn.key, block.cross_attn.value):
            project.register_forward_hook(lambda *_, place=place: made.append(place))
    readout.said_of_both(encoded(2), utterance, other)

    assert made == [place for place in range(len(blocks)) for _ in range(2)]

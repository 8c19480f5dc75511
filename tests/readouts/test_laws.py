"""The laws that every readout is held to, whatever it says and however."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from atlas.annotate.whisper_words import find_writer
from atlas.readouts.base import Readout
from atlas.readouts.heads import HeadNames
from atlas.readouts.whisper_decoder import WhisperDecoder
from tests.annotate.whispers import ENGLISH, MULTILINGUAL, miniature, write
from tests.readouts.made import WIDTH, heads

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

FRAMES, ROWS = 100, 8


def decoder(vocabulary: int) -> Callable[[Path], Readout]:
    def made(folder: Path) -> Readout:
        path = write(miniature(vocabulary), folder / "whole.pt")
        return WhisperDecoder(find_writer(str(path)).load(torch.device("cpu")))

    return made


READOUTS: dict[str, Callable[[Path], Readout]] = {
    "English decoder": decoder(ENGLISH),
    "multilingual decoder": decoder(MULTILINGUAL),
    "heads": lambda _: heads(),
    "speller alone": lambda _: heads(HeadNames(("a", "b"))),
}


@pytest.fixture(params=list(READOUTS))
def readout(request: pytest.FixtureRequest, tmp_path: Path) -> Readout:
    return READOUTS[request.param](tmp_path)


def encoded(rows: int, seed: int = 5) -> Tensor:
    return torch.randn(rows, FRAMES, WIDTH, generator=torch.Generator().manual_seed(seed))


def rows_of(x: Tensor) -> Tensor:
    return x.expand(ROWS, -1, -1).clone()


def test_each_token_has_its_text_and_its_frames_in_their_order(readout: Readout) -> None:
    for one in readout.listen(encoded(2), [FRAMES, FRAMES], ["en", None]):
        assert len(one.tokens) == len(one.texts) == len(one.frames) > 1
        assert (one.frames[:, 0] < one.frames[:, 1]).all()
        assert (one.frames[1:, 0] >= one.frames[:-1, 0]).all()
        assert one.frames.min() >= 0
        assert one.frames.max() <= FRAMES


def test_what_is_written_freely_is_what_was_heard(readout: Readout) -> None:
    x = encoded(2)
    heard = readout.listen(x, [FRAMES, FRAMES], ["en", "en"])

    assert [text.strip() for text in readout.write(x, "en")] == [one.text for one in heard]
    assert all(one.text for one in heard)


def test_each_outcome_is_a_log_probability_with_its_columns(readout: Readout) -> None:
    (utterance,) = readout.listen(encoded(1), [FRAMES], ["en"])
    said = readout.said(encoded(3), utterance)

    assert said.logprobs.shape == (3, len(utterance.tokens))
    assert float(said.logprobs.max()) <= 0
    for columns, names in ((said.languages, readout.languages), (said.tags, readout.tags)):
        assert (columns is None) == (not names)
        assert columns is None or (columns.shape == (3, len(names)) and float(columns.max()) <= 0)
    if said.languages is not None:
        torch.testing.assert_close(said.languages.exp().sum(-1), torch.ones(3))
    assert said.kl is not None
    assert float(said.kl[0]) == 0
    assert (said.kl[1:] > 0).all()
    if said.no_speech is not None:
        assert ((said.no_speech >= 0) & (said.no_speech <= 1)).all()


def test_a_row_does_not_depend_on_the_others(readout: Readout) -> None:
    x = encoded(1)
    (utterance,) = readout.listen(x, [FRAMES], ["en"])
    alone, among = rows_of(x), rows_of(x)
    among[1::2] = encoded(4, seed=7)
    first, second = readout.said(alone, utterance), readout.said(among, utterance)

    for one, two in ((first.logprobs, second.logprobs), (first.languages, second.languages), (first.tags, second.tags)):
        if one is not None and two is not None:
            assert torch.equal(one[::2], two[::2])
            assert torch.equal(two[0], two[6])
            assert not torch.equal(one[1], two[1])


def test_gradients_reach_what_the_encoder_gave(readout: Readout) -> None:
    """Against a finite difference along the gradient itself."""
    x = encoded(1)
    (utterance,) = readout.listen(x, [FRAMES], ["en"])
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(readout.said(x, utterance).logprobs.mean(), x)
    step = 0.02 * gradient / gradient.norm()
    ahead, behind = (
        float(readout.said(x.detach() + sign * step, utterance).logprobs.double().mean()) for sign in (1, -1)
    )

    assert float((gradient * step).sum()) == pytest.approx((ahead - behind) / 2, rel=0.05)

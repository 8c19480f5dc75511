"""Words in time: the same as `whisper.timing` gives but for what is set right, and texts that are refused."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.model import Whisper
from whisper.timing import find_alignment
from whisper.tokenizer import Tokenizer, get_tokenizer

from atlas.annotate import aligning
from atlas.annotate.aligning import TextAligner
from atlas.annotate.base import MISFIT, NO_WORDS, TOO_LONG, Alignment, SpokenSpan
from atlas.audio.samples import Samples
from atlas.encoders.whisper import HOP, log_mel
from tests.annotate.whispers import MULTILINGUAL, WINDOW, miniature, noise

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary
TEXT = 'One "two", three: four-five six.'


@pytest.fixture(scope="module")
def model() -> Whisper:
    return miniature(MULTILINGUAL, seed=1)


@pytest.fixture
def credulous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights gain nothing from audio."""
    monkeypatch.setattr(aligning, "LEAST_GAIN", -np.inf)


def tokenizer(language: str = "en") -> Tokenizer:
    return get_tokenizer(True, num_languages=99, language=language, task="transcribe")


@torch.inference_mode()
def align(model: Whisper, text: str, samples: Samples, language: str = "en", late_frames: int = 0) -> Alignment:
    mel = torch.from_numpy(log_mel(samples, WINDOW, 80))
    return TextAligner(model, late_frames).align(text, tokenizer(language), model.encoder(mel[None])[0], samples)


@pytest.mark.usefixtures("credulous")
def test_words_lie_where_whisper_finds_them(model: Whisper) -> None:
    samples = noise(WINDOW - 999)
    mel = torch.from_numpy(log_mel(samples, WINDOW, 80))
    theirs = find_alignment(model, tokenizer(), tokenizer().encode(" " + TEXT), mel, len(samples) // 160)
    words = {word.word.strip().casefold(): word for word in theirs}

    found = {span.label: span for span in align(model, TEXT, samples).words}

    for name in ("one", "three", "four", "six"):  # whose spelling is the same there
        span, word = found[name], words[name]
        assert (span.start_s, span.end_s) == pytest.approx((word.start, word.end))
        assert span.score == pytest.approx(word.probability, rel=1e-4)


@pytest.mark.usefixtures("credulous")
@pytest.mark.parametrize("late_frames", [5, -3])
def test_times_are_moved_by_what_the_model_is_late(model: Whisper, late_frames: int) -> None:
    samples = noise(WINDOW)
    found, moved = (
        {span.label: span for span in align(model, TEXT, samples, "en", late).words} for late in (0, late_frames)
    )

    assert len(moved) > 2
    for label, span in moved.items():
        assert span.start_s == pytest.approx(
            max(0, found[label].start_s - late_frames * 0.02) if found[label].start_s else 0
        )


@pytest.mark.usefixtures("credulous")
def test_quiet_belongs_to_no_word(model: Whisper) -> None:
    samples = noise(WINDOW)
    samples[: 40 * HOP] *= 0.001
    samples[80 * HOP :] *= 0.001

    spans = align(model, TEXT, samples).words

    assert spans
    assert min(span.start_s for span in spans) >= 0.8
    assert max(span.end_s for span in spans) <= 1.6


def in_order(spans: Sequence[SpokenSpan], duration_s: float) -> bool:
    borders = [border for span in spans for border in (span.start_s, span.end_s)]
    lengths = [span.end_s - span.start_s for span in spans]
    return borders == sorted(borders) and all(length > 0 for length in lengths) and max([0, *borders]) <= duration_s


@settings(max_examples=30)
@given(
    text=st.text(alphabet=st.sampled_from("ab Z-'.,!9é真🎵\ufffd\n"), max_size=12),
    samples=st.sampled_from([1, 319, 320, 321, 4000, WINDOW]),
    language=st.sampled_from(["en", "ja"]),
)
def test_spans_are_in_order_and_within_the_clip(text: str, samples: int, language: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aligning, "LEAST_GAIN", -np.inf)
        found = align(SMALL, text, noise(samples), language)

    assert in_order(found.words, samples / 16_000)
    assert all(0 <= (span.score or 0) <= 1 for span in found.words)


SMALL = miniature(MULTILINGUAL, seed=2)


@pytest.mark.usefixtures("credulous")
def test_tokens_of_the_model_itself_are_taken_as_text(model: Whisper) -> None:
    found = align(model, "so <|endoftext|> there", noise(WINDOW))

    assert found.problem is None


@pytest.mark.usefixtures("credulous")
@pytest.mark.parametrize(("text", "problem"), [("... ?!", NO_WORDS), ("", NO_WORDS), ("word " * 20, TOO_LONG)])
def test_texts_that_cannot_be_aligned_are_told(model: Whisper, text: str, problem: str) -> None:
    assert align(model, text, noise(WINDOW)) == Alignment(problem=problem)


@pytest.mark.usefixtures("credulous")
def test_the_longest_text_that_fits_is_aligned(model: Whisper) -> None:
    assert align(model, "word " * 19, noise(WINDOW)).problem is None  # 19 + 4 before it + 1 after it


def test_a_text_that_the_audio_makes_no_likelier_is_a_misfit(model: Whisper) -> None:
    assert align(model, TEXT, noise(WINDOW)) == Alignment(problem=MISFIT)


def test_the_worst_stretch_of_a_text_decides() -> None:
    assert aligning._least_gain(np.array([5.0] * 30 + [0.0] * 10 + [5.0] * 30)) == 0
    assert aligning._least_gain(np.array([4.0, 0.0])) == 2

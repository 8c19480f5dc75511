"""Greedy decoding in batches: the same in any company, each row in its own language, and what is refused."""

from dataclasses import replace

import pytest
import torch
import whisper
from whisper.decoding import DecodingOptions, DecodingResult
from whisper.model import Whisper

from atlas.annotate import transcribing
from atlas.annotate.base import CUT, REPETITIVE, SILENT, UNSURE, Transcript
from atlas.annotate.transcribing import MOST_ROWS, equal_batches, loops, problem_of, rows_at_once, transcribe
from tests.annotate.whispers import MULTILINGUAL, miniature

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary


@pytest.fixture(scope="module")
def multilingual() -> Whisper:
    return miniature(MULTILINGUAL)


@pytest.fixture
def three_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three clips, for speed."""
    monkeypatch.setattr(transcribing, "MOST_ROWS", 3)


def features(clips: int) -> torch.Tensor:
    return torch.randn(clips, 100, 16, generator=torch.Generator().manual_seed(1))


def rounded(transcripts: list[Transcript]) -> list[Transcript]:
    return [replace(each, avg_logprob=round(each.avg_logprob or 0, 3)) for each in transcripts]


@pytest.mark.usefixtures("three_rows")
@torch.inference_mode()
def test_a_clip_has_the_same_transcript_in_any_company(multilingual: Whisper) -> None:
    clips = features(7)
    languages = [("en", "de", "ja")[number % 3] for number in range(len(clips))]
    together = transcribe(multilingual, clips, languages)

    assert rounded(transcribe(multilingual, clips.flip(0), languages[::-1])) == rounded(together[::-1])
    assert rounded(transcribe(multilingual, clips[4:5], languages[4:5])) == rounded(together[4:5])
    assert len({transcript.text for transcript in together}) > 1


@pytest.mark.usefixtures("three_rows")
@torch.inference_mode()
def test_rows_of_several_languages_are_what_whisper_decodes_in_each(multilingual: Whisper) -> None:
    clips, languages = features(4), ["de", "en", "fr", "de"]
    theirs = [
        whisper.decode(multilingual, clip, DecodingOptions(language=language, without_timestamps=True, fp16=False))
        for clip, language in zip(clips, languages, strict=True)
    ]

    ours = transcribe(multilingual, clips, languages)

    assert [transcript.text for transcript in ours] == [result.text for result in theirs]
    assert [transcript.language for transcript in ours] == languages
    assert [transcript.avg_logprob for transcript in ours] == pytest.approx(
        [result.avg_logprob for result in theirs], abs=1e-4
    )
    assert [transcript.no_speech for transcript in ours] == pytest.approx(
        [result.no_speech_prob for result in theirs], abs=1e-4
    )


def test_batches_have_one_shape() -> None:
    rows = torch.arange(1, 6)[:, None]

    assert [batch.flatten().tolist() for batch in equal_batches(rows, 3)] == [[1, 2, 3], [4, 5, 0]]


def test_a_larger_model_decodes_fewer_clips_at_once(multilingual: Whisper) -> None:
    large = miniature()
    large.dims.n_audio_ctx, large.dims.n_text_state, large.dims.n_text_layer = 1500, 1280, 32

    assert rows_at_once(multilingual) == MOST_ROWS
    assert rows_at_once(large) == 2


def result(
    text: str, avg_logprob: float = -0.3, no_speech: float = 0.1, compression: float = 1.2, tokens: int = 9
) -> DecodingResult:
    return DecodingResult(
        audio_features=torch.zeros(1),
        language="en",
        tokens=[1] * tokens,
        text=text,
        avg_logprob=avg_logprob,
        no_speech_prob=no_speech,
        compression_ratio=compression,
    )


@pytest.mark.parametrize(
    ("decoded", "problem"),
    [
        (result("one two"), None),
        (result("one two three", no_speech=0.9), None),  # a sure text outweighs it, as in whisper.transcribe
        (result("one two three", no_speech=0.91), SILENT),
        (result("one two", no_speech=0.6), None),
        (result("one two", no_speech=0.61), SILENT),
        (result("You.", no_speech=0.61), SILENT),
        (result("one two", avg_logprob=-1.1), UNSURE),
        (result("one two", avg_logprob=-1.1, no_speech=0.7), SILENT),
        (result(""), SILENT),
        (result("..."), SILENT),
        (result("one two", compression=2.5), REPETITIVE),
        (result("so " + "thank you. " * 7), REPETITIVE),
        (result("one two", tokens=20), CUT),
    ],
)
def test_transcripts_are_refused_by_whispers_own_limits(decoded: DecodingResult, problem: str | None) -> None:
    assert problem_of(decoded, longest=20) == problem


@pytest.mark.parametrize(
    ("text", "looping"),
    [
        ("uh, " * 8, False),
        ("uh, " * 13, True),
        ("Turn on the lights. " * 3, False),
        ("Turn on the lights. " * 4, True),
        ("a b c d a b c e a b c f a b c g", False),
        ("", False),
    ],
)
def test_a_phrase_that_is_said_again_and_again_is_a_loop(text: str, looping: bool) -> None:
    assert loops(text) == looping

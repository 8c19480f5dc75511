"""Transcripts by Whisper's own greedy decoding, from what the encoder gave for some clips.

All clips of a batch are decoded together, each in its own language, and a batch always has the same number of rows: so
a clip's transcript is the same in whatever company, its probabilities to rounding. What Whisper is known to invent is
refused by the limits that its own `transcribe` has. So are loops that these let through, and what it writes of silence
in spite of itself: where it is nearly sure that nobody speaks, or a word or two where it thinks so. The text is kept.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from whisper.decoding import DecodingOptions, DecodingResult, DecodingTask, detect_language
from whisper.model import Whisper
from whisper.tokenizer import Tokenizer

from atlas.annotate.base import CUT, REPETITIVE, SILENT, UNSURE, Transcript
from atlas.annotate.wording import has_words

MOST_ROWS = 16
MOST_MEMORY = 2**30  # bytes, of the keys and values that the decoder keeps of a batch's clips
DIGITS = 4  # of log-probabilities; the last bits of a row may depend on its place in the batch
LEAST_AVG_LOGPROB = -1.0  # these three as in whisper.transcribe
MOST_NO_SPEECH = 0.6
MOST_COMPRESSION = 2.4
SURELY_NO_SPEECH = 0.9
"""a sure text does not outweigh it. tiny.en writes "you", at a mean log-probability of -.4, of hum and of faint noise,
with .91 to .95; of 104 real clips of speech none has more than .27."""
FEW_WORDS = 2  # they do not outweigh MOST_NO_SPEECH
LOOP_WORDS = 8  # the longest phrase that is looked for
LOOP_REPEATS = 12  # words that repeat those before them, in a row


class MixedDecoding(DecodingTask):  # type: ignore[misc]  # whisper has no types
    """Decodes rows in languages of their own; Whisper's takes one for all, or asks the model."""

    def __init__(self, model: Whisper, languages: Sequence[str], longest: int | None = None) -> None:
        """longest: the most tokens that are decoded; half of what the decoder holds, if not given or if that is less"""
        half = model.dims.n_text_ctx // 2
        most = half if longest is None else min(longest, half)
        super().__init__(model, DecodingOptions(language="en", sample_len=most, without_timestamps=True, fp16=False))
        self.languages = list(languages)

    def _detect_language(self, _features: Tensor, tokens: Tensor) -> tuple[list[str], None]:
        if self.model.is_multilingual:
            codes = [self.tokenizer.to_language_token(language) for language in self.languages]
            tokens[:, self.sot_index + 1] = torch.tensor(codes)
        return self.languages, None


def rows_at_once(model: Whisper) -> int:
    """How many clips are decoded together; for one model it is always the same."""
    dims = model.dims
    bytes_a_clip: int = 2 * dims.n_text_layer * dims.n_audio_ctx * dims.n_text_state * 4
    return max(1, min(MOST_ROWS, MOST_MEMORY // bytes_a_clip))


def equal_batches(rows: Tensor, size: int) -> Iterator[Tensor]:
    """rows: [n, ...] -> batches [size, ...], the last one filled up with zeros."""
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        yield torch.cat([batch, batch.new_zeros(size - len(batch), *batch.shape[1:])])


def languages_of(model: Whisper, tokenizer: Tokenizer, features: Tensor) -> list[str]:
    """features: [clips, frames, width] -> the likeliest language of each."""
    languages: list[str] = []
    for batch in equal_batches(features, rows_at_once(model)):
        shares = detect_language(model, batch, tokenizer)[1]
        languages += [max(share, key=share.__getitem__) for share in shares]
    return languages[: len(features)]


def transcribe(model: Whisper, features: Tensor, languages: Sequence[str]) -> list[Transcript]:
    """features: [clips, frames, width]; it takes least time where clips of about equal length follow each other."""
    size = rows_at_once(model)
    found: list[Transcript] = []
    for number, batch in enumerate(equal_batches(features, size)):
        of_batch = list(languages[number * size : (number + 1) * size])
        task = MixedDecoding(model, of_batch + [of_batch[0]] * (size - len(of_batch)))
        found += [_transcript(result, task.sample_len) for result in task.run(batch)[: len(of_batch)]]
    return found


def _transcript(result: DecodingResult, longest: int) -> Transcript:
    return Transcript(
        text=result.text,
        language=result.language,
        avg_logprob=round(result.avg_logprob, DIGITS),
        no_speech=round(result.no_speech_prob, DIGITS),
        problem=problem_of(result, longest),
    )


def problem_of(result: DecodingResult, longest: int) -> str | None:
    """Why a transcript is refused, if it is; `longest`: the most tokens that are decoded."""
    unsure = result.avg_logprob < LEAST_AVG_LOGPROB
    dubious = unsure or len(_plain_words(result.text)) <= FEW_WORDS
    if not has_words(result.text) or result.no_speech_prob > (MOST_NO_SPEECH if dubious else SURELY_NO_SPEECH):
        return SILENT
    if result.compression_ratio > MOST_COMPRESSION or loops(result.text):
        return REPETITIVE
    if len(result.tokens) >= longest:
        return CUT
    return UNSURE if unsure else None


def loops(text: str) -> bool:
    """Whether some phrase follows on itself until LOOP_REPEATS words are said again."""
    words = _plain_words(text)
    return any(_repeated(words, length) >= LOOP_REPEATS for length in range(1, LOOP_WORDS + 1))


def _plain_words(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in text.casefold()).split()


def _repeated(words: Sequence[str], length: int) -> int:
    """The longest run of words each of which was also said `length` words before."""
    run = longest = 0
    for early, late in zip(words, words[length:], strict=False):
        run = run + 1 if early == late else 0
        longest = max(longest, run)
    return longest

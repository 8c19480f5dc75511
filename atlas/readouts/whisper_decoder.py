"""Whisper's own decoder as a readout: greedy transcripts, and the log-probabilities of given ones.

Tokens are text and the end of the text; what stands before them (the prompt) is not counted. The probability that
nobody speaks and those of languages are read at the first position, as openai-whisper has them. Rows of one clip share
their tokens, so that a batch needs no padding.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from whisper.decoding import DecodingResult
from whisper.model import Whisper
from whisper.tokenizer import Tokenizer

from atlas.annotate.base import NO_LANGUAGE
from atlas.annotate.languages import ENGLISH
from atlas.annotate.transcribing import MixedDecoding, equal_batches, languages_of, problem_of, rows_at_once
from atlas.annotate.whisper_words import WhisperWords
from atlas.readouts.base import Said, Utterance
from atlas.readouts.written import Written

Attended = dict[nn.Module, Tensor]


class WhisperDecoder:
    """The decoder of a complete Whisper."""

    name = "Whisper decoder"
    tags: tuple[str, ...] = ()

    def __init__(self, words: WhisperWords) -> None:
        self.words = words
        self.model: Whisper = words.model
        self.languages: tuple[str, ...] = words.languages if self.model.is_multilingual else ()
        self._language_tokens = list(words.tokenizer(ENGLISH).all_language_tokens) if self.languages else []

    @torch.no_grad()
    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        """What it writes of each clip, with the frames that its attention finds for each token.

        Nothing of a clip in a language that it does not know, as it would be made up.
        """
        codes, found = self._codes(encoded, languages), list[Utterance]()
        for row, code in enumerate(codes):  # each by itself: its bits are its own, and no row is filled up
            if languages[row] and self.words.code(languages[row] or "") is None:
                nothing = np.empty((0, 2), np.int64)
                found.append(Utterance(tokens=(), texts=(), frames=nothing, problem=NO_LANGUAGE))
                continue
            ((result, longest),) = self._decoded(encoded[row : row + 1], [code])
            problem = problem_of(result, longest)
            found.append(self._utterance(result, encoded[row], lengths[row], problem))
        return found

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        """encoded: [rows, frames, width]"""
        return self._said(encoded, utterance, None)

    def said_of_both(self, encoded: Tensor, utterance: Utterance, reference: Utterance) -> tuple[Said, Said]:
        """What tokens attend to is most of the decoder's work, and is the same for both texts."""
        attended = self._attended(encoded)
        said = self._said(encoded, utterance, attended)
        wanted, logits = self._asked(encoded, reference, attended)
        return said, Said(_logprobs(logits[:, -len(reference.tokens) :], wanted))

    def _said(self, encoded: Tensor, utterance: Utterance, attended: Attended | None) -> Said:
        tokenizer = self._tokenizer(utterance.language)
        wanted, logits = self._asked(encoded, utterance, attended)
        spelt = logits[:, -len(utterance.tokens) :]
        first = logits[:, tokenizer.sot_sequence.index(tokenizer.sot)]
        no_speech = first.softmax(dim=-1)[:, tokenizer.no_speech]
        spoken = first[:, self._language_tokens].log_softmax(dim=-1) if self.languages else None
        return Said(_logprobs(spelt, wanted), no_speech, spoken, kl=_divergence(spelt))

    def _asked(self, encoded: Tensor, utterance: Utterance, attended: Attended | None) -> tuple[Tensor, Tensor]:
        """The utterance's tokens, [rows, tokens, 1]; and logits: [rows, prompt and tokens but the last, vocabulary]."""
        start = self._tokenizer(utterance.language).sot_sequence_including_notimestamps
        given = torch.tensor([*start, *utterance.tokens[:-1]], device=encoded.device).expand(len(encoded), -1)
        wanted = torch.tensor(utterance.tokens, device=encoded.device).expand(len(encoded), -1)
        return wanted[..., None], self.model.decoder(given, encoded, kv_cache=attended).float()

    def _attended(self, encoded: Tensor) -> Attended:
        """Keys and values that the frames give for cross-attention, as the model looks them up.

        It takes the length of the first entry for how many tokens have gone before: here none have.
        """
        attended: Attended = {self.model.decoder: encoded.new_empty(1, 0)}
        for block in self.model.decoder.blocks:
            for project in (block.cross_attn.key, block.cross_attn.value):
                attended[project] = project(encoded)
        return attended

    def reading(self, text: str, language: str | None, utterance: Utterance) -> Utterance | None:
        code = self.words.code(language) if language else utterance.language
        if code is None or code != utterance.language:
            return None
        tokenizer = self._tokenizer(code)
        written = tokenizer.encode(f" {text.strip()}")
        tokens = (*written, tokenizer.eot)
        prompt = len(tokenizer.sot_sequence_including_notimestamps)
        if not text.strip() or prompt + len(tokens) - 1 > self.model.dims.n_text_ctx:
            return None
        texts = (*(tokenizer.decode([token]) for token in written), "")
        return Utterance(
            tokens=tokens, texts=texts, frames=np.zeros((len(tokens), 2), np.int64), language=utterance.language
        )

    @torch.no_grad()
    def write(self, encoded: Tensor, language: str | None) -> list[str]:
        return [result.text for result, _ in self._decoded(encoded, [language or ENGLISH] * len(encoded))]

    @torch.no_grad()
    def written(self, encoded: Tensor, language: str | None, longest: int) -> list[Written]:
        """encoded: [rows, frames, width] -> the greedy transcript of each, of at most `longest` tokens."""
        batches = -(-len(encoded) // rows_at_once(self.model))
        size = -(-len(encoded) // batches)  # about the same for all, so that few rows are filled up
        pieces = [encoded[start : start + size] for start in range(0, len(encoded), size)]
        found = [one for piece in pieces for one in self._decoded(piece, [language or ENGLISH] * len(piece), longest)]
        return [Written(result.text.strip(), result.no_speech_prob, result.avg_logprob) for result, _ in found]

    def _decoded(
        self, encoded: Tensor, codes: Sequence[str], longest: int | None = None
    ) -> list[tuple[DecodingResult, int]]:
        """Each clip's transcript, and the most tokens that are decoded."""
        size, found = min(rows_at_once(self.model), len(encoded)), list[tuple[DecodingResult, int]]()
        for number, batch in enumerate(equal_batches(encoded, size)):
            of_batch = list(codes[number * size : (number + 1) * size])
            task = MixedDecoding(self.model, of_batch + [of_batch[0]] * (size - len(of_batch)), longest)
            found += [(result, task.sample_len) for result in task.run(batch)[: len(of_batch)]]
        return found

    def _codes(self, encoded: Tensor, languages: Sequence[str | None]) -> list[str]:
        """Codes of the languages that are known; of others the likeliest."""
        codes = [self.words.code(language) if language else None for language in languages]
        open_ = [row for row, code in enumerate(codes) if code is None]
        found = [ENGLISH] * len(open_)
        if self.languages and open_:
            found = languages_of(self.model, self.words.tokenizer(ENGLISH), encoded[open_])
        detected = dict(zip(open_, found, strict=True))
        return [code or detected[row] for row, code in enumerate(codes)]

    def _utterance(self, result: DecodingResult, encoded: Tensor, length: int, problem: str | None) -> Utterance:
        tokenizer = self._tokenizer(result.language)
        tokens = (*result.tokens, tokenizer.eot)
        texts = (*(tokenizer.decode([token]) for token in result.tokens), "")
        borders = np.full(len(tokens) + 1, max(length - 1, 0))
        if result.tokens and problem is None:
            borders[: len(tokens)] = self.words.aligner.token_frames(result.tokens, tokenizer, encoded, length)
        frames = np.stack([borders[:-1], np.maximum(borders[1:], borders[:-1] + 1)], axis=1)
        return Utterance(tokens=tokens, texts=texts, frames=frames, language=result.language, problem=problem)

    def _tokenizer(self, language: str | None) -> Tokenizer:
        return self.words.tokenizer(language or ENGLISH)


def _spelt(logits: Tensor) -> Iterator[Tensor]:
    """logits: [rows, tokens, vocabulary] -> log-probabilities of each row, which hold until the next is asked for.

    In one buffer, as new memory costs more than the sums; gradients need memory of their own.
    """
    room = None if logits.requires_grad else torch.empty_like(logits[0])
    for row in logits:
        yield torch.log_softmax(row, -1) if room is None else torch.log_softmax(row, -1, out=room)


def _logprobs(logits: Tensor, wanted: Tensor) -> Tensor:
    """wanted: [rows, tokens, 1] -> [rows, tokens], the log-probabilities of these."""
    return torch.stack([row.gather(-1, tokens)[:, 0] for row, tokens in zip(_spelt(logits), wanted, strict=True)])


def _divergence(logits: Tensor) -> Tensor:
    """[rows, tokens, vocabulary] -> [rows], mean over tokens; exactly 0 of the first row."""
    rows = _spelt(logits.detach())
    unedited = next(rows).clone()
    shares, lost = unedited.exp(), torch.empty_like(unedited)
    sums = [torch.sub(unedited, row, out=lost).mul_(shares).sum(dim=-1).mean() for row in chain([unedited], rows)]
    return torch.stack(sums)

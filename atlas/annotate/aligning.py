"""Words of a text -> their times in a clip, from the decoder's cross-attention, as `whisper.timing` finds them.

It takes what the encoder gave for the clip instead of encoding again, and one text at a time, so that a clip's times do
not depend on its company. What it finds is set right in two ways. Attention comes to words late or early, each model's
by a constant; where that was measured, times are moved by it. And it finds no pauses, but gives each to a word or a
punctuation mark beside it: words are cut back to where there is sound, and marks have the time of their own tokens.

A text is held against what the decoder would say without hearing anything: where the audio hardly makes the text's
tokens likelier, the text belongs to another recording, or was made up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from whisper.model import Whisper, disable_sdpa
from whisper.timing import dtw_cpu, median_filter
from whisper.tokenizer import Tokenizer

from atlas.annotate.base import MISFIT, NO_WORDS, TOO_LONG, Alignment, SpokenSpan
from atlas.annotate.languages import ENGLISH
from atlas.annotate.wording import SpeltWord, as_spoken, words_between_spaces, words_by_piece
from atlas.audio.samples import Samples
from atlas.encoders.whisper import GRID

SMOOTHED_FRAMES = 7  # of the median filter, as in whisper.timing
LATE_FRAMES = {"tiny.en": 5, "base": -3}
"""How much later than a forced aligner a model has words begin and end, in the median of 1,084 and of 388 words; the
same in each of nine sets of recordings to a frame or two."""
QUIET_DB = 30.0  # below the loud frames of the clip, those of its 95th percentile
GAIN_TOKENS = 10
"the stretch of a text that must gain from the audio; so a text that is half wrong is refused too"
LEAST_GAIN = 1.5
"""nats a token, in the worst stretch. Under tiny.en and base alike one of 36 texts gains less in its own clip, where
something else is said; one of 144 texts of other clips gains more, of two readings that share their sentences; and 21
or 22 of 26 texts are refused whose second half, or last sentence, is another clip's."""

UNSPACED = ("zh", "ja", "th", "lo", "my", "yue")  # as in whisper.tokenizer
_warped = numba.njit(nogil=True)(dtw_cpu.py_func)  # compiled without threads: 1 s sooner, and 27 times as fast


@dataclass(frozen=True, slots=True)
class ForcedText:
    """What the decoder thinks of a text that it is made to write."""

    logprobs: NDArray[np.float64]  # [tokens], among those that are text
    attention: Tensor  # [alignment heads, positions, frames], before the softmax


class TextAligner:
    """Aligns texts to what the encoder gave for their clips."""

    def __init__(self, model: Whisper, late_frames: int = 0) -> None:
        self.model = model
        self.late_frames = late_frames
        self.heads: list[tuple[int, int]] = [
            (layer, head) for layer, head in model.alignment_heads.indices().T.tolist()
        ]
        self.deafness = torch.zeros(1, model.dims.n_audio_state, device=model.device)

    def align(self, text: str, tokenizer: Tokenizer, features: Tensor, samples: Samples) -> Alignment:
        """features: [frames, width] of a whole window, of which the clip's samples are the beginning."""
        tokens: list[int] = tokenizer.encode(" " + " ".join(text.split()), disallowed_special=())
        pieces, spellings = tokenizer.split_tokens_on_unicode(tokens)  # the shortest that are whole characters
        words = words_by_piece(pieces) if tokenizer.language in UNSPACED else words_between_spaces(pieces)
        words = as_spoken(words) if tokenizer.language == ENGLISH else words
        if not words:
            return Alignment(problem=NO_WORDS)
        if len(tokenizer.sot_sequence_including_notimestamps) + len(tokens) + 1 > self.model.dims.n_text_ctx:
            return Alignment(problem=TOO_LONG)
        forced = self._force(tokens, tokenizer, features)
        gains = forced.logprobs - self._force(tokens, tokenizer, self.deafness).logprobs
        if len(samples) < GRID.hop or _least_gain(gains) < LEAST_GAIN:
            return Alignment(problem=MISFIT)
        # each position attends to what comes next: the last but one to the text's end
        positions = slice(len(tokenizer.sot_sequence), -1)
        sound = _sounding(samples)
        starts = _token_starts(forced.attention[:, :, : len(sound)], positions)
        starts[1:] = np.clip(starts[1:] - self.late_frames, 0, len(sound))
        borders = np.pad(np.cumsum([len(spelling) for spelling in spellings]), (1, 0))
        parts = [slice(borders[word.first], borders[word.last + 1]) for word in words]
        return Alignment(words=tuple(_timed(words, parts, starts, np.exp(forced.logprobs), sound)))

    def token_frames(
        self, tokens: Sequence[int], tokenizer: Tokenizer, features: Tensor, length: int
    ) -> NDArray[np.int64]:
        """The frame at which each token of a text begins, and that at which the last ends, within `length` frames."""
        forced = self._force(tokens, tokenizer, features)
        starts = _token_starts(forced.attention[:, :, :length], slice(len(tokenizer.sot_sequence), -1))
        starts[1:] = np.clip(starts[1:] - self.late_frames, 0, length)
        return starts

    def _force(self, tokens: Sequence[int], tokenizer: Tokenizer, features: Tensor) -> ForcedText:
        start = tokenizer.sot_sequence_including_notimestamps
        given = torch.tensor([[*start, *tokens, tokenizer.eot]], device=features.device)
        attended: dict[int, Tensor] = {}
        hooks = [self._hook(layer, attended) for layer in sorted({layer for layer, _ in self.heads})]
        try:
            with disable_sdpa():  # which keeps no attention
                logits = self.model.decoder(given, features[None])[0]
        finally:
            for hook in hooks:
                hook.remove()
        spelt = logits[len(start) - 1 : len(start) - 1 + len(tokens), : tokenizer.eot].log_softmax(dim=-1)
        logprobs = spelt[torch.arange(len(tokens)), tokens].double().cpu().numpy()
        return ForcedText(logprobs, torch.stack([attended[layer][head] for layer, head in self.heads]).cpu())

    def _hook(self, layer: int, attended: dict[int, Tensor]) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, _inputs: object, output: tuple[Tensor, Tensor]) -> None:
            attended[layer] = output[1][0]

        handle: torch.utils.hooks.RemovableHandle = self.model.decoder.blocks[layer].cross_attn.register_forward_hook(
            keep
        )
        return handle


def _least_gain(gains: NDArray[np.float64]) -> float:
    """The mean of the worst stretch of GAIN_TOKENS tokens, or of all where they are fewer."""
    length = min(GAIN_TOKENS, len(gains))
    return float(np.lib.stride_tricks.sliding_window_view(gains, length).mean(axis=1).min())


def _token_starts(attention: Tensor, positions: slice) -> NDArray[np.int64]:
    """attention: [heads, positions, frames] -> the frame where each token begins, and the one where the last ends."""
    weights = attention.softmax(dim=-1)
    deviation, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    weights = median_filter((weights - mean) / deviation.clamp_min(1e-9), SMOOTHED_FRAMES)
    rows, frames = _warped(-weights.mean(dim=0)[positions].double().numpy())
    starts: NDArray[np.int64] = frames[np.flatnonzero(np.diff(rows, prepend=-1))]
    return starts


def _sounding(samples: Samples) -> NDArray[np.bool_]:
    """samples -> [whole frames], whether a frame is not much quieter than the loud ones of the clip."""
    whole = len(samples) // GRID.hop
    power = np.square(samples[: whole * GRID.hop].reshape(whole, GRID.hop), dtype=np.float64).mean(axis=1)
    loud: NDArray[np.bool_] = power >= np.percentile(power, 95) * 10 ** (-QUIET_DB / 10)
    return loud


def _timed(
    words: Sequence[SpeltWord],
    parts: Sequence[slice],
    starts: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    sound: NDArray[np.bool_],
) -> Iterator[SpokenSpan]:
    """parts: the tokens of each word. Quiet at the ends of a word is cut off; words without sound are left out."""
    for word, part in zip(words, parts, strict=True):
        first = int(starts[part.start])
        loud = np.flatnonzero(sound[first : starts[part.stop]])
        if len(loud):
            start_s, end_s = GRID.seconds(first + int(loud[0])), GRID.seconds(first + int(loud[-1]) + 1)
            yield SpokenSpan(start_s, end_s, word.label, float(probabilities[part].mean()))

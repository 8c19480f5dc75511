"""The contract of readouts: what effects may know of the part of a model that says something.

A readout listens once to what the encoder gave for the unedited audio: that is the utterance. Then it is asked, for any
number of edits of the same clip at once, how probable the same utterance still is, token by token. So tokens and their
places never depend on an edit. What a model does not have, such as languages, is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What was said of one clip's unedited audio."""

    tokens: tuple[int, ...]
    "without what begins a transcript, and with its end where the readout has one"
    texts: tuple[str, ...]
    "what each token writes; empty for the end"
    frames: NDArray[np.int64]
    "[tokens, 2]: the frames from which and up to which each token is said; the end has the last of them"
    language: str | None = None
    problem: str | None = None
    "why nothing is to be measured on it"

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()


@dataclass(frozen=True, slots=True)
class Said:
    """How probable an utterance is under some edits, a row each."""

    logprobs: Tensor
    "[rows, tokens], in nats"
    no_speech: Tensor | None = None
    "[rows], the probability that nobody speaks"
    languages: Tensor | None = None
    "[rows, languages], log-probabilities; their probabilities add up to one"
    tags: Tensor | None = None
    "[rows, tags], the log-probability of each, which go together"
    kl: Tensor | None = None
    "[rows], divergence of what is said at each token from what the first row says there, mean over tokens, in nats"


class Readout(Protocol):
    """A part of a model that says something of what the encoder gives."""

    @property
    def name(self) -> str: ...

    @property
    def languages(self) -> tuple[str, ...]:
        """What `Said.languages` has columns for; empty where the model has none."""
        ...

    @property
    def tags(self) -> tuple[str, ...]:
        """What `Said.tags` has columns for; empty where the model has none."""
        ...

    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        """encoded: [clips, frames, width] with their valid frames, and languages where they are known."""
        ...

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        """encoded: [rows, frames, width], edits of one clip. Gradients pass, where the caller asks for them."""
        ...

    def reading(self, text: str, language: str | None, utterance: Utterance) -> Utterance | None:
        """A text of the corpus in this readout's tokens, to be asked about as an utterance of the same clip is.

        language: as the corpus names it. None where the text is in another one than the utterance, or has no tokens.
        """
        ...

    def write(self, encoded: Tensor, language: str | None) -> list[str]:
        """encoded: [rows, frames, width] -> what would be said of each, freely."""
        ...


@runtime_checkable
class AttendingReadout(Protocol):
    """A readout whose tokens attend to all frames.

    The times of tokens are its estimate then, beside which those of aligned words are better. And what it makes of the
    frames themselves serves several texts.
    """

    def said_of_both(self, encoded: Tensor, utterance: Utterance, reference: Utterance) -> tuple[Said, Said]:
        """As `said` of each, in less time: of the utterance to the bit, of the reference log-probabilities alone."""
        ...


class ReadoutSource(Protocol):
    """Where a readout lies, checked but not loaded."""

    @property
    def name(self) -> str:
        """The model or file as people know it, without a path."""
        ...

    @property
    def sha256(self) -> str:
        """Of its file; empty where there is no readout."""
        ...

    @property
    def problem(self) -> str | None:
        """Where there is no readout: what cannot be measured, and why."""
        ...

    def load(self, device: torch.device) -> Readout | None: ...

"""What a readout that writes freely says of itself: how sure it is of each text, and whether anybody speaks at all."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and what the model gives for it."""

    text: str
    no_speech: float
    mean_logprob: float
    "of a token, the end of the text included"


@runtime_checkable
class FreeReadout(Protocol):
    """A readout that decodes freely and knows how sure it is."""

    def written(self, encoded: Tensor, language: str | None, longest: int) -> list[Written]:
        """encoded: [rows, frames, width] -> the greedy transcript of each, of at most `longest` tokens."""
        ...

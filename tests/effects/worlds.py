"""A small world of effects: a network that is known, a dictionary of its directions, and a readout that reads some.

The "encoder" passes its input on through one more layer; the readout says of each of a few tokens how probable it is,
from the frames that the token is said at. So what an ablation does can be said beforehand, in closed form.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.effects.clips import TappedModel
from atlas.measure.codes import Coder
from atlas.measure.threads import Threads
from atlas.readouts.base import Said, Utterance
from atlas.schema.grid import FrameGrid

FRAMES, WIDTH, TOKENS = 60, 16, 4
CPU = torch.device("cpu")
TAP = "tap"
GRID = FrameGrid(rate_hz=16_000, hop=320, field=400, centre=160, partial=True)


@dataclass(frozen=True)
class PlainEncoder:
    """Its tap is its input; behind it comes one linear layer."""

    layer: Tensor
    device: torch.device = CPU
    batch: int = 1
    grid: FrameGrid = GRID
    frames: int = FRAMES

    def activations(self, inputs: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        return {TAP: inputs}

    def resumed_with(self, tap: str) -> str | None:
        return None

    def resume(self, tap: str, edited: Tensor, entering: Tensor | None = None) -> Tensor:
        return edited + edited @ self.layer

    def trace(
        self, tap: str, edited: Tensor, entering: Tensor | None, taps: Sequence[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return self.resume(tap, edited, entering), {}


@dataclass(frozen=True)
class PlainReadout:
    """Token i is said on its own quarter of the frames, as probable as the mean there along its reading direction."""

    reads: Tensor
    "[tokens, width]"
    name: str = "plain"
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        edges = np.linspace(0, FRAMES, TOKENS + 1).astype(np.int64)
        frames = np.stack([edges[:-1], edges[1:]], axis=1)
        one = Utterance(tokens=tuple(range(TOKENS)), texts=("a", "b", "c", "d"), frames=frames)
        return [one for _ in lengths]

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        return Said(torch.nn.functional.logsigmoid(self._read(encoded)))

    def reading(self, text: str, language: str | None, utterance: Utterance) -> Utterance | None:
        return None

    def write(self, encoded: Tensor, language: str | None) -> list[str]:
        """The tokens that are likelier than not."""
        return [
            " ".join(text for text, read in zip("abcd", row, strict=True) if read > 0) for row in self._read(encoded)
        ]

    def _read(self, encoded: Tensor) -> Tensor:
        parts = encoded.reshape(len(encoded), TOKENS, -1, WIDTH).mean(dim=2)
        return (parts * self.reads).sum(-1)


def world(seed: int = 0, read: float = 1.0) -> tuple[TappedModel, Tensor]:
    """The model, and a clip's input; features are unit directions of the tap, and the readout reads the first few."""
    generator = torch.Generator().manual_seed(seed)
    layer = 0.1 * torch.randn(WIDTH, WIDTH, generator=generator)
    reads = torch.zeros(TOKENS, WIDTH)
    reads[:, :TOKENS] = read * torch.eye(TOKENS)
    dictionary = Dictionary(
        kind="made up",
        selection=Selection("threshold", thresholds=torch.full((WIDTH,), 0.5)),
        bias=torch.zeros(WIDTH),
        multiplier=torch.ones(WIDTH),
        addend=torch.zeros(WIDTH),
        decoder=torch.eye(WIDTH),
        decoder_norm=torch.ones(WIDTH),
        encoder=torch.eye(WIDTH),
    )
    encoder = PlainEncoder(layer)
    model = TappedModel(encoder, PlainReadout(reads), TAP, Coder(dictionary, FRAMES, Threads(1)))
    return model, torch.randn(FRAMES, WIDTH, generator=generator)

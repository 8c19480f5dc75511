"""The contract of encoders: what measuring and training may know of an audio model.

A family is a module with `find_source(model)` and a row in `catalogue.py`. The laws that
`tests/encoders/test_contract.py` holds every family to: a sound of n samples has `grid.frames_of(n)` frames (where it
is padded those of the whole window, its own first); they are the same alone and in a batch; each tap is as wide as
`widths` says; a tap that does not exist is refused, and those that do are named; going on from what a tap gave ends
where the encoder's own pass does, and leads through what later taps give.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from atlas.audio.samples import Samples
from atlas.schema.grid import FrameGrid


class Encoder(Protocol):
    """An encoder on a device, in one precision."""

    @property
    def grid(self) -> FrameGrid: ...

    @property
    def frames(self) -> int:
        """Frames of a whole window."""
        ...

    @property
    def device(self) -> torch.device: ...

    @property
    def batch(self) -> int:
        """How many inputs of equal shape are encoded at once."""
        ...

    def prepare(self, samples: Samples) -> Tensor:
        """Samples of at most one window, at the grid's rate -> the input, which is stacked with others of its shape."""
        ...

    def activations(self, inputs: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """inputs: [clips, ...] -> tap -> [clips, frames, width], in fp32; in the order in which they are computed."""
        ...

    def resumed_with(self, tap: str) -> str | None:
        """The tap whose activations `resume` needs besides: what enters the layer, where `tap` lies inside of one."""
        ...

    def resume(self, tap: str, edited: Tensor, entering: Tensor | None = None) -> Tensor:
        """What the encoder gives where a tap gives `edited` instead; layers before it are not computed again.

        edited, and what enters the tap's layer where `resumed_with` names it: [clips, frames, width] -> [clips, frames,
        width], in fp32. Gradients pass, where the caller asks for them.
        """
        ...

    def trace(
        self, tap: str, edited: Tensor, entering: Tensor | None, taps: Sequence[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What `resume` gives, and what later taps give on the way: parts of one graph, for gradients at all of them.

        Taps that the way does not lead through are absent, such as those of an untrained encoder beside it.
        """
        ...


class EncoderSource(Protocol):
    """Where an encoder's weights are and what they are, before they are loaded."""

    @property
    def name(self) -> str:
        """The model as people know it, without a path."""
        ...

    @property
    def sha256(self) -> str:
        """Of the weights."""
        ...

    @property
    def grid(self) -> FrameGrid: ...

    @property
    def window_s(self) -> float:
        """The longest stretch that is encoded at once; longer files are cut into such."""
        ...

    @property
    def padded(self) -> bool:
        """Whether shorter clips are padded to the window; else they are encoded as they are."""
        ...

    def widths(self, taps: Iterable[str]) -> dict[str, int]:
        """The width of each tap; a tap that does not exist is refused, and those that do are named."""
        ...

    def architecture(self) -> Mapping[str, int]:
        """What the card says of it, such as `layers` and `width`."""
        ...

    def load(self, device: torch.device, dtype: torch.dtype) -> Encoder: ...

    def load_untrained(self, device: torch.device, dtype: torch.dtype) -> Encoder:
        """The same architecture with fresh weights, drawn as before any training, from a fixed seed."""
        ...


def window_frames(source: EncoderSource) -> int:
    """Frames of a whole window."""
    return source.grid.frames_of(round(source.window_s * source.grid.rate_hz))

"""Places to read beside the model's own modules: what a layer has to be better than.

`log-mel` is the sound itself, as the display mel at each frame, before any model. `untrained X` is the tap X of the
same architecture with fresh weights. Both stand wherever a tap does; the log-mel is added while listening.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from atlas.audio.samples import MEL_BANDS, Samples
from atlas.config.dictionaries import LOG_MEL, UNTRAINED
from atlas.encoders.base import Encoder, EncoderSource
from atlas.schema.grid import FrameGrid


class BesideUntrained:
    """An encoder, and the same architecture with fresh weights beside it, on the same inputs."""

    def __init__(self, trained: Encoder, untrained: Encoder) -> None:
        self._trained, self._untrained = trained, untrained

    @property
    def grid(self) -> FrameGrid:
        return self._trained.grid

    @property
    def frames(self) -> int:
        return self._trained.frames

    @property
    def device(self) -> torch.device:
        return self._trained.device

    @property
    def batch(self) -> int:
        return self._trained.batch

    def prepare(self, samples: Samples) -> Tensor:
        return self._trained.prepare(samples)

    def activations(self, inputs: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        own = [tap for tap in taps if not tap.startswith(UNTRAINED)]
        fresh = [tap.removeprefix(UNTRAINED) for tap in taps if tap.startswith(UNTRAINED)]
        found = self._trained.activations(inputs, own) if own else {}
        beside = self._untrained.activations(inputs, fresh) if fresh else {}
        return found | {UNTRAINED + tap: x for tap, x in beside.items()}

    def resumed_with(self, tap: str) -> str | None:
        encoder, own, prefix = self._of(tap)
        beside = encoder.resumed_with(own)
        return None if beside is None else prefix + beside

    def resume(self, tap: str, edited: Tensor, entering: Tensor | None = None) -> Tensor:
        encoder, own, _ = self._of(tap)
        return encoder.resume(own, edited, entering)

    def trace(
        self, tap: str, edited: Tensor, entering: Tensor | None, taps: Sequence[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        encoder, own, prefix = self._of(tap)
        later = [name.removeprefix(prefix) for name in taps if name.startswith(UNTRAINED) == bool(prefix)]
        ended, passed = encoder.trace(own, edited, entering, later)
        return ended, {prefix + name: x for name, x in passed.items()}

    def _of(self, tap: str) -> tuple[Encoder, str, str]:
        """The encoder that a tap is of, the tap's name there, and what its name here begins with."""
        if tap.startswith(UNTRAINED):
            return self._untrained, tap.removeprefix(UNTRAINED), UNTRAINED
        return self._trained, tap, ""


def load_encoder(source: EncoderSource, taps: Iterable[str], device: torch.device, dtype: torch.dtype) -> Encoder:
    """The encoder, with an untrained one beside it where a tap asks for it."""
    trained = source.load(device, dtype)
    if not any(tap.startswith(UNTRAINED) for tap in taps):
        return trained
    return BesideUntrained(trained, source.load_untrained(device, dtype))


def tap_widths(source: EncoderSource, taps: Iterable[str]) -> dict[str, int]:
    """The width of each tap; one that does not exist is refused."""
    modules = {tap: tap.removeprefix(UNTRAINED) for tap in taps if tap != LOG_MEL}
    widths = source.widths(dict.fromkeys(modules.values()))
    return {tap: MEL_BANDS if tap == LOG_MEL else widths[modules[tap]] for tap in taps}

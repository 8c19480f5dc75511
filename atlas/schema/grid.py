"""The frame grid: which moment of a sound each frame stands for, and how many frames a sound has.

An encoder has one, which the card states, so that whoever shows frames can tell their seconds; the display mel has one
of its own. Frames are counted from 0, seconds from the sound's beginning.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameGrid:
    """Frames at a constant distance over samples at one rate."""

    rate_hz: int
    "samples a second"
    hop: int
    "samples from one frame to the next"
    field: int
    "samples that a frame is made from, before any layer that sees the whole window"
    centre: int
    "samples from the beginning to the middle of the first frame"
    partial: bool
    "whether sound that does not fill a hop still makes a frame; else a frame needs its whole field"

    @property
    def frames_per_s(self) -> float:
        return self.rate_hz / self.hop

    @property
    def shortest_s(self) -> float:
        """The shortest stretch that is worth a clip: that of one whole frame."""
        return (self.hop if self.partial else self.field) / self.rate_hz

    def frames_of(self, samples: int) -> int:
        """How many frames a sound of so many samples has."""
        if self.partial:
            return -(-samples // self.hop)
        return max(0, (samples - self.field) // self.hop + 1)

    def seconds(self, frames: float) -> float:
        """How long so many frames last."""
        return frames / self.frames_per_s

    def middles_s(self, frames: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """The moment in the middle of each of some frames."""
        return (frames.astype(np.float64) + self.centre / self.hop) / self.frames_per_s

    def frames_at(self, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """The frame whose middle is nearest to each of some moments."""
        places = times_s * self.frames_per_s - self.centre / self.hop
        return np.floor(places + 0.5).astype(np.int64)

    def first_from(self, time_s: float) -> int:
        """The first frame whose middle does not lie before a moment, at least 0.

        Rounded, as times in hundredths of a second often are such a middle, and a product of floats may lie on either
        side of it.
        """
        return max(0, math.ceil(round(time_s * self.frames_per_s - self.centre / self.hop, 6)))

    def __str__(self) -> str:
        rule = "partial" if self.partial else "whole"
        return f"{self.rate_hz} Hz, hop {self.hop}, field {self.field}, centre {self.centre}, {rule} frames"

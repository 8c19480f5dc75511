"""The fixed point of the sums: scales that calibration sets once, so that any order of adding gives the same integers.

A dictionary's unit is the power of two at or above its largest value in the calibration sample. Sums take values up
to 16 units (larger ones are clamped there and counted), and are sized so that 2^32 frames cannot overflow 64 bits;
squares are kept in two words.
"""

import math
from dataclasses import dataclass

HEADROOM_BITS = 4  # sums take values up to 2^4 units
SUM_BITS = 26  # 2^-26 of a unit: 26 + 4 + 32 (frames) = 62
SQUARE_BITS = 48
MEL_BITS = 18  # 18 + 4 + 7 (dB) + 32 = 61
TIMED_SQUARE_BITS = 22  # 22 + 8 + 32 = 62
MOMENT_BITS = 10
MOMENT_SQUARE_BITS = 8  # 8 + 2 x 23 (frames of a recording: 46 hours) + 8 (such recordings) = 62

BINS_AN_OCTAVE = 4
BINS = 64
_OCTAVES_ABOVE_UNIT = 3


@dataclass(frozen=True, slots=True)
class Scales:
    """What a dictionary's sums are counted in, and where its histogram begins."""

    exponent: int
    "the unit is 2^exponent"
    frame_exponent: int
    "squared lengths of activations are counted in 2^frame_exponent"

    @property
    def unit(self) -> float:
        return 2.0**self.exponent

    @property
    def limit(self) -> float:
        return self.unit * 2.0**HEADROOM_BITS

    @property
    def sum_scale(self) -> float:
        return 2.0**SUM_BITS / self.unit

    @property
    def square_scale(self) -> float:
        return 2.0**SQUARE_BITS / self.unit**2

    @property
    def mel_scale(self) -> float:
        return 2.0**MEL_BITS / self.unit

    @property
    def timed_square_scale(self) -> float:
        return 2.0**TIMED_SQUARE_BITS / self.unit**2

    @property
    def first_bin(self) -> int:
        """The histogram's first bin, counted in quarter octaves from 1."""
        return BINS_AN_OCTAVE * (self.exponent + _OCTAVES_ABOVE_UNIT) - BINS

    def edges(self) -> list[float]:
        """The BINS + 1 edges of the histogram; what lies beyond is counted in the outer bins."""
        return [2.0 ** ((self.first_bin + i) / BINS_AN_OCTAVE) for i in range(BINS + 1)]

    @property
    def frame_scale(self) -> float:
        """For squared lengths: 2^20 of the sample's largest, which leaves 2^10 of headroom over 2^32 frames."""
        return 2.0 ** (20 - self.frame_exponent)

    @property
    def activation_scale(self) -> float:
        """For the activations themselves, whose size is at most the square root of their squared length."""
        return 2.0 ** (24 - (self.frame_exponent + 1) // 2)


def exponent_of(largest: float) -> int:
    """The exponent of the power of two at or above a value; 0 for a value that says nothing."""
    return math.ceil(math.log2(largest)) if largest > 0 and math.isfinite(largest) else 0

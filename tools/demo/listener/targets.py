"""The phone of each frame, and the phones that follow each other.

A frame has the phone at its middle, as in the atlas's timed labels.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from atlas.encoders.whisper import GRID
from tools.demo.scenes.scene import Timed

NO_PHONE = ""


def phones_of(spans: Sequence[Timed], frames: int) -> NDArray[np.str_]:
    """The phone of each frame, or NO_PHONE."""
    phones = np.full(frames, NO_PHONE, "<U8")
    for span in spans:
        phones[GRID.first_from(span.start_s) : GRID.first_from(span.end_s)] = span.label
    return phones


def spelling(phones: NDArray[np.integer]) -> NDArray[np.integer]:
    """The numbers of the phones that follow each other in frames, NO_PHONE (number 0) left out."""
    changes = np.flatnonzero(np.diff(phones, prepend=0))
    runs = phones[changes]
    return runs[runs > 0]

"""Halves of the recordings: one chooses, the other is read, and then the other way.

A label's halves are dealt within the label, so that both hold as many of its recordings as can be: those that have it,
and those that do not, are ordered by stratum and content hash, and every other one is in half A. What is dealt is a
unit (see `audio/units.py`): a recording, or a group of them. Peaks are dealt by a bit of the unit's smallest hash, as
one deal serves all labels there.
"""

import numpy as np
from numpy.typing import NDArray

from atlas.audio.draws import Hashes
from atlas.schema.thresholds import FEWEST_IN_HALF

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


def dealt(labelled: Flags, stratum: Longs, hashes: Hashes, unit: Longs) -> Flags:
    """[recordings]: which are in half A. A unit counts as having the label where one of its recordings does."""
    order = np.lexsort((hashes, stratum, ~labelled))
    _, first, of_recording = np.unique(unit[order], return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))  # of each unit, by its first recording
    with_label = int((first < labelled.sum()).sum())
    turn = np.where(place < with_label, place, place - with_label)
    in_a = np.empty(len(order), bool)
    in_a[order] = (turn % 2 == 0)[of_recording]
    return in_a


def may_be_halved(labelled: Flags, half_a: Flags, unit: Longs) -> bool:
    """Whether each half has units enough with the label, and without it."""
    counts = [len(np.unique(unit[part & half])) for part in (labelled, ~labelled) for half in (half_a, ~half_a)]
    return min(counts) >= FEWEST_IN_HALF


def halved(labelled: Flags, stratum: Longs, hashes: Hashes, unit: Longs) -> Flags | None:
    """[recordings]: which are in half A; None where a half would have too few."""
    half_a = dealt(labelled, stratum, hashes, unit)
    return half_a if may_be_halved(labelled, half_a, unit) else None

"""What was measured, brought to recordings: clips of one recording count once, and all stands in one order.

Every sum is taken in the order of recordings and clips, so that the order in which edits were measured leaves no trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.effects.statistics import Floats
from atlas.schema.effects import EFFECT_PAIRS


@dataclass(frozen=True, slots=True)
class Recorded:
    """An outcome of one edit of a feature."""

    recordings: NDArray[np.int64]
    "their numbers, ascending"
    values: Floats
    "[recordings], the mean over a recording's clips"
    clips: int

    @property
    def median(self) -> float:
        return float(np.median(self.values))

    def within(self, recordings: NDArray[np.int64]) -> Floats:
        """The values of those among some recordings."""
        kept: Floats = self.values[np.isin(self.recordings, recordings)]
        return kept


Edits = Mapping[str, Recorded]
"edit -> what came of it"


def pairs_of(measured: pl.DataFrame) -> pl.DataFrame:
    """MEASURED -> EFFECT_PAIRS; edits that could not be made have no rows."""
    exploded = measured.filter(pl.col("outcomes").list.len() > 0).explode("outcomes", "values")
    named = exploded.rename({"outcomes": "outcome", "values": "value"})
    return named.select(*EFFECT_PAIRS.columns).sort(EFFECT_PAIRS.key)


def numbered(recordings: Mapping[int, str]) -> pl.DataFrame:
    """clip -> recording, by number: in the order of their names."""
    numbers = {name: number for number, name in enumerate(sorted(set(recordings.values())))}
    return pl.DataFrame(
        {"clip": list(recordings), "recording": [numbers[name] for name in recordings.values()]},
        schema={"clip": pl.UInt32, "recording": pl.Int64},
    )


def recorded(pairs: pl.DataFrame, recordings: Mapping[int, str]) -> Mapping[tuple[int, str], Edits]:
    """EFFECT_PAIRS -> (feature, outcome) -> edit -> its values by recording; in the order of features and outcomes."""
    key = ["feature", "outcome", "edit"]
    ordered = pairs.join(numbered(recordings), "clip").sort([*key, "recording", "clip"])
    found: dict[tuple[int, str], dict[str, Recorded]] = {}
    numbers, values = ordered["recording"].to_numpy(), ordered["value"].to_numpy()
    lengths = ordered.group_by(key, maintain_order=True).len()
    start = 0
    for feature, outcome, edit, length in lengths.iter_rows():
        stop = start + length
        found.setdefault((feature, outcome), {})[edit] = _by_recording(numbers[start:stop], values[start:stop])
        start = stop
    return found


def _by_recording(numbers: NDArray[np.int64], values: Floats) -> Recorded:
    """numbers: ascending."""
    each, starts, counts = np.unique(numbers, return_index=True, return_counts=True)
    return Recorded(each, np.add.reduceat(values, starts) / counts, len(values))

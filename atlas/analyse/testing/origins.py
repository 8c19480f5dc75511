"""What a template was drawn from, left out of what is asked of it.

A template is the direction of one frame, so it knows the recording of that frame by heart, and others of its speaker
well. Nothing that it does there counts: its peaks in the unit (the recording, or its group) are not read, and the
search for a label passes the unit over, for this template alone. All else is as new to it as to a feature.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio.units import unit_numbers

NOWHERE = -1

Longs = NDArray[np.int64]


def own_units(origins: pl.DataFrame, clips: pl.DataFrame, features: int) -> Longs:
    """[features]: the unit that each was drawn from, as `unit_numbers` has them; -1 for none."""
    own = np.full(features, NOWHERE, np.int64)
    drawn = origins.filter(pl.col("clip").is_not_null())
    own[drawn["feature"].to_numpy()] = unit_numbers(clips)[drawn["clip"].to_numpy()]
    return own


def others_peaks(peaks: pl.LazyFrame, origins: pl.DataFrame, clips: pl.DataFrame) -> pl.LazyFrame:
    """`peaks` without those of a template in the unit that it was drawn from."""
    drawn = origins.filter(pl.col("clip").is_not_null()).select("feature", "clip")
    if drawn.is_empty():
        return peaks
    unit = clips.select("clip").with_columns(unit=pl.Series(unit_numbers(clips)))
    known = drawn.join(unit, on="clip").drop("clip").join(unit, on="unit").select("feature", "clip")
    kinds = peaks.collect_schema()
    own = known.lazy().cast({name: kinds[name] for name in known.columns})
    return peaks.join(own, on=["feature", "clip"], how="anti")

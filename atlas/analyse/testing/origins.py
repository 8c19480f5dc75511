"""What a template was drawn from, left out of what is asked of it.

A template is the direction of one frame, so it knows the recording of that frame by heart. Nothing that it does there
counts: its peaks in the recording are not read, and the search for a label passes the recording over, for this template
alone. All other recordings are as new to it as to a feature.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.recordings import Recordings

NOWHERE = -1


def others_peaks(peaks: pl.LazyFrame, origins: pl.DataFrame, clips: pl.DataFrame) -> pl.LazyFrame:
    """`peaks` without those of a template in the recording that it was drawn from."""
    drawn = origins.filter(pl.col("clip").is_not_null()).select("feature", "clip")
    if drawn.is_empty():
        return peaks
    recording = clips.select("clip", "recording")
    known = drawn.join(recording, on="clip").drop("clip").join(recording, on="recording").select("feature", "clip")
    kinds = peaks.collect_schema()
    return peaks.join(
        known.lazy().cast({name: kinds[name] for name in known.columns}), on=["feature", "clip"], how="anti"
    )


def own_recordings(
    origins: pl.DataFrame, clips: pl.DataFrame, recordings: Recordings, features: int
) -> NDArray[np.int64]:
    """[features]: the place among the recordings of the one that each was drawn from; -1 for none."""
    own = np.full(features, NOWHERE, np.int64)
    drawn = origins.filter(pl.col("clip").is_not_null())
    number = recordings.clip_recording
    place = np.full(int(number.max(initial=-1)) + 1, NOWHERE, np.int64)
    place[number[recordings.clip]] = np.arange(len(recordings.clip))
    own[drawn["feature"].to_numpy()] = place[number[drawn["clip"].to_numpy()]]
    return own

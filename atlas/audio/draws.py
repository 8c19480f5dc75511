"""Draws that depend on content alone: a clip's hash, its matched stretches, and which of its frames keep their codes.

The hash is of the file's content and the clip's offset, never of a row number, so that a clip added elsewhere in the
corpus reshuffles nothing. Both halves of the project use this module.
"""

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.schema.thresholds import MATCHED_QUANTILE

Hashes = NDArray[np.uint64]
Longs = NDArray[np.int64]


def clip_hash(sha256: str, offset_s: float) -> int:
    """64 bits of a clip's content hash."""
    name = f"{sha256}@{round(offset_s * 1000)}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def clip_hashes(clips: pl.DataFrame) -> Hashes:
    """The hashes of the rows of `clips`."""
    rows = zip(clips["sha256"].to_list(), clips["offset_s"].to_list(), strict=True)
    return np.array([clip_hash(sha256 or "", offset) for sha256, offset in rows], dtype=np.uint64)


def matched_frames(clips: pl.DataFrame) -> int:
    """The length of the stretch that tests of domains look at, the same for every clip; 0 for no clips."""
    durations = np.sort(usable(clips)["valid_frames"].to_numpy())
    return int(durations[int(MATCHED_QUANTILE * len(durations))]) if len(durations) else 0


def cell_frames(clips: pl.DataFrame) -> Longs:
    """[clips]: the length of the stretch that tests of labels look at, the same within a domain and dataset.

    It is 0 for a clip with a problem.
    """
    frames = np.zeros(len(clips), np.int64)
    for cell in usable(clips.with_row_index("row")).partition_by("domain", "dataset"):
        frames[cell["row"].to_numpy()] = matched_frames(cell)
    return frames


def matched_start(hash64: int, valid_frames: int, length: int) -> int:
    """Where a clip's stretch of a length begins; -1 if the clip is shorter."""
    room = valid_frames - length + 1
    return (hash64 >> 11) * room >> 53 if room > 0 and length > 0 else -1


def quiet_start(hash64: int, valid_frames: int, length: int) -> int:
    """Where the stretch begins that stands for a clip in which a feature is silent."""
    return (hash64 >> 11) * max(valid_frames - length + 1, 1) >> 53


def frame_hashes(hash64: int, frames: Longs) -> Hashes:
    """A hash of each of some frames of a clip."""
    return _mix(frames.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(hash64))


def sampled_frames(hash64: int, valid_frames: int, rate: float) -> Longs:
    """The frames of a clip whose own hash falls under the rate."""
    frames = np.arange(valid_frames)
    if rate >= 1:
        return frames
    return np.flatnonzero(frame_hashes(hash64, frames) < np.uint64(int(rate * 2.0**64)))


def code_rate(clips: pl.DataFrame, frames: int) -> float:
    """The share of frames to keep so that about `frames` remain."""
    total = int(usable(clips)["valid_frames"].sum())
    return min(1.0, frames / total) if total else 1.0


def usable(clips: pl.DataFrame) -> pl.DataFrame:
    """The clips without a problem: the only ones that are ever listened to."""
    return clips.filter(pl.col("problem").is_null())


def _mix(z: Hashes) -> Hashes:
    """The finaliser of splitmix64: every input bit reaches every output bit."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

"""`codes` -> on which sampled frames each feature is active, and how often two features are active together.

Only whether a feature is active is looked at, never its value. Counting walks the frames of one feature and adds up the
other features found there, block by block: what is held is the sparse sample twice, and one dense block of counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from atlas.schema.thresholds import FEWEST_SAMPLED_FRAMES

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Numbers = NDArray[np.uint16] | NDArray[np.uint32]


CELLS_AT_ONCE = 2**22  # features x others in a block


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSample:
    """The active features of one dictionary on sampled frames, by frame and by feature.

    The frames of a recording follow each other. Dictionaries of one atlas have the same frames, in the same order.
    """

    name: str
    recording: Ints  # [frames], a number for each recording
    rows: Longs  # [frames + 1]: where each frame's part of `features` begins
    features: Numbers  # [active values]
    starts: Longs  # [features + 1]: where each feature's part of `frames` begins
    frames: NDArray[np.uint32]  # [active values], ascending within a feature

    @property
    def active(self) -> Longs:
        """[features]: the number of sampled frames on which each feature is active."""
        return np.diff(self.starts)

    @property
    def compared(self) -> NDArray[np.bool_]:
        """[features]: whether a feature is active on enough of the frames to be compared with others."""
        return self.active >= FEWEST_SAMPLED_FRAMES


@dataclass(frozen=True, slots=True)
class Together:
    """How often some features of one dictionary are active together with every feature of another."""

    features: Longs
    counts: Ints  # [features, others]


def sample_of(name: str, features: int, codes: pl.DataFrame, clips: pl.DataFrame) -> CodeSample:
    """From the codes of a dictionary that has so many features: clip, frame, features."""
    of_recording = clips.select("clip", pl.col("recording").rank("dense").cast(pl.Int32).alias("number"))
    ordered = codes.select("clip", "frame", "features").join(of_recording, on="clip").sort("number", "clip", "frame")
    lengths = ordered["features"].list.len().to_numpy().astype(np.int64)
    narrow = pl.UInt16 if features <= 2**16 else pl.UInt32  # half the memory, and counting is faster for it
    active = ordered["features"].explode().drop_nulls().cast(narrow).to_numpy().copy()
    by_feature = np.argsort(active, kind="stable")
    return CodeSample(
        name=name,
        recording=ordered["number"].to_numpy().copy(),
        rows=np.concatenate([[0], np.cumsum(lengths)]),
        features=active,
        starts=np.concatenate([[0], np.cumsum(np.bincount(active, minlength=features))]),
        frames=np.repeat(np.arange(len(lengths), dtype=np.uint32), lengths)[by_feature],
    )


def frames_together(own: CodeSample, other: CodeSample) -> Iterator[Together]:
    """On how many frames each compared feature of `own` is active together with each of `other`."""
    for features, counts in _blocks(own, other):
        _count_frames(own.starts, own.frames, other.rows, other.features, features, counts)
        yield Together(features, counts)


def recordings_together(own: CodeSample, other: CodeSample) -> Iterator[Together]:
    """In how many recordings each compared feature of `own` is active together with each of `other`."""
    for features, counts in _blocks(own, other):
        _count_recordings(own.starts, own.frames, other.rows, other.features, features, own.recording, counts)
        yield Together(features, counts)


def _blocks(own: CodeSample, other: CodeSample) -> Iterator[tuple[Longs, Ints]]:
    if len(own.rows) != len(other.rows):
        raise ValueError(f"{own.name} and {other.name} are sampled on other frames")
    compared, others = np.flatnonzero(own.compared), len(other.active)
    step = max(1, CELLS_AT_ONCE // max(others, 1))
    for first in range(0, len(compared), step):
        features = compared[first : first + step]
        yield features, np.zeros((len(features), others), np.int32)


@njit(nogil=True, cache=True)
def _count_frames(
    starts: Longs, frames: NDArray[np.uint32], rows: Longs, others: Numbers, features: Longs, counts: Ints
) -> None:
    for i in range(len(features)):
        count = counts[i]
        for frame in frames[starts[features[i]] : starts[features[i] + 1]]:
            for place in range(rows[frame], rows[frame + 1]):
                count[others[place]] += 1


@njit(nogil=True, cache=True)
def _count_recordings(
    starts: Longs,
    frames: NDArray[np.uint32],
    rows: Longs,
    others: Numbers,
    features: Longs,
    recording: Ints,
    counts: Ints,
) -> None:
    for i in range(len(features)):
        count = counts[i]
        last = np.full(len(count), -1, np.int32)  # the recording in which each other was met last
        for frame in frames[starts[features[i]] : starts[features[i] + 1]]:
            for place in range(rows[frame], rows[frame + 1]):
                if last[others[place]] != recording[frame]:
                    last[others[place]] = recording[frame]
                    count[others[place]] += 1

"""Made-up codes for the tests of co-firing and overlaps, from dense matrices of what is active on which frame."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.overlap.samples import CodeSample, sample_of
from atlas.schema import CODES
from tests.analyse.making import Clip, clips_frame

Active = NDArray[np.bool_]  # [frames, features]

CLIP_FRAMES = 20


def codes_frame(active: Active, clip_frames: int = CLIP_FRAMES) -> pl.DataFrame:
    """One clip after another, each of so many frames."""
    frames = np.arange(len(active))
    features = [np.flatnonzero(row).tolist() for row in active]
    return CODES.frame(
        {
            "clip": (frames // clip_frames).astype(np.uint32),
            "frame": (frames % clip_frames).astype(np.uint16),
            "features": features,
            "values": pl.Series([[1.0] * len(row) for row in features], dtype=pl.List(pl.Float16)),
        }
    )


def sample(active: Active, name: str = "block", recordings: Sequence[str] | None = None) -> CodeSample:
    """Each clip is a recording, unless the recordings of the clips are given."""
    recordings = recordings or [f"recording {number:04}" for number in range(-(-len(active) // CLIP_FRAMES))]
    clips = clips_frame([Clip(recording) for recording in recordings])
    return sample_of(name, active.shape[1], codes_frame(active), clips)


def noise(frames: int, features: int, share: float, seed: int = 0) -> Active:
    active: Active = np.random.default_rng(seed).random((frames, features)) < share
    return active

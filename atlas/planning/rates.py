"""What a trial on this machine has measured: rates of the stages, and what dictionaries did on its windows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDictionary:
    """What one dictionary did."""

    counts: NDArray[np.int64]
    "[features]: the windows in which each fires"
    features: int
    l0: float
    code_bytes: float
    "of an active feature of a sampled frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRates:
    """What was measured of effects: seconds on one core."""

    clips: int
    encode_s: float
    "a clip, as the dictionaries see it"
    listen_s: float
    "what is said of it"
    screen_s: float
    "first-order effects of all features of all dictionaries on it"
    write_s: float
    "a transcript of an edit"
    batch_s: Mapping[str, float]
    "dictionary -> a batch of edits, one of whose rows is unedited"
    memory_mib: float
    "of this process, at most"
    problem: str | None
    "why less is measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was measured."""

    windows: int
    frames: int
    seconds: float
    "of audio"
    encoder_s: float
    "the encoder alone, a window"
    window_s: float
    "the whole pass, a window"
    shard_s: float
    "once a shard"
    index_s: float
    "a second of audio"
    heard_s: float
    "decoding and encoding, a window"
    calibrate_s: float
    "what calibration does with the frames of these windows once they were heard"
    media_s: float
    "sound and picture, a window"
    annotate_s: float | None
    "a second of audio of the domains that are annotated; None where that was not tried"
    picture_bytes: float
    "a second of audio"
    dictionaries: Mapping[str, TrialDictionary]
    memory_mib: float
    "of this process, at most"
    device_mib: float | None
    "of the GPU, at most"
    machine: str

"""A scene: one finished clip with all that is known of it; the time of a label; a part, before it becomes a scene."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
WINDOW_S = 10.0  # no scene is longer: the window of the small model that listens to it

Samples = NDArray[np.float32]
Truth = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Timed:
    """A label from one time to another, in seconds of the scene."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one source sounds like, without room, microphone and noise."""

    samples: Samples  # [samples], mono at RATE_HZ
    labels: tuple[str, ...]
    language: str = ""
    speaker: str = ""
    phones: tuple[Timed, ...] = ()
    words: tuple[Timed, ...] = ()
    pauses_s: tuple[float, ...] = ()
    "the middles of pauses, where a take of speech may be cut"


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip; where several sources are mixed, labels, language, speaker and times tell of all of them."""

    name: str
    "the path below the corpus's folder, without suffix; unique in its set"
    samples: Samples  # [samples], mono at RATE_HZ
    domain: str
    dataset: str
    recording: str
    speaker: str
    labels: tuple[str, ...]
    language: str
    text: str
    phones: tuple[Timed, ...]
    words: tuple[Timed, ...]
    truth: Truth
    "every parameter that was drawn, by name"

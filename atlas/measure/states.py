"""The contract of a state: what one pass over the clips accumulates.

A state is a dataclass of arrays. `empty` makes one, `add` takes a clip, `merge` takes another state, `canonical` gives
equal states equal arrays. Laws that the tests hold every state to: any split of the clips, in any order, merges to the
same bytes; an empty state is neutral; `canonical` is idempotent; saving and loading is the identity. Clips of one
recording come one after another, between `begin` and `end`, and are never split over shards. What tables a state ends
in stands beside it in the table of states (`measure/catalogue.py`), which scan, files and merge loop over.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from atlas.measure.codes import ClipCodes
from atlas.measure.scales import Scales
from atlas.measure.threads import Threads
from atlas.measure.tiers import AlignedTier
from atlas.schema.grid import FrameGrid


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipView:
    """A clip, whatever the dictionary."""

    number: int
    hash64: int
    valid: int
    mel: NDArray[np.float32]  # [valid, 80], the display mel at each frame
    matched: tuple[int, int]  # frames of the stretch that is as long in all clips; (-1, -1) for none
    matched_in_cell: tuple[int, int]  # of the one that is as long in the clips of its cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPeaks:
    """One clip seen by the features that fired in it: the rows of the `peaks` table."""

    fired: NDArray[np.int32]
    peaks: NDArray[np.float32]
    frames: NDArray[np.int32]
    active: NDArray[np.int32]
    sums: NDArray[np.float32]
    matched: NDArray[np.float32]  # largest value in that stretch; NaN where the clip has none
    matched_in_cell: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Distances:
    """A clip's squared distances from what its codes rebuild and from zero, summed; the sum of its activations [d]."""

    errors: float
    lengths: float
    activations: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CodedClip:
    """A clip as one dictionary reads it. The arrays of `codes` are reused by the next clip."""

    view: ClipView
    codes: ClipCodes
    seen: ClipPeaks
    distances: Distances | None  # None where the codes do not stand for the activations


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusContext:
    """What states may need to know of the corpus."""

    recordings: NDArray[np.int32]  # [clips], a number for each recording
    tiers: Sequence[AlignedTier]
    top: int  # clips of largest peak that a feature keeps
    grid: FrameGrid  # of the encoder
    threads: Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryContext(CorpusContext):
    """What the states of a dictionary may need to know besides."""

    features: int
    width: int  # of the activations
    scales: Scales


Context = TypeVar("Context", bound=CorpusContext)
Seen = TypeVar("Seen")


class State(ABC, Generic[Context, Seen]):
    """What clips add up to; of a dictionary, or of the corpus whatever the dictionary."""

    __slots__ = ()
    version: ClassVar[int] = 1
    "raised where the same arrays come to hold something else: what was scanned before is then scanned again"
    whole_recordings: ClassVar[bool] = False
    "whether parts that are merged must hold whole recordings; else they may be split between any two clips"

    @classmethod
    @abstractmethod
    def empty(cls, context: Context) -> Self:
        """The state of no clip."""

    def begin(self, clips: Sequence[int], context: Context) -> None:  # few states care
        """Begin the recording that these clips belong to."""

    @abstractmethod
    def add(self, clip: Seen, context: Context) -> None:
        """Add one clip."""

    def end(self, context: Context) -> None:
        """End the recording."""

    @abstractmethod
    def merge(self, other: Self, context: Context) -> None:
        """Add another state, which stays as it is."""

    def canonical(self) -> Self:
        """The same state; equal states have equal arrays."""
        return self


DictionaryState = State[DictionaryContext, CodedClip]
CorpusState = State[CorpusContext, ClipView]


class Sums(State[Context, Seen]):
    """A state whose arrays are sums of integers."""

    __slots__ = ()

    def merge(self, other: Self, context: Context) -> None:
        for name in array_names(type(self)):
            total = getattr(self, name)
            total += getattr(other, name)


def array_names(kind: type[Any]) -> list[str]:
    """The fields of a state that are kept; what `__init__` does not take lives only while clips are added."""
    return [field.name for field in fields(kind) if field.init]


def empty_states(kinds: Mapping[str, type[State[Context, Seen]]], context: Context) -> dict[str, State[Context, Seen]]:
    """A state of each kind, of no clip."""
    return {name: kind.empty(context) for name, kind in kinds.items()}

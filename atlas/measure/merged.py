"""All that the shards found for one dictionary: what its tables are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from atlas.dictionaries.base import Dictionary
from atlas.measure.corpusview import CorpusView
from atlas.measure.counts import Counts
from atlas.measure.peak_stats import Firing
from atlas.measure.reconstruction import CorpusMel, Fit
from atlas.measure.scales import Scales
from atlas.measure.states import DictionaryState
from atlas.measure.tiers import AlignedTier
from atlas.measure.timed import TimedCounts
from atlas.measure.topk import DrawnPicks, TopPicks
from atlas.schema.grid import FrameGrid

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The states of one dictionary over the whole corpus, and what goes with them."""

    name: str
    dictionary: Dictionary
    scales: Scales
    states: Mapping[str, DictionaryState]
    firing: Firing
    sounds: CorpusMel
    corpus: CorpusView
    tiers: Sequence[AlignedTier]
    grid: FrameGrid  # of the encoder
    padded_to: int | None  # frames of a window, where clips are padded to it
    matches: NDArray[np.int64] | None  # of a control: [n], the feature that each direction has the density of
    source: NDArray[np.int64] | None  # of templates: [n], the clip that each was drawn from
    others: int  # clips a group of examples, but for the top

    def state(self, name: str, kind: type[Kind]) -> Kind:
        """A state by its name in the table of states."""
        state = self.states[name]
        assert isinstance(state, kind), f"{name} is a {type(state).__name__}"
        return state

    @property
    def counts(self) -> Counts:
        return self.state("counts", Counts)

    @property
    def top(self) -> TopPicks:
        return self.state("top", TopPicks)

    @property
    def draw(self) -> DrawnPicks:
        return self.state("draw", DrawnPicks)

    @property
    def fit(self) -> Fit:
        return self.state("fit", Fit)

    @property
    def timed(self) -> TimedCounts:
        return self.state("timed", TimedCounts)

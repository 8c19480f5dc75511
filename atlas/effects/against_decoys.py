"""Each feature against its decoy, and the q of a family of them: all features measured on one outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atlas.effects.recorded import Edits
from atlas.effects.statistics import Floats, q_values, smallest_seen, statistic, threshold
from atlas.schema.effects import ABLATE, DECOY
from atlas.schema.thresholds import FEWEST_EFFECT_RECORDINGS, SIGNIFICANT_Q


@dataclass(frozen=True, slots=True)
class AgainstDecoy:
    """A feature and its decoy, over the recordings in which both were measured: [recordings]."""

    own: Floats
    beside: Floats

    @property
    def statistic(self) -> float:
        return statistic(self.own, self.beside)

    @property
    def decoy(self) -> float:
        """The decoy's effect."""
        return float(np.median(self.beside))


@dataclass(frozen=True, slots=True)
class InFamily:
    """What a family says of one of its features."""

    q: float
    smallest_seen: float | None
    "None where no statistic would have sufficed"


def tested(edits: Edits) -> AgainstDecoy | None:
    """None where a feature and its decoy were measured in too few recordings."""
    own, decoy = edits.get(ABLATE), edits.get(DECOY)
    if own is None or decoy is None:
        return None
    mine, other = own.within(decoy.recordings), decoy.within(own.recordings)
    return AgainstDecoy(mine, other) if len(mine) >= FEWEST_EFFECT_RECORDINGS else None


def judged(family: Sequence[AgainstDecoy]) -> list[InFamily]:
    """Of each feature, in order."""
    if not family:
        return []
    statistics = np.array([one.statistic for one in family])
    reached = threshold(statistics, SIGNIFICANT_Q)
    return [
        InFamily(float(q), smallest_seen(one.own, one.beside, reached))
        for q, one in zip(q_values(statistics), family, strict=True)
    ]

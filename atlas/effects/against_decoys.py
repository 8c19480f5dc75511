"""Each feature against its decoy, and the q of a family of them: all features measured on one outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atlas.effects.recorded import Edits
from atlas.effects.statistics import Floats, needed, q_values, smallest_seen, statistic
from atlas.schema.effects import ABLATE, AGAINST_DECOY, DECOY
from atlas.schema.thresholds import FEWEST_EFFECT_RECORDINGS, SIGNIFICANT_Q


@dataclass(frozen=True, slots=True)
class AgainstDecoy:
    """A feature's statistic and its decoy's."""

    statistic: float
    decoy: float
    "the decoy's effect"
    decoy_statistic: float
    values: Floats
    "[recordings], those that the statistic is of"


@dataclass(frozen=True, slots=True)
class InFamily:
    """What a family says of one of its features."""

    q: float
    smallest_seen: float


def tested(outcome: str, edits: Edits) -> AgainstDecoy | None:
    """Over the recordings in which a feature and its decoy were measured; None where these are too few."""
    own, decoy = edits.get(ABLATE), edits.get(DECOY)
    if own is None or decoy is None:
        return None
    mine, other = own.within(decoy.recordings), decoy.within(own.recordings)
    if len(mine) < FEWEST_EFFECT_RECORDINGS:
        return None
    median = float(np.median(other))
    if outcome not in AGAINST_DECOY:
        return AgainstDecoy(statistic(mine), median, statistic(other), mine)
    more = mine - other
    signed = float(np.copysign(statistic(more), np.median(more)))
    return AgainstDecoy(signed, median, -signed, more)


def judged(family: Sequence[AgainstDecoy]) -> list[InFamily]:
    """Of each feature, in order."""
    if not family:
        return []
    features = np.array([one.statistic for one in family])
    decoys = np.array([one.decoy_statistic for one in family])
    reached = needed(features, decoys, SIGNIFICANT_Q)
    return [
        InFamily(float(q), smallest_seen(one.values, reached))
        for q, one in zip(q_values(features, decoys), family, strict=True)
    ]

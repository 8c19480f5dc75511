"""What the map of a dictionary shows: regions where features of one name lie, and whether names gather at all.

Both are read off finished tables. A region is where the features of a name lie densest, if they are dense there beside
all others. Names gather where a named feature's ten nearest named ones have its name more often than if names were
shuffled; by how much says whether the layout means anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Doubles = NDArray[np.float64]

RADIUS = 0.09
"of a region, where the map reaches from -1 to 1"
FEWEST = 3
"features of a name in its region"
LEAST_SHARE = 0.2
"of the named features in a region that have its name"
LEAST_LIFT = 2.0
"times the share that they have of all named features"
NEAREST = 10
FEWEST_NAMED, GATHERED = 50, 1.5
"features, and times what shuffled names give, from which on a layout counts as one without structure, or with it"


@dataclass(frozen=True, slots=True)
class Region:
    """Where the features of a name lie densest."""

    name: str
    x: float
    y: float
    features: int  # of the name, in the region
    weight: float  # how telling it is: more features, and fewer of other names


@dataclass(frozen=True, slots=True)
class NameAgreement:
    """How often neighbours on the map have the same name."""

    named: int
    share: float  # of a named feature's ten nearest named ones
    shuffled: float  # the same, if names are shuffled

    @property
    def times(self) -> float:
        """How many times as often as if names were shuffled."""
        return self.share / self.shuffled if self.shuffled else 1.0

    @property
    def telling(self) -> bool:
        """Whether enough features are named for it to say something."""
        return self.named >= FEWEST_NAMED

    @property
    def structured(self) -> bool:
        """Whether the layout shows more than a drawn one would; it is not denied where too few features have names."""
        return not self.telling or self.times >= GATHERED


def regions(places: Doubles, names: Sequence[str]) -> list[Region]:
    """The most telling first. places: [named features, 2]; names: [named features]."""
    if not names:
        return []
    known, codes, sizes = np.unique(np.array(names), return_inverse=True, return_counts=True)
    everywhere = cKDTree(places)
    found = (_region(places, codes == code, str(known[code]), everywhere) for code in np.flatnonzero(sizes >= FEWEST))
    return sorted((region for region in found if region), key=lambda region: (-region.weight, region.name))


def _region(places: Doubles, own: NDArray[np.bool_], name: str, everywhere: cKDTree) -> Region | None:
    mine = places[own]
    around = cKDTree(mine).query_ball_point(mine, RADIUS, return_sorted=True)
    centre = mine[max(around, key=len)].mean(axis=0)
    within = everywhere.query_ball_point(centre, RADIUS)
    features = int(own[within].sum())
    share, expected = features / max(len(within), 1), own.mean()
    if features < FEWEST or share < LEAST_SHARE or share < LEAST_LIFT * expected:
        return None
    x, y = places[within][own[within]].mean(axis=0)
    return Region(name, float(x), float(y), features, float(features * np.log(share / expected)))


def agreement(places: Doubles, names: Sequence[str]) -> NameAgreement | None:
    """None where fewer than two features have names. places: [named features, 2]; names: [named features]."""
    count = len(names)
    if count < 2:
        return None
    _, codes, sizes = np.unique(np.array(names), return_inverse=True, return_counts=True)
    others = np.array(list(_others(cKDTree(places), places, min(NEAREST, count - 1))))
    share = float((codes[others] == codes[:, None]).mean())
    return NameAgreement(count, share, float((sizes * (sizes - 1)).sum() / (count * (count - 1))))


def _others(tree: cKDTree, places: Doubles, count: int) -> Iterator[NDArray[np.int64]]:
    """The nearest of each, itself left out, though others may lie at the same place."""
    _, near = tree.query(places, count + 1)
    for own, row in enumerate(near):
        yield row[row != own][:count]

"""The table `neighbours`: each feature's nearest others, by decoder direction, by co-firing and by overlap.

`decoder` is the cosine of decoder rows and `cofiring` the lift over sampled frames, both within the dictionary and the
ten largest; `overlap` is χ, the three largest in each other dictionary, and in its own where they are duplicates. A
value that is not above 0 is no neighbour: raw neurons, which are orthogonal, have none by decoder.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.overlap.cofiring import cofiring
from atlas.analyse.overlap.overlaps import Overlap
from atlas.analyse.overlap.ranking import Longs, Ranked, best, joined
from atlas.analyse.overlap.samples import CodeSample
from atlas.schema import NEIGHBOURS
from atlas.schema.thresholds import MATCHED_OVERLAP, NEIGHBOURS_KEPT

Floats = NDArray[np.float32]

CELLS_AT_ONCE = 2**22  # features x others in a block
STEP = 1e5  # cosines are rounded to five places, less than what 16 bits hold, so that equal rows tie
MOST_RANKS = 255


def directed(vectors: Floats, states: pl.Series) -> Longs:
    """The features that point somewhere: not dead, and with a decoder row that is not zero."""
    return np.flatnonzero((states != "dead").to_numpy() & vectors.any(axis=1))


def unit_rows(vectors: Floats) -> Floats:
    """Rows that are not zero, of length 1."""
    rows: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return rows


def decoder_neighbours(vectors: Floats, states: pl.Series) -> Ranked:
    """Each feature's ten largest cosines above 0. vectors: [features, width]; states: [features]."""
    numbers = directed(vectors, states)
    units = unit_rows(vectors[numbers])
    step = max(1, CELLS_AT_ONCE // max(len(numbers), 1))
    pieces = []
    for first in range(0, len(numbers), step):
        cosines = units[first : first + step] @ units.T
        np.rint(np.multiply(cosines, STEP, out=cosines), out=cosines)
        places = np.arange(len(cosines))
        cosines[places, first + places] = 0
        pieces.append(best(numbers[first : first + step], cosines, NEIGHBOURS_KEPT))
    ranked = joined(pieces)
    return Ranked(ranked.feature, numbers[ranked.other], ranked.value / STEP)


def neighbours_frame(
    sample: CodeSample, vectors: Floats, states: pl.Series, overlaps: Sequence[Overlap]
) -> pl.DataFrame:
    """The rows of `neighbours` of one dictionary. overlaps: its own features in itself and in the others."""
    name = sample.name
    cosines, lifts = decoder_neighbours(vectors, states), cofiring(sample)
    frames = [
        _frame(name, "cofiring", lifts, [name] * len(lifts.rank)),
        _frame(name, "decoder", cosines, [name] * len(cosines.rank)),
        _overlap_frame(name, overlaps),
    ]
    return pl.concat(frames).sort(NEIGHBOURS.key)


def _overlap_frame(name: str, overlaps: Sequence[Overlap]) -> pl.DataFrame:
    """Ranked over all dictionaries at once: the larger χ, then the dictionary's name, then the smaller feature."""
    places = sorted(overlaps, key=lambda pair: pair.other_dictionary)
    pairs = joined([pair.best for pair in places])
    place = np.repeat(np.arange(len(places)), np.array([len(pair.best.value) for pair in places], np.int64))
    own = np.array([pair.other_dictionary == name for pair in places], bool)
    kept = np.flatnonzero(~own[place] | (pairs.value > MATCHED_OVERLAP))
    order = kept[np.lexsort((pairs.other[kept], place[kept], -pairs.value[kept], pairs.feature[kept]))]
    ranked = Ranked(pairs.feature[order], pairs.other[order], pairs.value[order])
    names = [places[number].other_dictionary for number in place[order]]
    return _frame(name, "overlap", ranked, names)


def _frame(name: str, kind: str, ranked: Ranked, others: Sequence[str]) -> pl.DataFrame:
    shown = ranked.rank <= MOST_RANKS
    frame = NEIGHBOURS.frame(
        {
            "dictionary": [name] * len(others),
            "feature": ranked.feature.astype(np.uint32),
            "kind": [kind] * len(others),
            "rank": np.minimum(ranked.rank, MOST_RANKS).astype(np.uint8),
            "other_dictionary": others,
            "other": ranked.other.astype(np.uint32),
            "value": ranked.value,
        }
    )
    return frame.filter(pl.Series(shown))

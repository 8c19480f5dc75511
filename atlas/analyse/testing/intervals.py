"""The interval of a dictionary's phi: of the best feature of each label, in the mean, over recordings drawn again.

Feature and threshold are those that one half chose; the units of the other half are drawn again, and phi is read on
what was drawn. So the interval tells how much the figure depends on which recordings were there to be read, and not how
much on which were there to choose. Labels without a significant feature count as 0, as they do in the figure.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.halves import halved
from atlas.analyse.testing.kinds import LabelKind
from atlas.analyse.testing.origins import NOWHERE
from atlas.analyse.testing.probes import ReadPeaks
from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.resampling import draws
from atlas.schema.thresholds import INTERVAL

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

Bounds = dict[str, tuple[float, float]]
"""kind of label -> the ends of the interval of its mean phi"""


def phi_intervals(
    index: pl.DataFrame,
    labels: pl.DataFrame,
    read: ReadPeaks,
    recordings: Recordings,
    kinds: Sequence[LabelKind],
    own: Longs,
) -> Bounds:
    """index: `label_index`, with the best features; labels: their rows; own: [features], units of templates, or -1."""
    weights = draws(recordings.cell, recordings.unit)
    bounds = {}
    for kind in kinds:
        drawn = _of_kind(index.filter(pl.col("kind") == kind.name), labels, read, recordings, kind, own, weights)
        if drawn is not None:
            low, high = np.quantile(drawn[1:], INTERVAL)  # the first draw is the sample itself
            bounds[kind.name] = (float(low), float(high))
    return bounds


def _of_kind(
    index: pl.DataFrame,
    labels: pl.DataFrame,
    read: ReadPeaks,
    recordings: Recordings,
    kind: LabelKind,
    own: Longs,
    weights: Floats,
) -> Doubles | None:
    """[draws]: the mean phi over the labels of a kind that can be halved; None where there is none."""
    asked = {label.name: label.contrast for label in kind.tested}
    rows = index.filter("halved").select("label", "best_a", "best_b").rows()
    if not rows:
        return None
    thresholds = {
        (label, feature): (by_a, by_b)
        for label, feature, by_a, by_b in labels.filter(pl.col("kind") == kind.name)
        .select("label", "feature", "threshold_a", "threshold_b")
        .iter_rows()
    }
    features = np.unique([best for _, *bests in rows for best in bests if best is not None]).astype(np.int64)
    peaks = read(features)[:, kind.recordings]
    total = np.zeros(weights.shape[1])
    for label, *bests in rows:
        if None in bests:
            continue
        within = np.flatnonzero(np.isin(kind.stratum, asked[label].strata))
        places = kind.recordings[within]
        has, unit = np.isin(within, asked[label].labelled), recordings.unit[places]
        half_a = halved(has, kind.stratum[within], recordings.hashes[places], unit)
        assert half_a is not None, "as the index says"
        for way, (best, heard) in enumerate(zip(bests, (~half_a, half_a), strict=True)):
            heard = heard & ((own[best] == NOWHERE) | (unit != own[best]))
            called = peaks[np.searchsorted(features, best), within] > thresholds[label, best][way]
            total += _phi(called[heard], has[heard], weights[places][heard]) / 2
    return total / len(rows)


def _phi(called: Flags, labelled: Flags, weights: Floats) -> Doubles:
    """[draws]; called, labelled: [recordings]; weights: [recordings, draws]. 0 where there is no contrast."""
    together, calls, labels, every = (
        (some[:, None] * weights).sum(axis=0, dtype=np.float64)
        for some in (called & labelled, called, labelled, np.ones(len(called), bool))
    )
    spread = calls * (every - calls) * (labels * (every - labels))
    phi: Doubles = np.where(spread > 0, every * together - calls * labels, 0) / np.sqrt(np.maximum(spread, 1))
    return phi

"""The table `spreads`: how a feature's peaks spread in the recordings of each label, for FREUD's plot of a feature.

Call `spreads_frame` with the blocks that the tests of some kinds see: one frame of domains, one of labels. A peak is
that of the stretch, one clip a recording, 0 where the feature is silent. All recordings of the label are counted, and
those of all labels of the kind together under the label `ALL`. The mean comes with Student's interval of 95 % over
recordings; it is blank where all peaks are alike, as then it would be no width. Quantiles are linear.

Kept are, for each feature that can be tested and each kind, `ALL`, the 20 labels of largest mean, and those that the
table `labels` keeps. Labels of fewer than 5 recordings are left out, as they are not tested either.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t as student

from atlas.analyse.testing.blocks import Block
from atlas.analyse.testing.kinds import LabelKind
from atlas.schema import SPREADS
from atlas.schema.thresholds import FEWEST_RECORDINGS, INTERVAL, SPREAD_QUANTILES, SPREADS_KEPT

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

ALL = ""
"the label of all recordings of a kind"
_FIGURES = ("mean", "low", "high", "q25", "q50", "q75", "q95")


@dataclass(frozen=True, slots=True)
class _Spread:
    """The rows of one label for some features of a block."""

    kind: str
    label: str
    recordings: int
    features: Longs
    figures: Floats  # [features, _FIGURES]


def spreads_frame(name: str, blocks: Iterable[Block], kinds: Sequence[LabelKind], labels: pl.DataFrame) -> pl.DataFrame:
    """The rows of `spreads` of one dictionary and some kinds; `labels` is its table of that name."""
    kept = {kind.name: _pairs(labels.filter(pl.col("kind") == kind.name), kind) for kind in kinds}
    pieces = [piece for block in blocks for kind in kinds for piece in _kind_spreads(block, kind, kept[kind.name])]
    return _frame(name, pieces).with_columns(pl.col(_FIGURES).fill_nan(None)).sort(SPREADS.key)


def _frame(name: str, pieces: Sequence[_Spread]) -> pl.DataFrame:
    """One frame of all rows: a frame a label would take longer than its figures."""
    sizes = [len(piece.features) for piece in pieces]
    figures = np.concatenate([np.empty((0, len(_FIGURES)), np.float32), *(piece.figures for piece in pieces)])
    columns: dict[str, object] = dict(zip(_FIGURES, figures.T, strict=True))
    columns |= {
        "dictionary": [name] * len(figures),
        "feature": np.concatenate([np.empty(0, np.uint32), *(piece.features.astype(np.uint32) for piece in pieces)]),
        "kind": np.repeat(np.array([piece.kind for piece in pieces], dtype=object), sizes).tolist(),
        "label": np.repeat(np.array([piece.label for piece in pieces], dtype=object), sizes).tolist(),
        "recordings": np.repeat(np.array([piece.recordings for piece in pieces], np.uint32), sizes),
    }
    return SPREADS.frame(columns)


def _pairs(labels: pl.DataFrame, kind: LabelKind) -> Longs:
    """[rows, 2]: the feature and the label's place of the rows that `labels` keeps."""
    place = {label.name: number for number, label in enumerate(kind.labels)}
    rows = [(feature, place[label]) for feature, label in labels.select("feature", "label").iter_rows()]
    return np.array(rows, np.int64).reshape(-1, 2)


def _kind_spreads(block: Block, kind: LabelKind, kept: Longs) -> Iterator[_Spread]:
    """The labels of a kind, each with the features that keep it; those that no feature keeps are left out."""
    values = block.matched[:, kind.recordings]
    able = np.flatnonzero((values > 0).sum(axis=1) >= FEWEST_RECORDINGS)
    wanted = _wanted(values[able], kind, _within(kept, block.first + able))
    members = [(label.name, able[wanted[:, number]], label.labelled) for number, label in enumerate(kind.labels)]
    for label, rows, recordings in (*members, (ALL, able, np.arange(values.shape[1]))):
        if len(rows):
            figures = spread(values[rows].take(recordings, axis=1)).astype(np.float32)
            yield _Spread(kind.name, label, len(recordings), block.first + rows, figures)


def _within(kept: Longs, features: Longs) -> Longs:
    """The pairs of some features, which are then counted from 0."""
    here = kept[np.isin(kept[:, 0], features)]
    return np.stack([np.searchsorted(features, here[:, 0]), here[:, 1]], axis=1)


def _wanted(values: Floats, kind: LabelKind, kept: Longs) -> Flags:
    """[features, labels]: the labels of largest mean, and those kept elsewhere."""
    means = np.full((len(values), len(kind.labels)), -np.inf)
    for number, label in enumerate(kind.labels):
        if len(label.labelled) >= FEWEST_RECORDINGS:
            means[:, number] = values.take(label.labelled, axis=1).mean(axis=1, dtype=np.float64)
    chosen = np.zeros(means.shape, bool)
    chosen[kept[:, 0], kept[:, 1]] = True
    np.put_along_axis(chosen, np.argsort(-means, axis=1, kind="stable")[:, :SPREADS_KEPT], True, axis=1)
    wanted: Flags = chosen & np.isfinite(means)
    return wanted


def spread(peaks: Floats) -> Doubles:
    """[features, figures] of [features, recordings]: mean, its interval, and quantiles."""
    features, n = peaks.shape
    if n < 2:
        return np.full((features, len(_FIGURES)), np.nan)
    mean, sd = peaks.mean(axis=1, dtype=np.float64), peaks.std(axis=1, dtype=np.float64, ddof=1)
    reach = np.where(sd > 0, student.ppf(INTERVAL[1], n - 1) * sd / np.sqrt(n), np.nan)
    low = np.where(np.isnan(reach), np.nan, np.maximum(mean - reach, 0))
    quantiles = np.quantile(peaks.astype(np.float64), SPREAD_QUANTILES, axis=1)
    figures: Doubles = np.stack([mean, low, mean + reach, *quantiles], axis=1)
    return figures

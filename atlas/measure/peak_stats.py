"""Where each feature fires, from `peaks` joined with `clips`: nothing that follows from them is counted in the scan.

Features are taken in blocks small enough that memory does not grow with the corpus. All sums are of integers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from atlas.measure.corpusview import CorpusView
from atlas.measure.scales import BINS, Scales
from atlas.measure.topk import EMPTY, DrawnPicks
from atlas.schema.thresholds import QUIET_WITHIN_DB

ROWS_AT_ONCE = 2**22
CELLS_AT_ONCE = 2**28  # features x clips, a byte each
THIRDS = ("low", "mid", "high")

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One row a feature."""

    clips: Longs  # [features]
    recordings: Longs  # [features]
    dataset_frames: Longs  # [features, datasets]
    dataset_clips: Longs  # [features, datasets]
    dataset_recordings: Longs  # [features, datasets]
    peak_histogram: Longs  # [features, domains, bins]
    thirds: NDArray[np.int8]  # [features, drawn slots]: 0 to 2 by peak among all firing clips; -1 for an empty slot
    quiet: Longs  # [features, wanted]: clips in which the feature is silent; -1 for none


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a block of features, sorted by feature and clip; features are counted from the block's first."""

    features: int
    feature: Longs
    clip: Longs
    peak: NDArray[np.float32]
    active: Longs


def firing(paths: Sequence[Path], corpus: CorpusView, draw: DrawnPicks, scales: Scales, quiet: int) -> Firing:
    """Read the peaks of one dictionary from all its shards, given in the order of their clips."""
    blocks = [
        _block(rows, corpus, _slots(draw, first, rows.features), scales, quiet)
        for first, rows in _blocks(paths, len(draw.keys), len(corpus.usable))
    ]
    return Firing(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in Firing.__slots__})


def _slots(draw: DrawnPicks, first: int, features: int) -> tuple[NDArray[np.bool_], Longs]:
    """Which slots of a block of features are filled, and with which clips."""
    keys, clips = draw.keys[first : first + features], draw.clips[first : first + features]
    return keys != EMPTY, clips.astype(np.int64)


def _blocks(paths: Sequence[Path], features: int, clips: int) -> Iterator[tuple[int, _Rows]]:
    peaks = pl.scan_parquet(list(paths))
    rows = np.zeros(features, np.int64)
    for feature, number in peaks.group_by("feature").len().collect(engine="streaming").iter_rows():
        rows[feature] = number
    for first, last in _runs(rows, max(1, CELLS_AT_ONCE // clips)):
        block = peaks.filter(pl.col("feature").is_between(first, last - 1)).collect()
        feature = block["feature"].to_numpy().astype(np.int64) - first
        order = np.argsort(feature, kind="stable")
        yield (
            first,
            _Rows(
                last - first,
                feature[order],
                block["clip"].to_numpy().astype(np.int64)[order],
                block["peak"].to_numpy()[order],
                block["frames_active"].to_numpy().astype(np.int64)[order],
            ),
        )


def _runs(rows: Longs, most: int) -> Iterator[tuple[int, int]]:
    """Runs of at most so many features, and of at most ROWS_AT_ONCE rows unless one feature alone has more."""
    first, total = 0, 0
    for feature, number in enumerate(rows.tolist()):
        if feature > first and (total + number > ROWS_AT_ONCE or feature - first == most):
            yield first, feature
            first, total = feature, 0
        total += number
    yield first, len(rows)


def _block(
    rows: _Rows, corpus: CorpusView, drawn: tuple[NDArray[np.bool_], Longs], scales: Scales, quiet: int
) -> Firing:
    datasets, domains = len(corpus.datasets), len(corpus.domains)
    dataset = rows.feature * datasets + corpus.dataset[rows.clip]
    shape = (rows.features, datasets)
    by_dataset = np.argsort(dataset, kind="stable")
    bins = (rows.feature * domains + corpus.domain[rows.clip]) * BINS + histogram_bins(rows.peak, scales.first_bin)
    return Firing(
        clips=np.bincount(rows.feature, minlength=rows.features),
        recordings=_recordings(rows.feature, corpus.recording[rows.clip], rows.features),
        dataset_frames=np.bincount(dataset, rows.active, rows.features * datasets).astype(np.int64).reshape(shape),
        dataset_clips=np.bincount(dataset, minlength=rows.features * datasets).reshape(shape),
        dataset_recordings=_recordings(
            dataset[by_dataset], corpus.recording[rows.clip[by_dataset]], rows.features * datasets
        ).reshape(shape),
        peak_histogram=np.bincount(bins, minlength=rows.features * domains * BINS).reshape(
            rows.features, domains, BINS
        ),
        thirds=_thirds(rows, *drawn),
        quiet=_quiet(rows, corpus, *drawn, quiet),
    )


def _recordings(group: Longs, recording: NDArray[np.int32], groups: int) -> Longs:
    """The number of different recordings of each group; rows of a group have their recordings side by side."""
    if not len(group):
        return np.zeros(groups, np.int64)
    new = np.ones(len(group), bool)
    new[1:] = (group[1:] != group[:-1]) | (recording[1:] != recording[:-1])
    counts: Longs = np.bincount(group[new], minlength=groups)
    return counts


def histogram_bins(values: NDArray[np.float32], first_bin: int) -> Longs:
    """The bin of each positive value: four an octave, clipped to the histogram's range."""
    mantissa, exponent = np.frexp(values.astype(np.float64))  # value = mantissa x 2^exponent, mantissa in [1/2, 1)
    edges = np.array([2**0.25, 2**0.5, 2**0.75], np.float32).astype(np.float64) / 2
    quarter = np.searchsorted(edges, mantissa, side="right")
    bins: Longs = np.clip(4 * (exponent.astype(np.int64) - 1) + quarter - first_bin, 0, BINS - 1)
    return bins


def _thirds(rows: _Rows, filled: NDArray[np.bool_], clips: Longs) -> NDArray[np.int8]:
    """In which third of a feature's firing clips, ordered by peak, each drawn clip lies."""
    thirds = np.full(filled.shape, -1, np.int8)
    if not len(rows.feature):
        return thirds
    order = np.lexsort((rows.clip, rows.peak, rows.feature))
    counts = np.bincount(rows.feature, minlength=rows.features)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    width = int(rows.clip.max()) + 1
    feature, slot = np.nonzero(filled)
    places = np.searchsorted(rows.feature * width + rows.clip, feature * width + clips[feature, slot])
    thirds[feature, slot] = rank[places] * 3 // counts[feature]
    return thirds


def _quiet(rows: _Rows, corpus: CorpusView, filled: NDArray[np.bool_], clips: Longs, wanted: int) -> Longs:
    """Silent clips: for each of the first drawn clips, the first by hash of its dataset within 3 dB of it."""
    order = np.lexsort((corpus.hashes, corpus.dataset))
    starts = np.searchsorted(corpus.dataset[order], np.arange(len(corpus.datasets) + 1))
    fired = np.zeros((rows.features, len(corpus.usable)), np.bool_)
    fired[rows.feature, rows.clip] = True
    chosen = np.full((rows.features, wanted), -1, np.int64)
    like = np.where(filled[:, :wanted], clips[:, :wanted], -1)
    _choose_quiet(like, order, starts, fired, corpus.dataset, corpus.energy_db, chosen)
    return chosen


@njit(cache=True)
def _choose_quiet(
    like: Longs,
    order: Longs,
    starts: Longs,
    fired: NDArray[np.bool_],
    dataset: NDArray[np.int32],
    energy_db: NDArray[np.float64],
    chosen: Longs,
) -> None:
    """`fired` serves as the list of clips that are not, or no longer, to be had."""
    for f in range(like.shape[0]):
        for i in range(like.shape[1]):
            clip = like[f, i]
            if clip < 0:
                continue
            for place in range(starts[dataset[clip]], starts[dataset[clip] + 1]):
                other = order[place]
                if not fired[f, other] and abs(energy_db[other] - energy_db[clip]) <= QUIET_WITHIN_DB:
                    chosen[f, i] = other
                    fired[f, other] = True
                    break

"""AudioSAE's search of a label by F1, held out; and the precision of a feature's ten largest peaks.

A feature calls a recording by a threshold on its peak, tried at 0 and at every tenth of the largest peak of half A.
The threshold is chosen on half A of the recordings (by content hash) and F1 is reported on half B. The same search
with the label shuffled within its strata, twenty times, says what F1 such a feature reaches by chance: a reference,
not a test.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.kinds import Contrast
from atlas.audio.draws import Hashes, clip_hashes
from atlas.schema.thresholds import SEARCH_STEPS, SHUFFLES, TOP_RECORDINGS

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

SEED = 21


@dataclass(frozen=True, slots=True)
class SearchResult:
    """[features] each; NaN where a half of the recordings has none with the label."""

    threshold: Doubles
    f1_chosen: Doubles  # on half A, where the threshold was chosen
    f1_heldout: Doubles  # on half B
    f1_permuted_max: Doubles  # on half B, the best of the shuffled labels


@dataclass(frozen=True, slots=True)
class Searcher:
    """A block's features, ready to be searched for any label of a kind."""

    values: Floats  # [features, the kind's recordings]
    tried: Floats  # [features, SEARCH_STEPS]
    half_a: Flags
    stratum: Longs

    def find(self, features: Longs, contrast: Contrast) -> SearchResult:
        """Search some features (rows of `values`) for a label."""
        within, labels = labellings(contrast, self.stratum)
        return search(self.values[np.ix_(features, within)], self.tried[features], self.half_a[within], labels)


def searcher(values: Floats, stratum: Longs, hashes: Hashes) -> Searcher:
    """values: [features, recordings]; stratum, hashes: [recordings]."""
    half_a = in_half_a(hashes)
    return Searcher(values, tenths(values, half_a), half_a, stratum)


def in_half_a(hashes: Hashes) -> Flags:
    """Which recordings make half A: a bit of the hash that places no stretch."""
    in_a: Flags = (hashes & np.uint64(1)) == 0
    return in_a


def clips_in_half_a(clips: pl.DataFrame) -> Flags:
    """[clips]: dealt by recording, by the smallest hash of its usable clips; a recording without one is in A."""
    usable = pl.col("problem").is_null()
    hashed = clips.select("recording", "problem").with_columns(hash=pl.Series(clip_hashes(clips)))
    smallest = hashed.select(pl.when(usable).then("hash").min().over("recording")).to_series().fill_null(0)
    return in_half_a(smallest.to_numpy())


def tenths(values: Floats, half_a: Flags) -> Floats:
    """[features, SEARCH_STEPS]: the thresholds that are tried, from 0 upwards."""
    largest = values[:, half_a].max(axis=1, initial=0)
    tried: Floats = largest[:, None] * (np.arange(SEARCH_STEPS, dtype=np.float32) / SEARCH_STEPS)
    return tried


def labellings(contrast: Contrast, stratum: Longs) -> tuple[Longs, Flags]:
    """The places of a contrast's recordings, and [recordings, 1 + SHUFFLES] who has the label: truly, then shuffled."""
    within = np.flatnonzero(np.isin(stratum, contrast.strata))
    labels = np.zeros((len(within), 1 + SHUFFLES), bool)
    labels[:, 0] = np.isin(within, contrast.labelled)
    random = np.random.default_rng(SEED)
    for number in contrast.strata:
        members = np.flatnonzero(stratum[within] == number)
        shuffled = np.tile(labels[members, :1], SHUFFLES)
        labels[members, 1:] = random.permuted(shuffled, axis=0)
    return within, labels


def search(values: Floats, tried: Floats, half_a: Flags, labels: Flags) -> SearchResult:
    """values: [features, recordings]; tried: [features, thresholds]; half_a: [recordings]; labels: as above."""
    called = values[:, None, :] > tried[:, :, None]
    chosen, heldout = (_f1(called[:, :, half], labels[half]) for half in (half_a, ~half_a))
    best = np.argmax(chosen, axis=1)[:, None, :]
    on_a, on_b = (np.take_along_axis(f1, best, axis=1)[:, 0, :] for f1 in (chosen, heldout))
    threshold = np.take_along_axis(tried, best[:, 0, :1], axis=1)[:, 0].astype(np.float64)
    known = bool(labels[half_a, 0].any() and labels[~half_a, 0].any())
    columns = (threshold, on_a[:, 0], on_b[:, 0], on_b[:, 1:].max(axis=1))
    return SearchResult(*(column if known else np.full(len(values), np.nan) for column in columns))


def _f1(called: Flags, labels: Flags) -> Doubles:
    """[features, thresholds, labellings]; 0 where nothing is called and nothing labelled."""
    features, thresholds, recordings = called.shape
    hits = called.reshape(features * thresholds, recordings).astype(np.float32) @ labels.astype(np.float32)
    total = called.sum(axis=2)[:, :, None] + labels.sum(axis=0)
    f1: Doubles = 2 * hits.reshape(features, thresholds, labels.shape[1]) / np.maximum(total, 1).astype(np.float64)
    return f1


def top_recordings(values: Floats, hashes: Hashes) -> Longs:
    """[features, TOP_RECORDINGS]: places of the recordings with the largest peaks; ties go to the smaller hash."""
    order = np.argsort(hashes, kind="stable")
    places: Longs = order[np.argsort(-values[:, order], axis=1, kind="stable")[:, :TOP_RECORDINGS]]
    return places


def precision(top: Longs, labelled: Longs) -> Doubles:
    """The share of each feature's top recordings that have the label."""
    shares: Doubles = np.isin(top, labelled).mean(axis=1)
    return shares

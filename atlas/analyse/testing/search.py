"""The held-out search: how well a feature calls the recordings of a label, by a threshold that other recordings chose.

A feature calls a recording by a threshold on its peak, tried at 0 and at every tenth of its largest peak, as AudioSAE's
search does. The threshold of largest phi on one half of the recordings is read on the other, as F1 and as phi, and then
the other way round. Phi (the correlation of two yes-or-no answers, Matthews') chooses, as F1 is high for calling
everything where most recordings have the label. The same search with the label shuffled within its strata, twenty
times, says what F1 such a feature reaches by chance: a reference, not a test.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from atlas.analyse.testing.halves import halved
from atlas.analyse.testing.kinds import Contrast
from atlas.analyse.testing.origins import NOWHERE
from atlas.audio.draws import Hashes
from atlas.schema.thresholds import SEARCH_STEPS, SHUFFLES

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

SEED = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """[features] each, by the half that chose; NaN where a half has too few recordings."""

    threshold_a: Doubles
    threshold_b: Doubles
    phi_chosen_a: Doubles  # on the half that chose
    phi_chosen_b: Doubles
    phi_a: Doubles  # on the other half, which chose nothing
    phi_b: Doubles
    f1_a: Doubles
    f1_b: Doubles
    phi_heldout: Doubles  # the mean of both ways
    f1_heldout: Doubles
    f1_permuted_max: Doubles  # likewise, the best of the shuffled labels

    @classmethod
    def unknown(cls, features: int) -> Self:
        """Nothing to say."""
        return cls(**{field.name: np.full(features, np.nan) for field in fields(cls)})


SEARCHED = tuple(field.name for field in fields(SearchResult))


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """A block's features, ready to be searched for any label of a kind."""

    values: Floats  # [features, the kind's recordings]
    tried: Floats  # [features, SEARCH_STEPS]
    stratum: Longs
    hashes: Hashes
    unit: Longs  # what is never cut by halves
    own: Longs  # [features]: the unit that a template was drawn from, which is passed over; or -1

    def find(self, features: Longs, contrast: Contrast) -> SearchResult:
        """Search some features (rows of `values`) for a label."""
        within, labels = labellings(contrast, self.stratum, self.unit)
        half_a = halved(labels[:, 0], self.stratum[within], self.hashes[within], self.unit[within])
        if half_a is None:
            return SearchResult.unknown(len(features))
        own = self.own[features][:, None] == self.unit[within]
        return search(self.values[np.ix_(features, within)], self.tried[features], half_a, labels, own)


def searcher(values: Floats, stratum: Longs, hashes: Hashes, unit: Longs, own: Longs | None = None) -> Searcher:
    """values: [features, recordings]; stratum, hashes, unit: [recordings]; own: [features], of templates."""
    own = np.full(len(values), NOWHERE, np.int64) if own is None else own
    return Searcher(values=values, tried=tenths(values), stratum=stratum, hashes=hashes, unit=unit, own=own)


def tenths(values: Floats) -> Floats:
    """[features, SEARCH_STEPS]: the thresholds that are tried, from 0 upwards; they know no label."""
    largest = values.max(axis=1, initial=0)
    tried: Floats = largest[:, None] * (np.arange(SEARCH_STEPS, dtype=np.float32) / SEARCH_STEPS)
    return tried


def labellings(contrast: Contrast, stratum: Longs, unit: Longs) -> tuple[Longs, Flags]:
    """The places of a contrast's recordings, and [recordings, 1 + SHUFFLES] who has the label: truly, then shuffled.

    Where all recordings of each unit have a label alike, units are shuffled: a speaker's label stays with a speaker.
    """
    within = np.flatnonzero(np.isin(stratum, contrast.strata))
    labels = np.zeros((len(within), 1 + SHUFFLES), bool)
    labels[:, 0] = np.isin(within, contrast.labelled)
    random = np.random.default_rng(SEED)
    for number in contrast.strata:
        members = np.flatnonzero(stratum[within] == number)
        labelled, of_unit = labels[members, 0], np.arange(len(members))
        _, first, inverse = np.unique(unit[within[members]], return_index=True, return_inverse=True)
        if len(first) < len(members) and (labelled[first][inverse] == labelled).all():
            labelled, of_unit = labelled[first], inverse
        shuffled = random.permuted(np.tile(labelled[:, None], SHUFFLES), axis=0)
        labels[members, 1:] = shuffled[of_unit]
    return within, labels


def search(values: Floats, tried: Floats, half_a: Flags, labels: Flags, own: Flags | None = None) -> SearchResult:
    """values: [features, recordings]; tried: [features, thresholds]; half_a: [recordings]; labels: as above.

    own: [features, recordings], those that do not count for a feature, whose values there are 0; all do, if not given.
    """
    called = values[:, None, :] > tried[:, :, None]
    own = np.zeros(values.shape, bool) if own is None else own
    on_a, on_b = (Agreement.of(called[:, :, half], labels[half], own[:, half]) for half in (half_a, ~half_a))
    by_a, by_b = on_a.best(), on_b.best()
    (phi_a, f1_a), (phi_b, f1_b) = on_b.at(by_a), on_a.at(by_b)
    (chosen_a, _), (chosen_b, _) = on_a.at(by_a), on_b.at(by_b)
    f1 = (f1_a + f1_b) / 2
    return SearchResult(
        threshold_a=_threshold(tried, by_a),
        threshold_b=_threshold(tried, by_b),
        phi_chosen_a=chosen_a[:, 0],
        phi_chosen_b=chosen_b[:, 0],
        phi_a=phi_a[:, 0],
        phi_b=phi_b[:, 0],
        f1_a=f1_a[:, 0],
        f1_b=f1_b[:, 0],
        phi_heldout=(phi_a + phi_b)[:, 0] / 2,
        f1_heldout=f1[:, 0],
        f1_permuted_max=f1[:, 1:].max(axis=1),
    )


def _threshold(tried: Floats, best: Longs) -> Doubles:
    return np.take_along_axis(tried, best[:, :1], axis=1)[:, 0].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Agreement:
    """[features, thresholds, labellings]: how calls agree with labels; 0 where there is no contrast."""

    phi: Doubles
    f1: Doubles

    @classmethod
    def of(cls, called: Flags, labels: Flags, own: Flags) -> Self:
        """called: [features, thresholds, recordings]; labels: [recordings, labellings]; own: [features, recordings]."""
        features, thresholds, recordings = called.shape
        hits = called.reshape(features * thresholds, recordings).astype(np.float32) @ labels.astype(np.float32)
        hits = hits.reshape(features, thresholds, labels.shape[1]).astype(np.float64)
        calls = called.sum(axis=2)[:, :, None].astype(np.float64)
        every = np.column_stack([np.ones(recordings, bool), labels]).astype(np.float32)
        counted = (every.sum(axis=0) - own.astype(np.float32) @ every).astype(np.float64)
        number, labelled = counted[:, None, :1], counted[:, None, 1:]
        spread = calls * (number - calls) * (labelled * (number - labelled))
        phi = np.where(spread > 0, number * hits - calls * labelled, 0) / np.sqrt(np.maximum(spread, 1))
        return cls(phi, 2 * hits / np.maximum(calls + labelled, 1))

    def best(self) -> Longs:
        """[features, labellings]: the threshold of largest phi, the lowest of equals."""
        best: Longs = np.argmax(self.phi, axis=1)
        return best

    def at(self, threshold: Longs) -> tuple[Doubles, Doubles]:
        """[features, labellings] each: phi and F1 at the threshold of each."""
        place = threshold[:, None, :]
        phi, f1 = (np.take_along_axis(figures, place, axis=1)[:, 0, :] for figures in (self.phi, self.f1))
        return phi, f1

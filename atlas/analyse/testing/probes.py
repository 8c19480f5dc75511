"""The sparse probe of each label: how well a few features together tell the recordings that have it, held out.

One half of the recordings chooses the features and fits a logistic regression on their peaks; the AUROC within strata
is read on the other half, and then the other way round. Chosen are the features of largest absolute correlation with
the label within the strata of that half, as in k-sparse probing. The p and q of `labels` take no part in the choice:
they are of all recordings, and features chosen by them do better on the second half than on recordings never seen.
Chance is the same with the label permuted once within its strata: dealt, chosen, fitted and read anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.analyse.testing.blocks import CELLS_AT_ONCE, Block
from atlas.analyse.testing.halves import halved
from atlas.analyse.testing.kinds import LabelKind, contrast_of
from atlas.analyse.testing.logistic import fit_logistic
from atlas.analyse.testing.recordings import Recordings
from atlas.analyse.testing.search import labellings
from atlas.analyse.testing.trials import auroc, midranks, strata_of
from atlas.schema import LABEL_INDEX
from atlas.schema.thresholds import FEWEST_RECORDINGS, PROBE_FEATURES, PROBE_PENALTY

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.int8]
ReadPeaks = Callable[[Longs], Floats]
"""features, in order -> [features, recordings of the corpus]: their peaks in the stretch of each"""

PROBED = ("probe_a", "probe_b", "probe_auroc", "probe_permuted")
LABELLINGS = 2  # truly, and permuted
HALVES = 2
COLUMNS_A_LABEL = LABELLINGS * HALVES
NO_FEATURE = -1
SMALLEST_SPREAD = 1e-6  # a smaller share of what varies is the rounding of a constant
DECIMALS = 6  # of a correlation: equal ones are equal whatever the order of sums, and go by number
NO_PROBES = LABEL_INDEX.empty().select("kind", "label", *PROBED)


@dataclass(frozen=True, slots=True)
class _Deal:
    """The labels of a kind that can be halved, and who has them in which half."""

    kind: LabelKind
    names: tuple[str, ...]
    part: Bytes  # [labels, labellings, the kind's recordings]: 0 not asked; 1 in half A, 2 with the label; 3, 4 in B


def probe_labels(
    blocks: Iterable[Block],
    read: ReadPeaks,
    recordings: Recordings,
    kinds: Sequence[LabelKind],
    among: Sequence[Longs | None] = (None,),
) -> list[pl.DataFrame]:
    """`kind, label` and PROBED of every label that can be halved; none of a kind of which no feature is tested.

    blocks: of all features, to choose from, gone through once; read: the peaks of those that are chosen; among: for
    each result the features that may be chosen, None for all.
    """
    deals = [_deal(kind, recordings) for kind in kinds]
    results = []
    for chosen in _chosen(blocks, deals, among):
        pairs = zip(deals, chosen, strict=True)
        rows = [row for deal, best in pairs for row in _probed(deal, best, read, len(recordings.clip))]
        frame = pl.DataFrame(rows, schema=NO_PROBES.schema, orient="row")
        results.append(frame.with_columns(pl.col(PROBED).fill_nan(None)))
    return results


def _deal(kind: LabelKind, recordings: Recordings) -> _Deal:
    hashes, units = recordings.hashes[kind.recordings], recordings.unit[kind.recordings]
    names, parts = [], []
    for label in kind.tested:
        within, labels = labellings(label.contrast, kind.stratum, units)
        part = np.zeros((LABELLINGS, len(kind.recordings)), np.int8)
        for row, labelled in zip(part, labels.T, strict=False):
            half_a = halved(labelled, kind.stratum[within], hashes[within], units[within])
            if half_a is not None:
                row[within] = 1 + 2 * ~half_a + labelled
        if part[0].any():
            names.append(label.name)
            parts.append(part)
    empty = np.zeros((0, LABELLINGS, len(kind.recordings)), np.int8)
    return _Deal(kind, tuple(names), np.stack(parts) if parts else empty)


def _chosen(blocks: Iterable[Block], deals: Sequence[_Deal], among: Sequence[Longs | None]) -> Iterator[list[Longs]]:
    """For each of `among` and each deal: the features that a half chooses, the best first.

    [labels, labellings, halves, PROBE_FEATURES]
    """
    best = [[_Best.none(len(deal.names) * COLUMNS_A_LABEL) for deal in deals] for _ in among]
    for block in blocks:
        for number, deal in enumerate(deals):
            values = block.matched[:, deal.kind.recordings]
            kept = np.flatnonzero((values > 0).sum(axis=1) >= FEWEST_RECORDINGS)
            here = correlations(values[kept], deal.part, deal.kind.stratum).round(DECIMALS)
            features = block.first + kept
            for mine, able in zip(best, among, strict=True):
                allowed = slice(None) if able is None else np.isin(features, able)
                mine[number] = mine[number].or_better(features[allowed], here[allowed])
    for mine in best:
        yield [one.features.T.reshape(-1, LABELLINGS, HALVES, PROBE_FEATURES) for one in mine]


@dataclass(frozen=True, slots=True)
class _Best:
    """The features of largest correlation so far: [PROBE_FEATURES, columns], the best first."""

    features: Longs
    correlation: Doubles

    @classmethod
    def none(cls, columns: int) -> Self:
        shape = (PROBE_FEATURES, columns)
        return cls(np.full(shape, NO_FEATURE, np.int64), np.full(shape, -1.0))

    def or_better(self, features: Longs, correlation: Doubles) -> "_Best":
        """features: [n]; correlation: [n, columns]; of equal ones the earlier stays."""
        found = np.vstack([self.correlation, correlation])
        every = np.vstack([self.features, np.broadcast_to(features[:, None], correlation.shape)])
        best = np.argsort(-found, axis=0, kind="stable")[:PROBE_FEATURES]
        return _Best(np.take_along_axis(every, best, axis=0), np.take_along_axis(found, best, axis=0))


def correlations(values: Floats, part: Bytes, stratum: Longs) -> Doubles:
    """[features, labels * labellings * halves]: the absolute correlation of peaks and label within strata of the half.

    values: [features, recordings]; part: as in a deal; stratum: [recordings]. Without any spread it is 0.
    """
    at_once = max(1, CELLS_AT_ONCE // (COLUMNS_A_LABEL * max(len(stratum), 1)))
    pieces = [_correlations(values, part[first : first + at_once], stratum) for first in range(0, len(part), at_once)]
    return np.hstack([np.empty((len(values), 0)), *pieces])


def _correlations(values: Floats, part: Bytes, stratum: Longs) -> Doubles:
    columns = len(part) * COLUMNS_A_LABEL
    product, spread, of_label = np.zeros((len(values), columns)), np.zeros((len(values), columns)), np.zeros(columns)
    for _, within in strata_of(stratum):
        here = values[:, within].astype(np.float64)
        here -= here.mean(axis=1, keepdims=True)
        asked, target = _targets(part[:, :, within])
        product += here @ target
        squares = here**2 @ asked
        about_mean = squares - (here @ asked) ** 2 / np.maximum(asked.sum(axis=0), 1)
        spread += np.where(about_mean > SMALLEST_SPREAD * squares, about_mean, 0)
        of_label += (target**2).sum(axis=0)
    scale = np.sqrt(spread * of_label)
    shares: Doubles = np.abs(np.divide(product, scale, out=np.zeros_like(product), where=scale > 0))
    return shares


def _targets(part: Bytes) -> tuple[Doubles, Doubles]:
    """[recordings, labels * labellings * halves] of one stratum: who is asked, and the label minus its mean among them.

    Nobody is asked where all of a half have the label, or none.
    """
    halves = np.stack([(part == 1 + 2 * half) | (part == 2 + 2 * half) for half in range(HALVES)], axis=2)
    labelled = halves & (part % 2 == 0)[:, :, None]
    asked, has = (flags.reshape(-1, part.shape[-1]).T.astype(np.float64) for flags in (halves, labelled))
    n, held = asked.sum(axis=0), has.sum(axis=0)
    asked *= (held > 0) & (held < n)
    return asked, asked * (has - held / np.maximum(n, 1))


def _probed(deal: _Deal, chosen: Longs, read: ReadPeaks, recordings: int) -> Iterator[tuple[str | float, ...]]:
    """Rows of the result. chosen: [labels, labellings, halves, PROBE_FEATURES]; recordings: how many the corpus has."""
    if (chosen == NO_FEATURE).all():
        return
    at_once = max(1, CELLS_AT_ONCE // (COLUMNS_A_LABEL * PROBE_FEATURES * max(recordings, 1)))
    for first in range(0, len(chosen), at_once):
        some = chosen[first : first + at_once]
        features = np.unique(some[some != NO_FEATURE])
        peaks = read(features)[:, deal.kind.recordings]
        for place, best in enumerate(some, start=first):
            aurocs = np.empty((LABELLINGS, HALVES))
            for labelling, half in np.ndindex(LABELLINGS, HALVES):
                mine = best[labelling, half]
                values = peaks[np.searchsorted(features, mine[mine != NO_FEATURE])]
                aurocs[labelling, half] = held_out(values, deal.part[place, labelling], half, deal.kind.stratum)
            (by_a, by_b), permuted = aurocs[0].tolist(), float(aurocs[1].mean())
            yield deal.kind.name, deal.names[place], by_a, by_b, (by_a + by_b) / 2, permuted


def held_out(values: Floats, part: Bytes, half: int, stratum: Longs) -> float:
    """The AUROC on the other half of a probe that one half fits; NaN where either has no stratum to compare within.

    values: [features, recordings]; part: [recordings], as in a deal; half: 0 for A, 1 for B.
    """
    labelled, in_b = part % 2 == 0, part > 2
    fitted, heard = (_informative((part > 0) & (in_b == bool(side)), labelled, stratum) for side in (half, 1 - half))
    if not fitted.any() or not heard.any():
        return float("nan")
    standardised, sd = _standardised(values[:, fitted].astype(np.float64), stratum[fitted])
    slopes = fit_logistic(standardised.T, labelled[fitted], stratum[fitted], PROBE_PENALTY)
    score = ((slopes / sd)[:, None] * values[:, heard]).sum(axis=0)  # a matrix product may tell equal peaks apart
    contrast = contrast_of(np.flatnonzero(labelled[heard]), stratum[heard])
    return float(auroc(midranks(score[None], stratum[heard]), contrast)[0])


def _informative(asked: Flags, labelled: Flags, stratum: Longs) -> Flags:
    """Of the recordings asked, those in strata where some of them have the label and some do not."""
    n, held = np.bincount(stratum, asked), np.bincount(stratum, asked & labelled)
    kept: Flags = asked & ((held > 0) & (held < n))[stratum]
    return kept


def _standardised(values: Doubles, stratum: Longs) -> tuple[Doubles, Doubles]:
    """[features, recordings]: less the mean of the stratum, over the standard deviation within strata: [features]."""
    centred = values.copy()
    for _, within in strata_of(stratum):
        centred[:, within] -= centred[:, within].mean(axis=1, keepdims=True)
    sd = np.sqrt((centred**2).mean(axis=1))
    sd = np.where(sd > SMALLEST_SPREAD * np.abs(values).max(axis=1), sd, np.inf)  # of a constant, only rounding is left
    return centred / sd[:, None], sd

"""The table `peak_labels`: at which timed label the strongest peaks of a feature stand, held out.

Of a tier, the strongest peak of each clip that has it; of these the strongest of each recording, then of each text
(case-folded; where the text was made, and for the tier of words, of each neighbourhood of five words) and of each
phrase by its sound (see `phrases.py`); of these the 16 strongest, dealt into halves by recording. A half of fewer than
4 makes no row. The label that most peaks of one half stand at is looked for in the other, both ways: `purity` is the
share of hits in both. A peak without a label is a miss. Where the halves choose differently there is no `label`.

Chance is twofold: the largest purity under five circular shifts of the labels (`purity_shifted_max`), and an exact
binomial test of each half's hits against the label's share of frames (`base`): p is the smaller of the two times two,
1 without a label, and q is over the rows of the tier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binom

from atlas.analyse.testing.exact import q_values
from atlas.analyse.testing.framelabels import NO_LABEL, FrameLabels, Longs
from atlas.schema import PEAK_LABELS
from atlas.schema.thresholds import FEWEST_PEAKS_A_HALF, SHIFTS, STRONGEST_PEAKS

Doubles = NDArray[np.float64]

FEATURES_AT_ONCE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class TierGroup:
    """Tiers that are read off the same peaks: those of the same clips, deduplicated by the same texts."""

    tiers: Sequence[FrameLabels]
    texts: FrameLabels
    "what counts once, layer by layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipHalves:
    """The recording of each clip, and whether that lies in half A."""

    recording: Longs  # [clips]
    rank: Longs  # [clips]: by content, for ties
    half_a: NDArray[np.bool_]  # [clips]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What the halves of some features choose, and find: [features, 2] each, by the half that chooses."""

    label: Longs
    hits: Longs
    "peaks of the other half that stand at it"
    peaks: Longs
    "of the other half"

    @property
    def purity(self) -> Doubles:
        shares: Doubles = self.hits.sum(axis=1) / self.peaks.sum(axis=1)
        return shares

    @property
    def agreed(self) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = (self.label[:, 0] == self.label[:, 1]) & (self.label[:, 0] != NO_LABEL)
        return same


def peak_labels_frame(
    name: str, peaks: pl.LazyFrame, features: int, groups: Sequence[TierGroup], halves: ClipHalves
) -> pl.DataFrame:
    """The rows of one dictionary, less what its codes say."""
    rows = peaks.select("feature", "clip", "peak", "peak_frame")
    found = []
    for first in range(0, features, FEATURES_AT_ONCE):
        here = rows.filter(pl.col("feature").is_between(first, min(first + FEATURES_AT_ONCE, features) - 1)).collect()
        for group in groups:
            strongest = strongest_peaks(here, group, halves)
            found += [_rows(tier, strongest) for tier in group.tiers]
    every = pl.concat([_NO_ROWS, *found])
    q = pl.Series(_q_by_tier(every), dtype=pl.Float64)
    return every.with_columns(q=q, dictionary=pl.lit(name)).sort("feature", "tier")


def strongest_peaks(peaks: pl.DataFrame, group: TierGroup, halves: ClipHalves) -> pl.DataFrame:
    """Of the peaks of some features, those that are looked at: feature, clip, peak, peak_frame, half_a."""
    clip = peaks["clip"].to_numpy().astype(np.int64)
    known = group.tiers[0].has(clip)
    rows, clip = peaks.filter(pl.Series(known)), clip[known]
    texts = group.texts.at(clip, rows["peak_frame"].to_numpy().astype(np.int64))
    layers = {f"text {number}": np.where(text == NO_LABEL, -2 - clip, text) for number, text in enumerate(texts)}
    ordered = rows.with_columns(
        recording=pl.Series(halves.recording[clip]),
        rank=pl.Series(halves.rank[clip]),
        half_a=pl.Series(halves.half_a[clip]),
        **{name: pl.Series(text) for name, text in layers.items()},
    ).sort("feature", "peak", "rank", descending=[False, True, False])
    for once in ("recording", *layers):
        ordered = ordered.unique(["feature", once], keep="first", maintain_order=True)
    ordered = ordered.filter(pl.int_range(pl.len()).over("feature") < STRONGEST_PEAKS)
    a_half = pl.col("half_a").sum().over("feature")
    enough = pl.min_horizontal(a_half, pl.len().over("feature") - a_half) >= FEWEST_PEAKS_A_HALF
    return ordered.filter(enough)


def held_out(feature: Longs, half: Longs, labels: Longs, peaks: Doubles) -> HeldOut:
    """feature: [rows], from 0 without a gap; half: [rows], 0 or 1; labels: [layers, rows]; peaks: [rows].

    Of labels at which equally many peaks stand, the one with more of their activation is chosen, then the first.
    """
    features, most = int(feature.max()) + 1, int(labels.max(initial=0)) + 1
    layer, row = np.nonzero(labels != NO_LABEL)
    keys, of_key = np.unique((2 * feature + half)[row] * most + labels[layer, row], return_inverse=True)
    counts, mass = np.bincount(of_key), np.bincount(of_key, peaks[row])
    group, label = keys // most, keys % most
    best_first = np.lexsort((label, -mass, -counts, group))
    groups, first = np.unique(group[best_first], return_index=True)
    chosen = np.full(2 * features, NO_LABEL, np.int64)
    chosen[groups] = label[best_first[first]]
    other = np.arange(2 * features) ^ 1
    wanted = other * most + chosen
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    met = (keys[place] == wanted) & (chosen != NO_LABEL) if len(keys) else np.zeros(2 * features, bool)
    hits = np.where(met, counts[place], 0) if len(keys) else np.zeros(2 * features, np.int64)
    sizes = np.bincount(2 * feature + half, minlength=2 * features)
    return HeldOut(label=chosen.reshape(-1, 2), hits=hits.reshape(-1, 2), peaks=sizes[other].reshape(-1, 2))


def _rows(tier: FrameLabels, strongest: pl.DataFrame) -> pl.DataFrame:
    """The rows of one tier, without q."""
    if strongest.is_empty():
        return _NO_ROWS
    features, feature = np.unique(strongest["feature"].to_numpy(), return_inverse=True)
    clip, frame = (strongest[name].to_numpy().astype(np.int64) for name in ("clip", "peak_frame"))
    half, peak = strongest["half_a"].to_numpy().astype(np.int64), strongest["peak"].to_numpy().astype(np.float64)
    true, *shifted = (
        held_out(feature, half, tier.at(clip, frame, step / (SHIFTS + 1)).astype(np.int64), peak)
        for step in range(SHIFTS + 1)
    )
    rates = np.append(tier.base_rates(), np.nan)  # the last one for NO_LABEL, which is -1
    p = 2 * binom.sf(true.hits - 1, true.peaks, rates[true.label]).min(axis=1)
    label = np.where(true.agreed, true.label[:, 0], NO_LABEL)
    return pl.DataFrame(
        {
            "feature": features.astype(np.uint32),
            "tier": [tier.tier] * len(features),
            "label": [tier.labels[number] if number != NO_LABEL else None for number in label],
            "purity": true.purity,
            "purity_shifted_max": np.max([one.purity for one in shifted], axis=0),
            "base": rates[label],
            "peaks": true.peaks.sum(axis=1).astype(np.uint32),
            "height": _medians(feature, peak),
            "p": np.where(true.agreed, np.minimum(p, 1.0), 1.0),
        },
        schema=_ROWS,
    ).with_columns(pl.col("base").fill_nan(None))


_ROWS = {
    **{name: kind for name, kind in PEAK_LABELS.columns.items() if name in ("feature", "tier", "label", "purity")},
    "purity_shifted_max": pl.Float64,
    "base": pl.Float64,
    "peaks": pl.UInt32,
    "height": pl.Float64,
    "p": pl.Float64,
}
_NO_ROWS = pl.DataFrame(schema=_ROWS)


def _medians(feature: Longs, peak: Doubles) -> Doubles:
    """[features]: the median of each one's peaks."""
    rows = pl.DataFrame({"feature": feature, "peak": peak}).group_by("feature").agg(pl.col("peak").median())
    return rows.sort("feature")["peak"].to_numpy()


def _q_by_tier(rows: pl.DataFrame) -> Doubles:
    q, tiers = np.full(len(rows), np.nan), np.array(rows["tier"].to_list(), dtype=object)
    for tier in rows["tier"].unique().to_list():
        q[tiers == tier] = q_values(rows["p"].to_numpy()[tiers == tier])
    return q

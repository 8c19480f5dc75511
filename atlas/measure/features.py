"""From sums to figures: the tables `features`, `histograms`, `datasets`, `timed_counts`, and the mel spectrum.

Each figure is defined here, once. All are of valid frames; a blank (null) means that the figure does not exist, such
as a mean over no frames.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.measure.merged import Merged
from atlas.measure.scales import MOMENT_BITS, MOMENT_SQUARE_BITS, Scales
from atlas.measure.serialise import fixed_lists
from atlas.measure.tiers import AlignedTier
from atlas.measure.timed import placed
from atlas.schema import DATASETS, FEATURES, HISTOGRAMS, ORIGINS, STATES, TIMED_COUNTS
from atlas.schema.thresholds import DENSE_DENSITY, FEWEST_RECORDINGS, ONSET_S

QUANTILES = (0.5, 0.9, 0.99)

Doubles = NDArray[np.float64]


def features_frame(merged: Merged, mass_shown: Doubles) -> pl.DataFrame:
    """The table `features` of one dictionary."""
    counts, scales, corpus = merged.counts, merged.scales, merged.corpus
    active = counts.column("frames_active")
    sums, squares = counts.sums(scales), counts.squares(scales)
    mean = _share(sums, np.where(sums > 0, active, 0))  # a sum below the fixed point's step says nothing
    maximum = merged.top.peaks[:, 0]
    n = len(active)
    columns = {
        "dictionary": [merged.name] * n,
        "feature": np.arange(n, dtype=np.uint32),
        "frames_active": active,
        "clips_active": merged.firing.clips.astype(np.uint32),
        "recordings_active": merged.firing.recordings.astype(np.uint32),
        "density": active / corpus.frames,
        "clip_density": merged.firing.clips / corpus.clips,
        "max": np.where(active > 0, maximum, np.nan).astype(np.float32),
        "mean_active": mean,
        "sd_active": np.sqrt(np.maximum(_share(squares, active) - mean**2, 0)),
        "burst_s": _share(active, counts.column("runs")) / merged.grid.frames_per_s,
        "pad_rate": _pad_rate(merged),
        "onset_ratio": _onset_ratio(merged),
        "energy_corr": _energy_correlation(merged, sums, squares),
        "decoder_norm": merged.dictionary.decoder_norm.cpu().numpy().astype(np.float32),
        "state": states(active, merged.firing.recordings, corpus.frames),
        "mass_shown": np.minimum(_share(mass_shown, sums), 1),  # sums are clamped and rounded, snippets are not
    }
    values = quantiles(counts.histogram, scales, maximum)
    columns |= {f"q{round(100 * share)}": values[:, i] for i, share in enumerate(QUANTILES)}
    blank = [name for name, kind in FEATURES.columns.items() if kind in (pl.Float32, pl.Float64)]
    return FEATURES.frame(columns).with_columns(pl.col(blank).fill_nan(None))


def states(active: NDArray[np.int64], recordings: NDArray[np.int64], frames: int) -> list[str]:
    """dead: never active on this corpus; rare: in few recordings; dense: on many frames; else live."""
    dead, rare, dense, live = STATES
    holds = [active == 0, recordings < FEWEST_RECORDINGS, active > DENSE_DENSITY * frames]
    chosen = np.select(holds, [dead, rare, dense], live)
    return [str(state) for state in chosen]


def quantiles(histogram: NDArray[np.uint32], scales: Scales, maximum: NDArray[np.float32]) -> Doubles:
    """[features, QUANTILES] of non-zero values: log-linear within a bin, whose width (19 %) bounds the error."""
    cumulative = histogram.cumsum(axis=1, dtype=np.int64)
    total = cumulative[:, -1]
    edges = np.log2(scales.edges())
    values = np.full((len(histogram), len(QUANTILES)), np.nan)
    for column, share in enumerate(QUANTILES):
        wanted = share * total
        place = (cumulative < wanted[:, None]).sum(axis=1).clip(max=histogram.shape[1] - 1)
        inside = np.take_along_axis(histogram, place[:, None], axis=1)[:, 0]
        before = np.take_along_axis(cumulative, place[:, None], axis=1)[:, 0] - inside
        fraction = _share(wanted - before, inside)
        values[:, column] = 2 ** (edges[place] + fraction * (edges[place + 1] - edges[place]))
    capped: Doubles = np.minimum(values, np.where(total > 0, maximum, np.nan)[:, None])
    return capped


def _pad_rate(merged: Merged) -> Doubles:
    """The share of padded frames on which a feature is active; blank where padding is no fair question."""
    corpus = merged.corpus
    padded = merged.padded_to * corpus.clips - corpus.frames if merged.padded_to else 0
    if not padded or not merged.dictionary.selection.by_frame:
        return np.full(merged.dictionary.n, np.nan)
    rates: Doubles = merged.counts.column("frames_padded") / padded
    return rates


def _onset_ratio(merged: Merged) -> Doubles:
    """The rate of firing in the first half second of a window over the rate elsewhere."""
    active, onset = merged.counts.column("frames_active"), merged.counts.column("frames_onset")
    onset_frames = int(np.minimum(merged.corpus.valid, merged.grid.first_from(ONSET_S)).sum())
    other_frames = merged.corpus.frames - onset_frames
    if not onset_frames or not other_frames:
        return np.full(len(active), np.nan)
    here, elsewhere = onset / onset_frames, (active - onset) / other_frames
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Doubles = here / elsewhere
    return ratio


def _energy_correlation(merged: Merged, sums: Doubles, squares: Doubles) -> Doubles:
    """Pearson's correlation over all valid frames of a feature's value with the display mel's frame energy."""
    frames = merged.corpus.frames
    energy_sums = merged.counts.mel_sums(merged.scales).mean(axis=1)
    together = energy_sums - sums * merged.sounds.mean_energy()
    spread = np.maximum(squares - sums**2 / frames, 0) * max(merged.sounds.energy_spread(), 0)
    return np.clip(_share(together, np.sqrt(spread)), -1, 1)


def origins_frame(merged: Merged) -> pl.DataFrame:
    """The table `origins`: a row a direction of a control."""
    n = 0 if merged.matches is None else len(merged.matches)
    return ORIGINS.frame(
        {
            "dictionary": [merged.name] * n,
            "feature": np.arange(n, dtype=np.uint32),
            "matches": np.asarray(merged.matches if n else [], np.uint32),
            "clip": [None] * n if merged.source is None else merged.source.astype(np.uint32),
        }
    )


def histograms_frame(merged: Merged) -> pl.DataFrame:
    """The table `histograms`: of all frames, and of clip peaks by domain."""
    n, domains = merged.dictionary.n, merged.corpus.domains
    kinds = [("frames", ""), *(("peaks", domain) for domain in sorted(domains))]
    place = {domain: i for i, domain in enumerate(domains)}
    stacked = np.stack(
        [
            merged.counts.histogram if counted == "frames" else merged.firing.peak_histogram[:, place[domain]]
            for counted, domain in kinds
        ],
        axis=1,
    )
    return HISTOGRAMS.frame(
        {
            "dictionary": [merged.name] * (n * len(kinds)),
            "feature": np.repeat(np.arange(n, dtype=np.uint32), len(kinds)),
            "counted": [counted for counted, _ in kinds] * n,
            "domain": [domain for _, domain in kinds] * n,
            "counts": fixed_lists(stacked.reshape(n * len(kinds), -1).astype(np.uint32)),
        }
    )


def datasets_frame(merged: Merged) -> pl.DataFrame:
    """The table `datasets`."""
    n, names = merged.dictionary.n, merged.corpus.datasets
    return DATASETS.frame(
        {
            "dictionary": [merged.name] * (n * len(names)),
            "feature": np.repeat(np.arange(n, dtype=np.uint32), len(names)),
            "dataset": list(names) * n,
            "frames": np.tile(merged.corpus.dataset_frames(), n),
            "frames_active": merged.firing.dataset_frames.ravel(),
            "clips": np.tile(merged.corpus.dataset_clips(), n).astype(np.uint32),
            "clips_active": merged.firing.dataset_clips.ravel().astype(np.uint32),
            "recordings_active": merged.firing.dataset_recordings.ravel().astype(np.uint32),
        }
    )


def spectra(merged: Merged) -> NDArray[np.float32]:
    """[features, bands]: the mean display mel, in dB over the floor, weighted by the feature's values."""
    return _share(merged.counts.mel_sums(merged.scales), merged.counts.sums(merged.scales)[:, None]).astype(np.float32)


def timed_frame(merged: Merged) -> pl.DataFrame:
    """The table `timed_counts`: a row where a feature was active in a recording that has the label."""
    frames = [_tier_frame(merged, tier, first) for tier, first in placed(merged.tiers)]
    return pl.concat([TIMED_COUNTS.empty(), *frames]).sort("feature", "tier", "label")


def _tier_frame(merged: Merged, tier: AlignedTier, first: int) -> pl.DataFrame:
    counts, scales = merged.timed, merged.scales
    feature, label = np.nonzero(counts.recordings[:, first : first + len(tier.labels)])
    at = (feature, first + label)
    moments = counts.moments[at] / np.array([2.0**MOMENT_BITS, 2.0**MOMENT_SQUARE_BITS])
    return TIMED_COUNTS.frame(
        {
            "dictionary": [merged.name] * len(feature),
            "feature": feature.astype(np.uint32),
            "tier": [tier.name] * len(feature),
            "label": [tier.labels[number] for number in label],
            "frames_label": counts.label_frames[first + label],
            "frames_active": counts.counts[at].astype(np.int64),
            "shifted": fixed_lists(counts.shifted[at].astype(np.int64)),
            "sum": counts.sums[at][:, 0] / scales.sum_scale,
            "sum_squares": counts.sums[at][:, 1] / scales.timed_square_scale,
            "recordings": counts.recordings[at],
            "recording_moments": fixed_lists(moments),
        }
    )


def _share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Doubles:
    """part / whole, and NaN where there is no whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Doubles = np.where(np.asarray(whole) != 0, np.divide(part, whole), np.nan)
    return ratio

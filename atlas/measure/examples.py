"""The table `examples`: which clips stand for a feature, and the trace around each peak.

`top` are the largest peaks, one a recording. The clips of smallest content hash among those in which the feature
fires are a random draw of them: the first are `random`, and the rest, cut by the exact distribution of peaks, are
`high`, `mid` and `low`; no clip is in two of these four groups. `quiet` are matched clips without the feature.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.audio.draws import quiet_start
from atlas.measure.corpusview import CorpusView
from atlas.measure.merged import Merged
from atlas.measure.peak_stats import THIRDS
from atlas.measure.serialise import list_column
from atlas.measure.topk import EMPTY, SHARE_STEPS, DrawnPicks, Picks, reach_of
from atlas.schema import EXAMPLES, GROUPS

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Shown:
    """Rows of picks that are shown: [rows] each."""

    feature: Longs
    slot: Longs
    group: Longs  # place in GROUPS
    rank: Longs


def examples_frame(merged: Merged) -> pl.DataFrame:
    """The table `examples` of one dictionary."""
    pieces = [
        _picked(merged, merged.top, _top(merged.top)),
        _picked(merged, merged.draw, _drawn(merged)),
        _quiet(merged),
    ]
    frame = pl.concat(pieces)
    return EXAMPLES.check(frame.sort("feature", "group", "rank"), "examples")


def mass_shown(merged: Merged) -> NDArray[np.float64]:
    """[features]: the sum of values in the snippets shown, each clip counted once."""
    mass = np.zeros(merged.dictionary.n)
    best = np.where(merged.top.keys == EMPTY, -1, merged.top.clips.astype(np.int64))
    for picks, shown in ((merged.top, _top(merged.top)), (merged.draw, _drawn(merged))):
        sizes, places = _log_places(picks, shown)
        values = picks.shares[places] / SHARE_STEPS * np.repeat(picks.peaks[shown.feature, shown.slot], sizes)
        if isinstance(picks, DrawnPicks):
            clips = picks.clips[shown.feature, shown.slot]
            values *= np.repeat(~(best[shown.feature] == clips[:, None]).any(axis=1), sizes)
        mass += np.bincount(np.repeat(shown.feature, sizes), values, len(mass))
    return mass


def _top(picks: Picks) -> _Shown:
    feature, slot = np.nonzero(picks.keys != EMPTY)
    return _Shown(feature, slot, np.full(len(feature), GROUPS.index("top")), slot + 1)


def _drawn(merged: Merged) -> _Shown:
    """The groups of the drawn clips, which lie in order of hash."""
    thirds, others = merged.firing.thirds, merged.others
    group = np.full(thirds.shape, -1, np.int64)
    rank = np.zeros(thirds.shape, np.int64)
    first = np.arange(thirds.shape[1])[None, :] < others
    group[first & (thirds >= 0)] = GROUPS.index("random")
    rank[:, :others] = np.arange(1, others + 1)
    for third, name in enumerate(THIRDS):
        member = (thirds == third) & ~first
        order = member.cumsum(axis=1)
        chosen = member & (order <= others)
        group[chosen], rank[chosen] = GROUPS.index(name), order[chosen]
    feature, slot = np.nonzero(group >= 0)
    return _Shown(feature, slot, group[feature, slot], rank[feature, slot])


def _picked(merged: Merged, picks: Picks, shown: _Shown) -> pl.DataFrame:
    """Rows for picks, with their traces in 1/255 of the feature's maximum."""
    at = (shown.feature, shown.slot)
    clip, frame = picks.clips[at].astype(np.int64), picks.frames[at].astype(np.int64)
    reach = reach_of(merged.grid)
    start, end = snippet(frame, merged.corpus.valid[clip], reach)
    lengths = end - start
    sizes, places = _log_places(picks, shown)
    row = np.repeat(np.arange(len(sizes)), sizes)
    offset = (np.cumsum(lengths) - lengths)[row]
    column = picks.offsets[places].astype(np.int64) + frame[row] - reach - start[row]
    maximum = merged.top.peaks[shown.feature, 0].astype(np.float64)
    traces = np.zeros(int(lengths.sum()), np.uint8)
    share = picks.shares[places] / SHARE_STEPS * (picks.peaks[at].astype(np.float64) / maximum)[row]
    traces[offset + column] = np.rint(share * 255).astype(np.uint8)
    return _frame(merged, shown, clip, (start, frame, end), picks.peaks[at], (traces, lengths))


def _log_places(picks: Picks, shown: _Shown) -> tuple[Longs, Longs]:
    """How long each shown pick's trace is, and where its entries lie in the log."""
    at = (shown.feature, shown.slot)
    sizes = picks.sizes[at].astype(np.int64)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return sizes, np.repeat(picks.starts[at], sizes) + within


def _quiet(merged: Merged) -> pl.DataFrame:
    """Rows for silent clips: a stretch placed by hash, with an empty trace."""
    feature, slot = np.nonzero(merged.firing.quiet[:, : merged.others] >= 0)
    clip = merged.firing.quiet[feature, slot]
    filled = (merged.firing.quiet >= 0).cumsum(axis=1)
    shown = _Shown(feature, slot, np.full(len(feature), GROUPS.index("quiet")), filled[feature, slot])
    start, end = _quiet_stretches(merged.corpus, clip, 2 * reach_of(merged.grid) + 1)
    lengths = end - start
    traces = np.zeros(int(lengths.sum()), np.uint8)
    peaks = np.zeros(len(clip), np.float32)
    return _frame(merged, shown, clip, (start, start + lengths // 2, end), peaks, (traces, lengths))


def _quiet_stretches(corpus: CorpusView, clips: Longs, length: int) -> tuple[Longs, Longs]:
    used = np.unique(clips)
    starts = np.zeros(len(corpus.valid), np.int64)
    for clip in used.tolist():
        starts[clip] = quiet_start(int(corpus.hashes[clip]), int(corpus.valid[clip]), length)
    return starts[clips], np.minimum(starts[clips] + length, corpus.valid[clips])


def snippet(frame: Longs, valid: Longs, reach: int) -> tuple[Longs, Longs]:
    """The first frame of the stretch around a peak, and the one after its last, within the clip."""
    return np.maximum(frame - reach, 0), np.minimum(frame + reach + 1, valid)


def _frame(
    merged: Merged,
    shown: _Shown,
    clip: Longs,
    times: tuple[Longs, Longs, Longs],
    peak: NDArray[np.float32],
    traces: tuple[NDArray[np.uint8], Longs],
) -> pl.DataFrame:
    start, frame, end = times
    return EXAMPLES.frame(
        {
            "dictionary": [merged.name] * len(clip),
            "feature": shown.feature.astype(np.uint32),
            "group": pl.Series([GROUPS[group] for group in shown.group], dtype=pl.Enum(GROUPS)),
            "rank": shown.rank.astype(np.uint8),
            "clip": clip.astype(np.uint32),
            "start_s": start / merged.grid.frames_per_s,
            "end_s": end / merged.grid.frames_per_s,
            "peak_s": merged.grid.middles_s(frame),
            "peak": peak,
            "trace": list_column(*traces),
        }
    )

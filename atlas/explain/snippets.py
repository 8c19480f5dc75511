"""What a captioning model gets to hear of a feature: snippets that explain it, and others held out to test that.

Shown are the largest peaks and silent clips of like loudness. Held out are clips from all over its range, whose
recordings are not among those shown, and for each a clip in which it never fires, as long: of the same dataset and
within 3 dB where there is one, drawn by content hash. A recording is heard once. A feature without two of each has
nothing held out.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import polars as pl

from atlas.audio import draws
from atlas.schema.thresholds import QUIET_WITHIN_DB

SHOWN_FIRING = 6
SHOWN_QUIET = 4
HELD_OUT = 5
"of each, firing and silent"
FEWEST_HELD_OUT = 2
HALF = 0.5
JOINED_S = 0.1
"stretches with no more between them are one"
MOST_SPANS = 4

_FIRING = ("high", "mid", "low", "random")


@dataclass(frozen=True, slots=True)
class CaptionSnippet:
    """A stretch of a clip, and where in it the feature fires."""

    clip: int
    start_s: float  # in the clip
    end_s: float
    share: float  # the peak as a share of the feature's maximum; 0 where it is silent
    spans: tuple[tuple[float, float], ...]  # seconds from the snippet's start where it is above half of that peak


@dataclass(frozen=True, slots=True)
class CaptionSnippets:
    """All that is to be heard of one feature."""

    dictionary: str
    feature: int
    firing: tuple[CaptionSnippet, ...]
    quiet: tuple[CaptionSnippet, ...]
    held_out: tuple[CaptionSnippet, ...]  # firing and silent, mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawableClip:
    """A clip that can be drawn."""

    clip: int
    hash64: int
    recording: str
    dataset: str
    energy_db: float
    valid_frames: int


def drawable_clips(clips: pl.DataFrame) -> dict[int, DrawableClip]:
    """The usable rows of the table `clips`, by number."""
    usable = draws.usable(clips)
    columns = usable.select("clip", "recording", "dataset", pl.col("energy_db").fill_null(0), "valid_frames")
    return {
        row["clip"]: DrawableClip(**row, hash64=hash64)
        for row, hash64 in zip(columns.iter_rows(named=True), draws.clip_hashes(usable).tolist(), strict=True)
    }


def snippets_of(
    named: tuple[str, int],
    examples: pl.DataFrame,
    fires: Set[int],
    drawable: Mapping[int, DrawableClip],
    frames_per_s: float,
) -> CaptionSnippets:
    """Choose the snippets of one feature.

    examples: its rows of that table; fires: the clips that it fires in, from `peaks`.
    """
    groups = {group: list(_group(examples, group, frames_per_s)) for group in (*_FIRING, "top", "quiet")}
    recordings = len({drawable[clip].recording for clip in fires})
    firing = groups["top"][: max(1, min(SHOWN_FIRING, recordings // 2))]
    quiet = groups["quiet"][:SHOWN_QUIET]
    taken = {drawable[snippet.clip].recording for snippet in (*firing, *quiet)}
    over_range = [
        snippet
        for rank in zip_longest(*(groups[group] for group in _FIRING))
        for snippet in rank
        if snippet is not None
    ]
    tested = _first_of_recordings(over_range, drawable, taken)[:HELD_OUT]
    order = sorted(drawable.keys() - fires, key=lambda clip: _order(named, drawable[clip]))
    silent = _silent(tested, [drawable[clip] for clip in order], drawable, taken, frames_per_s)
    held_out = [*tested[: len(silent)], *silent] if len(silent) >= FEWEST_HELD_OUT else []
    held_out.sort(key=lambda snippet: _order(named, drawable[snippet.clip]))
    return CaptionSnippets(*named, tuple(firing), tuple(quiet), tuple(held_out))


def _group(examples: pl.DataFrame, group: str, frames_per_s: float) -> Iterator[CaptionSnippet]:
    maximum = examples["peak"].to_numpy().max(initial=0)
    rows = examples.filter(pl.col("group") == group).sort("rank")
    for clip, start_s, end_s, peak, trace in rows.select("clip", "start_s", "end_s", "peak", "trace").iter_rows():
        share = float(peak / maximum) if maximum else 0.0
        yield CaptionSnippet(clip, start_s, end_s, share, spans_of(trace, frames_per_s))


def spans_of(trace: Sequence[int], frames_per_s: float) -> tuple[tuple[float, float], ...]:
    """Where a trace is above half of its largest value, in seconds; the longest few, close ones joined."""
    values = np.array(trace, np.int64)
    active = np.flatnonzero((values > 0) & (values >= HALF * values.max(initial=0)))
    if not len(active):
        return ()
    cuts = np.flatnonzero(np.diff(active) - 1 > JOINED_S * frames_per_s)
    starts = active[np.concatenate([[0], cuts + 1])]
    ends = active[np.concatenate([cuts, [len(active) - 1]])] + 1
    longest = np.sort(np.argsort(starts - ends, kind="stable")[:MOST_SPANS])
    return tuple((float(starts[i]) / frames_per_s, float(ends[i]) / frames_per_s) for i in longest)


def _first_of_recordings(
    snippets: Sequence[CaptionSnippet], drawable: Mapping[int, DrawableClip], taken: set[str]
) -> list[CaptionSnippet]:
    """Those of recordings that are not taken yet, which takes them."""
    kept = []
    for snippet in snippets:
        if drawable[snippet.clip].recording not in taken:
            taken.add(drawable[snippet.clip].recording)
            kept.append(snippet)
    return kept


def _silent(
    tested: Sequence[CaptionSnippet],
    free: Sequence[DrawableClip],
    drawable: Mapping[int, DrawableClip],
    taken: set[str],
    frames_per_s: float,
) -> list[CaptionSnippet]:
    """For each that is tested a stretch as long of a free clip, the first of those most like it."""
    drawn: list[CaptionSnippet] = []
    for snippet in tested:
        left = [clip for clip in free if clip.recording not in taken]
        if not left:
            break
        like = drawable[snippet.clip]
        chosen = min(
            left,
            key=lambda clip: (clip.dataset != like.dataset, abs(clip.energy_db - like.energy_db) > QUIET_WITHIN_DB),
        )
        taken.add(chosen.recording)
        drawn.append(_stretch(chosen, round((snippet.end_s - snippet.start_s) * frames_per_s), frames_per_s))
    return drawn


def _stretch(clip: DrawableClip, frames: int, frames_per_s: float) -> CaptionSnippet:
    """Some frames of a silent clip, placed by hash."""
    start = draws.quiet_start(clip.hash64, clip.valid_frames, frames)
    end = min(start + frames, clip.valid_frames)
    return CaptionSnippet(clip.clip, start / frames_per_s, end / frames_per_s, 0.0, ())


def _order(named: tuple[str, int], clip: DrawableClip) -> bytes:
    """Mixes clips, differently for each feature, yet alike on every run."""
    name, feature = named
    return hashlib.sha256(f"{name}/{feature}/{clip.hash64}".encode()).digest()

"""Which clips are trained on, and in which order: pure, from what `clips` says of them.

The held-out part is drawn by the names of recordings, or of the groups that a corpus has enough of (speakers, say), so
that none lies on both sides and a clip added elsewhere moves none. The order is endless, drawn from a seed, and cut
into rounds that fit the shuffle buffer; as it follows from lengths alone, a training that goes on needs no more than
the number of its next step.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import compress

import numpy as np
import polars as pl
from numpy.random import Generator

from atlas.audio.draws import usable
from atlas.audio.units import unit_names
from atlas.errors import AtlasError
from atlas.measure.listening import ClipSource


@dataclass(frozen=True, slots=True)
class Split:
    """The clips of both sides; `domains` are those of the clips that are trained on."""

    training: Sequence[ClipSource]
    domains: Sequence[str]
    held_out: Sequence[ClipSource]
    recordings: int
    held_out_recordings: int


def is_held_out(unit: str, share: float) -> bool:
    return int.from_bytes(hashlib.sha256(unit.encode()).digest()[:8], "big") < share * 2.0**64


def split_clips(
    clips: pl.DataFrame, sources: Sequence[ClipSource], share: float, left_out: Set[str] = frozenset()
) -> Split:
    """sources: the usable rows of `clips`, in their order; left_out: domains that take no part."""
    usable_clips = usable(clips)
    taken = [domain not in left_out for domain in usable_clips["domain"]]
    usable_clips, sources = usable_clips.filter(taken), list(compress(sources, taken))
    recordings, domains = usable_clips["recording"].to_list(), usable_clips["domain"].to_list()
    units = zip(unit_names(usable_clips), recordings, strict=True)
    held = {recording for unit, recording in units if is_held_out(unit, share)}
    known = len(set(recordings))
    if not held or len(held) == known:
        none = "held out" if not held else "left to train on"
        raise AtlasError(
            f"training.held_out: with a share of {share:g}, none of the {known} recordings is {none};"
            " set another share, or use a corpus of more recordings"
        )
    rows = list(zip(sources, recordings, domains, strict=True))
    return Split(
        training=[clip for clip, recording, _ in rows if recording not in held],
        domains=[domain for _, recording, domain in rows if recording not in held],
        held_out=[clip for clip, recording, _ in rows if recording in held],
        recordings=known,
        held_out_recordings=len(held),
    )


def at_most(clips: Sequence[ClipSource], frames: int) -> list[ClipSource]:
    """The clips of smallest hash that hold so many frames; at least one."""
    chosen: list[ClipSource] = []
    for clip in sorted(clips, key=lambda clip: clip.hash64):
        if chosen and sum(taken.valid for taken in chosen) + clip.valid > frames:
            break
        chosen.append(clip)
    return chosen


@dataclass(frozen=True, slots=True)
class ClipGroup:
    """Clips, by their places in a list, that are drawn from in turn with others, so that frames keep to the weights."""

    clips: Sequence[int]
    weight: float


def groups(domains: Sequence[str], weights: Mapping[str, float] | None) -> list[ClipGroup]:
    """One group of all clips, or one for each domain; domains: [clips]."""
    if weights is None:
        return [ClipGroup(range(len(domains)), 1.0)]
    present = set(domains)
    unnamed = sorted(present - set(weights))
    silent = sorted(domain for domain, weight in weights.items() if weight > 0 and domain not in present)
    if unnamed:
        raise AtlasError(
            f"training.domain_weights: name {', '.join(unnamed)} too, which the corpus has; 0 leaves a domain out"
        )
    if silent or not any(weights.values()):
        lacking = f"no clip to train on is {', '.join(silent)}" if silent else "all are 0"
        raise AtlasError(f"training.domain_weights: {lacking}; give weight to domains that the corpus has")
    return [
        ClipGroup([place for place, of in enumerate(domains) if of == domain], weight)
        for domain, weight in sorted(weights.items())  # the order decides ties, and says nothing
        if weight > 0
    ]


def endless(chosen: Sequence[ClipGroup], frames: Sequence[int], seed: int) -> Iterator[int]:
    """Clips without end: next comes the group that lags furthest behind its weight; frames: [clips]."""
    streams = [_shuffled(group.clips, np.random.default_rng([seed, place])) for place, group in enumerate(chosen)]
    drawn = [0] * len(chosen)
    while True:
        place = min(range(len(chosen)), key=lambda place: drawn[place] / chosen[place].weight)
        clip = next(streams[place])
        drawn[place] += frames[clip]
        yield clip


def _shuffled(clips: Sequence[int], random: Generator) -> Iterator[int]:
    while True:
        for place in random.permutation(len(clips)).tolist():
            yield clips[place]


def rounds(clips: Iterator[int], frames: Sequence[int], buffer_frames: int) -> Iterator[list[int]]:
    """What fits the buffer at a time."""
    held: list[int] = []
    filled = 0
    for clip in clips:
        if held and filled + frames[clip] > buffer_frames:
            yield held
            held, filled = [], 0
        held.append(clip)
        filled += frames[clip]

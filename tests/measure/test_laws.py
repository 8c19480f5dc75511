"""The laws of every state: any split and any order of updates and merges end in the same bytes.

A unit is what may not be split: a clip, or for timed labels a recording.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.measure.counts import Counts
from atlas.measure.reconstruction import CorpusMel, Fit, Rebuilder
from atlas.measure.serialise import pack, unpack
from atlas.measure.timed import AlignedTier, RecordingCounter, TimedCounts
from atlas.measure.topk import Picks, hash_keys, peak_keys
from tests.measure.making import ONE, SCALES, Clip, draw_clips, echo

N, WINDOW, SLOTS, LABELS = 7, 220, 3, 4
LENGTHS = (220, 5, 160, 40, 90, 1, 60, 200)
RECORDING = np.array([number * 5 // len(LENGTHS) for number in range(len(LENGTHS))], np.int32)


@dataclass(frozen=True)
class Kind:
    """How one kind of state is made, fed with a clip and merged; `closed` makes equal states have equal arrays."""

    empty: Callable[[], Any]
    add: Callable[[Any, Sequence[Clip]], None]
    merge: Callable[[Any, Any], None] = lambda state, other: state.merge(other)
    closed: Callable[[Any], Any] = lambda state: state
    by_recording: bool = False


def add_counts(state: Counts, unit: Sequence[Clip]) -> None:
    for clip in unit:
        state.update(clip.codes, clip.view, SCALES, ONE)


def add_top(state: Picks, unit: Sequence[Clip]) -> None:
    for clip in unit:
        state.update(clip.codes, clip.number, clip.seen, peak_keys(clip.seen.peaks, clip.number), RECORDING)


def add_draw(state: Picks, unit: Sequence[Clip]) -> None:
    for clip in unit:
        state.update(clip.codes, clip.number, clip.seen, hash_keys(len(clip.seen.fired), clip.hash64))


def add_timed(state: TimedCounts, unit: Sequence[Clip]) -> None:
    frames = {clip.number: (np.arange(clip.valid) * 7 // 11 % LABELS).astype(np.int32) for clip in unit}
    counter = RecordingCounter(state, AlignedTier("phones", tuple("_abc"), frames), SCALES, ONE)
    counter.begin([clip.number for clip in unit])
    for clip in unit:
        counter.add(clip.codes, clip.number)
    counter.end()


def add_fit(state: Fit, unit: Sequence[Clip]) -> None:
    rebuilder = Rebuilder(echo(N), ONE)
    for clip in unit:
        x = clip.heard + np.float32(0.1)
        state.update(clip.codes.rows, rebuilder.distances(x, clip.codes.rows, None, None), SCALES)


def add_sounds(state: CorpusMel, unit: Sequence[Clip]) -> None:
    for clip in unit:
        state.update(clip.mel)


KINDS = {
    "counts": Kind(lambda: Counts.empty(N), add_counts),
    "top": Kind(
        lambda: Picks.empty(N, SLOTS), add_top, lambda state, other: state.merge(other, RECORDING), Picks.canonical
    ),
    "draw": Kind(lambda: Picks.empty(N, SLOTS), add_draw, closed=Picks.canonical),
    "timed": Kind(lambda: TimedCounts.empty(N, LABELS), add_timed, by_recording=True),
    "fit": Kind(lambda: Fit.empty(N), add_fit),
    "sounds": Kind(CorpusMel.empty, add_sounds),
}
STEPS = {0: draw_clips(11, LENGTHS, N, WINDOW, 5, steps=0), 2: draw_clips(12, LENGTHS, N, WINDOW, 5, steps=2)}

kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def units(kind: Kind, steps: int) -> list[list[Clip]]:
    clips = STEPS[steps]
    if not kind.by_recording:
        return [[clip] for clip in clips]
    return [[clip for clip in clips if clip.recording == recording] for recording in range(5)]


def state_of(kind: Kind, some: Sequence[Sequence[Clip]]) -> Any:
    state = kind.empty()
    for unit in some:
        kind.add(state, unit)
    return state


def packed(kind: Kind, state: Any) -> bytes:
    return pack({"state": kind.closed(state)})


@kinds
@pytest.mark.parametrize("steps", STEPS)
@given(data=st.data())
@settings(max_examples=25)
def test_any_split_and_any_order_end_in_the_same_bytes(kind: Kind, steps: int, data: st.DataObject) -> None:
    whole = units(kind, steps)
    shuffled = data.draw(st.permutations(whole))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    edges = [0, *cuts, len(whole)]
    parts = [state_of(kind, shuffled[first:last]) for first, last in pairwise(edges)]
    while len(parts) > 1:  # merge neighbours, in any order and either way round
        place = data.draw(st.integers(0, len(parts) - 2))
        one, other = parts[place], parts.pop(place + 1)
        if data.draw(st.booleans()):
            one, other = other, one
        kind.merge(one, other)
        parts[place] = one
    assert packed(kind, parts[0]) == packed(kind, state_of(kind, whole))


@kinds
def test_a_merge_with_an_empty_state_changes_nothing(kind: Kind) -> None:
    whole = packed(kind, state_of(kind, units(kind, 0)))
    left, right, both = state_of(kind, units(kind, 0)), kind.empty(), kind.empty()
    kind.merge(left, kind.empty())
    kind.merge(right, state_of(kind, units(kind, 0)))
    kind.merge(both, kind.empty())
    assert packed(kind, left) == packed(kind, right) == whole
    assert packed(kind, both) == packed(kind, kind.empty())


@kinds
def test_a_merge_leaves_the_other_state_as_it_was(kind: Kind) -> None:
    first, other = state_of(kind, units(kind, 0)[:2]), state_of(kind, units(kind, 0)[2:])
    before = packed(kind, other)
    kind.merge(first, other)
    kind.add(first, units(kind, 0)[0])
    assert packed(kind, other) == before


@kinds
def test_what_is_written_and_read_is_the_same_state(kind: Kind, tmp_path: Path) -> None:
    state = kind.closed(state_of(kind, units(kind, 0)))
    path = tmp_path / "states.zip"
    path.write_bytes(pack({"state": state, "none": kind.empty()}))
    read = unpack(path, {"state": type(state), "none": type(state)})
    for name in type(state).__slots__:
        before, after = getattr(state, name), getattr(read["state"], name)
        assert np.array_equal(before, after)
        assert getattr(before, "dtype", int) == getattr(after, "dtype", int)
    assert pack({"state": read["state"], "none": read["none"]}) == path.read_bytes()


@kinds
def test_a_state_that_was_read_goes_on_like_the_one_that_was_written(kind: Kind, tmp_path: Path) -> None:
    some = units(kind, 2)
    state = state_of(kind, some[:3])
    path = tmp_path / "states.zip"
    path.write_bytes(packed(kind, state))
    read = unpack(path, {"state": type(state)})["state"]
    for unit in some[3:]:
        kind.add(read, unit)
    assert packed(kind, read) == packed(kind, state_of(kind, some))

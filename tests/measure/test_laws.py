"""The laws of every state in the table: any split and any order of clips and merges end in the same bytes.

A unit is what may not be split: a clip, or for a state of whole recordings a recording. What is added to a state of the
corpus is a clip's view; to one of a dictionary, the clip as a dictionary reads it.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.measure import catalogue
from atlas.measure.serialise import merged_states, pack, unpack
from atlas.measure.states import CorpusContext, State, array_names
from atlas.measure.tiers import AlignedTier
from tests.measure.making import Clip, context, corpus_context, draw_clips

N, WINDOW = 7, 220
LENGTHS = (220, 5, 160, 40, 90, 1, 60, 200)
TIERS = (
    AlignedTier(
        "phones", tuple("_abc"), {n: (np.arange(size) * 7 // 11 % 4).astype(np.int32) for n, size in enumerate(LENGTHS)}
    ),
    AlignedTier("words", tuple("_x"), {n: (np.arange(LENGTHS[n]) // 9 % 2).astype(np.int32) for n in (0, 1, 4)}),
)
CLIPS = {steps: draw_clips(11, LENGTHS, N, WINDOW, 5, steps=steps) for steps in (0, 2)}
CORPUS = corpus_context([clip.recording for clip in CLIPS[0]], TIERS, top=3)

Unit = Sequence[Clip]


@dataclass(frozen=True)
class Kind:
    """A row of the table, with what its states are made with and given."""

    state: type[State[Any, Any]]
    context: CorpusContext
    seen: Callable[[Clip], object]

    def of(self, some: Sequence[Unit]) -> State[Any, Any]:
        """The state of some units."""
        return self.go_on(self.state.empty(self.context), some)

    def go_on(self, state: State[Any, Any], some: Sequence[Unit]) -> State[Any, Any]:
        for unit in some:
            state.begin([clip.number for clip in unit], self.context)
            for clip in unit:
                state.add(self.seen(clip), self.context)
            state.end(self.context)
        return state

    def merged(self, first: State[Any, Any], other: State[Any, Any]) -> State[Any, Any]:
        """Both together, in a state of its own."""
        total = deepcopy(first)
        total.merge(other, self.context)
        return total

    def units(self, steps: int) -> list[Unit]:
        clips = CLIPS[steps]
        if not self.state.whole_recordings:
            return [[clip] for clip in clips]
        return [list(recording) for _, recording in groupby(clips, lambda clip: clip.recording)]


KINDS = {
    **{
        name: Kind(row.state, context(N, corpus=CORPUS), lambda clip: clip.coded)
        for name, row in catalogue.DICTIONARY_STATES.items()
    },
    **{name: Kind(state, CORPUS, lambda clip: clip.view) for name, state in catalogue.CORPUS_STATES.items()},
}

kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def packed(state: State[Any, Any]) -> bytes:
    return pack({"state": state})


@kinds
def test_clips_leave_something_in_a_state(kind: Kind) -> None:
    assert packed(kind.of(kind.units(0))) != packed(kind.of([]))


@kinds
@pytest.mark.parametrize("steps", CLIPS)
@given(data=st.data())
@settings(max_examples=25)
def test_any_split_and_any_order_end_in_the_same_bytes(kind: Kind, steps: int, data: st.DataObject) -> None:
    whole = kind.units(steps)
    shuffled = data.draw(st.permutations(whole))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    edges = [0, *cuts, len(whole)]
    parts = [kind.of(shuffled[first:last]) for first, last in pairwise(edges)]
    while len(parts) > 1:  # merge neighbours, in any order and either way round
        place = data.draw(st.integers(0, len(parts) - 2))
        left, right = parts[place], parts.pop(place + 1)
        if data.draw(st.booleans()):
            left, right = right, left
        left.merge(right, kind.context)
        parts[place] = left
    assert packed(parts[0]) == packed(kind.of(whole))


@kinds
@given(data=st.data())
@settings(max_examples=15)
def test_a_merge_is_associative_and_commutative(kind: Kind, data: st.DataObject) -> None:
    whole = data.draw(st.permutations(kind.units(2)))
    first, second, third = (kind.of(whole[part::3]) for part in range(3))
    left, right = kind.merged(kind.merged(first, second), third), kind.merged(first, kind.merged(second, third))
    assert packed(left) == packed(right)
    assert packed(kind.merged(first, second)) == packed(kind.merged(second, first))


@kinds
def test_a_merge_with_an_empty_state_changes_nothing(kind: Kind) -> None:
    whole, empty = kind.of(kind.units(0)), kind.of([])
    assert packed(kind.merged(whole, empty)) == packed(kind.merged(empty, whole)) == packed(whole)
    assert packed(kind.merged(empty, empty)) == packed(empty)


@kinds
def test_a_merge_leaves_the_other_state_as_it_was(kind: Kind) -> None:
    first, other = kind.of(kind.units(0)[:2]), kind.of(kind.units(0)[2:])
    before = packed(other)
    first.merge(other, kind.context)
    kind.go_on(first, kind.units(0)[:1])
    assert packed(other) == before


@kinds
@pytest.mark.parametrize("steps", CLIPS)
def test_the_canonical_state_is_its_own_canonical_state(kind: Kind, steps: int) -> None:
    once = kind.of(kind.units(steps)[::-1]).canonical()
    twice = once.canonical()
    for name in array_names(kind.state):
        assert np.array_equal(getattr(once, name), getattr(twice, name)), name


@kinds
def test_what_is_written_and_read_is_the_same_state(kind: Kind, tmp_path: Path) -> None:
    state = kind.of(kind.units(0)).canonical()
    path = tmp_path / "states.zip"
    path.write_bytes(pack({"state": state, "none": kind.of([])}))
    read = unpack(path, {"state": kind.state, "none": kind.state})
    for name in array_names(kind.state):
        before, after = getattr(state, name), getattr(read["state"], name)
        assert np.array_equal(before, after)
        assert getattr(before, "dtype", int) == getattr(after, "dtype", int)
    assert pack({"state": read["state"], "none": read["none"]}) == path.read_bytes()


@kinds
def test_a_state_that_was_read_goes_on_like_the_one_that_was_written(kind: Kind, tmp_path: Path) -> None:
    some = kind.units(2)
    path = tmp_path / "states.zip"
    path.write_bytes(packed(kind.of(some[:3])))
    read = unpack(path, {"state": kind.state})["state"]
    assert packed(kind.go_on(read, some[3:])) == packed(kind.of(some))


@kinds
def test_files_of_shards_merge_to_the_state_of_all_clips(kind: Kind, tmp_path: Path) -> None:
    some, paths = kind.units(2), [tmp_path / f"{number}.zip" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(packed(kind.of(some[number::3])))
    for order in (paths, paths[::-1]):
        total = merged_states(order, {"state": kind.state}, kind.context)["state"]
        assert packed(total) == packed(kind.of(some))

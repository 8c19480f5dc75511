"""Halves dealt within a label: balanced, by content, and never through a unit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atlas.analyse.testing.halves import dealt, may_be_halved
from atlas.audio.units import in_half_a

Corpus = st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=40)
RANDOM = np.random.default_rng(3)


def arrays(rows: list[tuple[bool, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    labelled, stratum, unit = (np.array(column) for column in zip(*rows, strict=True))
    return labelled, stratum, np.random.default_rng(len(rows)).permutation(len(rows)).astype(np.uint64), unit


@given(Corpus)
def test_recordings_with_and_without_the_label_are_split_evenly(rows: list[tuple[bool, int, int]]) -> None:
    labelled, stratum, hashes, _ = arrays(rows)
    in_a = dealt(labelled, stratum, hashes, np.arange(len(rows)))
    for part in (labelled, ~labelled):
        assert 0 <= 2 * int((part & in_a).sum()) - int(part.sum()) <= 1
        for number in range(3):
            here = part & (stratum == number)
            assert abs(2 * int((here & in_a).sum()) - int(here.sum())) <= 1


@given(Corpus)
def test_a_unit_is_never_cut_and_the_order_of_rows_does_not_matter(rows: list[tuple[bool, int, int]]) -> None:
    labelled, stratum, hashes, unit = arrays(rows)
    in_a = dealt(labelled, stratum, hashes, unit)
    assert all(len(set(in_a[unit == number].tolist())) == 1 for number in set(unit.tolist()))
    order = np.random.default_rng(0).permutation(len(rows))
    again = dealt(labelled[order], stratum[order], hashes[order], unit[order])
    assert again.tolist() == in_a[order].tolist()


def test_units_that_have_the_label_are_split_evenly() -> None:
    unit = np.repeat(np.arange(12), 5)
    labelled = np.isin(unit, [1, 4, 5, 8]) & (np.arange(60) % 5 < 2)
    in_a = dealt(labelled, np.zeros(60, np.int64), RANDOM.permutation(60).astype(np.uint64), unit)
    assert len(set(unit[in_a]) & {1, 4, 5, 8}) == 2
    assert len(set(unit[in_a])) == 6


def test_three_with_and_three_without_in_each_half_are_enough() -> None:
    half_a, unit = np.arange(12) < 6, np.arange(12)
    assert may_be_halved(np.isin(np.arange(12), [0, 1, 2, 6, 7, 8]), half_a, unit)
    for fewer in ([0, 1, 6, 7, 8], [0, 1, 2, 6, 7], [0, 1, 2, 3, 6, 7, 8], [0, 1, 2, 6, 7, 8, 9]):
        assert not may_be_halved(np.isin(np.arange(12), fewer), half_a, unit)


def test_half_a_of_all_labels_is_a_bit_of_the_hash() -> None:
    assert in_half_a(np.array([0, 1, 2, 2**64 - 1], np.uint64)).tolist() == [True, False, True, False]
    assert 30 < in_half_a(RANDOM.integers(0, 2**64, 90, np.uint64)).sum() < 60


def test_what_counts_in_a_half_are_units_and_not_their_recordings() -> None:
    unit = np.repeat(np.arange(12), 4)
    half_a = unit < 6
    assert may_be_halved(np.isin(unit, [0, 1, 2, 6, 7, 8]), half_a, unit)
    assert not may_be_halved(np.isin(unit, [0, 1, 6, 7, 8]), half_a, unit)
    assert not may_be_halved(np.isin(unit, [0, 1, 2, 3, 6, 7, 8]), half_a, unit)

"""The compiled selection against the dense reference in torch, and against a few lines of numpy."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.selection import active_values
from atlas.measure.codes import ClipCodes, Coder
from atlas.measure.kernels import select
from atlas.measure.threads import Threads
from tests.measure.making import ONE, dense, dense_by_feature, draw_values, echo

RULES = ("threshold", "top_k", "clip", "group_max")
WIDTHS = (1, 2, 12, 63, 64, 65, 130)


def by_sorting(dictionary: Dictionary, z: NDArray[np.float32], valid: int) -> NDArray[np.float32]:
    """Which values are active, by sorting everything: the larger, then the smaller frame, then the smaller feature."""
    selection, n = dictionary.selection, z.shape[1]
    if selection.by_frame:
        keep = z > selection.thresholds.numpy()
    else:
        runs = {"top_k": (valid, n), "clip": (1, valid * n), "group_max": (valid * selection.k, n // selection.k)}
        kept = {"top_k": selection.k, "clip": selection.k * valid, "group_max": 1}[selection.rule]
        rows = z[:valid].reshape(runs[selection.rule])
        keep = np.zeros(rows.shape, bool)
        for row, best in enumerate(np.argsort(-rows, axis=1, kind="stable")[:, :kept]):
            keep[row, best] = rows[row, best] > 0
        keep = np.concatenate([keep.reshape(valid, n), np.zeros((len(z) - valid, n), bool)])
    values = z * dictionary.multiplier.numpy() + dictionary.addend.numpy()
    return np.where(keep & (values > 0), values, np.float32(0))


@st.composite
def cases(draw: st.DrawFn, rules: tuple[str, ...] = RULES) -> tuple[Dictionary, NDArray[np.float32], int]:
    """A dictionary of one of the rules, pre-activations, and how many frames are valid."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rule, n = draw(st.sampled_from(rules)), draw(st.sampled_from(WIDTHS))
    frames = draw(st.integers(1, 12))
    valid = draw(st.integers(1, frames))
    steps = draw(st.sampled_from((0, 1, 3)))
    signs = rng.choice(np.array([-1, 1, 1], np.float32), (frames, n))
    z = draw_values(rng, frames, n, draw(st.sampled_from((0.0, 0.1, 0.6, 1.0))), steps) * signs
    divisors = [k for k in range(1, n + 1) if n % k == 0]
    k = draw(st.sampled_from(divisors)) if rule == "group_max" else draw(st.sampled_from((1, 2, 7, n, n + 3)))
    thresholds = rng.choice(np.array([-1, 0, 0.25, 0.5, 1], np.float32), n)
    multiplier = rng.choice(np.array([0, 0.5, 1, 3], np.float32), n)
    addend = rng.choice(np.array([-1, 0, 0.5], np.float32), n)
    if rule == "threshold":
        return echo(n, rule, None, thresholds, multiplier, addend), z, valid
    return echo(n, rule, k, None, multiplier), z, valid


@given(cases())
@settings(max_examples=250)
def test_codes_are_those_of_the_dense_reference_and_of_sorting(
    case: tuple[Dictionary, NDArray[np.float32], int],
) -> None:
    dictionary, z, valid = case
    reference = active_values(dictionary, torch.from_numpy(z), valid).numpy()
    codes = Coder(dictionary, len(z), ONE).select(z.copy(), valid)
    assert np.array_equal(reference, by_sorting(dictionary, z, valid))
    assert np.array_equal(dense(codes, dictionary.n), reference[:valid])
    assert np.array_equal(dense_by_feature(codes, dictionary.n), reference[:valid])
    if dictionary.selection.by_frame:
        assert codes.padded.tolist() == (reference[valid:] > 0).sum(axis=0).tolist()
    else:
        assert codes.padded is None


@given(cases())
@settings(max_examples=60)
def test_the_path_of_a_gpu_gives_the_same_codes(case: tuple[Dictionary, NDArray[np.float32], int]) -> None:
    dictionary, z, valid = case
    x = torch.from_numpy(z)
    assert_same_codes(
        Coder(dictionary, len(z), ONE).encode(x, valid), Coder(dictionary, len(z), ONE).encode_dense(x, valid)
    )


def assert_same_codes(ours: ClipCodes, theirs: ClipCodes) -> None:
    """Equal bits in all that is filled."""
    for name in ("fired", "starts", "frames", "values"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    assert np.array_equal(ours.rows.counts, theirs.rows.counts)
    assert (ours.padded is None) == (theirs.padded is None)
    assert ours.padded is None or np.array_equal(ours.padded, theirs.padded)
    for t, count in enumerate(ours.rows.counts.tolist()):
        assert np.array_equal(ours.rows.features[t, :count], theirs.rows.features[t, :count])
        assert np.array_equal(ours.rows.values[t, :count], theirs.rows.values[t, :count])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [0, 3])
def test_no_bit_depends_on_the_number_of_threads(rule: str, steps: int) -> None:
    z = draw_values(np.random.default_rng(5), 300, 200, 0.8, steps)
    dictionary = echo(200, rule, None if rule == "threshold" else 20)
    alone = Coder(dictionary, 300, ONE).select(z.copy(), 270)
    for number in (2, 3, 4):
        threads = Threads(number)
        assert_same_codes(alone, Coder(dictionary, 300, threads).select(z.copy(), 270))
        threads.close()


def test_rows_denser_than_the_room_are_kept_whole() -> None:
    dictionary = echo(200)
    coder = Coder(dictionary, 8, ONE)
    z = draw_values(np.random.default_rng(1), 8, 200, 0.1)
    z[5] = np.arange(1, 201)
    for make in (coder.select(z.copy(), 8), Coder(dictionary, 8, ONE).encode_dense(torch.from_numpy(z), 8)):
        assert np.array_equal(dense(make, 200), z)
    z[5] = 0
    assert np.array_equal(dense(coder.select(z.copy(), 8), 200), z)  # and rows that follow, in the larger room


def test_equal_values_go_to_the_smaller_frame_then_the_smaller_feature() -> None:
    z = np.full((3, 4), 2, np.float32)
    chosen = {
        rule: (dense(Coder(echo(4, rule, 2), 3, ONE).select(z.copy(), 3), 4) > 0).astype(int).tolist()
        for rule in ("top_k", "clip", "group_max")
    }
    assert chosen["top_k"] == [[1, 1, 0, 0]] * 3
    assert chosen["clip"] == [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]
    assert chosen["group_max"] == [[1, 0, 1, 0]] * 3


@pytest.mark.parametrize("rule", ["top_k", "clip", "group_max"])
def test_a_feature_whose_decoder_row_is_zero_is_never_active(rule: str) -> None:
    multiplier = np.array([1, 0, 1, 1], np.float32)
    z = np.array([[1, 9, 2, 3]], np.float32)
    dictionary = echo(4, rule, 2, None, multiplier)
    reference = active_values(dictionary, torch.from_numpy(z), 1).numpy()
    codes = Coder(dictionary, 1, ONE).select(z.copy(), 1)
    assert codes.fired.tolist() == [3]
    assert np.array_equal(dense(codes, 4), reference)


def test_a_clip_without_a_positive_value_has_no_codes() -> None:
    for rule in RULES:
        codes = Coder(echo(70, rule, None if rule == "threshold" else 7), 3, ONE).select(-np.ones((3, 70), "f"), 2)
        assert (len(codes.fired), codes.starts.tolist(), len(codes.values)) == (0, [0], 0)
        assert codes.rows.counts.tolist() == [0, 0]


def test_padded_frames_are_never_active_where_values_are_compared() -> None:
    z = np.array([[1, 2], [3, 4], [50, 60]], np.float32)
    for rule in ("top_k", "clip", "group_max"):
        assert Coder(echo(2, rule, 1), 3, ONE).select(z.copy(), 2).values.max() == 4


def test_a_shared_buffer_gives_the_same_codes_as_one_of_its_own() -> None:
    x = torch.from_numpy(draw_values(np.random.default_rng(2), 20, 30))
    room = torch.full((5000,), 7.0)
    dictionary = replace(echo(30), centre=torch.ones(30))
    assert_same_codes(Coder(dictionary, 20, ONE, room).encode(x, 20), Coder(dictionary, 20, ONE).encode_dense(x, 20))


@given(st.lists(st.sampled_from([-1.0, 0.0, 1e-30, 0.25, 0.5, 0.75, 3.0, 1e30]), min_size=1, max_size=60), st.data())
def test_the_largest_over_pieces_is_that_of_all_values(values: list[float], data: st.DataObject) -> None:
    whole = np.array(values, np.float32).reshape(-1, 1)
    keep = data.draw(st.integers(0, len(values) + 2))
    cut = data.draw(st.integers(0, len(values)))
    positive = sorted((value for value in whole[:, 0].tolist() if value > 0), reverse=True)
    expected = positive[keep - 1] if 1 <= keep <= len(positive) else 0.0
    assert select.largest(lambda: [whole[:cut], whole[cut:]], keep) == expected


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.data())
@example([1, 1, 1, 1], None)
def test_the_kth_largest_is_that_of_sorting(values: list[int], data: st.DataObject | None) -> None:
    array = np.array(values, np.float32)
    k = data.draw(st.integers(1, len(values))) if data else 3
    assert select.kth_largest(array.copy(), len(array), k) == sorted(values, reverse=True)[k - 1]

"""How well a dictionary rebuilds, and how the corpus sounds, against 64-bit arithmetic over all frames."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from atlas.audio.samples import MEL_BANDS
from atlas.dictionaries.base import Dictionary, Normalisation
from atlas.measure.codes import ClipCodes, Coder
from atlas.measure.reconstruction import CorpusMel, Fit, Rebuilder
from atlas.measure.scales import Scales, exponent_of
from atlas.measure.states import ClipView, CodedClip, Distances
from atlas.measure.threads import Threads
from tests.measure.making import ONE, coded, context, corpus_context, draw_clip, draw_values, echo

N, D, LENGTHS = 40, 24, (150, 1, 64, 200)


def sparse_dictionary(normalisation: Normalisation = "none") -> Dictionary:
    """Random unit rows that read and write, with an offset."""
    rng = np.random.default_rng(3)
    rows = torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(N, D)).astype(np.float32)), dim=1)
    shift = torch.from_numpy(rng.normal(size=D).astype(np.float32) / 4)
    return replace(
        echo(N, "top_k", 6),
        decoder=rows,
        encoder=rows,
        centre=shift,
        offset=shift,
        normalisation=normalisation,
    )


def activations() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(4)
    return [(rng.normal(size=(length, D)) * 2 + 0.5).astype(np.float32) for length in LENGTHS]


def rebuilt(dictionary: Dictionary, x: NDArray[np.float32]) -> tuple[NDArray[np.float64], int]:
    """[frames, d] in 64 bits, by a dense product, and how many codes there were."""
    normal, scale, shift = dictionary.normalise(torch.from_numpy(x))
    codes = Coder(dictionary, len(x), ONE).encode(normal, len(x))
    values = np.zeros((len(x), N))
    for t, count in enumerate(codes.rows.counts):
        values[t, codes.rows.features[t, :count]] = codes.rows.values[t, :count]
    output = values @ dictionary.decoder.double().numpy() + dictionary.offset.double().numpy()
    output = output * (1 if scale is None else scale.double().numpy())
    return output + (0 if shift is None else shift.double().numpy()), int((values > 0).sum())


def fitted(dictionary: Dictionary, scales: Scales, threads: Threads = ONE) -> Fit:
    own = context(N, D, scales, threads=threads)
    state, rebuilder = Fit.empty(own), Rebuilder(dictionary, threads)
    for x in activations():
        normal, scale, shift = dictionary.normalise(torch.from_numpy(x))
        codes = Coder(dictionary, len(x), threads).encode(normal, len(x))
        state.add(clip_of(codes, rebuilder.distances(x, codes.rows, scale, shift)), own)
    return state


def clip_of(codes: ClipCodes, distances: Distances | None) -> CodedClip:
    """A clip of which the fit needs no more than this."""
    some = draw_clip(np.random.default_rng(0), 0, 1, 1, 1)
    return CodedClip(some.view, codes, some.seen, distances)


def fit_of(x: NDArray[np.float32], codes: ClipCodes, dictionary: Dictionary, scales: Scales) -> Fit:
    own = context(dictionary.n, x.shape[1], scales)
    state = Fit.empty(own)
    state.add(clip_of(codes, Rebuilder(dictionary, ONE).distances(x, codes.rows, None, None)), own)
    return state


@pytest.mark.parametrize("normalisation", ["none", "constant_norm", "layer_norm"])
def test_the_unexplained_variance_is_that_of_64_bit_floats(normalisation: Normalisation) -> None:
    dictionary = sparse_dictionary(normalisation)
    x = np.concatenate(activations()).astype(np.float64)
    pieces = [rebuilt(dictionary, piece) for piece in activations()]
    output = np.concatenate([piece for piece, _ in pieces])
    scales = Scales(0, exponent_of(float((x * x).sum(axis=1).max())))
    state = fitted(dictionary, scales)
    expected = ((x - output) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()
    assert 0.05 < expected < 1
    assert state.unexplained(scales) == pytest.approx(expected, rel=1e-5)
    assert state.l0() == sum(codes for _, codes in pieces) / len(x)
    np.testing.assert_allclose(state.activations / scales.activation_scale, x.sum(axis=0), atol=1e-4)


def test_a_perfect_rebuilding_leaves_nothing_unexplained() -> None:
    x, scales = draw_values(np.random.default_rng(0), 30, N, 0.5), Scales(0, 10)
    assert fit_of(x, coded(x), echo(N), scales).unexplained(scales) == 0.0


def test_codes_that_rebuild_the_mean_alone_leave_everything_unexplained() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    dictionary = replace(echo(2), offset=torch.tensor([2.0, 3.0]))
    assert fit_of(x, coded(np.zeros_like(x)), dictionary, Scales(0, 5)).unexplained(Scales(0, 5)) == 1.0


def test_activations_of_any_size_fit_the_scales_that_they_call_for() -> None:
    for size in (1e-12, 1.0, 1e12):
        x = (activations()[0] * size).astype(np.float32)
        scales = Scales(0, exponent_of(float((x.astype(np.float64) ** 2).sum(axis=1).max())))
        state = fit_of(x, coded(np.zeros_like(x)), echo(D), scales)
        mean = x.mean(axis=0, dtype=np.float64)
        lengths = (x.astype(np.float64) ** 2).sum()
        expected = lengths / (lengths - len(x) * float(mean @ mean))
        assert state.unexplained(scales) == pytest.approx(expected, rel=1e-5)


def test_what_is_not_known_is_blank() -> None:
    empty, scales = Fit.empty(context(2)), Scales(0, 3)
    assert (empty.l0(), empty.unexplained(scales)) == (0.0, None)
    x = np.ones((4, 2), np.float32)
    assert fit_of(x, coded(np.zeros_like(x)), echo(2), scales).unexplained(scales) is None


def test_a_control_counts_frames_and_codes_alone() -> None:
    state = Fit.empty(context(N))
    values = draw_values(np.random.default_rng(0), 30, N)
    state.add(clip_of(coded(values), None), context(N))
    assert state.sums.tolist() == [30, int((values > 0).sum()), 0, 0]


def test_no_bit_depends_on_the_number_of_threads() -> None:
    dictionary, threads = sparse_dictionary(), Threads(2)
    alone, shared = fitted(dictionary, Scales(0, 8)), fitted(dictionary, Scales(0, 8), threads)
    threads.close()
    assert np.array_equal(alone.sums, shared.sums)
    assert np.array_equal(alone.activations, shared.activations)


def test_the_sounds_are_means_over_all_frames() -> None:
    rng = np.random.default_rng(7)
    mels = [rng.uniform(0, 100, (length, MEL_BANDS)).astype(np.float32) for length in LENGTHS]
    corpus = corpus_context()
    state = CorpusMel.empty(corpus)
    for mel in mels:
        silent = {"matched": (-1, -1), "matched_in_cell": (-1, -1)}
        state.add(ClipView(number=0, hash64=0, valid=len(mel), mel=mel, **silent), corpus)
    whole = np.concatenate(mels).astype(np.float64)
    energy = whole.mean(axis=1)
    assert state.frames == sum(LENGTHS)
    np.testing.assert_allclose(state.mean_mel(), whole.mean(axis=0), atol=1e-5)
    assert state.mean_energy() == pytest.approx(energy.mean(), abs=1e-6)
    assert state.energy_spread() == pytest.approx(((energy - energy.mean()) ** 2).sum(), rel=1e-6)
    assert CorpusMel.empty(corpus).mean_mel().tolist() == [0.0] * MEL_BANDS

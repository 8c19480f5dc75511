"""PCA and matching pursuit beside a dictionary, against plain 64-bit algebra, and the laws of dealing frames."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from torch import Tensor

from atlas.audio.draws import clip_hash
from atlas.dictionaries.base import Dictionary, Normalisation
from atlas.dictionaries.selection import active_values
from atlas.measure import baselines
from atlas.measure.baselines import (
    Fitted,
    errors_by_frame,
    fit,
    measure_baselines,
    pca_error,
    pursuit_error,
    read_baselines,
    second_half,
)
from atlas.measure.listening import ClipSource
from atlas.measure.threads import Threads
from atlas.measure.thresholds import Origins, origins_of
from atlas.pipeline import STAGES
from atlas.schema.card import NULL_REASONS, BaselinesCard, read_card
from atlas.store import Marker, Output
from tests.measure.making import ONE, echo

D, LENGTHS = 24, (150, 40, 64, 200, 90, 33, 120, 70)
RECORDING_OF = (0, 0, 1, 2, 3, 4, 5, 5)

Doubles = NDArray[np.float64]


def origins(lengths: tuple[int, ...] = LENGTHS, recordings: tuple[int, ...] = RECORDING_OF) -> Origins:
    return origins_of([(clip_of(number, recordings[number]), np.arange(size)) for number, size in enumerate(lengths)])


def clip_of(number: int, recording: int) -> ClipSource:
    return ClipSource(
        number=number,
        path="",
        file="",
        offset_s=0.0,
        duration_s=1.0,
        valid=1,
        hash64=clip_hash(f"sha{number}", 0.0),
        recording=recording,
    )


def sample(frames: int = sum(LENGTHS), width: int = D, seed: int = 3) -> Tensor:
    """Sparse mixtures of a few rows, about a mean, with some noise."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(2 * width, width))
    codes = rng.lognormal(0, 1, (frames, 2 * width)) * (rng.random((frames, 2 * width)) < 0.08)
    mixed = codes @ rows + rng.normal(size=width) + rng.normal(size=(frames, width)) / 5
    return torch.from_numpy(mixed.astype(np.float32))


def dictionary(rule: str = "top_k", k: int = 4, normalisation: Normalisation = "none") -> Dictionary:
    """Directions of random rows, that read and write."""
    rng = np.random.default_rng(5)
    rows = torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(3 * D, D)).astype(np.float32)), dim=1)
    shift = torch.from_numpy(rng.normal(size=D).astype(np.float32) / 4)
    own = replace(echo(3 * D, rule, k), decoder=rows, encoder=rows, centre=shift, offset=shift)
    return replace(own, normalisation=normalisation)


def pursued(templates: Doubles, frame: Doubles, atoms: int) -> float:
    """The squared error of one centred frame, by solving for all coefficients at each step."""
    chosen: list[int] = []
    left = frame
    for _ in range(atoms):
        chosen.append(int(np.abs(templates @ left).argmax()))
        rows = templates[chosen].T
        left = frame - rows @ np.linalg.lstsq(rows, frame, rcond=None)[0]
    return float(left @ left)


def everything(x: Doubles, templates: int = 40) -> Fitted:
    return fit(x.astype(np.float32), np.arange(len(x)), np.arange(templates))


@pytest.mark.parametrize("components", [0, 1, 5, D - 1, D])
def test_pca_leaves_of_its_own_frames_what_its_components_do_not_hold(components: int) -> None:
    x = sample().double().numpy()
    variances = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]
    error = pca_error(everything(x), x, components)
    spread = ((x - x.mean(axis=0)) ** 2).sum()
    assert error / spread == pytest.approx(1 - variances[:components].sum() / variances.sum(), abs=1e-9)


def test_pca_leaves_of_other_frames_what_a_projection_leaves() -> None:
    x, other = sample().double().numpy(), sample(seed=8).double().numpy()
    _, _, rows = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    centred = other - x.mean(axis=0)
    left = centred - centred @ rows[:6].T @ rows[:6]
    assert pca_error(everything(x), other, 6) == pytest.approx((left**2).sum())


@pytest.mark.parametrize("atoms", [1, 2, 7])
def test_pursuit_leaves_what_least_squares_on_its_choices_leaves(atoms: int) -> None:
    x, other = sample().double().numpy(), sample(90, seed=8).double().numpy()
    fitted = everything(x)
    naive = sum(pursued(fitted.templates, frame, atoms) for frame in other - fitted.mean)
    assert pursuit_error(fitted, other, atoms, ONE) == pytest.approx(naive, rel=1e-9)


def test_templates_are_centred_frames_of_length_one_without_those_at_the_mean() -> None:
    x = np.array([[0, 0], [2, 2], [1, 1], [1, 1]], np.float32)
    found = fit(x, np.arange(4), np.arange(4)).templates
    assert_allclose(found, np.array([[-1, -1], [1, 1]]) / np.sqrt(2))


@given(st.integers(0, 2**16), st.integers(1, 12), st.integers(1, 12))
def test_more_components_or_atoms_never_leave_more(seed: int, fewer: int, more: int) -> None:
    x = sample(60, 12, seed).double().numpy()
    fitted = everything(x, 20)
    fewer, more = sorted((fewer, more))
    spread = ((x - fitted.mean) ** 2).sum()
    for error in (pca_error, lambda *arguments: pursuit_error(*arguments, ONE)):
        assert -1e-9 * spread <= error(fitted, x, more) <= error(fitted, x, fewer) + 1e-9 * spread


def test_what_the_templates_span_is_rebuilt_exactly() -> None:
    x = sample().double().numpy()
    spread = ((x - x.mean(axis=0)) ** 2).sum()
    assert abs(pursuit_error(everything(x), x, D, ONE)) < 1e-6 * spread
    few = everything(x, 3)
    within = few.mean + np.random.default_rng(0).normal(size=(50, 3)) @ few.templates
    assert pursuit_error(few, within, 3, ONE) < 1e-9 * (within**2).sum()


@pytest.mark.parametrize("atoms", [1, 3, 50])
def test_equal_templates_and_frames_at_the_mean_are_no_trouble(atoms: int) -> None:
    templates = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.6, 0.8, 0.0]])
    fitted = Fitted(np.zeros(3), np.eye(3), templates)
    frames = np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 2.0, 1.0]])
    assert pursuit_error(fitted, frames, atoms, ONE) == pytest.approx(
        sum(pursued(templates, one, 1) for one in frames) if atoms == 1 else 1
    )


def test_no_template_explains_nothing() -> None:
    fitted = Fitted(np.zeros(2), np.eye(2), np.empty((0, 2)))
    assert pursuit_error(fitted, np.array([[3.0, 4.0]]), 2, ONE) == 25


@pytest.mark.parametrize("rule", ["top_k", "threshold", "clip", "group_max"])
@pytest.mark.parametrize("normalisation", ["none", "layer_norm"])
def test_the_error_of_each_frame_is_that_of_the_clip_by_itself(rule: str, normalisation: Normalisation) -> None:
    own, x, clips = dictionary(rule, normalisation=normalisation), sample(), origins().clips
    wanted = np.flatnonzero(np.arange(len(x)) % 3 == 0)
    found = errors_by_frame(own, x, clips, wanted, ONE)
    for number in range(len(LENGTHS)):
        places = np.flatnonzero(clips == number)
        normal, scale, shift = own.normalise(x[places])
        values = active_values(own, own.pre_activations(normal), len(places))
        rebuilt = (values @ own.decoder + own.offset) * (1 if scale is None else scale)
        left = x[places] - rebuilt - (0 if shift is None else shift)
        of_clip = np.isin(places, wanted)
        assert_allclose(found[places][of_clip], (left**2).sum(dim=1).numpy()[of_clip], rtol=1e-4)


def test_the_figures_are_the_means_of_both_ways_over_the_same_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "HELD_OUT_FRAMES", 100)
    monkeypatch.setattr(baselines, "FEWEST_HELD_OUT_FRAMES", 10)
    monkeypatch.setattr(baselines, "TEMPLATES", 30)
    x, places, own = sample(), origins(), dictionary()
    found = measure_baselines(own, 4.2, x, places, ONE)
    errors = errors_by_frame(own, x, places.clips, np.arange(len(x)), ONE)
    rows, second = x.double().numpy(), second_half(places)
    figures = []
    for fitting in (second, ~second):
        by_hash = np.argsort(places.hashes)
        one, other = (by_hash[half[by_hash]] for half in (fitting, ~fitting))
        mean = rows[one].mean(axis=0)
        templates = rows[one[:30]] - mean
        templates /= np.linalg.norm(templates, axis=1, keepdims=True)
        components = np.linalg.eigh(np.cov(rows[one].T))[1][:, -4:]
        held = rows[other[:100]]
        centred, spread = held - mean, ((held - held.mean(axis=0)) ** 2).sum()
        left = centred - centred @ components @ components.T
        pursuit = sum(pursued(templates, frame, 4) for frame in centred)
        figures.append([errors[other[:100]].sum(), (left**2).sum(), pursuit] / spread)
    assert_allclose([found.fvu_sample, found.fvu_pca, found.fvu_pursuit], np.mean(figures, axis=0), rtol=1e-5)
    assert (found.components, found.templates, found.frames, found.null_reason) == (4, 30, 200, None)


def test_halves_share_no_recording_and_have_as_many_of_them() -> None:
    places = origins()
    second = second_half(places)
    one, other = (set(places.recordings[half].tolist()) for half in (second, ~second))
    assert not one & other
    assert (len(one), len(other)) == (3, 3)


@given(st.permutations(range(len(LENGTHS))))
def test_neither_halves_nor_figures_depend_on_the_order_or_the_numbers_of_clips(order: list[int]) -> None:
    x, places = sample(), origins()
    pieces = [np.flatnonzero(places.clips == number) for number in order]
    moved = np.concatenate(pieces)
    elsewhere = Origins(places.clips[moved] + 7, 50 - places.recordings[moved], places.hashes[moved])
    assert (second_half(elsewhere) == second_half(places)[moved]).all()
    here, there = (measure_baselines(dictionary(), 4, *given_, ONE) for given_ in ((x, places), (x[moved], elsewhere)))
    assert (here.fvu_sample, here.fvu_pca, here.fvu_pursuit) == pytest.approx(
        (there.fvu_sample, there.fvu_pca, there.fvu_pursuit), rel=1e-4
    )


def test_figures_depend_neither_on_the_time_nor_on_the_number_of_threads() -> None:
    once, again, three = (measure_baselines(dictionary(), 4, sample(), origins(), Threads(n)) for n in (1, 1, 3))
    assert once == again == three


@pytest.mark.parametrize(
    ("changes", "l0", "lengths", "reason"),
    [
        ({"reconstructs": False}, 4.0, LENGTHS, "rebuilds_nothing"),
        ({}, 0.0, LENGTHS, "never_active"),
        ({}, D - 0.4, LENGTHS, "l0_not_below_width"),
        ({}, 4.0, LENGTHS[:6], "few_recordings"),
        ({}, 4.0, (1,), "few_recordings"),
        ({}, 4.0, (6,) * 8, "few_frames"),
    ],
)
def test_what_cannot_be_measured_is_blank_with_a_reason(
    changes: dict[str, bool], l0: float, lengths: tuple[int, ...], reason: str
) -> None:
    x = sample(sum(lengths))
    found = measure_baselines(replace(dictionary(), **changes), l0, x, origins(lengths), ONE)  # type: ignore[arg-type]
    assert found == BaselinesCard(null_reason=reason)
    assert reason in NULL_REASONS


def test_sounds_that_never_change_have_nothing_to_explain() -> None:
    x = torch.full((sum(LENGTHS), D), 0.1)
    assert measure_baselines(dictionary(), 4, x, origins(), ONE) == BaselinesCard(null_reason="constant")


def test_a_fraction_of_a_feature_a_frame_is_held_against_one_component() -> None:
    assert measure_baselines(dictionary(), 0.3, sample(), origins(), ONE).components == 1


def test_pursuit_with_many_atoms_is_run_on_fewer_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "PURSUIT_ATOMS", 3)
    monkeypatch.setattr(baselines, "HELD_OUT_FRAMES", 300)
    monkeypatch.setattr(baselines, "FEWEST_HELD_OUT_FRAMES", 50)
    frames = [measure_baselines(dictionary(), l0, sample(), origins(), ONE).frames for l0 in (3, 4, 6, 20)]
    assert frames == [600, 2 * (300 * 9 // 16), 150, 100]


def test_merging_depends_on_them_and_scanning_does_not() -> None:
    before, after = (Marker({}, {baselines.RESULT: Output(1, digest)}, {"build": ""}) for digest in ("a", "b"))
    for stage, number in (("scan", 0), ("merge", 1)):
        sources = [source for source in STAGES[stage].reads if source.writer == "calibrate"]
        assert sum(source.digest(before) != source.digest(after) for source in sources) == number, stage


def test_an_atlas_has_them_on_its_card_and_those_of_a_control_are_blank(tiny_atlas: Path) -> None:
    on_card = {name: card.baselines for name, card in read_card(tiny_atlas).dictionaries.items()}
    assert on_card == dict(read_baselines(tiny_atlas))
    assert {name: one.null_reason for name, one in on_card.items()} == {
        "last": None,
        "last-random": "rebuilds_nothing",
        "last-template": "rebuilds_nothing",
        "block0": None,
        "units": "rebuilds_nothing",
    }
    for name in ("last", "block0"):
        one = on_card[name]
        assert None not in (one.fvu_sample, one.fvu_pca, one.fvu_pursuit)
        assert one.components == round(read_card(tiny_atlas).dictionaries[name].l0_calibration)

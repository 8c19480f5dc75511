"""Calibration on a sample: thresholds that give the stated density to the frame, scales, and the guard."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.base import Dictionary, Selection
from atlas.dictionaries.neurons import identity
from atlas.dictionaries.selection import active_values
from atlas.errors import AtlasError
from atlas.measure.listening import ClipSource
from atlas.measure.thresholds import (
    Calibrated,
    ControlSample,
    Origins,
    SampleFiring,
    calibrate_control,
    calibrate_dictionary,
    calibrate_untrained,
    matched_features,
    sample_clips,
)
from atlas.schema.thresholds import CONTROL_FEATURES
from tests.measure.making import ONE, echo

FRAMES, D, K = 1601, 24, 6  # more than one chunk of 1,500 frames

SAE = DictionaryConfig(name="block2", tap="encoder.blocks.2", checkpoint="ae.pt")
CONTROL = DictionaryConfig(name="control", tap="encoder.blocks.2", kind="random", like="block2")
CLIP = np.arange(FRAMES) // 100
ORIGINS = Origins(CLIP, CLIP // 2, np.zeros(FRAMES, np.uint64))
NEURONS = DictionaryConfig(name="units", tap="encoder.blocks.2", kind="identity", density=0.02)


def firing(density: np.ndarray) -> SampleFiring:
    """Of features that fire in one recording or none."""
    return SampleFiring(density, (density > 0).astype(np.int64))


def sample() -> Tensor:
    return torch.randn(FRAMES, D, generator=torch.Generator().manual_seed(3)) * torch.linspace(0.5, 4, D) + 0.3


def control(entry: DictionaryConfig, like: SampleFiring, least: int, x: Tensor) -> Calibrated:
    return calibrate_control(entry, matched_features(like, least, entry.seed), like, ControlSample(x, ORIGINS, ONE))


def projecting(n: int) -> Dictionary:
    """A dictionary of random rows, with biases, that waits for its threshold."""
    rows = torch.randn(n, D, generator=torch.Generator().manual_seed(4))
    decoder = torch.nn.functional.normalize(rows, dim=1)
    waiting = replace(echo(n), selection=Selection("calibrated", K))
    return replace(waiting, encoder=rows, decoder=decoder, bias=torch.linspace(-1, 1, n))


def active_in(dictionary: Dictionary, x: Tensor) -> np.ndarray:
    """[n] frames on which each feature is active, by the dense reference."""
    z = dictionary.pre_activations(dictionary.normalise(x)[0])
    return (active_values(dictionary, z, len(x)) > 0).sum(dim=0).numpy()


def test_the_calibrated_threshold_leaves_k_features_a_frame_exactly() -> None:
    found = calibrate_dictionary(SAE, projecting(60), sample(), ONE, CLIP)
    assert found.l0 == K
    assert (found.density * FRAMES).sum() == pytest.approx(K * FRAMES, abs=1e-6)
    thresholds = found.dictionary.selection.thresholds
    assert (thresholds == thresholds[0]).all()
    assert float(thresholds[0]) > 0
    assert found.frames == FRAMES


def test_the_calibrated_threshold_of_few_positive_values_is_zero() -> None:
    x = -sample().abs()
    x[0, 0] = 2.0
    found = calibrate_dictionary(SAE, replace(echo(D), selection=Selection("calibrated", K)), x, ONE, CLIP)
    assert found.dictionary.selection.thresholds.tolist() == [0.0] * D
    assert found.l0 == 1 / FRAMES


def test_the_measured_density_is_that_of_the_dense_reference() -> None:
    x = sample()
    dictionary = echo(D, thresholds=np.linspace(2, 6, D).astype(np.float32))
    found = calibrate_dictionary(SAE, dictionary, x, ONE, CLIP)
    assert (found.density * FRAMES).round().astype(int).tolist() == active_in(dictionary, x).tolist()
    assert found.l0 == active_in(dictionary, x).sum() / FRAMES


@pytest.mark.parametrize("density", [0.001, 0.02, 0.1])
def test_each_side_of_a_unit_is_active_on_the_stated_share_of_frames(density: float) -> None:
    x = sample() - 0.3
    found = calibrate_dictionary(NEURONS.model_copy(update={"density": density}), identity(D), x, ONE, CLIP)
    assert (found.density * FRAMES).round().astype(int).tolist() == [round(density * FRAMES)] * (2 * D)
    assert active_in(found.dictionary, x).tolist() == [round(density * FRAMES)] * (2 * D)


def test_a_side_that_is_never_positive_keeps_a_threshold_of_zero() -> None:
    x = sample().abs() + 0.1
    found = calibrate_dictionary(NEURONS, identity(D), x, ONE, CLIP)
    assert found.dictionary.selection.thresholds[D:].tolist() == [0.0] * D
    assert found.density[D:].tolist() == [0.0] * D


def test_a_control_fires_as_often_as_what_it_controls_rank_by_rank() -> None:
    x, rng = sample(), np.random.default_rng(0)
    wanted = np.sort(rng.integers(0, 160, 700))  # frames; some directions are never active
    entry = CONTROL.model_copy(update={"seed": 5})
    found = control(entry, firing(wanted / FRAMES), 1, x)
    assert (found.density * FRAMES).round().astype(int).tolist() == wanted[found.matched].tolist()
    assert found.matched.tolist() == np.flatnonzero(wanted).tolist()
    assert not found.dictionary.reconstructs


def test_a_control_matches_as_many_features_as_it_may_have_drawn_by_its_seed() -> None:
    wanted = np.tile([0.0, 0.01], 2000)
    one, again, other = (
        control(CONTROL.model_copy(update={"seed": seed}), firing(wanted), 1, sample()).matched.tolist()
        for seed in (5, 5, 6)
    )
    assert len(set(one)) == CONTROL_FEATURES
    assert set(one) <= set(np.flatnonzero(wanted).tolist())
    assert one == again != other


def test_a_template_is_the_direction_of_a_frame_whose_clip_is_known() -> None:
    x = sample()
    entry = CONTROL.model_copy(update={"kind": "template"})
    found = control(entry, firing(np.full(40, 0.02)), 1, x)
    centred = x - found.dictionary.centre
    likest = ((centred / centred.norm(dim=1, keepdim=True)) @ found.dictionary.decoder.T).argmax(dim=0).numpy()
    assert found.source.tolist() == CLIP[likest].tolist()
    values = active_values(found.dictionary, found.dictionary.pre_activations(x), FRAMES).numpy() > 0
    for direction, clip in enumerate(found.source):
        outside = clip // 2 != CLIP // 2
        assert values[outside, direction].sum() == round(0.02 * outside.sum())  # as its own recording does not count


def test_features_of_an_untrained_encoder_have_the_densities_that_are_matched() -> None:
    x, waiting = sample(), projecting(60)
    entry = SAE.model_copy(update={"kind": "untrained", "like": "block2", "seed": 2})
    learned = calibrate_dictionary(entry, waiting, x, ONE, CLIP)
    wanted = np.arange(1, 31)
    like = firing(wanted / FRAMES)
    found = calibrate_untrained(entry, learned, np.arange(30), like, ControlSample(x, ORIGINS, ONE))

    assert (found.density * FRAMES).round().astype(int).tolist() == wanted.tolist()
    assert len(set(found.chosen.tolist())) == 30
    assert (learned.density[found.chosen] > 0).all()
    values = active_values(found.dictionary, found.dictionary.pre_activations(x), FRAMES)
    whole = torch.relu(waiting.pre_activations(x))[:, found.chosen]
    assert torch.equal(values[values > 0], whole[values > 0])


def test_an_untrained_dictionary_of_few_live_features_matches_as_many_and_one_of_none_is_refused() -> None:
    x, entry = sample(), SAE.model_copy(update={"kind": "untrained", "like": "block2"})
    learned = calibrate_dictionary(entry, projecting(60), x, ONE, CLIP)
    few = replace(learned, density=np.where(np.arange(60) < 7, learned.density, 0))
    on, like = ControlSample(x, ORIGINS, ONE), firing(np.full(30, 0.01))
    found = calibrate_untrained(entry, few, np.arange(30), like, on)
    assert len(found.chosen) == len(found.matched) == (few.density > 0).sum() < 30
    with pytest.raises(AtlasError, match=r"no feature of ae\.pt is active on the sample; train it longer"):
        calibrate_untrained(entry, replace(learned, density=np.zeros(60)), np.arange(30), like, on)


def test_features_that_fire_in_too_few_recordings_are_matched_only_where_there_are_no_others() -> None:
    density, recordings = np.full(6, 0.02), np.array([1, 2, 3, 4, 0, 5])
    for least, matched in ((3, [2, 3, 5]), (5, [5]), (6, [0, 1, 2, 3, 4, 5])):
        found = control(CONTROL, SampleFiring(density, recordings), least, sample())
        assert found.matched.tolist() == matched


def test_recordings_in_which_features_are_active_are_counted() -> None:
    x, dictionary = sample(), echo(D, thresholds=np.linspace(2, 6, D).astype(np.float32))
    found = calibrate_dictionary(SAE, dictionary, x, ONE, CLIP)
    active = active_values(dictionary, dictionary.pre_activations(x), FRAMES).numpy() > 0
    assert found.recordings.tolist() == [len(np.unique(CLIP[active[:, feature]])) for feature in range(D)]


def test_a_control_is_never_denser_than_its_positive_half() -> None:
    found = control(CONTROL, firing(np.full(20, 0.9)), 1, sample())
    assert (found.dictionary.selection.thresholds >= 0).all()
    assert (found.density < 0.6).all()


def test_the_scales_are_powers_of_two_above_the_largest_value_and_squared_length() -> None:
    x = sample()
    found = calibrate_dictionary(SAE, echo(D, thresholds=np.full(D, 5, np.float32)), x, ONE, CLIP)
    for exponent, largest in (
        (found.scales.exponent, float(x.max())),
        (found.scales.frame_exponent, float((x * x).sum(dim=1).max())),
    ):
        assert 2.0 ** (exponent - 1) < largest <= 2.0**exponent


def test_dense_codes_stop_the_run_with_figures() -> None:
    x = sample().abs()
    with pytest.raises(AtlasError) as stopped:
        calibrate_dictionary(SAE, replace(echo(D), selection=replace(echo(D).selection, k=5)), x, ONE, CLIP)
    assert str(stopped.value) == (
        "dictionary 'block2': 24.0 of 24 features are active on a frame, more than 4 x its k of 5; the checkpoint is"
        " read as echo with selection 'threshold'. Check it with `atlas inspect`, the tap (encoder.blocks.2), or set"
        " `selection`, `k` or `threshold` for it"
    )
    with pytest.raises(
        AtlasError, match=r"24\.0 of 24 features are active on a frame, more than 10% of its 24 features"
    ):
        calibrate_dictionary(SAE, echo(D), x, ONE, CLIP)


def test_the_guard_lets_through_what_is_sparse_and_raw_units_always() -> None:
    x = sample().abs()
    assert calibrate_dictionary(SAE, replace(echo(D), selection=replace(echo(D).selection, k=6)), x, ONE, CLIP).l0 == 24
    assert calibrate_dictionary(NEURONS.model_copy(update={"density": 0.5}), identity(D), x, ONE, CLIP).l0 > 0.1 * 2 * D


def test_the_sample_are_the_clips_of_smallest_hash_in_their_own_order() -> None:
    hashes = [50, 10, 40, 30, 20]
    clips = [
        ClipSource(number=number, path="", file="", offset_s=0.0, duration_s=1.0, valid=50, hash64=hash64, recording=0)
        for number, hash64 in enumerate(hashes)
    ]
    assert [clip.number for clip in sample_clips(clips, 3)] == [1, 3, 4]
    assert [clip.number for clip in sample_clips(clips, 9)] == [0, 1, 2, 3, 4]

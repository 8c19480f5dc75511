"""Raw neurons and random directions, which are read like dictionaries."""

from dataclasses import replace

import pytest
import torch

from atlas.dictionaries.base import Selection
from atlas.dictionaries.controls import control_of, features_of, template_directions, unit_directions
from atlas.dictionaries.neurons import identity
from atlas.dictionaries.selection import active_values
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact


def test_each_unit_has_a_positive_and_a_negative_feature():
    dictionary = identity(3).with_threshold(torch.tensor([0.5, 0.5, 0.5, 0.5, 0.5, 3.0]))
    x = torch.tensor([[1.0, -2.0, 0.25], [0.5, 0.75, -2.5]])
    values = active_values(dictionary, dictionary.pre_activations(x), 2)
    assert values.tolist() == [[1.0, 0.0, 0.0, 0.0, 2.0, 0.0], [0.0, 0.75, 0.0, 0.0, 0.0, 0.0]]


def test_the_sides_of_the_units_add_up_to_the_activations():
    dictionary = identity(3).with_threshold(torch.zeros(()))
    x = torch.tensor([[1.0, -2.0, 0.25], [0.5, 0.0, -2.5]])
    assert torch.equal(active_values(dictionary, dictionary.pre_activations(x), 2) @ dictionary.decoder, x)
    assert not dictionary.reconstructs


def test_the_units_wait_for_calibration():
    assert identity(3).selection.rule == "calibrated"
    assert identity(3).selection.thresholds is None
    assert identity(3).facts == (Fact("architecture", {"name": "own_units"}), Fact("units", {"width": 3}))


def test_random_directions_are_unit_and_follow_from_the_seed():
    directions = unit_directions(200, 64, seed=3)
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(200))
    assert torch.equal(directions, unit_directions(200, 64, seed=3))
    assert not torch.equal(directions, unit_directions(200, 64, seed=4))


def test_random_directions_are_spread_like_gaussian_ones():
    directions = unit_directions(2000, 64, seed=3)
    assert float((directions @ directions.T).fill_diagonal_(0).pow(2).mean()) == pytest.approx(1 / 64, rel=0.02)


def test_random_directions_do_not_depend_on_the_number_of_threads():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = unit_directions(500, 64, seed=3)
        torch.set_num_threads(2)
        assert torch.equal(unit_directions(500, 64, seed=3), alone)
    finally:
        torch.set_num_threads(before)


def test_the_random_control_is_centred_and_has_its_own_thresholds():
    mean, thresholds = torch.tensor([1.0, -1.0]), torch.tensor([0.0, 0.5, 100.0])
    control = control_of("random", mean, unit_directions(3, 2, seed=0), 0, thresholds)
    x = torch.tensor([[2.0, 3.0], [1.0, -1.0]])
    z = (x - mean) @ control.decoder.T
    values = active_values(control, control.pre_activations(x), 2)
    assert torch.equal(values, torch.where((z > thresholds) & (z > 0), z, 0.0))
    assert (values[1] == 0).all()
    assert not control.reconstructs


def test_templates_are_the_directions_of_frames_each_once_while_they_last():
    centred = torch.randn(50, 8, generator=torch.Generator().manual_seed(1))
    centred[7] = 0
    directions, frames = template_directions(centred, 49, seed=3)
    assert sorted(frames.tolist()) == [frame for frame in range(50) if frame != 7]
    torch.testing.assert_close(directions, centred[frames] / centred[frames].norm(dim=1, keepdim=True))
    again, _ = template_directions(centred, 49, seed=3)
    other, _ = template_directions(centred, 49, seed=4)
    assert torch.equal(directions, again)
    assert not torch.equal(directions, other)
    assert (
        torch.bincount(template_directions(centred, 98, seed=3)[1], minlength=50).tolist() == [2] * 7 + [0] + [2] * 42
    )


def test_templates_of_a_sample_without_directions_are_refused():
    with pytest.raises(AtlasError, match="leave them out"):
        template_directions(torch.zeros(5, 3), 2, seed=0)


def test_features_of_an_untrained_encoder_keep_their_values_and_lose_their_selection():
    learned = replace(
        identity(2),
        encoder=torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 1.0]]),
        bias=torch.tensor([0.0, -1.0, 0.0, 0.0]),
        multiplier=torch.tensor([1.0, 3.0, 1.0, 1.0]),
        selection=Selection("top_k", k=1),
        facts=(Fact("architecture", {"name": "topk"}), Fact("selection", {"rule": "top_k"}), Fact("tied_encoder")),
    )
    control = features_of(learned, torch.tensor([3, 1]), 7, torch.tensor([0.5, 0.5]))
    x = torch.tensor([[9.0, 1.0], [9.0, 0.25]])

    values = active_values(control, control.pre_activations(x), 2)

    assert values.tolist() == [[1.0, 3.0], [0.0, 0.0]]  # both on one frame, each by its own threshold, folded
    assert [fact.kind for fact in control.facts] == ["architecture", "tied_encoder", "seed"]
    assert not control.reconstructs

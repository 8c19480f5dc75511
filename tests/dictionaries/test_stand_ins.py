"""Raw neurons and random directions, which are read like dictionaries."""

import pytest
import torch

from atlas.dictionaries.neurons import identity
from atlas.dictionaries.random import random_control, unit_directions
from atlas.dictionaries.selection import active_values
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
    control = random_control(mean, 3, 0, thresholds)
    x = torch.tensor([[2.0, 3.0], [1.0, -1.0]])
    z = (x - mean) @ control.decoder.T
    values = active_values(control, control.pre_activations(x), 2)
    assert torch.equal(values, torch.where((z > thresholds) & (z > 0), z, 0.0))
    assert (values[1] == 0).all()
    assert not control.reconstructs

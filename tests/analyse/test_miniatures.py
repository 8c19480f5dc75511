"""Only what was learned from the activations passes for a dictionary on the card."""

from functools import cache

import pytest
import torch

from atlas.analyse.naming.controls import OwnFigures
from tests.analyse.carding import figures_in
from tests.analyse.miniatures import (
    CAUSES,
    Codes,
    gaussian_like,
    heard,
    planted,
    random_directions,
    trained,
)


def codes_of(name: str) -> Codes:
    frames = planted().frames
    return {
        "planted": lambda: trained(frames),
        "gaussian": lambda: trained(gaussian_like(frames)),
        "frozen": lambda: trained(frames, frozen=True),
        "random": lambda: random_directions(frames),
    }[name]()


@cache
def figures(name: str) -> OwnFigures:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # matrices are so small that threads wait for each other
    try:
        return figures_in(heard(codes_of(name)))
    finally:
        torch.set_num_threads(before)


def test_the_planted_dictionary_finds_its_causes() -> None:
    found = figures("planted")
    assert found["labels_tested", "label"] == CAUSES
    assert found["labels_found", "label"] > 0.9 * CAUSES
    assert found["label_phi", "label"] > 0.75


@pytest.mark.parametrize("name", ["gaussian", "frozen", "random"])
def test_what_learned_nothing_of_the_activations_does_not_pass(name: str) -> None:
    learned, other = figures("planted"), figures(name)
    assert other["labels_found", "label"] < 0.75 * learned["labels_found", "label"]
    assert other["label_phi", "label"] < learned["label_phi", "label"] - 0.2


@pytest.mark.parametrize("name", ["gaussian", "frozen"])
def test_and_yet_more_of_its_features_have_a_significant_label(name: str) -> None:
    assert figures(name)["labelled", ""] > figures("planted")["labelled", ""] + 0.1

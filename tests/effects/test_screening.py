"""First-order effects against finite differences, and against edits where the readout is linear."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Covariance, ablated, decoy
from atlas.effects.screening import Directions, controls_first_order, first_order, gradient, gradients
from atlas.measure.codes import Coder
from atlas.measure.threads import Threads
from atlas.readouts.base import Said, Utterance
from atlas.schema.thresholds import SCREENING_DIRECTIONS
from tests.effects.worlds import FRAMES, TAP, WIDTH, PlainReadout, world


class LinearReadout(PlainReadout):
    """What it says of a token is read off directly."""

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        return Said(self._read(encoded))


def heard(normalisation: str = "none", linear: bool = False) -> tuple[TappedModel, TappedClip]:
    model, inputs = world(1)
    assert isinstance(model.readout, PlainReadout)
    dictionary = replace(model.dictionary, normalisation=normalisation)
    readout = LinearReadout(model.readout.reads) if linear else model.readout
    model = replace(model, readout=readout, coder=Coder(dictionary, FRAMES, Threads(1)))
    return model, model.tapped(2 * inputs + 0.3, FRAMES - 5, None)


def told(model: TappedModel, clip: TappedClip, x: Tensor) -> float:
    assert model.readout is not None
    return float(model.readout.said(model.encoder.resume(TAP, x[None]), clip.utterance).logprobs.mean())


def test_the_gradient_equals_finite_differences() -> None:
    model, clip = heard()
    model = replace(model, encoder=replace(model.encoder, layer=model.encoder.layer.double()))  # type: ignore[attr-defined]
    clip = replace(clip, x=clip.x.double())
    slope = gradient(model, clip)
    generator = np.random.default_rng(3)
    for _ in range(40):
        frame, unit = generator.integers(FRAMES), generator.integers(WIDTH)
        step = torch.zeros_like(clip.x)
        step[frame, unit] = 1e-4
        risen = told(model, clip, clip.x + step) - told(model, clip, clip.x - step)

        assert float(slope[frame, unit]) == pytest.approx(risen / 2e-4, abs=1e-6)
    assert float(slope.abs().max()) > 1e-3


@pytest.mark.parametrize("normalisation", ["none", "layer_norm", "constant_norm"])
def test_the_first_order_is_exact_where_the_readout_is_linear(normalisation: str) -> None:
    """Of features and of decoys alike, against the edits themselves."""
    model, clip = heard(normalisation, linear=True)
    slope, before = gradient(model, clip), told(model, clip, clip.x)
    directions = Directions.of(Covariance.of(clip.x[: clip.valid]), TAP)
    effects, controls = first_order(model, clip, slope), controls_first_order(model, clip, slope, directions)
    features = clip.active.features.tolist()

    assert len(features) > 8
    assert controls.shape == (len(features), SCREENING_DIRECTIONS)
    for place, feature in enumerate(features):
        edit = ablated(clip.firing(model.dictionary, feature))
        assert effects[place] == pytest.approx(told(model, clip, edit.applied(clip.x)) - before, abs=2e-5)
        centred = clip.x[edit.frames] - directions.mean
        for number, direction in enumerate(directions.rows):
            after = told(model, clip, decoy(edit, direction, centred).applied(clip.x))
            assert controls[place, number] == pytest.approx(after - before, abs=2e-5)
    assert np.abs(effects).max() > 1e-2


def test_a_clip_in_which_nothing_fires_has_no_effects() -> None:
    model, clip = heard()
    silent = model.coded(torch.zeros_like(clip.x), None, clip.valid, clip.utterance)
    directions = Directions.of(Covariance.of(clip.x), TAP)
    slope = gradient(model, silent)

    assert first_order(model, silent, slope).shape == (0,)
    assert controls_first_order(model, silent, slope, directions).shape == (0, SCREENING_DIRECTIONS)


def test_directions_are_the_tap_s_own_and_always_the_same() -> None:
    _, clip = heard()
    covariance = Covariance.of(clip.x)
    one, again, other = (Directions.of(covariance, tap) for tap in ("one", "one", "other"))

    assert torch.equal(one.rows, again.rows)
    assert not torch.equal(one.rows, other.rows)
    torch.testing.assert_close(one.rows.norm(dim=1), torch.ones(SCREENING_DIRECTIONS))


def test_a_tap_that_the_way_does_not_lead_through_has_a_pass_of_its_own() -> None:
    """As those of an untrained encoder beside the trained one."""
    model, clip = heard()
    assert model.readout is not None
    found = {TAP: clip.x[None], "aside": 2 * clip.x[None]}
    slopes = gradients(model.encoder, model.readout, list(found), found, clip.utterance)

    assert torch.equal(slopes[TAP], gradient(model, clip))
    assert torch.equal(slopes["aside"], gradient(model, replace(clip, x=2 * clip.x)))

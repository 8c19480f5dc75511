"""Exact effects and their first order, in a world whose answers are known, and in a miniature Whisper by hooks."""

from pathlib import Path

import numpy as np
import pytest
import torch

from atlas.annotate.whisper_words import find_writer
from atlas.dictionaries.neurons import identity
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import ablated, dosed, multiplied
from atlas.effects.outcomes import LabelTokens, outcomes
from atlas.effects.passes import ROWS, heard_edits
from atlas.effects.screening import first_order, gradient
from atlas.encoders.catalogue import find_source
from atlas.measure.codes import Coder
from atlas.measure.threads import Threads
from atlas.readouts.whisper_decoder import WhisperDecoder
from atlas.schema.effects import ELSEWHERE, LABEL, LOCAL, NEAR, TRANSCRIPT
from tests.annotate.whispers import miniature, noise, write
from tests.effects.worlds import FRAMES, TOKENS, WIDTH, world

CPU = torch.device("cpu")


@pytest.fixture
def known() -> tuple[TappedModel, TappedClip]:
    model, inputs = world()
    return model, model.tapped(inputs, FRAMES, None)


def test_an_ablation_changes_what_the_closed_form_says(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    for feature in range(WIDTH):
        edit = ablated(clip.firing(model.dictionary, feature))
        ((heard, row),) = heard_edits(model, clip, [edit])
        x = clip.x.clone()
        x[:, feature] = torch.where(x[:, feature] > 0.5, 0.0, x[:, feature])
        said = model.readout.said(model.encoder.resume("tap", x[None]), clip.utterance).logprobs[0]
        before = model.readout.said(model.encoder.resume("tap", clip.x[None]), clip.utterance).logprobs[0]

        assert heard.changes(row) == pytest.approx((said - before).numpy(), abs=1e-6)


def test_an_edit_of_nothing_has_no_effect_to_the_bit_in_any_company(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    firings = [clip.firing(model.dictionary, feature) for feature in range(WIDTH)]
    edits = [edit for firing in firings for edit in (multiplied(firing, 1), ablated(firing))]
    found = list(heard_edits(model, clip, edits))

    assert len(found) == len(edits) > 2 * ROWS
    assert all((heard.changes(row) == 0).all() for heard, row in found[::2])
    assert any((heard.changes(row) != 0).any() for heard, row in found[1::2])


def test_effects_do_not_depend_on_which_edits_go_together(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    edits = [ablated(clip.firing(model.dictionary, feature)) for feature in range(WIDTH)]
    together = [heard.changes(row).tolist() for heard, row in heard_edits(model, clip, edits)]
    backwards = [heard.changes(row).tolist() for heard, row in heard_edits(model, clip, edits[::-1])]

    assert together == backwards[::-1]


def test_tokens_near_the_edit_are_told_from_the_others(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    quarter = FRAMES // TOKENS
    frames = np.arange(3, 6)
    edit = dosed(clip.firing(model.dictionary, 0, frames), 9.0)
    ((heard, row),) = heard_edits(model, clip, [edit])
    label = LabelTokens(np.array([0]), np.array([2, 3]))
    found = outcomes(heard, row, edit.frames, reach=2, label=label)
    changes = heard.changes(row)

    assert quarter > 8
    assert found[NEAR] == pytest.approx(changes[0])
    assert found[ELSEWHERE] == pytest.approx(changes[1:].mean())
    assert found[LOCAL] == pytest.approx(changes[0] - changes[1:].mean())
    assert found[TRANSCRIPT] == pytest.approx(changes.mean())
    assert found[LABEL] == pytest.approx(changes[0] - changes[2:].mean())
    assert not {LOCAL, LABEL} & outcomes(heard, row, np.arange(FRAMES), reach=2).keys()


def test_screening_is_the_slope_of_the_exact_effect(known: tuple[TappedModel, TappedClip]) -> None:
    """Against a small share of each ablation, measured exactly."""
    model, clip = known
    expected = first_order(model, clip, gradient(model, clip))
    share = 0.01
    edits = [multiplied(clip.firing(model.dictionary, int(one)), 1 - share) for one in clip.active.features]
    exact = [heard.changes(row).mean() / share for heard, row in heard_edits(model, clip, edits)]

    assert exact == pytest.approx(expected.tolist(), rel=0.1, abs=2e-3)


def test_nothing_is_found_where_the_readout_is_cut() -> None:
    model, inputs = world(read=0.0)
    clip = model.tapped(inputs, FRAMES, None)
    edits = [ablated(clip.firing(model.dictionary, feature)) for feature in range(WIDTH)]

    assert all((heard.changes(row) == 0).all() for heard, row in heard_edits(model, clip, edits))
    assert not first_order(model, clip, gradient(model, clip)).any()


def test_an_edit_that_makes_the_model_say_nan_is_known_and_disturbs_no_other(
    known: tuple[TappedModel, TappedClip],
) -> None:
    model, clip = known
    broken, plain = (dosed(clip.firing(model.dictionary, 0, np.arange(4)), value) for value in (-3e38, 2.0))
    found = list(heard_edits(model, clip, [broken, plain]))
    ((alone, row),) = heard_edits(model, clip, [plain])

    assert [heard.finite(row) for heard, row in found] == [False, True]
    assert found[1][0].changes(2).tolist() == alone.changes(row).tolist()


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("tap", ["encoder.conv2", "encoder.blocks.0", "encoder.blocks.0.mlp", "encoder.ln_post"])
def test_effects_in_whisper_equal_a_whole_pass_with_a_hook(tap: str, tmp_path: Path) -> None:
    path = str(write(miniature(), tmp_path / "whole.pt"))
    encoder = find_source(path).load(CPU, torch.float32)
    readout = WhisperDecoder(find_writer(path).load(CPU))
    units = identity(16).with_threshold(torch.tensor(0.2))
    model = TappedModel(encoder, readout, tap, Coder(units, 100, Threads(1)))
    inputs = encoder.prepare(noise(20_000))
    clip = model.tapped(inputs, 63, "en")
    chosen = clip.active.features[::5].tolist()
    edits = [ablated(clip.firing(units, feature)) for feature in chosen]
    found = [heard.changes(row) for heard, row in heard_edits(model, clip, edits)]

    def plain(change: torch.Tensor) -> np.ndarray:
        def add(_module: object, _inputs: object, output: torch.Tensor) -> torch.Tensor:
            return output + (change.T if tap.endswith("conv2") else change)

        hook = readout.model.encoder.get_submodule(tap.removeprefix("encoder.")).register_forward_hook(add)
        features = readout.model.encoder(inputs[None])
        hook.remove()
        return readout.said(features, clip.utterance).logprobs[0].detach().double().numpy()

    unedited = plain(torch.zeros(100, 16))
    for edit, changes in zip(edits, found, strict=True):
        assert changes == pytest.approx(plain(edit.applied(torch.zeros(100, 16))) - unedited, abs=1e-4)
    assert len(chosen) > 2

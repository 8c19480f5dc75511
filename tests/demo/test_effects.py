"""What the demo's features do to what its listener spells: its phone features take their phones away, noise does not.

At block1 an edit goes through two more blocks; at block3, the last one, what it does can be written down.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from atlas.demo.embedded import FILES
from atlas.effects.edits import ablated
from atlas.effects.passes import heard_edits
from atlas.encoders.whisper import WhisperEncoder
from tests.demo.spelling import CPU, listener, loss_of, rising_most, spoken_clips
from tools.demo.listener.network import untrained
from tools.demo.listener.training import Recipe

TAPS = {"block1": "encoder.blocks.1", "block3": "encoder.blocks.3"}
PHONES = ("a", "n", "t", "e")
EVERY = 10


@pytest.mark.parametrize("name", TAPS)
def test_without_its_feature_a_phone_is_spelt_no_more_and_decoys_leave_most_of_it(name: str) -> None:
    """Features are chosen by what is spoken in every other clip, and edited in the others."""
    model = listener(name, TAPS[name])
    clips = spoken_clips(model, EVERY)
    losses = {
        phone: loss_of(model, clips[1::2], rising_most(model, clips[::2], phone), phone, seed)
        for seed, phone in enumerate(PHONES)
    }
    unedited, after, decoys = np.sum([one.spelt for one in losses.values()], axis=0)

    for phone, one in losses.items():
        assert one.own_nats[0] < min(-1.0, 2 * one.own_nats[1]), phone
    assert unedited > 40
    assert after < 0.1 * unedited
    assert decoys > 0.6 * unedited


def test_features_of_an_untrained_encoder_take_no_more_away_than_their_decoys() -> None:
    """The heads spell noise of what it gives; so the phones are those that are spelt most, and are spoken at all."""
    recipe = Recipe()
    encoder = WhisperEncoder(untrained(recipe.shape, recipe.seed), recipe.shape, CPU, torch.float32)
    model = listener("untrained", TAPS["block3"], encoder)
    clips = spoken_clips(model, EVERY)
    spelt = [text.strip() for clip in clips for text in clip.tapped.utterance.texts]
    spoken = set(np.concatenate([clip.phones for clip in clips[::2]]).tolist())
    often = sorted(spoken & set(spelt), key=lambda phone: (-spelt.count(phone), phone))[:6]
    losses = [loss_of(model, clips[1::2], rising_most(model, clips[::2], phone), phone) for phone in often]
    unedited, after, decoys = np.sum([one.spelt for one in losses], axis=0)

    assert unedited > 40
    assert after > 0.9 * unedited
    assert after > 0.9 * decoys
    assert max(float(np.abs(one.own_nats).max(initial=0)) for one in losses) < 0.5


def test_at_the_last_block_an_ablation_does_what_a_normalisation_and_a_linear_map_say() -> None:
    model = listener("block3", TAPS["block3"])
    state = torch.load(FILES / "encoder.pt", weights_only=True)["model_state_dict"]
    gain, bias = (state[f"encoder.ln_post.{name}"].float() for name in ("weight", "bias"))
    speller = {name: weight.float() for name, weight in load_file(FILES / "heads.safetensors").items()}

    def spelt(x: Tensor) -> Tensor:
        normal = F.layer_norm(x, x.shape[-1:], gain, bias)
        return (normal @ speller["phones.weight"].T + speller["phones.bias"]).log_softmax(-1)

    moved = 0
    for clip in (one.tapped for one in spoken_clips(model, 60)):
        edits = [ablated(clip.firing(model.dictionary, int(one))) for one in clip.active.features[::20]]
        for (heard, row), edit in zip(heard_edits(model, clip, edits), edits, strict=True):
            apart = spelt(edit.applied(clip.x)) - spelt(clip.x)
            utterance, changes = clip.utterance, heard.changes(row)
            expected = [
                float(apart[first:stop, token].mean())
                for token, (first, stop) in zip(utterance.tokens, utterance.frames.tolist(), strict=True)
            ]
            untouched = [not np.isin(np.arange(first, stop), edit.frames).any() for first, stop in utterance.frames]

            assert changes == pytest.approx(expected, abs=1e-3)
            assert (changes[untouched] == 0).all()
            moved += int((np.abs(changes) > 0.1).sum())
    assert moved > 20

"""Checkpoints of FREUD against encodes written from the format's description."""

import numpy as np
import pytest
import torch
from torch import relu

from atlas.dictionaries.inspect import inspect_checkpoint
from atlas.dictionaries.taps import SuggestedTap
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact

D, N, K = 16, 64, 5


@pytest.fixture
def written(tmp_path, save):
    """The path of a model saved in the layout, with these hparams."""

    def write(model, **hparams):
        stated = {"activation_size": D, "whisper_config": {"model": "tiny", "layer_name": "encoder.blocks.2"}}
        content = {"model": model, "optimizer": {}, "scheduler": {}, "step": 9, "best_val_loss": 0.5}
        return save(tmp_path / "checkpoints/bestval.pth", {**content, "hparams": stated | hparams}, None)

    return write


@pytest.fixture
def l1(draw):
    return {"decoder.weight": draw(D, N, scale=2.0), "encoder_bias": draw(N, scale=0.1)}


@pytest.fixture
def top_k(draw):
    return {
        "encoder.weight": draw(N, D),
        "encoder.bias": draw(N, scale=0.1),
        "W_dec": draw(N, D, scale=0.4),
        "b_dec": draw(D, scale=0.3),
    }


def test_l1_is_tied_to_normalised_columns_without_a_pre_bias(written, load, values, assert_same, l1, x):
    columns = l1["decoder.weight"] / l1["decoder.weight"].pow(2).sum(0).sqrt()
    dictionary = load(written(l1, autoencoder_variant="l1", autoencoder_config={"n_dict_components": N}))
    assert_same(values(dictionary, x), relu(x @ columns + l1["encoder_bias"]))
    torch.testing.assert_close(dictionary.decoder, columns.T)
    assert dictionary.offset is None


def test_top_k_takes_k_from_its_own_config(written, load, values, assert_same, top_k, x):
    f = relu((x - top_k["b_dec"]) @ top_k["encoder.weight"].T + top_k["encoder.bias"])
    theirs = torch.where(f >= f.sort(dim=1, descending=True).values[:, K - 1 : K], f, 0.0)
    dictionary = load(written(top_k, autoencoder_variant="topk", autoencoder_config={"k": K}))
    assert_same(values(dictionary, x), theirs * top_k["W_dec"].pow(2).sum(1).sqrt())
    assert Fact("trained_on", {"name": "encoder.blocks.2"}) in dictionary.facts


def test_the_run_folder_and_the_early_hparams_are_read_too(written, load, tmp_path, top_k):
    written(top_k, topk_params={"k": K})
    assert load(str(tmp_path)).selection.k == K


@pytest.mark.parametrize("number", [np.float64(0.25), np.float32(0.25), np.int64(3)])
def test_a_number_of_numpys_beside_the_tensors_is_no_reason_to_refuse(written, load, tmp_path, top_k, number):
    path = written(top_k, autoencoder_config={"k": K})
    content = torch.load(path, weights_only=True)
    torch.save(content | {"best_val_loss": number}, path)
    assert load(path).selection.k == K


def test_the_layer_name_is_the_suggested_tap(written, l1):
    assert inspect_checkpoint(written(l1)).suggested_tap == SuggestedTap("encoder.blocks.2")


def test_a_variant_that_the_weights_contradict_is_refused(written, load, l1):
    with pytest.raises(AtlasError, match="the weights are those of l1, but hparams say 'topk'"):
        load(written(l1, autoencoder_variant="topk"))


def test_an_unknown_model_shows_its_keys(written, load, draw):
    with pytest.raises(AtlasError, match="`model` has the keys weight; expected"):
        load(written({"weight": draw(3, 3)}))


def test_a_width_that_hparams_contradict_names_both(written, load, l1):
    with pytest.raises(AtlasError, match="have d = 16, but the config says `activation_size` = 384"):
        load(written(l1, activation_size=384))


def test_top_k_without_k_is_refused(written, load, top_k):
    with pytest.raises(AtlasError, match="no `k`"):
        load(written(top_k, autoencoder_variant="topk"))

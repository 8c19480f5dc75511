"""Checkpoints of dictionary_learning against encodes written from the format's description, class by class."""

import pytest
import torch
from torch import relu

from atlas.errors import AtlasError
from atlas.schema.remarks import Doubt, Fact

D, N, K = 16, 64, 5


@pytest.fixture
def linear(draw):
    return {"encoder.weight": draw(N, D), "encoder.bias": draw(N, scale=0.1), "decoder.weight": draw(D, N, scale=0.4)}


@pytest.fixture
def rows(draw):
    return {
        "W_enc": draw(D, N),
        "b_enc": draw(N, scale=0.1),
        "W_dec": draw(N, D, scale=0.4),
        "b_dec": draw(D, scale=0.3),
    }


@pytest.fixture
def encoded(tmp_path, save, load, values, x):
    """Our values of a class's state, saved in its layout."""

    def encode(dict_class, content, **settings):
        config = {
            "trainer": {"dict_class": dict_class, "activation_dim": D, "dict_size": N},
            "buffer": {"d_submodule": D},
        }
        return values(load(save(tmp_path / "trainer_0/ae.pt", content, config), **settings), x)

    return encode


def column_norms(content):
    return content["decoder.weight"].pow(2).sum(0).sqrt()


def largest(f, k):
    """The k largest of each row, zero elsewhere."""
    return torch.where(f >= f.sort(dim=1, descending=True).values[:, k - 1 : k], f, 0.0)


def test_auto_encoder(encoded, assert_same, linear, draw, x):
    linear["bias"] = draw(D, scale=0.3)
    r = column_norms(linear)
    theirs = relu((x - linear["bias"]) @ (linear["encoder.weight"] * r[:, None]).T + linear["encoder.bias"] * r)
    assert_same(encoded("AutoEncoder", linear), theirs)


def test_auto_encoder_new_has_no_pre_bias(encoded, assert_same, linear, draw, x):
    linear["decoder.bias"] = draw(D, scale=0.3)
    theirs = relu(x @ linear["encoder.weight"].T + linear["encoder.bias"]) * column_norms(linear)
    assert_same(encoded("AutoEncoderNew", linear), theirs)


def test_gated_auto_encoder(encoded, assert_same, linear, draw, x):
    del linear["encoder.bias"]
    linear |= {"decoder_bias": draw(D), "r_mag": draw(N, scale=0.3), "gate_bias": draw(N), "mag_bias": draw(N)}
    a = (x - linear["decoder_bias"]) @ linear["encoder.weight"].T
    gate = (a + linear["gate_bias"] > 0).float()
    theirs = gate * relu(linear["r_mag"].exp() * a + linear["mag_bias"]) * column_norms(linear)
    assert_same(encoded("GatedAutoEncoder", linear), theirs)


def test_jump_relu_has_no_pre_bias_and_a_strict_threshold(encoded, assert_same, rows, draw, x):
    rows["threshold"] = draw(N) + 1
    p = x @ rows["W_enc"] + rows["b_enc"]
    theirs = relu(p * (p > rows["threshold"])) * rows["W_dec"].norm(dim=1)
    assert_same(encoded("JumpReluAutoEncoder", rows), theirs)


@pytest.mark.parametrize("threshold", [-1.0, 2.0])
def test_top_k_keeps_k_of_each_frame_whatever_its_threshold(encoded, assert_same, linear, draw, x, threshold):
    linear |= {"b_dec": draw(D), "k": torch.tensor(K), "threshold": torch.tensor(threshold)}
    f = relu((x - linear["b_dec"]) @ linear["encoder.weight"].T + linear["encoder.bias"])
    assert_same(encoded("AutoEncoderTopK", linear), largest(f, K) * column_norms(linear))


def test_top_k_can_be_read_by_its_stored_threshold(encoded, assert_same, linear, draw, x):
    linear |= {"b_dec": draw(D), "k": torch.tensor(K), "threshold": torch.tensor(2.0)}
    f = relu((x - linear["b_dec"]) @ linear["encoder.weight"].T + linear["encoder.bias"])
    assert_same(encoded("AutoEncoderTopK", linear, selection="threshold"), f * (f > 2) * column_norms(linear))


def test_batch_top_k_uses_its_threshold(encoded, assert_same, linear, draw, x):
    linear |= {"b_dec": draw(D), "k": torch.tensor(K), "threshold": torch.tensor(2.0)}
    f = relu((x - linear["b_dec"]) @ linear["encoder.weight"].T + linear["encoder.bias"])
    assert_same(encoded("BatchTopKSAE", linear), f * (f > 2) * column_norms(linear))


def test_matryoshka_uses_its_threshold(encoded, assert_same, rows, x):
    rows |= {"k": torch.tensor(K), "threshold": torch.tensor(2.0), "group_sizes": torch.tensor([16, 48])}
    f = relu((x - rows["b_dec"]) @ rows["W_enc"] + rows["b_enc"])
    assert_same(encoded("MatryoshkaBatchTopKSAE", rows), f * (f > 2) * rows["W_dec"].norm(dim=1))


def test_group_sizes_that_do_not_sum_to_n_are_refused(encoded, rows):
    rows |= {"k": torch.tensor(K), "threshold": torch.tensor(2.0), "group_sizes": torch.tensor([16, 47])}
    with pytest.raises(AtlasError, match="`group_sizes` sum to 63, but the weights have n = 64"):
        encoded("MatryoshkaBatchTopKSAE", rows)


@pytest.mark.parametrize("beside", [True, False])
def test_an_interrupted_run_is_unwrapped_and_scaled_to_raw_activations(
    tmp_path, save, load, values, assert_same, linear, draw, x, beside
):
    linear |= {"b_dec": draw(D), "k": torch.tensor(K), "threshold": torch.tensor(0.5)}
    config = {"dict_class": "BatchTopKSAE", "activation_dim": D}
    content = {"step": 400, "ae": linear, "optimizer": {"state": {}}, "config": config, "norm_factor": 4.0}
    path = save(tmp_path / "trainer_0/ae.pt", content, {"trainer": config} if beside else None)
    f = relu((x - linear["b_dec"] * 4) @ linear["encoder.weight"].T + linear["encoder.bias"] * 4)
    dictionary = load(path)
    assert_same(values(dictionary, x), f * (f > 2) * column_norms(linear))
    assert Fact("interrupted_run", {"step": 400.0}) in dictionary.facts
    assert Fact("norm_factor", {"factor": 4.0}) in dictionary.facts


def test_an_interrupted_runs_unset_threshold_stays_unset(tmp_path, save, load, linear, draw):
    linear |= {"b_dec": draw(D), "k": torch.tensor(K), "threshold": torch.tensor(-1.0)}
    content = {"step": 4, "ae": linear, "config": {"dict_class": "BatchTopKSAE"}, "norm_factor": 4.0}
    dictionary = load(save(tmp_path / "ae.pt", content, None))
    assert dictionary.selection.rule == "calibrated"
    assert dictionary.doubts[0] == Doubt("threshold_unset", {"threshold": -1.0})


def test_a_checkpoint_within_a_run_finds_the_config_above_it(tmp_path, save, load, linear, draw):
    linear["bias"] = draw(D)
    save(tmp_path / "trainer_0/ae.pt", linear, {"trainer": {"dict_class": "AutoEncoder"}})
    path = save(tmp_path / "trainer_0/checkpoints/ae_500.pt", linear, None)
    assert load(path).kind == "AutoEncoder"


def test_an_unknown_class_is_refused_with_the_known_ones(encoded, linear):
    with pytest.raises(AtlasError, match=r"dict_class 'IdentityDict' cannot be read; known: AutoEncoder, "):
        encoded("IdentityDict", linear)


def test_a_missing_tensor_is_named(encoded, linear):
    with pytest.raises(AtlasError, match=r"no tensor `bias`; its keys are encoder.weight, "):
        encoded("AutoEncoder", linear)

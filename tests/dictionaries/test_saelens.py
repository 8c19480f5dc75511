"""SAELens checkpoints against encodes written from the format's description."""

import json

import pytest
import torch
from torch import relu

from atlas.errors import AtlasError
from atlas.schema.remarks import Doubt, Fact

D, N, K = 16, 64, 5


@pytest.fixture
def content(draw):
    return {
        "W_enc": draw(D, N),
        "b_enc": draw(N, scale=0.1),
        "W_dec": draw(N, D, scale=0.4),
        "b_dec": draw(D, scale=0.3),
    }


@pytest.fixture
def read(tmp_path, save, load):
    """Our reading of a state, saved in the layout with this config."""

    def read(content, **config):
        config = {"d_in": D, "d_sae": N, "metadata": {"sae_lens_version": "6.54.0"}} | config
        return load(save(tmp_path / "sae_weights.safetensors", content, config))

    return read


def pre_activations(x, content):
    return (x - content["b_dec"]) @ content["W_enc"] + content["b_enc"]


def norms(content):
    return content["W_dec"].pow(2).sum(1).sqrt()


def largest(z, k):
    """The k largest of each row, zero elsewhere."""
    return torch.where(z >= z.sort(dim=1, descending=True).values[:, k - 1 : k], z, 0.0)


def test_standard(read, values, assert_same, content, x):
    theirs = relu(pre_activations(x, content)) * norms(content)
    assert_same(values(read(content, architecture="standard"), x), theirs)


def test_without_apply_b_dec_to_input_nothing_is_subtracted(read, values, assert_same, content, x):
    theirs = relu(x @ content["W_enc"] + content["b_enc"]) * norms(content)
    dictionary = read(content, architecture="standard", apply_b_dec_to_input=False)
    assert_same(values(dictionary, x), theirs)
    assert torch.equal(dictionary.offset, content["b_dec"])


def test_top_k_orders_raw_values(read, values, assert_same, content, x):
    theirs = relu(largest(pre_activations(x, content), K)) * norms(content)
    assert_same(values(read(content, architecture="topk", k=K), x), theirs)


def test_top_k_with_rescaling_orders_values_times_norms(read, values, assert_same, content, x):
    content["W_dec"] *= torch.linspace(0.1, 3, N)[:, None]
    theirs = relu(largest(pre_activations(x, content) * norms(content), K))
    dictionary = read(content, architecture="topk", k=K, rescale_acts_by_decoder_norm=True)
    assert_same(values(dictionary, x), theirs)
    torch.testing.assert_close(dictionary.decoder_norm, norms(content))


@pytest.mark.parametrize("logarithms", [False, True])
def test_jump_relu_has_raw_strict_thresholds(read, values, assert_same, content, draw, x, logarithms):
    thresholds = draw(N).abs() + 0.5
    content |= {"log_threshold": thresholds.log()} if logarithms else {"threshold": thresholds}
    z = pre_activations(x, content)
    assert_same(values(read(content, architecture="jumprelu"), x), relu(z) * (z > thresholds) * norms(content))


def test_gated(read, values, assert_same, content, draw, x):
    del content["b_enc"]
    content |= {"b_gate": draw(N), "b_mag": draw(N), "r_mag": draw(N, scale=0.3)}
    centred = x - content["b_dec"]
    gate = (centred @ content["W_enc"] + content["b_gate"] > 0).float()
    magnitude = relu(centred @ (content["W_enc"] * content["r_mag"].exp()) + content["b_mag"])
    assert_same(values(read(content, architecture="gated"), x), gate * magnitude * norms(content))


@pytest.mark.parametrize("architecture", ["batchtopk", "matryoshka_batchtopk"])
@pytest.mark.parametrize("rescale", [False, True])
def test_batch_top_k_is_read_as_jump_relu_with_one_threshold(
    read, values, assert_same, content, x, architecture, rescale
):
    content |= {"topk_threshold": torch.tensor(1.5, dtype=torch.float64)}
    z = pre_activations(x, content)
    compared = z * norms(content) if rescale else z
    dictionary = read(content, architecture=architecture, k=50.5, rescale_acts_by_decoder_norm=rescale)
    assert_same(values(dictionary, x), relu(z) * (compared > 1.5) * norms(content))
    assert dictionary.selection.k == 50


def test_batch_top_k_whose_threshold_was_never_updated_is_calibrated(read, content):
    dictionary = read(content | {"topk_threshold": torch.tensor(0.0)}, architecture="batchtopk", k=K)
    assert (dictionary.selection.rule, dictionary.selection.k) == ("calibrated", K)
    assert dictionary.doubts[0] == Doubt("threshold_unset")


def test_constant_norm_rescales_each_frame(read, values, assert_same, content, x):
    scaled = x * (D**0.5 / x.pow(2).sum(1, keepdim=True).sqrt())
    theirs = relu(pre_activations(scaled, content)) * norms(content)
    dictionary = read(content, architecture="standard", normalize_activations="constant_norm_rescale")
    assert_same(values(dictionary, x), theirs)


def test_layer_norm_uses_the_unbiased_deviation(read, values, assert_same, content, x):
    mean = x.sum(1, keepdim=True) / D
    deviation = ((x - mean).pow(2).sum(1, keepdim=True) / (D - 1)).sqrt()
    theirs = relu(pre_activations((x - mean) / (deviation + 1e-5), content)) * norms(content)
    assert_same(values(read(content, architecture="standard", normalize_activations="layer_norm"), x), theirs)


def test_an_input_scale_beside_the_file_is_folded(tmp_path, read, values, assert_same, content, x):
    (tmp_path / "activation_scaler.json").write_text(json.dumps({"scaling_factor": 0.5}))
    theirs = relu(pre_activations(x * 0.5, content)) * norms(content) / 0.5
    dictionary = read(content, architecture="standard", normalize_activations="expected_average_only_in")
    assert_same(values(dictionary, x), theirs)
    reconstruction = values(dictionary, x) @ dictionary.decoder + dictionary.offset
    expected = (relu(pre_activations(x * 0.5, content)) @ content["W_dec"] + content["b_dec"]) / 0.5
    torch.testing.assert_close(reconstruction, expected, atol=1e-4, rtol=1e-5)
    assert Fact("input", {"name": "expected_average_only_in", "scale": 0.5}) in dictionary.facts


def test_an_input_scale_is_folded_into_a_threshold_on_rescaled_values(tmp_path, read, values, assert_same, content, x):
    (tmp_path / "activation_scaler.json").write_text(json.dumps({"scaling_factor": 0.5}))
    f = pre_activations(x * 0.5, content) * norms(content)
    content["topk_threshold"] = torch.tensor(1.5)
    config = {"architecture": "batchtopk", "k": K, "rescale_acts_by_decoder_norm": True}
    dictionary = read(content, normalize_activations="expected_average_only_in", **config)
    assert_same(values(dictionary, x), f * (f > 1.5) / 0.5)


@pytest.mark.parametrize("scaler", [None, {"scaling_factor": None}, {"scaling_factor": 1.0, "has_whitening": True}])
@pytest.mark.parametrize("stated", ["expected_average_only_in", True])
def test_an_input_scale_that_is_nowhere_is_refused(tmp_path, read, content, scaler, stated):
    if scaler is not None:
        (tmp_path / "activation_scaler.json").write_text(json.dumps(scaler))
    with pytest.raises(AtlasError, match=r"its scale is neither folded nor in activation_scaler\.json"):
        read(content, architecture="standard", normalize_activations=stated)


@pytest.mark.parametrize("metadata", [{}, {"sae_lens_version": "5.1.0"}])
def test_a_flat_config_before_version_6_is_read(read, values, assert_same, content, x, metadata):
    z = pre_activations(x, content)
    old = {"hook_point": "encoder.blocks.2", "activation_fn_str": "topk", "activation_fn_kwargs": {"k": K}}
    dictionary = read(content, metadata=metadata, normalize_activations=False, **old)
    assert_same(values(dictionary, x), relu(largest(z, K)) * norms(content))
    assert dictionary.kind == "saelens topk"


def test_a_flat_config_without_an_architecture_is_standard(read, content):
    assert read(content, hook_name="encoder.blocks.2").kind == "saelens standard"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"architecture": "temporal"}, "architecture 'temporal' cannot be read; known: standard, topk"),
        (
            {"architecture": "standard", "normalize_activations": "covariance_whitening"},
            "'covariance_whitening' cannot",
        ),
        ({"architecture": "standard", "finetuning_scaling_factor": True}, "finetuning_scaling_factor"),
        ({"architecture": "topk"}, "no `k`, neither in the checkpoint nor in its config"),
        ({"architecture": "topk", "k": "many"}, "the config's `k` is 'many'; expected a whole number"),
        ({"architecture": "batchtopk", "k": None}, "the config's `k` is None"),
        ({"architecture": "standard", "d_sae": 65}, "have n = 64, but the config says `d_sae` = 65"),
        ({"architecture": "jumprelu"}, "no tensor `log_threshold`"),
    ],
)
def test_what_cannot_be_read_is_told(read, content, config, message):
    with pytest.raises(AtlasError, match=message):
        read(content, **config)

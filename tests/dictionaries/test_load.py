"""What the config says of a dictionary: overrides of its selection, its tap's width, its fingerprint."""

import pytest
import torch

from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.load import checkpoint_sha256, load_dictionary
from atlas.errors import AtlasError
from atlas.schema.remarks import Doubt, Fact

D, N, K = 16, 64, 5


@pytest.fixture
def batch_top_k(tmp_path, save, draw):
    """The path of a batch top-k checkpoint with this threshold."""

    def write(threshold):
        content = {
            "encoder.weight": draw(N, D),
            "encoder.bias": draw(N),
            "decoder.weight": draw(D, N),
            "b_dec": draw(D),
            "k": torch.tensor(K),
            "threshold": torch.tensor(threshold),
        }
        return save(tmp_path / "ae.pt", content, {"activation_dim": D})

    return write


@pytest.mark.parametrize(
    ("settings", "rule", "k", "threshold"),
    [
        ({}, "threshold", 5, 1.5),
        ({"selection": "threshold"}, "threshold", 5, 1.5),
        ({"threshold": 0.25}, "threshold", 5, 0.25),
        ({"selection": "relu"}, "threshold", None, 0.0),
        ({"selection": "calibrated"}, "calibrated", 5, None),
        ({"selection": "clip", "k": 9}, "clip", 9, None),
        ({"selection": "top_k"}, "top_k", 5, None),
        ({"selection": "group_max", "k": 8}, "group_max", 8, None),
    ],
)
def test_the_config_overrides_the_stored_selection(load, batch_top_k, settings, rule, k, threshold):
    selection = load(batch_top_k(1.5), **settings).selection
    assert (selection.rule, selection.k) == (rule, k)
    if threshold is None:
        assert selection.thresholds is None
    else:
        assert torch.equal(selection.thresholds, torch.full((N,), threshold))


@pytest.mark.parametrize(
    ("stored", "settings", "message"),
    [
        (-1.0, {"selection": "threshold"}, "the checkpoint stores no threshold; set one"),
        (1.5, {"k": 9}, "k has no effect where features are selected by threshold"),
        (1.5, {"selection": "relu", "k": 9}, "k has no effect where features are selected by threshold"),
        (1.5, {"selection": "top_k", "threshold": 0.5}, "a threshold has no effect under selection top_k"),
        (1.5, {"selection": "relu", "threshold": 0.5}, "a threshold has no effect under selection relu"),
        (1.5, {"selection": "top_k", "k": 65}, "k = 65 does not fit n = 64 features"),
        (1.5, {"selection": "group_max"}, "k = 5 does not fit n = 64 features"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(load, batch_top_k, stored, settings, message):
    with pytest.raises(AtlasError, match=f"block2: .*{message}"):
        load(batch_top_k(stored), **settings)


@pytest.mark.parametrize("settings", [{"selection": "top_k", "k": 3}, {"selection": "relu"}])
def test_gates_are_not_passed_over_by_another_selection(tmp_path, save, load, draw, settings):
    content = {"encoder.weight": draw(N, D), "decoder.weight": draw(D, N), "decoder_bias": draw(D)}
    content |= {name: draw(N) for name in ("r_mag", "gate_bias", "mag_bias")}
    path = save(tmp_path / "ae.pt", content, {"trainer": {"dict_class": "GatedAutoEncoder"}})
    with pytest.raises(AtlasError, match="decides by gates of its own"):
        load(path, **settings)


@pytest.mark.parametrize("selection", ["calibrated", "clip", "top_k", "group_max"])
def test_a_selection_that_counts_needs_k(tmp_path, save, load, draw, selection):
    content = {
        "bias": draw(D),
        "encoder.weight": draw(N, D),
        "encoder.bias": draw(N),
        "decoder.weight": draw(D, N),
    }
    path = save(tmp_path / "ae.pt", content, {"trainer": {"dict_class": "AutoEncoder"}})
    with pytest.raises(AtlasError, match=f"selection {selection} needs k, which the checkpoint does not state; set k"):
        load(path, selection=selection)


def test_a_tap_of_another_width_is_refused_with_both(load, batch_top_k):
    path = batch_top_k(1.5)
    assert load(path, width=D).d == D
    with pytest.raises(AtlasError, match=rf"{path} takes .* width 16, but the tap encoder\.blocks\.2 has width 384"):
        load(path, width=384)


def test_the_selection_is_among_the_facts(load, batch_top_k):
    facts = load(batch_top_k(1.5)).facts
    assert facts[-1] == Fact("selection", {"rule": "threshold", "k": 5, "low": 1.5, "median": 1.5, "high": 1.5})
    assert facts[0] == Fact("format", {"name": "AudioSAE"})


def test_an_identity_has_the_width_of_its_tap():
    config = DictionaryConfig(name="units", tap="encoder.blocks.2.mlp.1", kind="identity", density=0.01)
    dictionary = load_dictionary(config, 8)
    assert (dictionary.kind, dictionary.n, dictionary.d) == ("identity", 16, 8)
    assert checkpoint_sha256(config) == ""


def test_the_fingerprint_of_a_checkpoint_is_a_sha256(batch_top_k):
    config = DictionaryConfig(name="block2", tap="encoder.blocks.2", checkpoint=batch_top_k(1.5))
    assert len(checkpoint_sha256(config)) == 64


def test_a_checkpoint_of_no_known_format_shows_what_it_has(tmp_path, save, load, draw):
    path = save(tmp_path / "model.pt", {"weight": draw(3, 3)}, {"lr": 0.1})
    with pytest.raises(AtlasError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}: none of the known formats. Its keys: weight; its config: lr. Expected one of\n"
        "  dictionary_learning: a config.json with `dict_class`\n"
        "  SAELens: W_enc, W_dec, b_dec and a cfg.json with `architecture`, or `hook_name` before version 6\n"
        "  sparsify: encoder.weight, encoder.bias, W_dec, b_dec and a cfg.json with `k`\n"
        "  AudioSAE: encoder.weight, encoder.bias, decoder.weight, b_dec and a `k` there or in config.json\n"
        "  FREUD: `model` and `hparams` in one file"
    )


def test_a_tap_that_the_checkpoints_own_naming_contradicts_is_doubted(tmp_path, save, load, draw):
    content = {"encoder.weight": draw(N, D), "encoder.bias": draw(N), "decoder.weight": draw(D, N), "b_dec": draw(D)}
    path = save(tmp_path / "layer_3/ae.pt", content | {"k": torch.tensor(4)}, {})
    doubt = Doubt("other_tap", {"named": "encoder.blocks.2", "layer": 3, "read": "encoder.blocks.3"})

    contradicted = load(path, tap="encoder.blocks.3")
    assert (contradicted.doubts[-1], contradicted.warnings) == (doubt, (doubt,))
    assert "other_tap" not in [doubt.kind for doubt in load(path, tap="encoder.blocks.2").doubts]

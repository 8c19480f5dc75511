"""AudioSAE checkpoints against an encode written from the format's description."""

import pytest
import torch

from atlas.errors import AtlasError
from atlas.schema.remarks import Doubt

D, N, K = 16, 64, 5


@pytest.fixture
def content(draw):
    return {
        "encoder.weight": draw(N, D),
        "encoder.bias": draw(N, scale=0.1),
        "decoder.weight": draw(D, N, scale=0.5),
        "b_dec": draw(D, scale=0.3),
        "k": torch.tensor(K),
    }


def pre_activations(x, content):
    return torch.relu((x - content["b_dec"]) @ content["encoder.weight"].T + content["encoder.bias"])


def norms(content):
    return content["decoder.weight"].pow(2).sum(0).sqrt()


def test_a_stored_threshold_selects_what_exceeds_it(tmp_path, save, load, values, assert_same, content, x):
    content["threshold"] = torch.tensor(2.5)
    path = save(tmp_path / "layer_3/ae.pt", content, {"k": K, "activation_dim": D, "dict_size": N})
    f = pre_activations(x, content)
    dictionary = load(path)
    assert_same(values(dictionary, x), f * (f > 2.5) * norms(content))
    assert dictionary.selection.rule == "threshold"
    assert dictionary.selection.k == K
    assert dictionary.doubts[0].kind == "norms_not_unit"


@pytest.mark.parametrize("threshold", [None, -1.0])
def test_without_a_set_threshold_the_selection_is_left_to_calibration(tmp_path, save, load, content, threshold):
    if threshold is not None:
        content["threshold"] = torch.tensor(threshold)
    dictionary = load(save(tmp_path / "ae.pt", content, {"trainer": {"k": K}, "seed": 3}))
    assert (dictionary.selection.rule, dictionary.selection.k) == ("calibrated", K)
    assert dictionary.selection.thresholds is None
    assert Doubt("threshold_unset", {} if threshold is None else {"threshold": -1.0}) in dictionary.doubts


def test_a_threshold_of_zero_is_a_threshold(tmp_path, save, load, content):
    content["threshold"] = torch.tensor(0.0)
    assert load(save(tmp_path / "ae.pt", content, {"k": K})).selection.rule == "threshold"


def test_clip_keeps_k_times_frames_of_the_valid_frames(tmp_path, save, load, values, assert_same, content, x):
    dictionary = load(save(tmp_path / "ae.pt", content, {"k": K}), selection="clip")
    f = pre_activations(x, content)
    bound = f.flatten().sort(descending=True).values[K * len(x) - 1]
    assert_same(values(dictionary, x), torch.where(f >= bound, f, 0.0) * norms(content))


def test_a_folder_stands_for_the_checkpoint_in_it(tmp_path, save, load, content):
    save(tmp_path / "layer_3/ae.pt", content, {"k": K})
    assert load(str(tmp_path / "layer_3")).kind == "audiosae"


def test_without_a_config_the_reading_is_doubted(tmp_path, save, load, content):
    assert Doubt("no_config") in load(save(tmp_path / "ae.pt", content, None)).doubts


def test_k_may_stand_in_the_config_alone(tmp_path, save, load, content):
    del content["k"]
    assert load(save(tmp_path / "ae.pt", content, {"trainer": {"k": 9}})).selection.k == 9


def test_a_k_that_differs_from_the_config_names_both(tmp_path, save, load, content):
    with pytest.raises(AtlasError, match="`k` is 5 in the checkpoint and 9 in its config"):
        load(save(tmp_path / "ae.pt", content, {"k": 9}))


def test_a_width_that_differs_from_the_config_names_both(tmp_path, save, load, content):
    path = save(tmp_path / "ae.pt", content, {"k": K, "activation_dim": 32})
    with pytest.raises(AtlasError, match=r"have d = 16, but the config says `activation_dim` = 32"):
        load(path)


def test_a_tensor_of_another_shape_is_named(tmp_path, save, load, content, draw):
    content["b_dec"] = draw(D + 1)
    with pytest.raises(AtlasError, match=r"`b_dec` has shape \[17\], but the other tensors ask for \[16\]"):
        load(save(tmp_path / "ae.pt", content, {"k": K}))


@pytest.mark.parametrize("name", ["encoder.weight", "encoder.bias", "decoder.weight", "b_dec", "threshold"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_names_its_tensor(tmp_path, save, load, content, name, value):
    content["threshold"] = torch.tensor(1.0)
    content[name].view(-1)[0] = value
    with pytest.raises(AtlasError, match=f"`{name}`"):
        load(save(tmp_path / "ae.pt", content, {"k": K}))


def test_half_precision_is_computed_in_single_and_said(tmp_path, save, load, values, assert_same, content, x):
    half = {name: value.half() if value.is_floating_point() else value for name, value in content.items()}
    half["threshold"] = torch.tensor(2.5)
    single = {name: value.float() for name, value in half.items()}
    dictionary = load(save(tmp_path / "ae.pt", half, {"k": K}))
    f = pre_activations(x, single)
    assert_same(values(dictionary, x), f * (f > 2.5) * norms(single))
    assert dictionary.doubts[-1] == Doubt("half_precision", {"types": ("float16",)})

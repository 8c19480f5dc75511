"""Checkpoints of sparsify against encodes written from the format's description."""

import pytest
import torch
from torch import relu

from atlas.errors import AtlasError

D, N, K = 16, 64, 8


@pytest.fixture
def content(draw):
    return {
        "encoder.weight": draw(N, D),
        "encoder.bias": draw(N, scale=0.1),
        "W_dec": draw(N, D, scale=0.4),
        "b_dec": draw(D, scale=0.3),
    }


@pytest.fixture
def read(tmp_path, save, load):
    """Our reading of a state, saved in the layout with this config."""

    def read(content, **config):
        stated = {"activation": "topk", "k": K, "expansion_factor": 4, "num_latents": 0, "d_in": D, "unknown": [1]}
        return load(save(tmp_path / "encoder.blocks.2/sae.safetensors", content, stated | config))

    return read


def norms(content):
    return content["W_dec"].pow(2).sum(1).sqrt()


def largest(f, k):
    return torch.where(f >= f.sort(dim=1, descending=True).values[:, k - 1 : k], f, 0.0)


def test_top_k(read, values, assert_same, content, x):
    f = relu((x - content["b_dec"]) @ content["encoder.weight"].T + content["encoder.bias"])
    dictionary = read(content)
    assert_same(values(dictionary, x), largest(f, K) * norms(content))
    assert dictionary.reconstructs


def test_group_max_keeps_the_largest_of_each_group(read, values, assert_same, content, x):
    f = relu((x - content["b_dec"]) @ content["encoder.weight"].T + content["encoder.bias"])
    theirs = torch.zeros_like(f)
    for frame in range(len(x)):
        for start in range(0, N, N // K):
            best = start + int(f[frame, start : start + N // K].argmax())
            theirs[frame, best] = f[frame, best]
    assert_same(values(read(content, activation="groupmax"), x), theirs * norms(content))


def test_a_transcoder_has_no_pre_bias_and_reconstructs_nothing(read, values, assert_same, content, x):
    f = relu(x @ content["encoder.weight"].T + content["encoder.bias"])
    dictionary = read(content, transcode=True)
    assert_same(values(dictionary, x), largest(f, K) * norms(content))
    assert not dictionary.reconstructs


def test_a_skip_connection_reconstructs_nothing(read, content, draw):
    assert not read(content | {"W_skip": draw(D, D)}, skip_connection=True).reconstructs


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"activation": "relu"}, "activation 'relu' cannot be read; known: topk, groupmax"),
        ({"activation": "groupmax", "k": 7}, "n = 64 latents do not split into k = 7 equal groups"),
        ({"num_latents": 128}, "have n = 64, but the config says `num_latents` = 128"),
        ({"expansion_factor": 8}, "config says `expansion_factor` = 8, which at d = 16 is 128"),
        ({"d_in": 17}, "have d = 16, but the config says `d_in` = 17"),
        ({"signed": True}, "signed latents"),
    ],
)
def test_what_cannot_be_read_is_told(read, content, config, message):
    with pytest.raises(AtlasError, match=message):
        read(content, **config)

"""The report on a checkpoint: what is recognised, measured and doubted, and how it reads."""

import pytest
import torch

from atlas.dictionaries.base import Selection
from atlas.dictionaries.inspect import inspect_checkpoint, report_lines
from atlas.dictionaries.summary import low_biases, selection_fact
from atlas.dictionaries.taps import SuggestedTap
from atlas.schema.remarks import Doubt, Fact
from atlas.schema.wording import fact_words

D, N = 2, 4


@pytest.fixture
def checkpoint(tmp_path, save):
    content = {
        "encoder.weight": torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]),
        "encoder.bias": torch.tensor([0.0, -0.5, 0.25, 0.5]),
        "decoder.weight": torch.tensor([[2.0, 0.0, -0.5, 0.0], [0.0, 1.0, 0.0, 0.0]]),
        "b_dec": torch.zeros(D),
        "k": torch.tensor(2),
    }
    return save(tmp_path / "Audio-SAE/layer_6/ae.pt", content, {"k": 2, "lr": 0.001, "wandb": {"name": "x"}})


def test_the_report_holds_what_was_read(checkpoint):
    report = inspect_checkpoint(checkpoint)
    assert (report.format, report.d, report.n) == ("AudioSAE", D, N)
    assert report.selection == Fact("selection", {"rule": "calibrated", "k": 2})
    assert (report.decoder_norm.low, report.decoder_norm.median, report.decoder_norm.high) == (0.0, 0.5, 2.0)
    assert report.encoder_decoder_cosine == 1.0
    assert report.suggested_tap == SuggestedTap("encoder.blocks.5", 6)
    assert report.settings == ("k = 2", "lr = 0.001", "wandb")
    assert report.doubts == (
        Doubt("threshold_unset"),
        Doubt("norms_not_unit", {"low": 0.5, "median": 1.0, "high": 2.0}),
        Doubt("rows_zero", {"rows": 1, "features": 4}),
    )


def test_the_report_reads_as_aligned_lines(checkpoint):
    lines = report_lines(inspect_checkpoint(checkpoint))
    assert lines[0] == checkpoint
    assert "  activations        d = 2" in lines
    assert "  features           n = 4 (2 x d)" in lines
    assert "  encoder . decoder  median cosine 1.000" in lines
    assert lines[-11:] == (
        "  format             AudioSAE",
        "  architecture       batch top-k",
        "  pre-bias           subtracted",
        "  decoder norms      folded to 1; before: 0 to 2, median 0.5",
        "  stored as          float32",
        "  config             k = 2, lr = 0.001, wandb",
        "",
        "Doubts",
        "  ? threshold is absent: a plain read would be a dense ReLU; it is calibrated to k instead",
        "  ? decoder rows are not unit: norms 0.5 to 2, median 1; values are after folding them to 1",
        "  ? 1 of 4 decoder rows are zero: those features are dead",
    )
    assert "  selection          above a threshold, calibrated to 2 active features in a mean frame" in lines
    assert "  suggested tap      encoder.blocks.5 (layer_6, counted from 1)" in lines


def test_layers_of_hubert_are_named_by_its_modules(checkpoint, tmp_path):
    (tmp_path / "Audio-SAE").rename(tmp_path / "Audio-SAE-HuBERT-base")
    report = inspect_checkpoint(str(tmp_path / "Audio-SAE-HuBERT-base/layer_6"))
    assert report.suggested_tap == SuggestedTap("encoder.layers.5", 6)


def test_a_hook_name_is_the_suggested_tap(tmp_path, save, draw):
    content = {"W_enc": draw(D, N), "b_enc": draw(N), "W_dec": draw(N, D), "b_dec": draw(D)}
    config = {"architecture": "standard", "metadata": {"hook_name": "encoder.blocks.2"}}
    path = save(tmp_path / "sae_weights.safetensors", content, config)
    assert inspect_checkpoint(path).suggested_tap == SuggestedTap("encoder.blocks.2")


def test_only_a_bias_far_below_the_others_looks_dead():
    biases = torch.tensor([0.0, 0.1, -0.1, 0.2, -0.2, 0.05, -50.0])
    assert low_biases(biases).tolist() == [False] * 6 + [True]
    assert not low_biases(torch.zeros(10)).any()


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection("threshold", thresholds=torch.zeros(3)), "above zero (ReLU)"),
        (
            Selection("threshold", thresholds=torch.tensor([0.5, 1.0, 2.0])),
            "above a threshold of 0.5 to 2, median 1",
        ),
        (Selection("top_k", 32), "the 32 largest of a frame"),
        (
            Selection("top_k", 32, torch.ones(3)),
            "the 32 largest of a frame (and a threshold of 1 stored)",
        ),
        (Selection("clip", 50), "the 50 x frames largest of a clip"),
        (Selection("group_max", 8), "the largest of each of 8 groups of a frame"),
        (Selection("calibrated"), "above a threshold, calibrated to a stated density"),
    ],
)
def test_a_selection_is_told_in_a_phrase(selection, words):
    assert fact_words(selection_fact(selection)) == ("selection", words)

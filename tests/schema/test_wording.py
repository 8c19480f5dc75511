"""Facts and doubts in words: every kind, word for word."""

from typing import get_args

import pytest

from atlas.schema.remarks import Doubt, DoubtKind, Fact, FactKind
from atlas.schema.wording import DOUBTS, FACTS, doubt_words, fact_words

RANGE = {"low": 0.5, "median": 1.0, "high": 2.0}
ALIKE = {"low": 1.5, "median": 1.5, "high": 1.5}
FACT_WORDS = (
    (Fact("format", {"name": "SAELens"}), ("format", "SAELens")),
    (Fact("architecture", {"name": "batch top-k"}), ("architecture", "batch top-k")),
    (Fact("architecture", {"name": "own_units"}), ("architecture", "the tap's own units")),
    (
        Fact("architecture", {"name": "gaussian_directions"}),
        ("architecture", "Gaussian unit directions on mean-centred activations"),
    ),
    (Fact("pre_bias", {"name": "subtracted"}), ("pre-bias", "subtracted")),
    (Fact("tied_encoder"), ("encoder", "tied to the decoder, whose columns are normalised when it encodes")),
    (Fact("input", {"name": "layer_norm"}), ("input", "layer_norm")),
    (
        Fact("input", {"name": "expected_average_only_in", "scale": 0.5}),
        ("input", "expected_average_only_in, its scale 0.5 folded into the weights"),
    ),
    (Fact("reconstruction", {"name": "transcoder"}), ("reconstruction", "of another module's output")),
    (Fact("reconstruction", {"name": "skip"}), ("reconstruction", "with a skip connection")),
    (Fact("units", {"width": 3}), ("features", "0 to 2 the positive sides, 3 to 5 the negative sides")),
    (Fact("seed", {"seed": 0}), ("seed", "0")),
    (Fact("nested_groups", {"sizes": (32, 48, 48)}), ("nested groups", "32, 48, 48")),
    (Fact("interrupted_run"), ("interrupted run", "step unknown")),
    (Fact("interrupted_run", {"step": 400.0}), ("interrupted run", "saved at step 400")),
    (Fact("norm_factor", {"factor": 4.0}), ("norm factor", "4, folded into biases and threshold")),
    (Fact("model", {"name": "tiny"}), ("model", "tiny")),
    (Fact("trained_on", {"name": "encoder.blocks.2"}), ("trained on", "encoder.blocks.2")),
    (Fact("decoder_norms", RANGE), ("decoder norms", "folded to 1; before: 0.5 to 2, median 1")),
    (Fact("decoder_norms", ALIKE), ("decoder norms", "folded to 1; before: 1.5")),
    (Fact("stored_as", {"types": ("float16", "float32")}), ("stored as", "float16, float32")),
    (
        Fact("selection", {"rule": "threshold", "k": 5, **ALIKE}),
        ("selection", "above a threshold of 1.5 (trained with k = 5)"),
    ),
    (Fact("selection", {"rule": "threshold"}), ("selection", "above a threshold that is not set")),
    (
        Fact("selection", {"rule": "calibrated", "k": 5}),
        ("selection", "above a threshold, calibrated to 5 active features in a mean frame"),
    ),
)
DOUBT_WORDS = (
    (
        Doubt("threshold_unset"),
        "threshold is absent: a plain read would be a dense ReLU; it is calibrated to k instead",
    ),
    (
        Doubt("threshold_unset", {"threshold": -1.0}),
        "threshold is -1, which means unset: a plain read would be a dense ReLU; it is calibrated to k instead",
    ),
    (
        Doubt("no_config"),
        "no config beside the file: read as batch top-k; a TopK autoencoder has the same keys, and needs selection ="
        ' "top_k"',
    ),
    (
        Doubt("norms_not_unit", RANGE),
        "decoder rows are not unit: norms 0.5 to 2, median 1; values are after folding them to 1",
    ),
    (Doubt("rows_zero", {"rows": 1, "features": 4}), "1 of 4 decoder rows are zero: those features are dead"),
    (
        Doubt("biases_low", {"biases": 2, "features": 64}),
        "2 of 64 encoder biases lie far below the rest: those features look dead",
    ),
    (
        Doubt("half_precision", {"types": ("bfloat16", "float32")}),
        "weights are stored in bfloat16 and float32, and computed with in float32",
    ),
    (
        Doubt("other_tap", {"named": "encoder.blocks.1", "read": "encoder.blocks.2"}),
        "the checkpoint's own naming points to the tap encoder.blocks.1, the config reads encoder.blocks.2",
    ),
    (
        Doubt("other_tap", {"named": "encoder.blocks.2", "layer": 3, "read": "encoder.blocks.3"}),
        "the checkpoint's own naming points to the tap encoder.blocks.2 (layer_3, counted from 1), the config reads"
        " encoder.blocks.3",
    ),
    (
        Doubt("nothing_explained"),
        "FVU is 1 or more: the mean activation explains as much; is this the tap that it was trained on?",
    ),
    (Doubt("never_active"), "no feature was ever active"),
)


@pytest.mark.parametrize(("fact", "words"), FACT_WORDS)
def test_a_fact_has_a_name_and_a_text(fact: Fact, words: tuple[str, str]) -> None:
    assert fact_words(fact) == words


@pytest.mark.parametrize(("doubt", "words"), DOUBT_WORDS)
def test_a_doubt_is_a_sentence(doubt: Doubt, words: str) -> None:
    assert doubt_words(doubt) == words


def test_every_kind_has_words_and_a_test_of_them() -> None:
    assert {*FACTS} == {*get_args(FactKind)} == {fact.kind for fact, _ in FACT_WORDS}
    assert {*DOUBTS} == {*get_args(DoubtKind)} == {doubt.kind for doubt, _ in DOUBT_WORDS}

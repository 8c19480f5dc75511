"""AudioSAE checkpoints: `layer_N/{ae.pt, config.json}`, batch top-k autoencoders on every layer of an audio model.

The keys are those of a batch top-k autoencoder of dictionary_learning, but the config names no class; its settings
are flat or nested under `trainer`, and those that are not known are kept. Without a stored threshold, one is calibrated
so that k features are active in a mean frame.
"""

from dataclasses import replace

from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.folding import batch_top_k, folded, linear_weights, unset_threshold_doubts
from atlas.schema.remarks import Doubt, Fact

KEYS = ("encoder.weight", "encoder.bias", "decoder.weight", "b_dec")


def recognise(checkpoint: Checkpoint) -> str | None:
    """By the keys of a batch top-k autoencoder, where no class is named."""
    has_k = checkpoint.has("k") or checkpoint.setting("k") is not None
    if not checkpoint.has(*KEYS) or not has_k or checkpoint.setting("dict_class") is not None:
        return None
    return f"keys {', '.join(KEYS)}; k; no dict_class in the config"


def read(checkpoint: Checkpoint) -> Dictionary:
    weights = linear_weights(checkpoint)
    threshold = checkpoint.number("threshold")
    selection = batch_top_k(checkpoint.k(), threshold, len(weights.bias))
    doubts = unset_threshold_doubts(threshold) + (() if checkpoint.config else (Doubt("no_config"),))
    facts = (Fact("architecture", {"name": "batch top-k"}), Fact("pre_bias", {"name": "subtracted"}))
    return replace(folded("audiosae", weights, selection), facts=facts, doubts=doubts)


FORMAT = Format(
    name="AudioSAE",
    expects=f"{', '.join(KEYS)} and a `k` there or in config.json",
    file_names=("ae.pt",),
    settings_names=("config.json",),
    recognise=recognise,
    read=read,
)

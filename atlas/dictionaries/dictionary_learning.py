"""Checkpoints of dictionary_learning: `trainer_i/{ae.pt, config.json}`, told apart by the config's `dict_class`.

Finished runs take raw activations. An interrupted run saves {step, ae, optimizer, config, norm_factor} for activations
divided by norm_factor, which is folded here into biases and thresholds, as the library does when it finishes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from torch import Tensor

from atlas.dictionaries.base import Dictionary, Selection
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.folding import (
    Weights,
    batch_top_k,
    constant,
    folded,
    folded_gated,
    linear_weights,
    row_weights,
    unset_threshold_doubts,
)
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact

_IN_ACTIVATION_UNITS = (
    "bias",
    "encoder.bias",
    "decoder.bias",
    "decoder_bias",
    "gate_bias",
    "mag_bias",
    "b_enc",
    "b_dec",
    "threshold",
)


def recognise(checkpoint: Checkpoint) -> str | None:
    """By the class that the config names."""
    unwrapped, _ = _unwrapped(checkpoint)
    name = unwrapped.setting("dict_class")
    if name is None:
        return None
    wrapping = " inside an interrupted run" if checkpoint.has("ae") else ""
    return f"keys {', '.join(unwrapped.content)}{wrapping}; config dict_class {name}"


def read(checkpoint: Checkpoint) -> Dictionary:
    unwrapped, facts = _unwrapped(checkpoint)
    name = unwrapped.setting("dict_class")
    reader = CLASSES.get(str(name))
    if reader is None:
        raise AtlasError(f"{checkpoint.address}: dict_class {name!r} cannot be read; known: {', '.join(CLASSES)}")
    dictionary = reader(unwrapped)
    sizes = unwrapped.setting("group_sizes")
    if isinstance(sizes, list) and not dictionary.facts:  # a class that knows of groups tells them by its tensors
        facts = (_nested(sizes), *facts)
    pre_bias = Fact("pre_bias", {"name": "none" if dictionary.centre is None else "subtracted"})
    return replace(dictionary, facts=(Fact("architecture", {"name": str(name)}), pre_bias, *dictionary.facts, *facts))


def _unwrapped(checkpoint: Checkpoint) -> tuple[Checkpoint, tuple[Fact, ...]]:
    """The autoencoder inside an interrupted run's save, for raw activations; a finished one as it is."""
    if not checkpoint.has("ae"):
        return checkpoint, ()
    inner = checkpoint.inner("ae")
    if not checkpoint.config:
        inner = inner.with_config(checkpoint.content.get("config"))
    factor = checkpoint.number("norm_factor")
    step = checkpoint.number("step")
    facts = (Fact("interrupted_run", {} if step is None else {"step": step}),)
    if factor is None:
        return inner, facts
    scaled = {name: _scaled(name, value, factor) for name, value in inner.content.items()}
    return replace(inner, content=scaled), (*facts, Fact("norm_factor", {"factor": factor}))


def _scaled(name: str, value: object, factor: float) -> object:
    """A bias or threshold for raw activations; an unset threshold stays unset."""
    if name not in _IN_ACTIVATION_UNITS or not isinstance(value, Tensor):
        return value
    unset = name == "threshold" and value.numel() == 1 and value.item() < 0
    return value if unset else value * factor


def _auto_encoder(checkpoint: Checkpoint) -> Dictionary:
    weights = linear_weights(checkpoint, centre="bias")
    return folded("AutoEncoder", weights, _relu(weights))


def _auto_encoder_new(checkpoint: Checkpoint) -> Dictionary:
    weights = linear_weights(checkpoint, centre=None)
    weights = replace(weights, offset=checkpoint.floats("decoder.bias", weights.encoder.shape[1]))
    return folded("AutoEncoderNew", weights, _relu(weights))


def _gated(checkpoint: Checkpoint) -> Dictionary:
    weights = linear_weights(checkpoint, centre="decoder_bias", bias="mag_bias")
    n = len(weights.bias)
    return folded_gated("GatedAutoEncoder", weights, checkpoint.floats("gate_bias", n), checkpoint.floats("r_mag", n))


def _jump_relu(checkpoint: Checkpoint) -> Dictionary:
    weights = replace(row_weights(checkpoint), centre=None)
    thresholds = checkpoint.floats("threshold", len(weights.bias))
    return folded("JumpReluAutoEncoder", weights, Selection("threshold", thresholds=thresholds))


def _top_k(checkpoint: Checkpoint) -> Dictionary:
    weights = linear_weights(checkpoint)
    stored = batch_top_k(checkpoint.k(), checkpoint.number("threshold"), len(weights.bias))
    return folded("AutoEncoderTopK", weights, replace(stored, rule="top_k"))


def _batch_top_k(checkpoint: Checkpoint) -> Dictionary:
    return _with_batch_top_k("BatchTopKSAE", linear_weights(checkpoint), checkpoint)


def _matryoshka(checkpoint: Checkpoint) -> Dictionary:
    weights = row_weights(checkpoint)
    n = len(weights.bias)
    sizes = [int(size) for size in checkpoint.tensor("group_sizes").flatten().tolist()]
    if sum(sizes) != n:
        raise AtlasError(f"{checkpoint.address}: `group_sizes` sum to {sum(sizes)}, but the weights have n = {n}")
    dictionary = _with_batch_top_k("MatryoshkaBatchTopKSAE", weights, checkpoint)
    return replace(dictionary, facts=(_nested(sizes),))


def _nested(sizes: Iterable[object]) -> Fact:
    return Fact("nested_groups", {"sizes": tuple(size if type(size) is int else str(size) for size in sizes)})


def _with_batch_top_k(kind: str, weights: Weights, checkpoint: Checkpoint) -> Dictionary:
    threshold = checkpoint.number("threshold")
    selection = batch_top_k(checkpoint.k(), threshold, len(weights.bias))
    return replace(folded(kind, weights, selection), doubts=unset_threshold_doubts(threshold))


def _relu(weights: Weights) -> Selection:
    return Selection("threshold", thresholds=constant(0.0, len(weights.bias)))


CLASSES: Mapping[str, Callable[[Checkpoint], Dictionary]] = MappingProxyType(
    {
        "AutoEncoder": _auto_encoder,
        "AutoEncoderNew": _auto_encoder_new,
        "GatedAutoEncoder": _gated,
        "JumpReluAutoEncoder": _jump_relu,
        "AutoEncoderTopK": _top_k,
        "BatchTopKSAE": _batch_top_k,
        "MatryoshkaBatchTopKSAE": _matryoshka,
    }
)

FORMAT = Format(
    name="dictionary_learning",
    expects="a config.json with `dict_class`",
    file_names=("ae.pt",),
    settings_names=("config.json",),
    holder="ae",
    recognise=recognise,
    read=read,
)

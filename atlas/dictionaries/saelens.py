"""SAELens checkpoints: `cfg.json` and `sae_weights.safetensors`, before and after version 6.

Inputs are normalised, then centred by b_dec if the config says so. Batch top-k architectures exist in training saves
only and are read as JumpReLU with one threshold. An input scale that the config asks for but that is neither folded
nor stored is refused, as values would be wrong by an unknown factor.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from torch import Tensor

from atlas.dictionaries.base import Dictionary, Normalisation, Selection
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.folding import (
    Weights,
    batch_top_k,
    constant,
    folded,
    folded_first,
    folded_gated,
    row_weights,
    unset_threshold_doubts,
)
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact

KEYS = ("W_enc", "W_dec", "b_dec")
SCALER_NAME = "activation_scaler.json"
_SIGNS = ("architecture", "hook_name", "hook_point", "sae_lens_version")
_RENAMED = MappingProxyType({"hook_point": "hook_name", "activation_fn_str": "activation_fn"})
_NORMALISATIONS: Mapping[str, Normalisation] = MappingProxyType(
    {"none": "none", "constant_norm_rescale": "constant_norm", "layer_norm": "layer_norm"}
)
_SCALED_INPUT = "expected_average_only_in"


def recognise(checkpoint: Checkpoint) -> str | None:
    """By row-vector matrices and a config in the words of SAELens."""
    signs = [name for name in _SIGNS if checkpoint.config.get(name) is not None]
    if not checkpoint.has(*KEYS) or not signs or checkpoint.setting("dict_class") is not None:
        return None
    return f"keys {', '.join(checkpoint.content)}; cfg.json {signs[0]} {checkpoint.config[signs[0]]}"


def read(checkpoint: Checkpoint) -> Dictionary:
    checkpoint = _modern(checkpoint)
    architecture = str(checkpoint.setting("architecture"))
    reader = ARCHITECTURES.get(architecture)
    if reader is None:
        raise AtlasError(
            f"{checkpoint.address}: architecture {architecture!r} cannot be read; known: {', '.join(ARCHITECTURES)}"
        )
    if checkpoint.setting("finetuning_scaling_factor"):
        raise AtlasError(f"{checkpoint.address}: has a finetuning_scaling_factor; fold it into W_dec and set it false")
    checkpoint, normalisation, stated = _with_input_folded(checkpoint)
    dictionary = reader(checkpoint)
    centred = checkpoint.setting("apply_b_dec_to_input") is not False
    pre_bias = Fact("pre_bias", {"name": "subtracted" if centred else "none"})
    return replace(
        dictionary,
        kind=f"saelens {architecture}",
        centre=dictionary.centre if centred else None,
        normalisation=normalisation,
        facts=(Fact("architecture", {"name": architecture}), pre_bias, stated),
    )


def _modern(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with its config in the words of version 6."""
    config = {_RENAMED.get(name, name): value for name, value in checkpoint.config.items()}
    config["architecture"] = config.get("architecture") or "standard"
    arguments = config.get("activation_fn_kwargs")
    if config.get("activation_fn") == "topk" and isinstance(arguments, Mapping):
        config |= {"architecture": "topk", "k": arguments.get("k")}
    normalise = config.get("normalize_activations")
    if normalise is None or isinstance(normalise, bool):  # as early versions wrote it
        config["normalize_activations"] = _SCALED_INPUT if normalise else "none"
    return checkpoint.with_config(config)


def _with_input_folded(checkpoint: Checkpoint) -> tuple[Checkpoint, Normalisation, Fact]:
    """The checkpoint for raw inputs, how each frame of them is normalised, and what of it is to be stated."""
    stated = str(checkpoint.setting("normalize_activations"))
    if stated in _NORMALISATIONS:
        return checkpoint, _NORMALISATIONS[stated], Fact("input", {"name": stated})
    if stated != _SCALED_INPUT:
        raise AtlasError(
            f"{checkpoint.address}: normalize_activations {stated!r} cannot be read; "
            f"known: {', '.join((*_NORMALISATIONS, _SCALED_INPUT))}"
        )
    scaler = checkpoint.beside.get(SCALER_NAME, {})
    factor = scaler.get("scaling_factor")
    if not isinstance(factor, int | float) or factor <= 0 or scaler.get("has_whitening"):
        raise AtlasError(
            f"{checkpoint.address}: normalize_activations is {_SCALED_INPUT}, but its scale is neither folded nor in "
            f"{SCALER_NAME} beside the file; fold it with fold_activation_norm_scaling_factor and save again"
        )
    return _scaled(checkpoint, factor), "none", Fact("input", {"name": stated, "scale": factor})


def _scaled(checkpoint: Checkpoint, factor: float) -> Checkpoint:
    """The same autoencoder for inputs that are not multiplied by the factor; its values are then in their units."""
    content = dict(checkpoint.content)
    content["W_enc"] = checkpoint.tensor("W_enc") * factor
    divided = ["W_dec", "b_dec"]
    if checkpoint.has("topk_threshold") and checkpoint.setting("rescale_acts_by_decoder_norm"):
        divided.append("topk_threshold")
    content |= {name: checkpoint.tensor(name) / factor for name in divided}
    return replace(checkpoint, content=content)


def _standard(checkpoint: Checkpoint) -> Dictionary:
    weights = row_weights(checkpoint)
    return folded("", weights, Selection("threshold", thresholds=constant(0.0, len(weights.bias))))


def _top_k(checkpoint: Checkpoint) -> Dictionary:
    return _fold(checkpoint)("", row_weights(checkpoint), Selection("top_k", checkpoint.k()))


def _jump_relu(checkpoint: Checkpoint) -> Dictionary:
    weights = row_weights(checkpoint)
    return folded("", weights, Selection("threshold", thresholds=_thresholds(checkpoint, len(weights.bias))))


def _thresholds(checkpoint: Checkpoint, n: int) -> Tensor:
    """Raw thresholds; early training saves hold their logarithms."""
    if checkpoint.has("threshold"):
        return checkpoint.floats("threshold", n)
    return checkpoint.floats("log_threshold", n).exp()


def _gated(checkpoint: Checkpoint) -> Dictionary:
    weights = row_weights(checkpoint, bias="b_mag")
    n = len(weights.bias)
    return folded_gated("", weights, checkpoint.floats("b_gate", n), checkpoint.floats("r_mag", n))


def _batch_top_k(checkpoint: Checkpoint) -> Dictionary:
    """A training save; finished ones are JumpReLU. Its threshold starts at 0 and is positive once it was updated."""
    weights = row_weights(checkpoint)
    threshold = checkpoint.number("topk_threshold")
    if threshold == 0:
        threshold = None
    k = _mean_k(checkpoint)
    selection = batch_top_k(k, threshold, len(weights.bias))
    return replace(_fold(checkpoint)("", weights, selection), doubts=unset_threshold_doubts(threshold))


def _mean_k(checkpoint: Checkpoint) -> int:
    """Here alone k is a mean, and need not be whole."""
    k = checkpoint.setting("k")
    if isinstance(k, bool) or not isinstance(k, int | float) or k < 0.5:
        raise AtlasError(f"{checkpoint.address}: the config's `k` is {k!r}; expected a number of active features")
    return round(k)


def _fold(checkpoint: Checkpoint) -> Callable[[str, Weights, Selection], Dictionary]:
    """Whether values are compared before or after they are multiplied by decoder norms."""
    return folded_first if checkpoint.setting("rescale_acts_by_decoder_norm") else folded


ARCHITECTURES: Mapping[str, Callable[[Checkpoint], Dictionary]] = MappingProxyType(
    {
        "standard": _standard,
        "topk": _top_k,
        "jumprelu": _jump_relu,
        "gated": _gated,
        "batchtopk": _batch_top_k,
        "matryoshka_batchtopk": _batch_top_k,
    }
)


FORMAT = Format(
    name="SAELens",
    expects=f"{', '.join(KEYS)} and a cfg.json with `architecture`, or `hook_name` before version 6",
    file_names=("sae_weights.safetensors",),
    settings_names=("cfg.json",),
    beside_names=(SCALER_NAME,),
    recognise=recognise,
    read=read,
)

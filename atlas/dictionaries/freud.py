"""Checkpoints of FREUD: `checkpoints/bestval.pth`, which holds the model, its training state and its `hparams`.

The L1 variant ties its encoder to decoder columns that are normalised whenever it encodes, and subtracts no bias; the
top-k variant is a top-k autoencoder whose k lies in the hparams alone. Layers are named by openai-whisper's module
paths, so that the layer name is the tap.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch

from atlas.dictionaries.base import Dictionary, Selection
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.folding import Weights, constant, folded
from atlas.dictionaries.taps import SuggestedTap
from atlas.errors import AtlasError
from atlas.schema.remarks import Fact, FactKind

L1_KEYS = ("decoder.weight", "encoder_bias")
TOP_K_KEYS = ("encoder.weight", "encoder.bias", "W_dec", "b_dec")


def recognise(checkpoint: Checkpoint) -> str | None:
    """By model and hparams in one file."""
    if not checkpoint.has("model", "hparams"):
        return None
    return f"keys {', '.join(checkpoint.content)}; model keys {', '.join(checkpoint.inner('model').content)}"


def read(checkpoint: Checkpoint) -> Dictionary:
    parameters = training_parameters(checkpoint)
    model = checkpoint.inner("model").with_config(parameters)
    variant = "l1" if model.has(*L1_KEYS) else "topk" if model.has(*TOP_K_KEYS) else None
    if variant is None:
        raise AtlasError(
            f"{checkpoint.address}: `model` has the keys {', '.join(model.content)}; "
            f"expected {', '.join(L1_KEYS)} (l1) or {', '.join(TOP_K_KEYS)} (topk)"
        )
    named = parameters.get("autoencoder_variant")
    if named is not None and named != variant:
        raise AtlasError(f"{checkpoint.address}: the weights are those of {variant}, but hparams say {named!r}")
    dictionary = _read_l1(model) if variant == "l1" else _read_top_k(model)
    shown: tuple[tuple[FactKind, str], ...] = (("model", "model"), ("trained_on", "layer_name"))
    stated = ((kind, parameters.get(name)) for kind, name in shown)
    facts = tuple(Fact(kind, {"name": str(value)}) for kind, value in stated if value is not None)
    return replace(dictionary, facts=(Fact("architecture", {"name": variant}), *dictionary.facts, *facts))


def layer_name(checkpoint: Checkpoint) -> SuggestedTap | None:
    """The layer that it was trained on, by openai-whisper's module path."""
    layer = training_parameters(checkpoint).get("layer_name")
    return None if layer is None else SuggestedTap(str(layer))


def training_parameters(checkpoint: Checkpoint) -> Mapping[str, object]:
    """The hparams with their nested tables laid flat; the layer name, the model and k among them."""
    hparams = checkpoint.content["hparams"]
    if not isinstance(hparams, Mapping):
        raise AtlasError(f"{checkpoint.address}: `hparams` is a {type(hparams).__name__}; expected a table")
    nested = [hparams.get(name) for name in ("topk_params", "whisper_config", "autoencoder_config")]
    flat = dict(hparams)
    for table in nested:
        flat.update(table if isinstance(table, Mapping) else {})
    return flat


def _read_l1(model: Checkpoint) -> Dictionary:
    d, n = model.shape("decoder.weight")
    model.check_widths(d, n)
    columns = model.floats("decoder.weight", d, n).T.contiguous()
    rows = torch.nn.functional.normalize(columns, dim=1)
    weights = Weights(rows, model.floats("encoder_bias", n), rows, centre=None, offset=None)
    dictionary = folded("freud l1", weights, Selection("threshold", thresholds=constant(0.0, n)))
    facts = (Fact("pre_bias", {"name": "none"}), Fact("tied_encoder"))
    return replace(dictionary, multiplier=torch.ones(n), decoder=rows, decoder_norm=columns.norm(dim=1), facts=facts)


def _read_top_k(model: Checkpoint) -> Dictionary:
    n, d = model.shape("encoder.weight")
    model.check_widths(d, n)
    shift = model.floats("b_dec", d)
    weights = Weights(
        encoder=model.floats("encoder.weight", n, d),
        bias=model.floats("encoder.bias", n),
        decoder=model.floats("W_dec", n, d),
        centre=shift,
        offset=shift,
    )
    dictionary = folded("freud topk", weights, Selection("top_k", model.k()))
    return replace(dictionary, facts=(Fact("pre_bias", {"name": "subtracted"}),))


FORMAT = Format(
    name="FREUD",
    expects="`model` and `hparams` in one file",
    file_names=("bestval.pth", "checkpoints/bestval.pth"),
    holder="model",
    recognise=recognise,
    read=read,
    suggested_tap=layer_name,
)

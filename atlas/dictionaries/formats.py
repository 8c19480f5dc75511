"""The checkpoint formats that are known: how each is recognised, and who reads it.

Recognition looks at keys and config and says why. The first format of the table that recognises a checkpoint reads it;
another format is another row.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from atlas.dictionaries import audiosae, dictionary_learning, freud, saelens, sparsify
from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.summary import NormRange, weight_doubts
from atlas.errors import AtlasError


@dataclass(frozen=True, slots=True)
class Format:
    """One family of checkpoints."""

    name: str
    expects: str
    recognise: Callable[[Checkpoint], str | None]
    read: Callable[[Checkpoint], Dictionary]


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which format a checkpoint has, and what shows it."""

    format: Format
    reason: str


FORMATS = (
    Format("FREUD", freud.EXPECTS, freud.recognise, freud.read),
    Format("dictionary_learning", dictionary_learning.EXPECTS, dictionary_learning.recognise, dictionary_learning.read),
    Format("SAELens", saelens.EXPECTS, saelens.recognise, saelens.read),
    Format("sparsify", sparsify.EXPECTS, sparsify.recognise, sparsify.read),
    Format("AudioSAE", audiosae.EXPECTS, audiosae.recognise, audiosae.read),
)


def recognise(checkpoint: Checkpoint) -> Recognised:
    """The format of a checkpoint, or an error that shows what it has and what each format has."""
    for known in FORMATS:
        reason = known.recognise(checkpoint)
        if reason is not None:
            return Recognised(known, reason)
    expected = "\n".join(f"  {known.name}: {known.expects}" for known in FORMATS)
    raise AtlasError(
        f"{checkpoint.address}: none of the known formats. Its keys: {', '.join(checkpoint.content) or 'none'}; "
        f"its config: {', '.join(checkpoint.settings()) or 'none beside the file'}. Expected one of\n{expected}"
    )


def read_dictionary(checkpoint: Checkpoint) -> Dictionary:
    """The dictionary as the checkpoint states it, with the facts and doubts that are common to all formats."""
    recognised = recognise(checkpoint)
    dictionary = recognised.format.read(checkpoint)
    types = data_types(checkpoint)
    doubts = dictionary.doubts + weight_doubts(dictionary)
    if types & {"float16", "bfloat16"}:
        doubts += (f"weights are stored in {' and '.join(sorted(types))}, and computed with in float32",)
    return replace(
        dictionary,
        sha256=checkpoint.sha256,
        facts=(
            ("format", recognised.format.name),
            *dictionary.facts,
            ("decoder norms", f"folded to 1; before: {NormRange.of(dictionary.decoder_norm)}"),
            ("stored as", ", ".join(sorted(types))),
        ),
        doubts=doubts,
    )


def data_types(checkpoint: Checkpoint) -> set[str]:
    """The floating types of the matrices that are read."""
    holder = next((checkpoint.inner(name) for name in ("model", "ae") if checkpoint.has(name)), checkpoint)
    matrices = (value for value in holder.content.values() if isinstance(value, Tensor) and value.ndim == 2)
    return {str(value.dtype).removeprefix("torch.") for value in matrices if value.dtype.is_floating_point}


def encoder_decoder_cosine(dictionary: Dictionary) -> float | None:
    """The median cosine of a feature's encoder row and decoder row; None without an encoder."""
    if dictionary.encoder is None:
        return None
    return float(torch.nn.functional.cosine_similarity(dictionary.encoder, dictionary.decoder, dim=1).median())

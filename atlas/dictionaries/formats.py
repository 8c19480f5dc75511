"""The checkpoint formats that are known.

Recognition looks at keys and config and says why. The first format of the table that recognises a checkpoint reads it;
another format is a module and a row.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from atlas.dictionaries import audiosae, dictionary_learning, freud, saelens, sparsify
from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.checkpoint import Checkpoint
from atlas.dictionaries.contract import Format
from atlas.dictionaries.summary import NormRange, weight_doubts
from atlas.errors import AtlasError
from atlas.schema.remarks import Doubt, Fact

FORMATS = (dictionary_learning.FORMAT, saelens.FORMAT, sparsify.FORMAT, audiosae.FORMAT, freud.FORMAT)


def file_names() -> tuple[str, ...]:
    """The names under which the known formats save, in the order of the table."""
    return tuple(dict.fromkeys(name for known in FORMATS for name in known.file_names))


def settings_names() -> tuple[str, ...]:
    """The names of settings beside a checkpoint; where there are several, the first in order of the alphabet counts."""
    return tuple(sorted({name for known in FORMATS for name in known.settings_names}))


def beside_names() -> tuple[str, ...]:
    """The names of other files beside a checkpoint that decide what is read from it."""
    return tuple(sorted({name for known in FORMATS for name in known.beside_names}))


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which format a checkpoint has, and what shows it."""

    format: Format
    reason: str


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
    types = tuple(sorted(data_types(checkpoint, recognised.format)))
    doubts = dictionary.doubts + weight_doubts(dictionary)
    if {"float16", "bfloat16"} & set(types):
        doubts += (Doubt("half_precision", {"types": types}),)
    return replace(
        dictionary,
        sha256=checkpoint.sha256,
        facts=(
            Fact("format", {"name": recognised.format.name}),
            *dictionary.facts,
            Fact("decoder_norms", NormRange.of(dictionary.decoder_norm).figures),
            Fact("stored_as", {"types": types}),
        ),
        doubts=doubts,
    )


def data_types(checkpoint: Checkpoint, form: Format) -> set[str]:
    """The floating types of the matrices that are read."""
    held = form.holder is not None and checkpoint.has(form.holder)
    holder = checkpoint.inner(form.holder) if form.holder and held else checkpoint
    matrices = (value for value in holder.content.values() if isinstance(value, Tensor) and value.ndim == 2)
    return {str(value.dtype).removeprefix("torch.") for value in matrices if value.dtype.is_floating_point}


def encoder_decoder_cosine(dictionary: Dictionary) -> float | None:
    """The median cosine of a feature's encoder row and decoder row; None without an encoder."""
    if dictionary.encoder is None:
        return None
    return float(torch.nn.functional.cosine_similarity(dictionary.encoder, dictionary.decoder, dim=1).median())

"""Whisper's encoder from the middle: what it gives where a tap gives something else, without the layers before.

A tap inside of a block needs what enters the block, too: the output of the block before, or of the convolutions.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from whisper.model import AudioEncoder

PREFIX = "encoder."
_BLOCK = re.compile(re.escape(f"{PREFIX}blocks.") + r"(\d+)(\..+)?")


def resumed_with(tap: str) -> str | None:
    """The tap that is needed besides: of one inside of a block, what enters the block."""
    place = _BLOCK.fullmatch(tap)
    if place is None or place[2] is None:
        return None
    return f"{PREFIX}blocks.{int(place[1]) - 1}" if int(place[1]) else f"{PREFIX}conv2"


def resumed(module: AudioEncoder, tap: str, edited: Tensor, entering: Tensor | None) -> Tensor:
    """edited, and what `resumed_with` names: [windows, frames, d] -> what the encoder gives, as many frames."""
    if tap == f"{PREFIX}ln_post":
        return edited
    place = _BLOCK.fullmatch(tap)
    x, following = edited, 0
    if place is None:
        x = _into_blocks(module, edited)
    else:
        following = int(place[1]) + 1
        if entering is not None:
            own = entering if following > 1 else _into_blocks(module, entering)
            x = _through(module.blocks[following - 1], module.get_submodule(tap.removeprefix(PREFIX)), own, edited)
    for block in module.blocks[following:]:
        x = block(x)
    return cast(Tensor, module.ln_post(x))


def _into_blocks(module: AudioEncoder, convolved: Tensor) -> Tensor:
    """What the second convolution gave -> what enters the first block."""
    placed: Tensor = F.gelu(convolved) + module.positional_embedding
    return placed.to(convolved.dtype)


def _through(block: nn.Module, inside: nn.Module, entering: Tensor, edited: Tensor) -> Tensor:
    """A block's output where a module inside of it gives `edited`."""

    def replace_output(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        return (edited, *output[1:]) if isinstance(output, tuple) else edited

    hook = inside.register_forward_hook(replace_output)
    try:
        return cast(Tensor, block(entering))
    finally:
        hook.remove()


@contextmanager
def passing(module: AudioEncoder, taps: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What taps give meanwhile, as it goes on from them; only convolutions, from which nothing leads here, turn it."""
    passed: dict[str, Tensor] = {}

    def hook(tap: str) -> torch.utils.hooks.RemovableHandle:
        def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
            passed[tap] = output[0] if isinstance(output, tuple) else output

        inside = module.get_submodule(tap.removeprefix(PREFIX))
        return cast(torch.utils.hooks.RemovableHandle, inside.register_forward_hook(keep))

    hooks = [hook(tap) for tap in taps]
    try:
        yield passed
    finally:
        for handle in hooks:
            handle.remove()

"""A checkpoint in memory: tensors by name, what was saved with them, and the settings beside the file.

Readers ask it for a tensor of a shape, a number or a setting, and get it checked, or an error that names the file,
the name and what was expected. Weights are trusted over settings: a disagreement is an error that names both.
It knows no format.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from atlas.errors import AtlasError

D_SETTINGS = ("activation_dim", "activation_size", "d_in")
N_SETTINGS = ("dict_size", "d_sae", "num_latents", "n_dict_components")
_SHAPE_WORDS = {1: "a vector", 2: "a matrix"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What one file and its neighbours hold."""

    address: str
    "as the user wrote it"
    path: Path
    size_bytes: int
    sha256: str
    content: Mapping[str, object]
    "tensors by name, and other values"
    config: Mapping[str, object] = field(default_factory=dict)
    "the settings beside the file, as they are"
    beside: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    "other files beside it that a format asks for, by name"

    def has(self, *names: str) -> bool:
        return all(name in self.content for name in names)

    def inner(self, name: str) -> Self:
        """The checkpoint that lies inside this one under `name`."""
        content = self.content[name]
        if not isinstance(content, Mapping):
            raise AtlasError(f"{self.address}: `{name}` is a {type(content).__name__}, not tensors by name")
        return replace(self, content=content)

    def with_config(self, config: object) -> Self:
        """The same tensors, read by settings from elsewhere; anything but a table is no settings."""
        return replace(self, config=config if isinstance(config, Mapping) else {})

    def tensor(self, name: str) -> Tensor:
        """A tensor as it was saved."""
        value = self.content.get(name)
        if isinstance(value, Tensor):
            return value
        what = f"`{name}` is a {type(value).__name__}, not a tensor" if self.has(name) else f"no tensor `{name}`"
        raise AtlasError(f"{self.address}: {what}; its keys are {', '.join(self.content)}")

    def shape(self, name: str) -> tuple[int, int]:
        """The shape of a matrix, which decides the widths."""
        shape = tuple(self.tensor(name).shape)
        if len(shape) != 2 or 0 in shape:
            raise AtlasError(f"{self.address}: `{name}` has shape {list(shape)}; expected {_SHAPE_WORDS[2]}")
        return shape[0], shape[1]

    def floats(self, name: str, *shape: int) -> Tensor:
        """A tensor of a shape that other tensors decided, in fp32, without NaN or infinity."""
        tensor = self.tensor(name)
        if tuple(tensor.shape) != shape:
            raise AtlasError(
                f"{self.address}: `{name}` has shape {list(tensor.shape)}, but the other tensors ask for {list(shape)}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise AtlasError(f"{self.address}: `{name}` holds NaN or infinity; the training run broke, or the file did")
        return tensor.to(torch.float32).contiguous()

    def number(self, name: str) -> float | None:
        """A number that was saved as a tensor of one element or as itself; None where there is none."""
        value = self.content.get(name)
        if isinstance(value, Tensor) and value.numel() == 1:
            value = value.item()
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise AtlasError(f"{self.address}: `{name}` is {_shown(value)}; expected one finite number")
        return value

    def settings(self) -> Mapping[str, object]:
        """The settings, those nested under `trainer` first."""
        trainer = self.config.get("trainer")
        return {**self.config, **trainer} if isinstance(trainer, Mapping) else self.config

    def setting(self, name: str) -> object:
        return self.settings().get(name)

    def whole(self, name: str) -> int | None:
        """A setting that is a whole number above zero; None where it is absent or zero."""
        value = self.setting(name)
        if value is None or value == 0:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != int(value):
            raise AtlasError(f"{self.address}: the config's `{name}` is {value!r}; expected a whole number")
        return int(value)

    def k(self) -> int:
        """How many features are active, from the weights or the config; an error if they disagree or lack it."""
        saved, configured = self.number("k"), self.whole("k")
        if saved is not None and configured is not None and saved != configured:
            raise AtlasError(f"{self.address}: `k` is {saved:g} in the checkpoint and {configured} in its config")
        k = configured if saved is None else int(saved)
        if k is None or k < 1:
            raise AtlasError(
                f"{self.address}: no `k`, neither in the checkpoint nor in its config; add it to the config"
            )
        return k

    def check_widths(self, d: int, n: int) -> None:
        """Hold the widths that the weights' shapes decided against those that the config states."""
        for width, what, names in ((d, "d", D_SETTINGS), (n, "n", N_SETTINGS)):
            for name in names:
                stated = self.whole(name)
                if stated is not None and stated != width:
                    raise AtlasError(
                        f"{self.address}: the weights have {what} = {width}, but the config says `{name}` = {stated}; "
                        "the two do not belong together"
                    )


def _shown(value: object) -> str:
    return f"a tensor of shape {list(value.shape)}" if isinstance(value, Tensor) else repr(value)

"""Small random tensors, and our own reading of a file, for the tests of every format."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.base import Dictionary
from atlas.dictionaries.load import load_dictionary
from atlas.dictionaries.selection import active_values

D, N, FRAMES = 16, 64, 50


@dataclass(frozen=True, slots=True)
class Draw:
    """Random tensors of stated shapes, the same in every run."""

    generator: torch.Generator

    def __call__(self, *shape: int, scale: float = 1.0) -> Tensor:
        return torch.randn(*shape, generator=self.generator) * scale


def _saved(file: Path, content: dict[str, object], config: dict[str, object] | None) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in content.items()}, file)
        config_name = "cfg.json"
    else:
        torch.save(content, file)
        config_name = "config.json"
    if config is not None:
        (file.parent / config_name).write_text(json.dumps(config), encoding="utf-8")
    return str(file)


def _loaded(checkpoint: str, width: int | None = None, **settings: object) -> Dictionary:
    settings = {"name": "block2", "tap": "encoder.blocks.2", "checkpoint": checkpoint} | settings
    return load_dictionary(DictionaryConfig(**settings), width)


def _values(dictionary: Dictionary, x: Tensor) -> Tensor:
    """Values [frames, n]; a rule that still needs calibration takes zero as its threshold."""
    if dictionary.selection.rule == "calibrated":
        dictionary = replace(dictionary.with_threshold(torch.zeros(())))
    normalised, _, _ = dictionary.normalise(x)
    return active_values(dictionary, dictionary.pre_activations(normalised), len(x))


def _assert_same(ours: Tensor, theirs: Tensor) -> None:
    assert 0 < int((theirs > 0).sum()) < theirs.numel()
    assert torch.equal(ours > 0, theirs > 0)
    torch.testing.assert_close(ours, theirs, atol=1e-6 * float(theirs.max()), rtol=0)


@pytest.fixture
def draw() -> Draw:
    return Draw(torch.Generator().manual_seed(7))


@pytest.fixture
def x(draw: Draw) -> Tensor:
    return draw(FRAMES, D)


@pytest.fixture
def save() -> Callable[..., str]:
    return _saved


@pytest.fixture
def load() -> Callable[..., Dictionary]:
    return _loaded


@pytest.fixture
def values() -> Callable[..., Tensor]:
    return _values


@pytest.fixture
def assert_same() -> Callable[[Tensor, Tensor], None]:
    return _assert_same

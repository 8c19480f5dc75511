"""A second, small family of encoders: raw waveform in, no padding, and a frame only where its field is full.

A convolution over the waveform, a layer for each frame by itself, and a layer that mixes neighbouring frames, so that
taps exist that look beyond a frame. A checkpoint is a `.waves` file that holds the grid and the weights. Tests register
the family through the catalogue's own table, as `WAVES`; what it finds is of no interest.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from atlas.audio.samples import Samples
from atlas.encoders.catalogue import EncoderFamily
from atlas.errors import AtlasError
from atlas.schema.grid import FrameGrid

WAVES = EncoderFamily("tests.waves", prefixes=("waves:",), suffixes=(".waves",))
GRID = FrameGrid(rate_hz=16_000, hop=320, field=400, centre=200, partial=False)
FINE_GRID = FrameGrid(rate_hz=24_000, hop=320, field=512, centre=256, partial=False)  # 75 frames a second
WIDTHS = {"front": 24, "layers.0": 16, "layers.1": 12}
WINDOW_S = 8.0


class WaveNetwork(nn.Module):
    """waves: [clips, samples] -> [clips, frames, width], layer by layer."""

    def __init__(self, grid: FrameGrid) -> None:
        super().__init__()
        self.front = nn.Conv1d(1, WIDTHS["front"], grid.field, grid.hop)
        self.layers = nn.ModuleList(
            [
                nn.Conv1d(WIDTHS["front"], WIDTHS["layers.0"], 1),
                nn.Conv1d(WIDTHS["layers.0"], WIDTHS["layers.1"], 3, padding=1),
            ]
        )

    def taps(self, waves: Tensor) -> dict[str, Tensor]:
        outputs = {"front": self.front(waves[:, None]).relu()}
        outputs["layers.0"] = self.layers[0](outputs["front"]).relu()
        outputs["layers.1"] = self.layers[1](outputs["layers.0"])
        return {tap: output.transpose(1, 2) for tap, output in outputs.items()}


@dataclass(frozen=True)
class WaveEncoder:
    network: WaveNetwork
    grid: FrameGrid
    device: torch.device
    dtype: torch.dtype
    batch: int = 1

    @property
    def frames(self) -> int:
        return self.grid.frames_of(round(WINDOW_S * self.grid.rate_hz))

    def prepare(self, samples: Samples) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(samples))

    @torch.inference_mode()
    def activations(self, inputs: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        outputs = self.network.taps(inputs.to(self.device, self.dtype))
        return {tap: x.float() for tap, x in outputs.items() if tap in taps}

    def resumed_with(self, tap: str) -> str | None:
        return None

    def resume(self, tap: str, edited: Tensor, entering: Tensor | None = None) -> Tensor:
        return self.trace(tap, edited, entering, ())[0]

    def trace(
        self, tap: str, edited: Tensor, entering: Tensor | None, taps: Sequence[str]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        x, passed = edited.to(self.device, self.dtype), {}
        for number in range(list(WIDTHS).index(tap), len(self.network.layers)):
            x = self.network.layers[number](x.transpose(1, 2)).transpose(1, 2)
            x = passed[f"layers.{number}"] = x if number else x.relu()
        return x.float(), {name: x for name, x in passed.items() if name in taps}


@dataclass(frozen=True)
class WaveSource:
    name: str
    sha256: str
    grid: FrameGrid
    weights: Mapping[str, Tensor]
    window_s: float = WINDOW_S
    padded: bool = False

    def widths(self, taps: Iterable[str]) -> dict[str, int]:
        for tap in taps:
            if tap not in WIDTHS:
                raise AtlasError(f"tap {tap!r} does not exist in this encoder; there are {', '.join(WIDTHS)}")
        return {tap: WIDTHS[tap] for tap in taps}

    def architecture(self) -> Mapping[str, int]:
        return {"layers": 2}

    def load(self, device: torch.device, dtype: torch.dtype) -> WaveEncoder:
        network = WaveNetwork(self.grid)
        network.load_state_dict(self.weights)
        return WaveEncoder(network.to(device, dtype).requires_grad_(False), self.grid, device, dtype)

    def load_untrained(self, device: torch.device, dtype: torch.dtype) -> WaveEncoder:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = WaveNetwork(self.grid)
        return WaveEncoder(network.to(device, dtype).requires_grad_(False), self.grid, device, dtype)


def find_source(model: str) -> WaveSource:
    path = Path(model.removeprefix("waves:"))
    content: dict[str, Any] = torch.load(path, weights_only=True)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return WaveSource(path.name, sha256, FrameGrid(**content["grid"]), content["weights"])


def write_encoder(path: Path, grid: FrameGrid = GRID) -> None:
    """A network of random weights; the first layer's filters are tones, so that its units differ by pitch."""
    generator = torch.Generator().manual_seed(3)
    network = WaveNetwork(grid)
    weights = {
        name: torch.randn(value.shape, generator=generator) * (0.2 if value.ndim == 1 else value[0].numel() ** -0.5)
        for name, value in network.state_dict().items()
    }
    at_s = torch.arange(grid.field) / grid.rate_hz
    pitches_hz = torch.logspace(2, 3.6, WIDTHS["front"])
    weights["front.weight"] = torch.sin(2 * torch.pi * pitches_hz[:, None] * at_s)[:, None] / 20
    torch.save({"grid": asdict(grid), "weights": weights}, path)

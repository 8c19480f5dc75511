"""Corpora and models for the benches: synthetic sound, random weights of the right dimensions."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from whisper.model import AudioEncoder

from atlas.encoders.whisper import Dimensions

TINY = Dimensions(80, 1500, 384, 6, 4)
SMALL = Dimensions(80, 1500, 768, 12, 12)
CODE_SHARE = 0.07  # of frames whose codes are kept: as in a corpus of 20 hours, of which a small one would keep all
MICRO = Dimensions(80, 1500, 64, 2, 1)


@dataclass(frozen=True, slots=True)
class Bench:
    """One configuration to measure."""

    name: str
    dimensions: Dimensions
    blocks: tuple[int, ...]
    features: int
    k: int = 50
    control: bool = False


def sound(seed: int, seconds: float, rate_hz: int) -> np.ndarray:
    """Bursts of harmonics in noise, so that codes change from frame to frame."""
    random = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    samples = 0.01 * random.standard_normal(len(time_s))
    for _ in range(int(seconds * 3)):
        start_s, pitch = random.uniform(0, seconds), random.uniform(80, 900)
        shape = np.exp(-(((time_s - start_s) / random.uniform(0.03, 0.4)) ** 2))
        for harmonic in range(1, 6):
            samples += 0.1 / harmonic * shape * np.sin(2 * np.pi * pitch * harmonic * time_s)
    return (samples / np.abs(samples).max() * 0.5).astype(np.float32)


def write_corpus(folder: Path, clips: int, suffix: str, rate_hz: int, channels: int) -> Path:
    """`clips` windows of 30 s; the content repeats after a few, the files do not."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes = [sound(seed, 30.0, rate_hz) for seed in range(min(clips, 4))]
    for number in range(clips):
        path = folder / f"{number:04d}.{suffix}"
        if not path.exists():
            samples = np.roll(shapes[number % len(shapes)], 997 * number)
            soundfile.write(path, np.repeat(samples[:, None], channels, axis=1), rate_hz)
    return folder


def write_encoder(path: Path, dimensions: Dimensions) -> Path:
    """Random weights whose activations follow the sound rather than the position."""
    torch.manual_seed(0)
    module = AudioEncoder(
        dimensions.n_mels,
        dimensions.n_audio_ctx,
        dimensions.n_audio_state,
        dimensions.n_audio_head,
        dimensions.n_audio_layer,
    )
    state = {f"encoder.{name}": value for name, value in module.state_dict().items()}
    state["encoder.positional_embedding"] = state["encoder.positional_embedding"] * 0.01
    dims = {name: getattr(dimensions, name) for name in Dimensions.__dataclass_fields__}
    torch.save({"dims": dims, "model_state_dict": state}, path)
    return path


def write_dictionary(folder: Path, width: int, features: int, k: int) -> Path:
    """A batch top-k dictionary without a threshold, in the layout of dictionary_learning."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(features + width)
    rows = torch.nn.functional.normalize(torch.randn(features, width, generator=generator), dim=1)
    tensors = {
        "encoder.weight": rows,
        "encoder.bias": torch.zeros(features),
        "decoder.weight": rows.T.contiguous(),
        "b_dec": torch.zeros(width),
        "k": torch.tensor(k),
        "threshold": torch.tensor(-1.0),
    }
    torch.save(tensors, folder / "ae.pt")
    trainer = {"dict_class": "BatchTopKSAE", "activation_dim": width, "dict_size": features, "k": k}
    (folder / "config.json").write_text(json.dumps({"trainer": trainer}))
    return folder / "ae.pt"


def write_world(folder: Path, bench: Bench, corpus: Path, shard_windows: int) -> Path:
    """Encoder, dictionary and config in `folder`; returns the config."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder = write_encoder(folder / "encoder.pt", bench.dimensions)
    checkpoint = write_dictionary(folder / "sae", bench.dimensions.n_audio_state, bench.features, bench.k)
    lines = [
        f'title = "bench {bench.name}"',
        f'[corpus]\nfolders = {{ sound = "{corpus}" }}',
        f'[encoder]\nmodel = "{encoder}"',
        f"[scan]\nshard_windows = {shard_windows}",
        f"code_frames = {int(CODE_SHARE * 1500 * len(list(corpus.iterdir())))}",
        "[calibrate]\nwindows = 4",
    ]
    for block in bench.blocks:
        lines += [
            "[[dictionary]]",
            f'name = "block{block}"\ntap = "encoder.blocks.{block}"\ncheckpoint = "{checkpoint}"',
            f"control = {str(bench.control).lower()}",
        ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    return path

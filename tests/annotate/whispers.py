"""Miniature Whispers with random weights, as files in OpenAI's layout and as models, and sounds for them."""

from pathlib import Path

import numpy as np
import torch
from whisper.model import ModelDimensions, Whisper

from atlas.audio.samples import Samples

WINDOW = 100 * 320  # samples
ENGLISH = 51864
MULTILINGUAL = 51865


def miniature(tokens: int = ENGLISH, seed: int = 0) -> Whisper:
    model = Whisper(
        ModelDimensions(
            n_mels=80,
            n_audio_ctx=100,
            n_audio_state=16,
            n_audio_head=2,
            n_audio_layer=1,
            n_vocab=tokens,
            n_text_ctx=24,
            n_text_state=16,
            n_text_head=2,
            n_text_layer=2,
        )
    )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


def write(model: Whisper, path: Path) -> Path:
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, path)
    return path


def noise(samples: int, seed: int = 0) -> Samples:
    return (np.random.default_rng(seed).standard_normal(samples) * 0.1).astype(np.float32)

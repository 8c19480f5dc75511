"""A trained autoencoder on disk, in the layout of dictionary_learning: `NAME/{ae.pt, config.json}`.

The weights take raw activations: the learner's scale is folded into biases and threshold. Beside the class and what it
needs, the config keeps what was trained on what, and the figures of the last report.
"""

import io
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from atlas.store import AtlasFolder
from atlas.train.config import Kind
from atlas.train.learner import HeldOutReport, Learner

WEIGHTS, SETTINGS = "ae.pt", "config.json"
UNSET = -1.0  # a threshold that nothing has set

CLASSES: Mapping[Kind, str] = MappingProxyType(
    {"batch_top_k": "BatchTopKSAE", "top_k": "AutoEncoderTopK", "l1": "AutoEncoder"}
)


def tensors_of(learner: Learner) -> dict[str, Tensor]:
    """What the class of that kind holds, for raw activations."""
    model, k = learner.model, learner.rule.k
    tensors = {
        "encoder.weight": model.encoder,
        "encoder.bias": model.bias * learner.scale,
        "decoder.weight": model.decoder.T,
        "bias" if k is None else "b_dec": model.offset * learner.scale,
    }
    if k is not None:
        threshold = UNSET if learner.threshold is None else learner.threshold
        tensors |= {"k": torch.tensor(k, dtype=torch.int32), "threshold": torch.tensor(threshold)}
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}


def settings_of(learner: Learner, report: HeldOutReport, model: str) -> dict[str, Any]:
    """What readers look for under `trainer`, and what was found."""
    config, course = learner.config, learner.course
    trainer = {
        "trainer_class": "atlas train",
        "dict_class": CLASSES[config.kind],
        "activation_dim": len(learner.model.offset),
        "dict_size": learner.features,
        "k": learner.rule.k,
        "l1_penalty": config.l1,
        "auxk_alpha": None if learner.rule.k is None else config.auxiliary,
        "group_sizes": config.group_sizes(learner.features),
        "lr": course.learning_rate,
        "steps": course.steps,
        "batch_size": course.batch_frames,
        "seed": config.seed,
        "device": "cpu",
        "lm_name": model,
        "submodule_name": config.tap,
    }
    return {"trainer": {key: value for key, value in trainer.items() if value is not None}, "report": asdict(report)}


def save(learner: Learner, report: HeldOutReport, model: str, folder: AtlasFolder) -> None:
    """Write both files; `model` is the encoder's name."""
    place = folder.root / learner.config.name
    folder.write_json(place / SETTINGS, settings_of(learner, report, model))
    folder.write_bytes(place / WEIGHTS, torch_bytes(tensors_of(learner)))


def torch_bytes(content: object) -> memoryview:
    """What torch.save writes; equal content gives equal bytes."""
    file = io.BytesIO()
    torch.save(content, file)
    return file.getbuffer()

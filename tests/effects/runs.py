"""A miniature Whisper with its decoder over a few noises, measured as far as effects need it; and as a run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile
import torch
from torch import Tensor

from atlas.annotate.whisper_words import find_writer
from atlas.effects.hearing import Hearing
from atlas.readouts.base import Utterance
from atlas.readouts.whisper_decoder import WhisperDecoder
from tests.annotate.whispers import miniature, noise, write
from tests.building import build_stage, run_of

CONFIG = """
title = "Heard"
corpus = { folders = { speech = "sounds", music = "tunes" } }
encoder = { model = "whole.pt" }
effects = { budget_passes = 100 }

[[dictionary]]
name = "units"
tap = "encoder.blocks.0"
kind = "identity"
density = 0.05
control = false

[[dictionary]]
name = "inside"
tap = "encoder.blocks.0.mlp"
kind = "identity"
density = 0.05
control = false
"""
CLIPS = 40
SHORT = 30
"frames"


def write_world(folder: Path) -> Path:
    """Models, sounds and config, indexed and scanned; returns the config's path. Its atlas lies beside, in `atlas`."""
    write(miniature(), folder / "whole.pt")
    for domain, clips in (("sounds", CLIPS), ("tunes", 2)):
        (folder / domain).mkdir()
        for number in range(clips):
            samples = noise(8_000 + 1_000 * (number % 7), number + 100 * (domain == "tunes"))
            soundfile.write(folder / domain / f"{number:02d}.wav", samples, 16_000)
    config = folder / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    for stage in ("index", "calibrate", "scan", "merge"):
        build_stage(stage, config, folder / "atlas")
    return config


class WillingDecoder(WhisperDecoder):
    """Random weights write nothing that makes sense, so all transcripts pass but those of very short clips."""

    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        heard = super().listen(encoded, lengths, languages)
        return [
            replace(one, problem="short" if length < SHORT else None)
            for one, length in zip(heard, lengths, strict=True)
        ]


@dataclass(frozen=True)
class WillingSource:
    path: str
    sha256: str = "0"
    name: str = "willing"
    problem: None = None

    def load(self, device: torch.device) -> WillingDecoder:
        return WillingDecoder(find_writer(self.path).load(device))


def hearing_of(config: Path, names: Sequence[str] = ("units", "inside"), root: Path | None = None) -> Hearing:
    run = run_of(config, config.parent / "atlas")
    return Hearing(run, tuple(names), WillingSource(str(config.parent / "whole.pt")), root or config.parent / "kept")


def files(root: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

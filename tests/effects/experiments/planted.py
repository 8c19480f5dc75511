"""A small world in which one feature makes the model write where nobody speaks, and two features are languages.

Audio is not needed: a clip is its activations. The dictionary's features are the units of the tap; the readout takes a
recording for speech where the mean of one unit is high, and tells languages apart by two others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import torch
from torch import Tensor

from atlas.config.settings import Config, CorpusConfig
from atlas.dictionaries.base import Dictionary, Selection
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.experiments.hearing import Origin, Study
from atlas.measure.codes import Coder
from atlas.measure.threads import Threads
from atlas.readouts.base import Said, Utterance
from atlas.readouts.written import Written
from atlas.schema import CLIPS, FEATURES
from atlas.store import AtlasFolder
from tests.effects.worlds import GRID, PlainEncoder

FRAMES, WIDTH = 20, 48
CAUSE, GERMAN, ENGLISH, WORDS = 7, 11, 13, 29
SILENT, SPOKEN = 80, 40
LANGUAGES = ("de", "en")
ORIGIN = Origin("identity", "basis")
NOTHING = Utterance(tokens=(0,), texts=("",), frames=torch.zeros(1, 2, dtype=torch.int64).numpy())


@dataclass(frozen=True)
class PlantedReadout:
    """Reads three units; `reads` is 0 for one that is cut off."""

    reads: float = 1.0
    name: str = "planted"
    languages: tuple[str, ...] = LANGUAGES
    tags: tuple[str, ...] = ()

    def listen(self, encoded: Tensor, lengths: Sequence[int], languages: Sequence[str | None]) -> list[Utterance]:
        return [NOTHING for _ in lengths]

    def said(self, encoded: Tensor, utterance: Utterance) -> Said:
        means = encoded.mean(dim=1) * self.reads
        languages = (4 * means[:, [GERMAN, ENGLISH]]).log_softmax(dim=-1)
        return Said(torch.zeros(len(encoded), 1), torch.sigmoid(6 * (0.6 - means[:, CAUSE])), languages)

    def write(self, encoded: Tensor, language: str | None) -> list[str]:
        return [one.text for one in self.written(encoded, language, 9)]

    def written(self, encoded: Tensor, language: str | None, longest: int) -> list[Written]:
        no_speech = self.said(encoded, NOTHING).no_speech
        assert no_speech is not None
        words = encoded.mean(dim=1)[:, WORDS] > 0.2
        return [
            Written("thank you so much" if word else "thank you", float(none), -2.0)
            for none, word in zip(no_speech, words, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class PlantedModel:
    tapped: TappedModel
    readout: PlantedReadout
    inputs: Tensor

    def clip(self, number: int) -> TappedClip:
        return self.tapped.coded(self.inputs[number], None, FRAMES, NOTHING)


@dataclass(frozen=True)
class PlantedStudy(Study):
    """A study whose model and clips are in memory."""

    planted: PlantedModel
    clips: pl.DataFrame

    @property
    def run(self) -> Any:
        source = SimpleNamespace(name="planted")
        return SimpleNamespace(clips=self.clips, folder=AtlasFolder(self.root), source=source, config=self.config)

    def model(self) -> Any:
        return self.planted

    def facts(self) -> str:
        return "planted"


def study(folder: Path, reads: float = 1.0, languages: tuple[str, ...] = LANGUAGES, seed: int = 0) -> PlantedStudy:
    """Half of the recordings without speech have the cause; each of speech has its language's unit."""
    generator = torch.Generator().manual_seed(seed)
    inputs = 0.4 * torch.rand(SILENT + SPOKEN, FRAMES, WIDTH, generator=generator)
    active = torch.rand(SILENT + SPOKEN, 1, WIDTH, generator=generator) < 0.5
    inputs = torch.where(active, inputs + 0.5, inputs)
    for unit in (CAUSE, GERMAN, ENGLISH):
        inputs[:, :, unit] *= 0.1
    for number in range(SILENT + SPOKEN):
        if number < SILENT:
            inputs[number, :, CAUSE] += 1.2 * (number % 2)
        else:
            inputs[number, :, (GERMAN, ENGLISH)[number % 2]] += 1.2
    dictionary = Dictionary(
        kind="made up",
        selection=Selection("threshold", thresholds=torch.full((WIDTH,), 0.5)),
        bias=torch.zeros(WIDTH),
        multiplier=torch.ones(WIDTH),
        addend=torch.zeros(WIDTH),
        decoder=torch.eye(WIDTH),
        decoder_norm=torch.ones(WIDTH),
        encoder=torch.eye(WIDTH),
    )
    encoder = PlainEncoder(torch.zeros(WIDTH, WIDTH), frames=FRAMES, grid=GRID)
    readout = PlantedReadout(reads, languages=languages)
    model = TappedModel(encoder, readout, "tap", Coder(dictionary, FRAMES, Threads(1)))
    fires = inputs > 0.5
    means = (inputs * fires).sum(dim=(0, 1)) / fires.sum(dim=(0, 1)).clamp_min(1)
    columns: dict[str, object] = {name: [None] * WIDTH for name in FEATURES.columns}
    columns |= {"dictionary": ["units"] * WIDTH, "feature": range(WIDTH), "mean_active": means.double().tolist()}
    AtlasFolder(folder).write_table(FEATURES, FEATURES.frame(columns), "units")
    config = Config.model_construct(corpus=CorpusConfig.model_construct())
    return PlantedStudy(folder, config, "units", PlantedModel(model, readout, inputs), clips())


def clips(changes: Mapping[str, object] | None = None) -> pl.DataFrame:
    """The table `clips` of the world; every clip is a recording."""
    count = SILENT + SPOKEN
    columns: dict[str, object] = {name: [None] * count for name in CLIPS.columns}
    columns |= {
        "clip": range(count),
        "path": [f"{number}.wav" for number in range(count)],
        "offset_s": [0.0] * count,
        "sha256": [f"content {number}" for number in range(count)],
        "domain": ["sound"] * SILENT + ["speech"] * SPOKEN,
        "dataset": ["one"] * count,
        "recording": [f"recording {number}" for number in range(count)],
        "language": [None] * SILENT + ["German", "en"] * (SPOKEN // 2),
        "duration_s": [0.4] * count,
        "valid_frames": [FRAMES] * count,
        "shard": [0] * count,
    }
    return CLIPS.frame(columns | dict(changes or {}))

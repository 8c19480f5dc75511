"""The demo's dictionaries: trained by `atlas train` on scenes of the training world, kept in half precision.

Two taps are read, one of them by two seeds, for comparisons. One more reads the encoder as it was before it was
trained: what its features find, the architecture alone finds.
"""

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from atlas.digests import digest_of
from atlas.encoders.whisper import Dimensions
from atlas.store import AtlasFolder
from atlas.train.run import Trained, train
from atlas.train.saved import SETTINGS, WEIGHTS
from tools.demo.listener.network import save_encoder, untrained
from tools.demo.scenes.files import MANIFEST, write_corpus
from tools.demo.scenes.sets import training_scenes

_SCENES = "scenes"
_DONE = ".done"


@dataclass(frozen=True, slots=True)
class Entry:
    """One dictionary: its name, the tap that it reads, and the seed of its first directions."""

    name: str
    tap: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Lessons:
    """What dictionaries are trained on, and for how long."""

    scenes: int = 3000
    seed: int = 2  # the listener's scenes have another
    steps: int = 4000
    batch_frames: int = 2048
    features: int = 1024
    nested: int = 512  # so many must do without the rest, which keeps them from splitting what belongs together
    k: int = 10  # about as many things as a frame of the listener holds: with more, some features say a little of all


ENTRIES = (
    Entry("block1", "encoder.blocks.1"),
    Entry("block3", "encoder.blocks.3"),
    Entry("block3-again", "encoder.blocks.3", seed=1),
)
UNTRAINED = (Entry("untrained", "encoder.blocks.3"),)

_CONFIG = """\
title = "The demo's dictionaries"

[corpus]
manifest = "{scenes}/{manifest}"

[encoder]
model = "{model}"

[training]
steps = {lessons.steps}
batch_frames = {lessons.batch_frames}
learning_rate = 1e-3
buffer_frames = {buffer}
"""
_ENTRY = """
[[train]]
name = "{entry.name}"
tap = "{entry.tap}"
k = {lessons.k}
features = {lessons.features}
nested = [{lessons.nested}]
seed = {entry.seed}
"""
_BUFFER_FRAMES = 2**20


def write_lessons(work: Path, lessons: Lessons, workers: int) -> Path:
    """A corpus of the training world; what lies there finished is kept."""
    folder = work / f"{_SCENES}-{lessons.seed}-{lessons.scenes}"
    if not (folder / _DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        write_corpus(folder, training_scenes(lessons.scenes, lessons.seed, workers))
        (folder / _DONE).touch()
    return folder


def train_dictionaries(work: Path, encoder: Path, scenes: Path, entries: Sequence[Entry], lessons: Lessons) -> Trained:
    """Train on a corpus that lies ready; a training that was stopped goes on."""
    text = _CONFIG.format(
        scenes=scenes.resolve().as_posix(),
        manifest=MANIFEST,
        model=encoder.resolve().as_posix(),
        lessons=lessons,
        buffer=_BUFFER_FRAMES,
    )
    text += "".join(_ENTRY.format(entry=entry, lessons=lessons) for entry in entries)
    name = f"{entries[0].name}-{digest_of(text + digest_of(encoder.read_bytes()))[:8]}"
    config = work / f"{name}.toml"
    config.write_text(text, encoding="utf-8")
    return train(config, work / name)


def keep(trained: Trained, folder: Path) -> None:
    """Write what was trained in half precision, which readers take as well."""
    store = AtlasFolder(folder)
    for one in trained.autoencoders:
        tensors = torch.load(one.checkpoint, weights_only=True)
        halves = {name: value.half() if value.dim() else value for name, value in tensors.items()}
        content = io.BytesIO()
        torch.save(halves, content)
        store.write_bytes(folder / one.name / WEIGHTS, content.getbuffer())
        store.write_bytes(folder / one.name / SETTINGS, (one.checkpoint.parent / SETTINGS).read_bytes())


def write_untrained(work: Path, shape: Dimensions, seed: int) -> Path:
    """The checkpoint of an encoder that was never trained."""
    path = work / "untrained.pt"
    save_encoder(untrained(shape, seed), shape, path)
    return path

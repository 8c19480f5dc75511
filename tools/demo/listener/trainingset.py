"""What the listener is trained on, prepared once and kept on disk: the encoder's own log-mels, and their targets.

Only the columns that sound reaches are kept, in half precision, one scene after another; the rest of a window is the
scene's floor. Batches are windows cut from scenes that a seeded draw chooses, each from a drawn frame on, and with a
drawn band of the spectrum masked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.digests import digest_of
from atlas.encoders.whisper import GRID, HOP, log_mel
from atlas.progress import Advance, bar
from atlas.store import AtlasFolder
from tools.demo import scenes as scenes_package
from tools.demo.listener import targets as targets_module
from tools.demo.listener.targets import phones_of
from tools.demo.scenes.scene import Scene
from tools.demo.scenes.sets import training_scenes

MELS = 80
AHEAD = 2  # mel columns after the last frame that its sound still reaches
LATEST_START = 100  # frames: a window begins anywhere in the first two seconds of a scene,
LEFT = 0.5  # though never so late that less than this share of the scene is left
WIDEST_MASK = 12  # mel bands
NOT_VALID = -1  # the phone of a frame of padding

STAGE = "training-set"
_MELS, _TARGETS = "mels.f16", "targets.npz"


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows with their targets."""

    mels: Tensor  # [windows, mels, 2 x frames]
    phones: Tensor  # [windows, frames], NOT_VALID for padding
    tags: Tensor  # [windows, tags], 0 or 1: the labels of each clip


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """All scenes, one after another."""

    mels: NDArray[np.float16]  # [columns, mels]
    columns: NDArray[np.int64]  # [scenes + 1], where each scene's columns begin
    floors: NDArray[np.float32]  # [scenes]
    phones: NDArray[np.int16]  # [frames], numbers in phone_names
    frames: NDArray[np.int64]  # [scenes + 1], where each scene's frames begin
    tags: NDArray[np.bool_]  # [scenes, tags]
    phone_names: tuple[str, ...]  # NO_PHONE first
    tag_names: tuple[str, ...]
    digest: str  # of what it was made by

    @property
    def scenes(self) -> int:
        return len(self.floors)

    def batch(self, scenes: NDArray[np.int64], frames: int, draw: np.random.Generator) -> Batch:
        """Windows of so many frames, one from each of the scenes."""
        mels = np.empty((len(scenes), 2 * frames, MELS), np.float32)
        phones = np.full((len(scenes), frames), NOT_VALID, np.int64)
        for row, scene in enumerate(scenes):
            own = self.phones[self.frames[scene] : self.frames[scene + 1]]
            sound = self.mels[self.columns[scene] : self.columns[scene + 1]]
            start = int(draw.integers(min(LATEST_START, int(len(own) * (1 - LEFT))) + 1))
            part = sound[2 * start : 2 * (start + frames)]
            mels[row, : len(part)] = part
            mels[row, len(part) :] = self.floors[scene]
            phones[row, : len(own) - start] = own[start : start + frames]
            width = int(draw.integers(WIDEST_MASK + 1))
            band = int(draw.integers(MELS - width + 1))
            mels[row, :, band : band + width] = self.floors[scene]
        tags = self.tags[scenes].astype(np.float32)
        return Batch(torch.from_numpy(mels).transpose(1, 2), torch.from_numpy(phones), torch.from_numpy(tags))


def prepared(work: Path, count: int, seed: int, window: int, workers: int) -> TrainingSet:
    """A training set, made unless the work folder has the one that these programs make."""
    folder = AtlasFolder(work)
    facts = {"scenes": str(count), "seed": str(seed), "window": str(window), "programs": _programs()}
    marker = folder.marker(STAGE)
    if marker is None or marker.facts != facts:
        folder.unmark(STAGE)
        with bar("scenes", count, "scenes") as advance:
            made = _counted(training_scenes(count, seed, workers), advance)
            marker = folder.mark([STAGE], facts, write_training_set(work, made, window))
    return read_training_set(work, marker.digest())


def _programs() -> str:
    """A digest of what makes scenes, and of what makes targets of them."""
    files = [*Path(scenes_package.__path__[0]).rglob("*.py"), Path(targets_module.__file__), Path(__file__)]
    return digest_of(b"".join(path.read_bytes() for path in sorted(files)))


def _counted(scenes: Iterable[Scene], advance: Advance) -> Iterator[Scene]:
    for scene in scenes:
        yield scene
        advance(1)


def write_training_set(folder: Path, scenes: Iterable[Scene], window: int) -> list[Path]:
    """Prepare scenes for an encoder whose window has so many frames; returns what was written."""
    columns, floors, phones, tags = [0], [], [], []
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / _MELS, "wb") as file:
        for scene in scenes:
            frames = GRID.frames_of(len(scene.samples))
            mel = log_mel(scene.samples, window * HOP, MELS)[:, : 2 * frames + AHEAD]
            file.write(np.ascontiguousarray(mel.T, np.float16).data)
            columns.append(columns[-1] + mel.shape[1])
            floors.append(mel.min())
            phones.append(phones_of(scene.phones, frames))
            tags.append(frozenset(scene.labels))
    phone_names, numbers = np.unique(np.concatenate(phones), return_inverse=True)
    tag_names = sorted(frozenset().union(*tags))
    np.savez(
        folder / _TARGETS,
        columns=np.array(columns),
        floors=np.array(floors, np.float32),
        phones=numbers.astype(np.int16),
        frames=np.cumsum([0, *map(len, phones)]),
        tags=np.array([[name in own for name in tag_names] for own in tags]),
        phone_names=phone_names,
        tag_names=np.array(tag_names),
    )
    return [folder / _MELS, folder / _TARGETS]


def read_training_set(folder: Path, digest: str) -> TrainingSet:
    """What `write_training_set` left; the mels stay on disk."""
    with np.load(folder / _TARGETS) as found:
        columns, phone_names, tag_names = found["columns"], found["phone_names"], found["tag_names"]
        return TrainingSet(
            mels=np.memmap(folder / _MELS, np.float16, "r", shape=(int(columns[-1]), MELS)),
            columns=columns,
            floors=found["floors"],
            phones=found["phones"],
            frames=found["frames"],
            tags=found["tags"],
            phone_names=tuple(phone_names.tolist()),
            tag_names=tuple(tag_names.tolist()),
            digest=digest,
        )

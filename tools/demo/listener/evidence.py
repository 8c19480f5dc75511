"""What was learned: probes of the listener's taps, beside the same network untrained and beside its input.

Phones are told frame by frame; language, instrument and sound class clip by clip, by mean and maximum over the valid
frames. A clip with two instruments takes no part in the probe of instruments, and so on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from atlas.encoders.whisper import GRID, WhisperEncoder, find_source
from atlas.store import AtlasFolder
from tools.demo.listener.network import untrained
from tools.demo.listener.probes import Row, probe
from tools.demo.listener.targets import NO_PHONE, phones_of
from tools.demo.scenes.scene import Scene

PHONE = "phone"
LOG_MEL = "log-mel"  # both columns of a frame
UNTRAINED = "untrained "  # before a tap


@dataclass(frozen=True, slots=True)
class Score:
    """One probe: a kind of label, read from one representation."""

    kind: str
    representation: str
    accuracy: float
    classes: int
    rows: int


@dataclass(slots=True)
class Material:
    """The rows of one kind, with their values in each representation."""

    rows: list[Row]
    values: dict[str, list[Tensor]]

    def add(self, rows: Sequence[Row], values: Mapping[str, Tensor]) -> None:
        """values: representation -> [rows, d]."""
        self.rows.extend(rows)
        for name, own in values.items():
            self.values.setdefault(name, []).append(own)


class Ears:
    """A trained encoder and the same one untrained, with the taps that are read."""

    def __init__(self, encoder: Path, taps: Sequence[str], seed: int) -> None:
        self.taps = taps
        self.trained = find_source(str(encoder)).load(torch.device("cpu"), torch.float32)
        shape = self.trained.dimensions
        self.untrained = WhisperEncoder(untrained(shape, seed), shape, torch.device("cpu"), torch.float32)

    def hear(self, scene: Scene) -> dict[str, Tensor]:
        """representation -> [valid frames, d]."""
        frames = GRID.frames_of(len(scene.samples))
        mel = self.trained.prepare(scene.samples)
        heard = {LOG_MEL: mel[:, : 2 * frames].T.reshape(frames, -1)}
        for prefix, encoder in (("", self.trained), (UNTRAINED, self.untrained)):
            found = encoder.activations(mel[None], self.taps)
            heard |= {prefix + tap: found[tap][0, :frames] for tap in self.taps}
        return heard


def evidence(scenes: Iterable[Scene], ears: Ears, kinds: Mapping[str, Collection[str]]) -> list[Score]:
    """Probe every kind in every representation; `kinds` says which labels a kind of clip label has."""
    materials: defaultdict[str, Material] = defaultdict(lambda: Material([], {}))
    for scene in scenes:
        heard = ears.hear(scene)
        materials[PHONE].add(*_phones(scene, heard))
        for kind, label in _only(scene, kinds):
            materials[kind].add([Row(label, scene.recording)], {name: _pooled(x) for name, x in heard.items()})
    return [
        Score(kind, name, round(found.accuracy, 3), found.classes, found.rows)
        for kind, material in materials.items()
        for name, values in material.values.items()
        for found in [probe(torch.cat(values), material.rows)]
    ]


def write_evidence(scores: Sequence[Score], path: Path) -> None:
    """Keep the scores as JSON."""
    AtlasFolder(path.parent).write_json(path, [asdict(score) for score in scores])


def table(scores: Sequence[Score]) -> str:
    """The scores as text: a line a representation, a column a kind; chance in the first line."""
    kinds = list(dict.fromkeys(score.kind for score in scores))
    names = list(dict.fromkeys(score.representation for score in scores))
    found = {(score.representation, score.kind): score.accuracy for score in scores}
    chances = {("chance", score.kind): 1 / score.classes for score in scores}
    width = max(map(len, names), default=0)
    lines = ["".join([" " * width, *(f"{kind:>12}" for kind in kinds)])]
    for name in ("chance", *names):
        lines.append("".join([f"{name:<{width}}", *(f"{(found | chances)[name, kind]:>12.3f}" for kind in kinds)]))
    return "\n".join(lines)


def _phones(scene: Scene, heard: Mapping[str, Tensor]) -> tuple[list[Row], dict[str, Tensor]]:
    """The frames in which there is a phone."""
    phones = phones_of(scene.phones, len(heard[LOG_MEL]))
    spoken = torch.from_numpy(phones != NO_PHONE)
    rows = [Row(phone, scene.recording) for phone in phones.tolist() if phone != NO_PHONE]
    return rows, {name: x[spoken] for name, x in heard.items()}


def _only(scene: Scene, kinds: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str]]:
    """Kind and label, of the kinds that the clip has exactly one label of."""
    known = {"language": {scene.language} - {""}}
    for kind, labels in (known | {kind: set(scene.labels) & set(labels) for kind, labels in kinds.items()}).items():
        if len(labels) == 1:
            yield kind, labels.pop()


def _pooled(x: Tensor) -> Tensor:
    """x: [frames, d] -> [1, 2 d], mean and maximum."""
    return torch.cat([x.mean(0), x.amax(0)])[None]

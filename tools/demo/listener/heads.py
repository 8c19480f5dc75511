"""The demo's readout: heads on the encoder as it is shipped, fitted on scenes of the training world.

The heads that the listener learned with know its output before it was saved in half precision, and are dropped with
the rest. These are linear, too: a speller (CTC) over the phones of all languages, one logistic tag a label, and a
softmax over languages. The encoder is frozen, so that its outputs are made once.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from atlas.encoders.whisper import GRID, find_source
from atlas.readouts.heads import HeadNames, Heads, heads_bytes
from atlas.store import AtlasFolder
from tools.demo.listener.targets import NO_PHONE, phones_of
from tools.demo.scenes.scene import Scene

CPU = torch.device("cpu")
LAST = "encoder.ln_post"
HEARD = 0.5  # the probability from which a tag is told
TAGS_SHARE = 10.0  # of the loss of tags, a mean over all of them, against the others


@dataclass(frozen=True, slots=True)
class HeadLessons:
    """What heads are fitted on, and for how long."""

    scenes: int = 1500
    seed: int = 3  # the scenes of the listener and of the dictionaries have others
    epochs: int = 16
    batch: int = 32
    learning_rate: float = 0.02


@dataclass(frozen=True, slots=True)
class EncodedScenes:
    """Scenes as the encoder gives them, with what the heads shall say."""

    encoded: Tensor  # [scenes, frames, width], in half precision
    phones: list[tuple[str, ...]]  # that follow each other
    labels: list[frozenset[str]]
    languages: list[str]  # empty where nobody speaks

    @property
    def speaking(self) -> list[int]:
        return [number for number, phones in enumerate(self.phones) if phones]

    def names(self) -> HeadNames:
        return HeadNames(
            phones=tuple(sorted(set().union(*self.phones))),
            tags=tuple(sorted(frozenset().union(*self.labels))),
            languages=tuple(sorted(set(self.languages) - {""})),
        )


def encoded_scenes(encoder: Path, scenes: Iterable[Scene]) -> EncodedScenes:
    """Hear scenes, window by window."""
    loaded = find_source(str(encoder)).load(CPU, torch.float32)
    heard: list[Tensor] = []
    found = EncodedScenes(torch.empty(0), [], [], [])
    for scene in scenes:
        heard.append(loaded.activations(loaded.prepare(scene.samples)[None], [LAST])[LAST][0].half())
        frames = phones_of(scene.phones, GRID.frames_of(len(scene.samples)))
        changes = np.flatnonzero(frames[1:] != frames[:-1]) + 1
        runs = frames[np.append(0, changes)].tolist()
        found.phones.append(tuple(phone for phone in runs if phone != NO_PHONE))
        found.labels.append(frozenset(scene.labels))
        found.languages.append(scene.language)
    return EncodedScenes(torch.stack(heard), found.phones, found.labels, found.languages)


def fit_heads(scenes: EncodedScenes, lessons: HeadLessons) -> tuple[HeadNames, dict[str, Tensor]]:
    """The names that the scenes have, and the weights of heads that tell them apart."""
    names, width = scenes.names(), scenes.encoded.shape[2]
    weights: dict[str, Tensor] = {}
    for part in ("phones", "tags", "languages"):
        weights[f"{part}.weight"] = torch.zeros(names.rows(part), width, requires_grad=True)
        weights[f"{part}.bias"] = torch.zeros(names.rows(part), requires_grad=True)
    heads, optimizer = Heads(names, weights), torch.optim.Adam(weights.values())
    batches = list(_batches(len(scenes.phones), lessons))
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = lessons.learning_rate * (0.5 + 0.5 * math.cos(math.pi * step / len(batches)))
        optimizer.zero_grad()
        torch.autograd.backward(_loss(heads, scenes, batch))
        optimizer.step()
    return names, {name: weight.detach() for name, weight in weights.items()}


def _batches(scenes: int, lessons: HeadLessons) -> Iterator[list[int]]:
    for epoch in range(lessons.epochs):
        order = np.random.default_rng((lessons.seed, epoch)).permutation(scenes).tolist()
        yield from (order[start : start + lessons.batch] for start in range(0, scenes, lessons.batch))


def _loss(heads: Heads, scenes: EncodedScenes, batch: Sequence[int]) -> Tensor:
    encoded = scenes.encoded[batch].float()
    wanted = torch.tensor([[tag in scenes.labels[one] for tag in heads.tags] for one in batch])
    loss = TAGS_SHARE * F.binary_cross_entropy_with_logits(heads.pooled(encoded, "tags"), wanted.float())
    speaking = [row for row, one in enumerate(batch) if scenes.phones[one]]
    if not speaking:
        return loss
    own = [batch[row] for row in speaking]
    spoken = torch.tensor([heads.languages.index(scenes.languages[one]) for one in own])
    loss = loss + F.cross_entropy(heads.pooled(encoded[speaking], "languages"), spoken)
    numbers = {phone: number for number, phone in enumerate(heads.names.phones, start=1)}
    logprobs = heads.spelt(encoded[speaking]).transpose(0, 1)
    return loss + F.ctc_loss(
        logprobs,
        torch.tensor([numbers[phone] for one in own for phone in scenes.phones[one]]),
        torch.full((len(own),), len(logprobs)),  # padding is part of it: nothing is to be spelt there
        torch.tensor([len(scenes.phones[one]) for one in own]),
        zero_infinity=True,
    )


@dataclass(frozen=True, slots=True)
class HeadScores:
    """How well heads do on scenes that they were not fitted on."""

    phone_error_rate: float
    "edits a phone that was spoken, over all clips with speech"
    tag_f1: float
    "the mean over tags that some clip has"
    language_accuracy: float

    def line(self) -> str:
        return (
            f"phone error rate {self.phone_error_rate:.2f}, F1 of tags {self.tag_f1:.2f},"
            f" languages {self.language_accuracy:.2f}"
        )


def scores_of(heads: Heads, scenes: EncodedScenes) -> HeadScores:
    """Clips in which nobody speaks count for tags alone."""
    speaking = scenes.speaking
    errors = sum(_distance(_written(heads, scenes, one), scenes.phones[one]) for one in speaking)
    pooled = [[heads.pooled(one[None].float(), part)[0] for one in scenes.encoded] for part in ("tags", "languages")]
    told = torch.stack(pooled[0]).sigmoid().numpy() > HEARD
    labels = np.array([[tag in own for tag in heads.tags] for own in scenes.labels])
    right = [heads.languages[int(pooled[1][one].argmax())] == scenes.languages[one] for one in speaking]
    return HeadScores(
        errors / sum(len(scenes.phones[one]) for one in speaking), _mean_f1(told, labels), float(np.mean(right))
    )


def _written(heads: Heads, scenes: EncodedScenes, number: int) -> list[str]:
    return heads.write(scenes.encoded[number][None].float(), None)[0].split()


def _mean_f1(told: NDArray[np.bool_], labels: NDArray[np.bool_]) -> float:
    """[clips, tags] each."""
    both, one_of_both = (told & labels).sum(axis=0), told.sum(axis=0) + labels.sum(axis=0)
    occurs = labels.any(axis=0)
    return float(np.mean(2 * both[occurs] / one_of_both[occurs]))


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Insertions, deletions and substitutions that make one of the other."""
    row = list(range(len(other) + 1))
    for number, mine in enumerate(one, start=1):
        before, row[0] = row[0], number
        for place, theirs in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (mine != theirs))
    return row[-1]


def write_heads(names: HeadNames, weights: dict[str, Tensor], encoder: Path, path: Path) -> int:
    """Keep heads in half precision; returns the file's bytes."""
    content = heads_bytes(names, weights, find_source(str(encoder)).sha256)
    AtlasFolder(path.parent).write_bytes(path, content)
    return len(content)

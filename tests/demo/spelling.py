"""The demo's listener with its heads, straight from the package's files: clips at a tap, and what edits do to them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from atlas.config.dictionaries import DictionaryConfig
from atlas.demo.embedded import FILES
from atlas.dictionaries.load import load_dictionary
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Covariance, Edit, ablated, decoy
from atlas.effects.passes import edited_batches
from atlas.encoders.base import Encoder
from atlas.encoders.catalogue import find_source
from atlas.measure.codes import Coder
from atlas.measure.encoding import windows_of
from atlas.measure.threads import Threads
from atlas.readouts.heads import Heads, find_heads
from tools.demo.listener.targets import phones_of
from tools.demo.scenes.scene import Timed

CPU = torch.device("cpu")
SOURCE = find_source(str(FILES / "encoder.pt"))


@dataclass(frozen=True)
class SpokenClip:
    """A clip at a tap, with the phone that is spoken on each of its frames."""

    tapped: TappedClip
    phones: NDArray[np.str_]


def heads() -> Heads:
    return find_heads(FILES / "heads.safetensors", "effects.readout", SOURCE).load(CPU)


def listener(name: str, tap: str, encoder: Encoder | None = None) -> TappedModel:
    """The model as it goes on from a tap, with one of the demo's dictionaries; `encoder` in the shipped one's place."""
    entry = DictionaryConfig(name=name, tap=tap, checkpoint=str(FILES / f"dictionaries/{name}/ae.pt"))
    width = SOURCE.widths([tap])[tap]
    coder = Coder(load_dictionary(entry, width), SOURCE.dimensions().n_audio_ctx, Threads(1))
    return TappedModel(encoder or SOURCE.load(CPU, torch.float32), heads(), tap, coder)


def spoken_clips(model: TappedModel, every: int) -> list[SpokenClip]:
    """Of clips of speech without anything else, one in so many, in the order of the manifest."""
    with open(FILES / "corpus/manifest.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["domain"] == "speech"]
    rows = [row for row in rows if not {"music", "sound"} & set(row["labels"].split("|"))]
    return [_spoken(model, row["path"], row["language"]) for row in rows[::every]]


def _spoken(model: TappedModel, path: str, language: str) -> SpokenClip:
    (samples,) = windows_of(FILES / "corpus" / path, None, SOURCE)
    valid = SOURCE.grid.frames_of(len(samples))
    tapped = model.tapped(model.encoder.prepare(samples), valid, language)
    return SpokenClip(tapped, phones_of(_alignments()[path], valid))


@cache
def _alignments() -> dict[str, list[Timed]]:
    by_path: dict[str, list[Timed]] = {}
    with open(FILES / "corpus/alignments.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["tier"] == "phones":
                span = Timed(float(row["start_s"]), float(row["end_s"]), row["label"])
                by_path.setdefault(row["path"], []).append(span)
    return by_path


def rising_most(model: TappedModel, clips: Sequence[SpokenClip], phone: str) -> int:
    """The feature that is stronger on a phone than elsewhere by most.

    Not the one that tells it best: of some phones that one marks the frames, and is a small part of what is there.
    """
    values = np.zeros((sum(len(clip.phones) for clip in clips), model.dictionary.n), np.float32)
    start = 0
    for clip in clips:
        active = clip.tapped.active
        owners = np.repeat(active.features, np.diff(active.starts))
        values[start + active.frames, owners] = active.values
        start += len(clip.phones)
    wanted = np.concatenate([clip.phones for clip in clips]) == phone
    return int((values[wanted].mean(axis=0) - values[~wanted].mean(axis=0)).argmax())


@dataclass(frozen=True)
class Loss:
    """What an ablation and its decoy took, each: [ablation, decoy]."""

    own_nats: NDArray[np.float64]
    "mean change of the tokens of the phone itself"
    spelt: tuple[int, int, int]
    "how often the phone is spelt: unedited, ablated, under the decoy"


def loss_of(model: TappedModel, clips: Sequence[SpokenClip], feature: int, phone: str, seed: int = 0) -> Loss:
    """On the clips in which it fires and the phone is spelt."""
    covariance = Covariance.of(torch.cat([clip.tapped.x[: clip.tapped.valid] for clip in clips]))
    generator = np.random.default_rng(seed)
    changes, counts = [], np.zeros(3, int)
    for clip in (clip.tapped for clip in clips):
        own = np.array([text.strip() == phone for text in clip.utterance.texts])
        edit = ablated(clip.firing(model.dictionary, feature))
        if not own.any() or not len(edit.frames):
            continue
        (batch,) = edited_batches(model, clip, [edit, decoy_of(clip, edit, covariance, generator)])
        changes.append([batch.heard.changes(row)[own].mean() for row in (1, 2)])
        counts += [text.split().count(phone) for text in model.readout.write(batch.encoded[:3], None)]
    means = np.mean(changes, axis=0) if changes else np.zeros(2)
    return Loss(means, tuple(counts.tolist()))


def decoy_of(clip: TappedClip, edit: Edit, covariance: Covariance, generator: np.random.Generator) -> Edit:
    return decoy(edit, covariance.draw(generator), clip.x[torch.from_numpy(edit.frames)] - covariance.mean)

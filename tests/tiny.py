"""A tiny made-up world, complete from corpus to config: what `make demo` builds an atlas of, and the tests use.

About forty short clips in four datasets, timed labels for some, a Whisper encoder of two blocks and short windows with
random weights, and three dictionaries whose directions are activations of that encoder. One seed decides every byte.
It shows that the machinery works; what its features mean is of no interest.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import click
import numpy as np
import soundfile
import torch
from numpy.random import Generator
from torch import Tensor

from atlas.encoders.whisper import HOP, Dimensions, WhisperEncoder, find_source
from tests import sounds
from tests.sounds import Phone, Samples

SEED = 0
DIMENSIONS = Dimensions(n_mels=80, n_audio_ctx=500, n_audio_state=64, n_audio_head=2, n_audio_layer=2)
FEATURES = 256
LARGEST_COSINE = 0.8
TAPS = ("encoder.blocks.0", "encoder.ln_post")
FRAMES_A_CLIP = 20  # from which directions are drawn

CONFIG = """\
title = "A tiny made-up world"

[corpus]
manifest = "corpus/manifest.csv"
alignments = "corpus/alignments.tsv"

[encoder]
model = "encoder.pt"

[[dictionary]]
name = "last"
tap = "encoder.ln_post"
checkpoint = "last/ae.pt"

[[dictionary]]
name = "block0"
tap = "encoder.blocks.0"
checkpoint = "block0/ae.pt"
control = false

[[dictionary]]
name = "units"
tap = "encoder.blocks.0"
kind = "identity"
density = 0.02
control = false

[scan]
shard_windows = 16
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the manifest."""

    path: str
    domain: str
    dataset: str
    recording: str
    speaker: str
    labels: str
    language: str
    licence: str


@dataclass(frozen=True, slots=True)
class TinyClip:
    """A file of the corpus: what the manifest says of it, its sound, and its phones where they are known."""

    row: Row
    samples: Samples
    phones: Sequence[Phone] = ()


def write_world(folder: Path) -> Path:
    """Write corpus, models and config into a folder; returns the config's path."""
    corpus = folder / "corpus"
    clips = list(tiny_clips(np.random.default_rng(SEED)))
    write_corpus(corpus, clips)
    write_encoder(folder / "encoder.pt")
    activations_by_tap = activations(folder / "encoder.pt", [clip.samples for clip in clips])
    write_batch_top_k(folder / "last", activations_by_tap["encoder.ln_post"], k=4)
    write_top_k(folder / "block0", activations_by_tap["encoder.blocks.0"], k=6)
    config = folder / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    return config


def tiny_clips(random: Generator) -> Iterator[TinyClip]:
    """The corpus, dataset by dataset; a recording has one to three clips."""
    yield from _spoken(random)
    for number in range(12):
        key, third = ("major", 4.0) if number // 2 % 2 else ("minor", 3.0)
        row = Row(f"tunes/{number:02d}.mp3", "music", "tunes", f"tune{number // 2}", "", f"{key}|chords", "", "CC0")
        yield TinyClip(row, sounds.chords(random, random.uniform(3, 9), third))
    for number in range(14):
        label = list(sounds.SOUNDS)[number % 3]
        dataset, kind = ("street", "wav") if number < 8 else ("studio", "flac")
        recording = f"{dataset}{number - number % 3 // 2}"  # each third clip belongs to the one before it
        row = Row(f"{dataset}/{number:02d}.{kind}", "sound", dataset, recording, "", label, "", "CC0")
        yield TinyClip(row, sounds.SOUNDS[label](random, random.uniform(1, 6)))


def _spoken(random: Generator) -> Iterator[TinyClip]:
    """Two voices; the last file is longer than a window, and every other one has its phones."""
    for number in range(15):
        speaker, pitch_hz = ("ann", 210.0) if number // 2 % 2 else ("bob", 110.0)
        language = "xx" if number < 8 else "yy"
        row = Row(
            *(f"voices/{number:02d}.flac", "speech", "voices", f"{speaker}{number // 2}"),
            *(speaker, f"speech|{speaker}", language, "CC BY 4.0"),
        )
        spoken = sounds.phones(random, 23.0 if number == 14 else round(random.uniform(1.5, 7), 3))
        known = spoken if number % 2 == 0 else ()
        yield TinyClip(row, sounds.speech(random, spoken, pitch_hz), known)


def write_corpus(corpus: Path, clips: Sequence[TinyClip]) -> None:
    """Write sound files, the manifest and the timed labels; one listed file is broken."""
    for clip in clips:
        path = corpus / clip.row.path
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, clip.samples, sounds.RATE_HZ)  # no ogg: its streams have random serial numbers
    broken = Row("street/broken.wav", "sound", "street", "broken", "", "siren", "", "CC0")
    (corpus / broken.path).write_bytes(b"not a sound")
    write_manifest(corpus / "manifest.csv", [*(clip.row for clip in clips), broken])
    with open(corpus / "alignments.tsv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, "excel-tab", lineterminator="\n")
        writer.writerow(("path", "tier", "start_s", "end_s", "label"))
        for clip in clips:
            spans = [phone for phone in clip.phones if phone.name != sounds.PAUSE]
            writer.writerows((clip.row.path, "phones", span.start_s, span.end_s, span.name) for span in spans)


def write_manifest(path: Path, rows: Sequence[Row]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Row))
        writer.writerows(astuple(row) for row in rows)


def write_encoder(path: Path) -> None:
    """An encoder whose activations vary with the sound: its positions are quiet, its weights louder than at birth."""
    generator = torch.Generator().manual_seed(SEED)
    module = DIMENSIONS.build()
    state = {}
    for name, value in module.state_dict().items():
        if name == "positional_embedding":
            state[f"encoder.{name}"] = 0.05 * value
        elif value.ndim > 1:
            fan_in = value[0].numel()
            state[f"encoder.{name}"] = torch.randn(value.shape, generator=generator) * (2 / fan_in) ** 0.5
        else:
            state[f"encoder.{name}"] = torch.ones_like(value) if _is_gain(name) else torch.zeros_like(value)
    dims = {name: getattr(DIMENSIONS, name) for name in Dimensions.__dataclass_fields__}
    torch.save({"dims": dims, "model_state_dict": state}, path)


def _is_gain(name: str) -> bool:
    return "ln" in name and name.endswith("weight")


def activations(checkpoint: Path, sounds: Sequence[Samples], taps: Sequence[str] = TAPS) -> dict[str, Tensor]:
    """Some frames of each sound's first window at each tap: [frames, d]."""
    encoder = find_source(str(checkpoint)).load(torch.device("cpu"), torch.float32)
    pieces = [_some_frames(encoder, samples[: encoder.frames * HOP], taps) for samples in sounds]
    return {tap: torch.cat([piece[tap] for piece in pieces]) for tap in taps}


def _some_frames(encoder: WhisperEncoder, samples: Samples, taps: Sequence[str]) -> dict[str, Tensor]:
    chosen = torch.linspace(0, len(samples) // HOP - 1, FRAMES_A_CLIP).long()
    by_tap = encoder.activations(encoder.prepare(samples)[None], taps)
    return {tap: x[0, chosen] for tap, x in by_tap.items()}


def write_batch_top_k(folder: Path, x: Tensor, k: int) -> None:
    """A BatchTopK autoencoder as dictionary_learning saves it, without the threshold that it may have.

    Its directions are not alike, or whatever is common in x would take nearly all of what a batch may have.
    """
    centre, rows = x.mean(dim=0), _drawn_directions(x)
    kept: list[int] = []
    for place in range(len(rows)):
        if not kept or float((rows[kept] @ rows[place]).max()) < LARGEST_COSINE:
            kept.append(place)
    _save(folder, _tensors(centre, rows[kept], k), "BatchTopKSAE", k)


def write_top_k(folder: Path, x: Tensor, k: int) -> None:
    """A TopK autoencoder as dictionary_learning saves it."""
    _save(folder, _tensors(x.mean(dim=0), _drawn_directions(x)[:FEATURES], k), "AutoEncoderTopK", k)


def _drawn_directions(x: Tensor) -> Tensor:
    """x: [frames, d] less its mean, as unit rows in random order."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(SEED))
    return torch.nn.functional.normalize(x[order] - x.mean(dim=0), dim=1)


def _tensors(centre: Tensor, rows: Tensor, k: int) -> dict[str, Tensor]:
    """The k features of a frame overlap: the encoder is a k-th of the decoder, so that they add up to the frame."""
    return {
        "encoder.weight": rows / k,
        "encoder.bias": torch.zeros(len(rows)),
        "decoder.weight": rows.T.contiguous(),
        "b_dec": centre,
        "k": torch.tensor(k),
    }


def _save(folder: Path, tensors: dict[str, Tensor], kind: str, k: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(tensors, folder / "ae.pt")
    (folder / "config.json").write_text(json.dumps({"trainer": {"dict_class": kind, "k": k}}), encoding="utf-8")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def main(folder: Path) -> None:
    """Write the tiny world into FOLDER."""
    torch.set_num_threads(1)  # a window of this encoder is too small to share
    click.echo(f"tiny       a made-up corpus and model for {write_world(folder)}")


if __name__ == "__main__":
    main()

"""A folder as `merge` leaves it, so far as media reads it: indexed clips, and examples that a test names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import soundfile

from atlas.audio.samples import RATE_HZ, Samples
from atlas.config.loading import load_config
from atlas.config.settings import Config
from atlas.config.site import MediaConfig
from atlas.corpus.index import index
from atlas.pipeline import STAGES
from atlas.schema import ALIGNMENTS, CLIPS, EXAMPLES
from atlas.schema.card import CARD, card_bytes
from atlas.stages import AtlasWorkspace, Options
from atlas.store import AtlasFolder
from tests import cards

WINDOW_S = 5.0
CONFIG = """\
title = "Six clips"

[corpus]
manifest = "corpus/manifest.csv"

[encoder]
model = "none.pt"

[[dictionary]]
name = "first"
tap = "here"
checkpoint = "none.pt"

[[dictionary]]
name = "second"
tap = "here"
checkpoint = "none.pt"
control = false

[media]
redistribute = ["CC0", "CC BY 4.0"]

[site]
control_pages = true
"""
MANIFEST = """\
path,domain,dataset,licence
a.wav,speech,made,CC0
b.flac,music,made,CC0
c.ogg,sound,made,CC BY 4.0
d.wav,sound,made,all rights reserved
e.wav,sound,made,
long.wav,music,made,CC0
"""  # the last gives two clips

Shown = Sequence[tuple[int, str, int, int]]
"""feature, group, rank, clip"""


def sounds() -> dict[str, Samples]:
    """The corpus: noises of other lengths and levels."""
    random = np.random.default_rng(3)
    lengths = {"a.wav": 1.0, "b.flac": 2.5, "c.ogg": 1.7, "d.wav": 1.0, "e.wav": 1.0, "long.wav": 8.0}
    return {
        name: random.normal(0, 10 ** (-2 - number / 4), round(seconds * RATE_HZ)).astype(np.float32)
        for number, (name, seconds) in enumerate(lengths.items())
    }


def write_world(folder: Path) -> Config:
    """Corpus and config."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for name, samples in sounds().items():
        soundfile.write(corpus / name, samples, RATE_HZ)
    (corpus / "manifest.csv").write_text(MANIFEST, encoding="utf-8")
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    return load_config(folder / "config.toml")


def measured(out: Path, config: Config, shown: Mapping[str, Shown]) -> AtlasFolder:
    """A folder with clips, the examples of some dictionaries (none, where not named), and the marker of merge."""
    folder = AtlasFolder(out)
    index(config, folder, WINDOW_S, cards.CARD.encoder.grid, 1)
    folder.mark(("index",), {}, [folder.path(CLIPS), folder.path(ALIGNMENTS)])
    written = [
        folder.write_table(EXAMPLES, examples(entry.name, shown.get(entry.name, ())), entry.name)
        for entry in config.dictionaries()
    ]
    folder.write_bytes(folder.root / CARD, card_bytes(cards.CARD))
    folder.mark(("merge",), {}, written)
    return folder


def examples(dictionary: str, shown: Shown) -> pl.DataFrame:
    features, groups, ranks, clips = (list(column) for column in zip(*shown, strict=True)) if shown else ([],) * 4
    empty = [0.0] * len(shown)
    data = {"dictionary": [dictionary] * len(shown), "feature": features, "group": groups, "rank": ranks, "clip": clips}
    times = {"start_s": empty, "end_s": empty, "peak_s": empty, "peak": empty, "trace": [[]] * len(shown)}
    return EXAMPLES.frame(data | times)


def with_media(config: Config, **settings: object) -> Config:
    """The config with other settings of media."""
    return config.model_copy(update={"media": MediaConfig(**{**config.media.model_dump(), **settings})})


def media(folder: AtlasFolder, config: Config, workers: int = 1) -> str:
    """Run the stage."""
    return STAGES["media"].do(AtlasWorkspace(config, folder), Options(workers=workers))


def media_facts(folder: AtlasFolder, config: Config) -> dict[str, str]:
    """What the stage depends on."""
    return STAGES["media"].facts(AtlasWorkspace(config, folder))

"""A dictionary to be analysed, of the size that the analysis is held to: tables as a merge would leave them.

2,000 clips of 9 datasets, 100 labels of some 100 recordings each, and features that follow none of them. There are no
timed labels: what is done with those is a few operations on columns.
"""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray
from safetensors.numpy import save_file

from atlas.analyse.dictionary import DictionaryTask, analyse_dictionary
from atlas.schema import ALIGNMENTS, CLIPS, CODES, DATASETS, FEATURES, MEL, ORIGINS, PEAKS_SMALL, TIMED_COUNTS
from atlas.schema.card import CARD, card_bytes
from atlas.store import AtlasFolder
from tests import cards
from tests.analyse.making import DOMAINS, Clip, clips_frame, peaks_frame
from tests.analyse.tabling import table

NAME = "bench"
N_FEATURES, N_CLIPS, LABELS, LABELS_EACH, WIDTH = 6144, 2000, 100, 5, 384
CODE_FRAMES, ACTIVE = 2**18, 32


def write_tables(root: Path) -> None:
    """Write what `analyse_dictionary` reads."""
    folder, random = AtlasFolder(root), np.random.default_rng(0)
    clips = clips_frame([_clip(number, random) for number in range(N_CLIPS)])
    rates = np.exp(random.uniform(np.log(0.01), np.log(0.5), N_FEATURES))
    fires = random.random((N_FEATURES, N_CLIPS)) < rates[:, None]
    folder.write_table(CLIPS, clips)
    folder.write_table(ALIGNMENTS, ALIGNMENTS.empty())
    folder.write_table(TIMED_COUNTS, TIMED_COUNTS.empty(), NAME)
    peaks = peaks_frame(np.where(fires, random.exponential(1, fires.shape), 0))
    folder.write_table(PEAKS_SMALL, peaks, NAME, "00000")
    folder.write_table(FEATURES, _features(fires), NAME)
    folder.write_table(DATASETS, _datasets(fires, clips["dataset"].to_numpy()), NAME)
    folder.write_table(CODES, _codes(random), NAME)
    folder.write_table(ORIGINS, ORIGINS.empty(), NAME)
    card = replace(cards.CARD, dictionaries={NAME: cards.sae_card(features=N_FEATURES)})
    folder.write_table(MEL, _mel(card.corpus.mean_mel_db), NAME)
    (root / CARD).write_bytes(card_bytes(card))
    (root / "vectors").mkdir(exist_ok=True)
    decoder = random.standard_normal((N_FEATURES, WIDTH)).astype(np.float16)
    save_file({"decoder": decoder}, root / "vectors" / f"{NAME}.safetensors")


def _clip(number: int, random: Generator) -> Clip:
    domain = DOMAINS[number % 3]
    labels = [f"label {label:02}" for label in np.sort(random.choice(LABELS, LABELS_EACH, replace=False))]
    frames = int(random.integers(200, 1500))
    return Clip(f"recording {number}", domain, f"{domain} {number // 3 % 3}", labels, frames=frames)


def _features(fires: NDArray[np.bool_]) -> pl.DataFrame:
    held = fires.sum(axis=1)
    rows = [{"feature": number, "clips_active": n, "recordings_active": n} for number, n in enumerate(held.tolist())]
    return table(FEATURES, rows, dictionary=NAME, state="live", density=0.01, pad_rate=0.0, onset_ratio=1.0)


def _datasets(fires: NDArray[np.bool_], of_clip: NDArray[np.object_]) -> pl.DataFrame:
    names = sorted(set(of_clip))
    counts = np.stack([fires[:, of_clip == name].sum(axis=1) for name in names], axis=1)
    rows = [
        {"feature": feature, "dataset": name, "clips_active": n}
        for feature, found in enumerate(counts.tolist())
        for name, n in zip(names, found, strict=True)
    ]
    return table(DATASETS, rows, dictionary=NAME)


def _mel(spectrum: Sequence[float]) -> pl.DataFrame:
    rows = [{"feature": number, "spectrum": list(spectrum)} for number in range(N_FEATURES)]
    return table(MEL, rows, dictionary=NAME)


def _codes(random: Generator) -> pl.DataFrame:
    """As many active features in every frame, one of each stretch of the dictionary."""
    stretch = N_FEATURES // ACTIVE
    active = stretch * np.arange(ACTIVE) + random.integers(stretch, size=(CODE_FRAMES, ACTIVE))
    frame = np.arange(CODE_FRAMES)
    each = CODE_FRAMES // N_CLIPS + 1
    columns = {
        "clip": frame // each,
        "frame": frame % each,
        "features": pl.Series(active.astype(np.uint32)).arr.to_list(),
        "values": pl.Series(np.ones(active.shape, np.float32)).arr.to_list(),
    }
    return pl.DataFrame(columns).cast(dict(CODES.columns))


def main(root: Path) -> None:
    """Analyse in a process of its own; print the seconds, those of a core, and the peak MiB."""
    started, before = time.perf_counter(), time.process_time()
    analyse_dictionary(
        DictionaryTask(root=root, name=NAME, controls={}, names=(NAME,), domains=DOMAINS, map="activations")
    )
    seconds, of_a_core = time.perf_counter() - started, time.process_time() - before
    scale = 1024 if sys.platform == "linux" else 1024**2
    sys.stdout.write(f"{seconds} {of_a_core} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

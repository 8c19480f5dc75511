"""Planted features: known directions, with bars so high that of all frames one alone passes each.

The tables must name that frame, and no other, and keep the direction.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from safetensors.numpy import load_file

from atlas.encoders.whisper import GRID
from tests.building import build_stage
from tests.measure.dense import DenseCorpus, hear

TAP = "encoder.blocks.0"
PLANTED = 24
CONFIG = """\
title = "Planted directions"

[corpus]
manifest = "{world}/corpus/manifest.csv"

[encoder]
model = "{world}/encoder.pt"

[[dictionary]]
name = "planted"
tap = "encoder.blocks.0"
checkpoint = "planted/ae.pt"
control = false
"""


@dataclass(frozen=True)
class Planted:
    """What was planted, one row a feature, and the atlas that was measured."""

    atlas: Path
    clips: NDArray[np.int64]
    frames: NDArray[np.int64]
    peaks: NDArray[np.float64]
    directions: NDArray[np.float32]  # [features, d], of length 1

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.atlas / name / "planted.parquet")


def write_planted(folder: Path, corpus: DenseCorpus) -> Planted:
    """A dictionary of random directions; a bar lies half way between the frame that reaches furthest and the next."""
    pieces = zip(corpus.activations[TAP], corpus.valid, strict=True)
    x = np.concatenate([one[:valid].numpy() for one, valid in pieces]).astype(np.float64)
    centre = x.mean(axis=0)
    rows = np.random.default_rng(0).standard_normal((4 * PLANTED, x.shape[1]))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    along = (x - centre) @ rows.T
    second, first = np.sort(along, axis=0)[-2:]
    clear = np.flatnonzero(first - second > 0.01 * first)[:PLANTED]
    assert len(clear) == PLANTED
    chosen, rows, bars = along.argmax(axis=0)[clear], rows[clear], ((first + second) / 2)[clear]
    tensors = {
        "encoder.weight": torch.tensor(rows, dtype=torch.float32),
        "encoder.bias": torch.tensor(-bars, dtype=torch.float32),
        "decoder.weight": torch.tensor(rows.T, dtype=torch.float32).contiguous(),
        "b_dec": torch.tensor(centre, dtype=torch.float32),
        "k": torch.tensor(1),
        "threshold": torch.tensor(0.0),
    }
    (folder / "planted").mkdir()
    torch.save(tensors, folder / "planted" / "ae.pt")
    clips = corpus.clips["clip"].to_numpy()[corpus.row[chosen]]
    peaks = first[clear] - bars
    return Planted(folder / "atlas", clips.astype(np.int64), corpus.frame[chosen], peaks, rows.astype(np.float32))


@pytest.fixture(scope="module")
def planted(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = tmp_path_factory.mktemp("planted")
    build_stage("index", tiny_config, folder / "heard")
    found = write_planted(folder, hear(tiny_config, folder / "heard"))
    config = folder / "config.toml"
    config.write_text(CONFIG.format(world=tiny_config.parent.as_posix()), encoding="utf-8")
    for stage in ("index", "calibrate", "scan", "merge"):
        build_stage(stage, config, found.atlas)
    return found


def test_each_feature_fires_on_its_own_frame_alone(planted: Planted) -> None:
    features = planted.table("features")
    peaks = pl.read_parquet(planted.atlas / "peaks" / "planted" / "*.parquet").sort("feature")

    assert_array_equal(features["frames_active"], np.ones(PLANTED))
    assert_array_equal(features["recordings_active"], np.ones(PLANTED))
    assert_array_equal(peaks["feature"], np.arange(PLANTED))
    assert_array_equal(peaks["clip"], planted.clips)
    assert_array_equal(peaks["peak_frame"], planted.frames)
    assert_allclose(peaks["peak"], planted.peaks, rtol=1e-3)


def test_its_one_example_has_its_peak_in_that_frame(planted: Planted) -> None:
    top = planted.table("examples").filter(group="top")

    assert_array_equal(top["feature"], np.arange(PLANTED))
    assert_array_equal(top["clip"], planted.clips)
    assert_allclose(top["peak_s"], (planted.frames + 0.5) / GRID.frames_per_s, atol=0.5 / GRID.frames_per_s)


def test_its_direction_is_kept(planted: Planted) -> None:
    (rows,) = load_file(planted.atlas / "vectors" / "planted.safetensors").values()

    assert_allclose(rows, planted.directions, atol=1e-3)

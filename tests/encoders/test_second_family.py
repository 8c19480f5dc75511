"""A family that is no Whisper goes from corpus to pages: raw waveform in, no padding, whole frames only.

What the tables hold is held against plain arithmetic: sound by soundfile, frames by strides, codes by a loop.
The same with another rate and another hop, so that nothing can take 50 frames a second for granted.
"""

import csv
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from atlas.encoders import catalogue
from atlas.pipeline import Options
from atlas.schema.grid import FrameGrid
from atlas.store import AtlasFolder
from tests import sounds, waves
from tests.building import build_all

RATE_HZ = 16_000  # of the files, and of the display mel
CONFIG = """\
title = "A raw waveform"

[corpus]
manifest = "corpus/manifest.csv"
alignments = "corpus/alignments.tsv"
max_problem_share = 0.2

[encoder]
model = "encoder.waves"

[[dictionary]]
name = "units"
tap = "layers.0"
kind = "identity"
density = 0.05

[[dictionary]]
name = "mixed"
tap = "layers.1"
kind = "identity"
density = 0.1
control = false

[scan]
shard_windows = 8

[media]
redistribute = ["CC0"]
"""


def clip_sounds() -> dict[str, NDArray[np.float32]]:
    """Twelve tones and noises of many lengths, one longer than a window, two hardly a frame."""
    random = np.random.default_rng(11)
    kinds = list(sounds.SOUNDS.values())
    made = {f"{number:02d}.wav": kinds[number % len(kinds)](random, 0.4 + 0.37 * number) for number in range(11)}
    made["long.wav"] = sounds.siren(random, 19.5)
    made["whole.wav"] = made["00.wav"][:400]
    made["short.wav"] = made["01.wav"][:330]
    return {name: samples.astype(np.float32) for name, samples in made.items()}


def write_world(folder: Path, grid: FrameGrid) -> Path:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    rows = []
    for place, (name, samples) in enumerate(clip_sounds().items()):
        soundfile.write(corpus / name, samples, RATE_HZ, "FLOAT")
        rows.append((name, ("speech", "music", "sound")[place % 3], f"set{place % 2}", f"label{place % 3}", "CC0"))
    with open(corpus / "manifest.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("path", "domain", "dataset", "labels", "licence"), *rows])
    spans = [("05.wav", "phones", 0.1, 0.33, "a"), ("05.wav", "phones", 0.33, 0.9, "b")]
    with open(corpus / "alignments.tsv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, "excel-tab").writerows([("path", "tier", "start_s", "end_s", "label"), *spans])
    waves.write_encoder(folder / "encoder.waves", grid)
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    return folder / "config.toml"


@dataclass(frozen=True)
class Built:
    """An atlas with its site, and what plain arithmetic makes of the same files."""

    folder: Path
    grid: FrameGrid

    @cached_property
    def atlas(self) -> AtlasFolder:
        return AtlasFolder(self.folder / "atlas")

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def table(self, pattern: str) -> pl.DataFrame:
        return pl.concat([pl.read_parquet(path) for path in sorted(self.atlas.root.glob(pattern))])

    @cached_property
    def clips(self) -> pl.DataFrame:
        return self.table("clips.parquet")

    @cached_property
    def usable(self) -> pl.DataFrame:
        return self.clips.filter(pl.col("problem").is_null())

    def samples(self, row: dict) -> NDArray[np.float32]:  # type: ignore[type-arg]
        """A clip at the encoder's rate."""
        start = round(row["offset_s"] * RATE_HZ)
        part = clip_sounds()[row["path"]][start : start + round(row["duration_s"] * RATE_HZ)]
        return part if self.grid.rate_hz == RATE_HZ else soxr.resample(part, RATE_HZ, self.grid.rate_hz)

    @cached_property
    def units(self) -> dict[int, NDArray[np.float64]]:
        """clip -> [frames, 16], the units of layers.0 at the frames whose whole field lies in the clip."""
        weights = torch.load(self.folder / "encoder.waves", weights_only=True)["weights"]
        front, layer = weights["front.weight"][:, 0].double().numpy(), weights["layers.0.weight"][:, :, 0].double()
        found = {}
        for row in self.usable.iter_rows(named=True):
            samples = self.samples(row).astype(np.float64)
            starts = range(0, len(samples) - self.grid.field + 1, self.grid.hop)
            fields = np.stack([samples[start : start + self.grid.field] for start in starts])
            hidden = np.maximum(fields @ front.T + weights["front.bias"].double().numpy(), 0)
            found[row["clip"]] = np.maximum(hidden @ layer.numpy().T + weights["layers.0.bias"].double().numpy(), 0)
        return found


@pytest.fixture(scope="module", params=[waves.GRID, waves.FINE_GRID], ids=["50 Hz", "75 Hz of 24 kHz"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("waves")
    config = write_world(folder, request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "FAMILIES", (*catalogue.FAMILIES, waves.WAVES))
        build_all(config, folder / "atlas", Options(site=folder / "site"))
    return Built(folder, request.param)


def test_clips_have_the_frames_that_fit_and_one_without_any_has_a_problem(built: Built) -> None:
    assert built.usable.filter(path="long.wav")["offset_s"].to_list() == [0.0, 8.0, 16.0]
    for row in built.clips.iter_rows(named=True):
        samples = len(built.samples(row))
        frames = sum(1 for start in range(0, samples, built.grid.hop) if start + built.grid.field <= samples)
        assert row["valid_frames"] == frames, row["path"]
    (problem,) = built.clips.filter(path="short.wav")["problem"].to_list()
    shortest_ms = 1000 * built.grid.field / built.grid.rate_hz
    assert problem == f"shorter than a frame of the encoder, {shortest_ms:g} ms"
    assert built.usable.filter(path="whole.wav")["valid_frames"].to_list() == [1]


def test_peaks_and_densities_are_those_of_plain_arithmetic(built: Built) -> None:
    thresholds = _thresholds(built)
    peaks = {(row["feature"], row["clip"]): row for row in built.table("peaks/units/*.parquet").iter_rows(named=True)}
    features = built.table("features/units.parquet")
    active = np.zeros(16, np.int64)
    seen = 0
    for clip, units in built.units.items():
        for feature in range(16):
            on = units[:, feature] > thresholds[feature] + 1e-4
            if np.any(np.abs(units[:, feature] - thresholds[feature]) <= 1e-4):
                continue  # too near to tell in single precision
            row = peaks.get((feature, clip))
            assert (row is not None) == bool(on.any())
            if row is not None:
                assert row["frames_active"] == on.sum()
                assert row["peak_frame"] == units[:, feature].argmax()
                assert row["peak"] == pytest.approx(units[:, feature].max(), rel=1e-4)
                seen += 1
        active += (units > thresholds[:16]).sum(axis=0)
    frames = int(built.usable["valid_frames"].sum())
    assert seen > 30
    counted = features["frames_active"].to_numpy()[:16]
    assert np.abs(counted - active).max() <= 2
    np.testing.assert_allclose(features["density"].to_numpy(), features["frames_active"].to_numpy() / frames)


def _thresholds(built: Built) -> NDArray[np.float64]:
    from safetensors.numpy import load_file

    return load_file(built.atlas.root / "calibration/units.safetensors")["thresholds"].astype(np.float64)


def test_nothing_is_padded(built: Built) -> None:
    for name in ("units", "units-random", "mixed"):
        features = built.table(f"features/{name}.parquet")
        assert features["pad_rate"].null_count() == len(features)
        assert not built.table(f"findings/{name}.parquet")["flags"].explode().is_in(["padding"]).any()


def test_examples_tell_seconds_by_the_grid(built: Built) -> None:
    peaks = {(row["feature"], row["clip"]): row for row in built.table("peaks/units/*.parquet").iter_rows(named=True)}
    valid = dict(built.clips.select("clip", "valid_frames").iter_rows())
    per_s, reach = built.grid.rate_hz / built.grid.hop, int(1.5 * built.grid.rate_hz / built.grid.hop)
    top = built.table("examples/units.parquet").filter(pl.col("group") == "top")
    assert len(top) > 30
    for row in top.iter_rows(named=True):
        frame = peaks[row["feature"], row["clip"]]["peak_frame"]
        first, stop = max(frame - reach, 0), min(frame + reach + 1, valid[row["clip"]])
        middle_s = (frame * built.grid.hop + built.grid.field / 2) / built.grid.rate_hz
        assert row["peak_s"] == pytest.approx(middle_s)
        assert (row["start_s"], row["end_s"]) == (pytest.approx(first / per_s), pytest.approx(stop / per_s))
        assert len(row["trace"]) == stop - first


def test_a_frame_has_the_label_at_its_middle(built: Built) -> None:
    (clip,) = built.clips.filter(path="05.wav")["clip"].to_list()
    middles = (np.arange(len(built.units[clip])) * built.grid.hop + built.grid.field / 2) / built.grid.rate_hz
    expected = {
        "a": int(((middles >= 0.1) & (middles < 0.33)).sum()),
        "b": int(((middles >= 0.33) & (middles < 0.9)).sum()),
    }
    rows = built.table("timed_counts/mixed.parquet").filter(pl.col("label") != "")

    assert dict(rows.select("label", "frames_label").unique().iter_rows()) == expected


def test_the_card_states_the_grid_and_pages_convert_by_it(built: Built) -> None:
    card = json.loads((built.atlas.root / "atlas.json").read_text(encoding="utf-8"))
    frames = int(built.usable["valid_frames"].sum())
    per_s = built.grid.rate_hz / built.grid.hop
    assert (card["encoder"]["padded"], card["encoder"]["grid"]["rate_hz"]) == (False, built.grid.rate_hz)
    hours = sum(domain["hours"] for domain in card["corpus"]["domains"].values())
    assert hours == pytest.approx(frames / per_s / 3600, rel=1e-4)

    media = built.table("media/index.parquet").filter(pl.col("audio_bytes").is_not_null())
    rows = {row["clip"]: row for row in built.clips.iter_rows(named=True)}
    assert len(media) > 3
    for clip, key, seconds in media.select("clip", "key", "seconds").iter_rows():
        assert seconds == pytest.approx(rows[clip]["duration_s"], abs=1e-3)
        page = (built.site / f"c/{key}.html").read_text(encoding="utf-8")
        columns = -(-round(seconds * RATE_HZ) // 320)
        assert f'viewBox="0 0 {columns} 1"' in page  # of the picture, 50 a second
        bands = set(re.findall(r'class="band".*?viewBox="0 0 ([0-9.]+) 24"', page))
        width = rows[clip]["valid_frames"] / 2  # of a track, two frames a value
        assert all(float(band) == pytest.approx(width) for band in bands)


def test_what_was_built_is_not_built_again(built: Built) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "FAMILIES", (*catalogue.FAMILIES, waves.WAVES))
        lines = build_all(built.folder / "config.toml", built.atlas.root, Options())

    assert [line.split()[0] for line in lines if "done before" in line] == [
        *("index", "calibrate", "scan", "merge", "analyse", "media")
    ]

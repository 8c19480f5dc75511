"""The demo's features find what is known of its clips, beyond what its input and an untrained encoder find."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.demo.embedded import FILES
from atlas.pipeline import Options, build
from tests.building import run_of
from tests.demo import truth
from tests.demo.truth import Truth
from tools.demo.dictionaries import ENTRIES, UNTRAINED, write_untrained
from tools.demo.listener.training import Recipe

BOTH = ("block1", "block3")
UNTRAINED_CONFIG = """\
title = "The same corpus through an encoder that was never trained"

[corpus]
manifest = "{files}/corpus/manifest.csv"

[encoder]
model = "{model}"

[[dictionary]]
name = "{entry.name}"
tap = "{entry.tap}"
checkpoint = "{files}/dictionaries/{entry.name}/ae.pt"
control = false
"""


@dataclass(frozen=True)
class Found:
    """How well each label is found on recordings that had no part in the choice."""

    features: Mapping[str, float]
    untrained: Mapping[str, float]
    bands: Mapping[str, float]


@pytest.fixture(scope="module")
def untrained_atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("untrained")
    recipe = Recipe()
    model = write_untrained(folder, recipe.shape, recipe.seed)
    config = folder / "config.toml"
    text = UNTRAINED_CONFIG.format(files=FILES.as_posix(), model=model.as_posix(), entry=UNTRAINED[0])
    config.write_text(text, encoding="utf-8")
    build(run_of(config, folder / "atlas"), Options(), lambda line: None)
    return folder / "atlas"


@pytest.fixture(scope="module")
def found(demo_atlas: Path, untrained_atlas: Path) -> Found:
    known = truth.truth_of(demo_atlas)
    peaks = np.concatenate([truth.clip_peaks(demo_atlas, name, known) for name in BOTH], axis=1)
    plain = truth.clip_peaks(untrained_atlas, UNTRAINED[0].name, truth.truth_of(untrained_atlas))
    bands = truth.mel_bands(known, FILES / "corpus")
    return Found(*(areas(values, known) for values in (peaks, plain, bands)))


def areas(values: np.ndarray, known: Truth) -> dict[str, float]:
    return {label: truth.held_out(values, has, known) for label, has in known.labels().items()}


def test_an_area_is_the_share_of_pairs_that_are_in_order() -> None:
    random = np.random.default_rng(0)
    values, has = random.integers(0, 4, (30, 3)).astype(float), random.random(30) < 0.4
    pairs = [[np.sign(a - b) / 2 + 0.5 for a in column[has] for b in column[~has]] for column in values.T]

    np.testing.assert_allclose(truth.aurocs(values, has), np.mean(pairs, axis=1))


def test_thirty_labels_have_a_feature_that_finds_them(found: Found) -> None:
    well = {label for label, area in found.features.items() if area > 0.95}

    assert len(well) >= 30, sorted(found.features.items(), key=lambda one: -one[1])


def test_ten_of_them_are_found_by_neither_a_mel_band_nor_an_untrained_encoder(found: Found) -> None:
    beyond = {
        label
        for label, area in found.features.items()
        if area > 0.95 and area >= max(found.bands[label], found.untrained[label]) + 0.05
    }

    assert len(beyond) >= 10, found


def test_ten_phones_have_a_feature_that_is_mostly_active_in_them(demo_atlas: Path) -> None:
    phones = {
        label
        for name in BOTH
        for label, share in truth.phone_shares(demo_atlas, name).select("label", "share").iter_rows()
        if share > 0.5
    }

    assert len(phones) >= 10, phones


def test_few_of_their_features_are_dense(demo_atlas: Path) -> None:
    for name in (entry.name for entry in ENTRIES):
        states = pl.read_parquet(demo_atlas / "features" / f"{name}.parquet")["state"]
        assert (states == "dense").mean() < 0.05, name


def test_labels_dealt_out_anew_are_not_found(demo_atlas: Path) -> None:
    known = truth.truth_of(demo_atlas)
    peaks = truth.clip_peaks(demo_atlas, "block3", known)
    random = np.random.default_rng(1)
    dealt = {label: random.permutation(has) for label, has in known.labels().items()}
    found = [truth.held_out(peaks, has, known) for has in dealt.values()]

    assert np.mean(found) == pytest.approx(0.5, abs=0.03)
    assert max(found) < 0.95

"""Flags by their definitions, and their base rates."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.analyse.naming.flags import ALIVE, FLAGS, Measured, flag_rates, flags_frame
from atlas.encoders.whisper import GRID
from atlas.measure.features import states
from atlas.schema import CLIPS as CLIPS_TABLE
from atlas.schema import CODES, DATASETS, FEATURES
from atlas.schema.thresholds import ONSET_S
from atlas.store import AtlasFolder
from tests.analyse.making import Clip, clips_frame

CLIPS = clips_frame(
    [
        *(Clip(f"a{i}", "sound", "street", frames=100) for i in range(10)),
        *(Clip(f"b{i}", "sound", "lab", frames=100) for i in range(10)),
        *(Clip(f"c{i}", "music", "stage", frames=100) for i in range(10)),
        Clip("broken", "music", "other", frames=0, problem="empty file"),
    ]
)


NO_EDGES = pl.DataFrame(schema={"feature": pl.UInt32, "edge_share": pl.Float64})


def features_frame(**columns: list[object]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    blank: dict[str, object] = {name: [None] * n for name in FEATURES.columns}
    given = {"dictionary": ["d"] * n, "feature": range(n), "state": ["live"] * n, "density": [0.01] * n, **columns}
    return FEATURES.frame(blank | given)


def datasets_frame(*clips: tuple[int, int, int]) -> pl.DataFrame:
    """The clips that each feature fires on, in lab, stage and street."""
    rows = [
        ("d", feature, dataset, 1000, active, 10, active, active)
        for feature, numbers in enumerate(clips)
        for dataset, active in zip(("lab", "stage", "street"), numbers, strict=True)
    ]
    return pl.DataFrame(rows, schema=dict(DATASETS.columns), orient="row")


def flag(name: str, features: pl.DataFrame, datasets: pl.DataFrame | None = None) -> list[bool | None]:
    datasets = datasets_frame(*[(1, 1, 1)] * len(features)) if datasets is None else datasets
    return flags_of(features, datasets)[name].to_list()


def flags_of(features: pl.DataFrame, datasets: pl.DataFrame, clips: pl.DataFrame = CLIPS) -> pl.DataFrame:
    """Of features that fire at the mean level of the corpus."""
    mel = pl.DataFrame({"feature": features["feature"], "spectrum": [[-40.0, -20.0]] * len(features)})
    return flags_frame(Measured(features, datasets, mel, NO_EDGES), clips, GRID, (-30.0, -30.0))


def test_padding_is_a_rate_above_the_density_and_unknown_without_a_rate() -> None:
    features = features_frame(density=[0.01, 0.01, 0.01, 0.0], pad_rate=[0.02, 0.01, None, 0.001])
    assert flag("padding", features) == [True, False, None, True]


@pytest.mark.parametrize(("onset", "rest"), [(60, 40), (40, 60), (50, 50), (1, 0), (0, 1), (51, 49)])
def test_the_onset_share_comes_back_from_the_ratio_of_rates(onset: int, rest: int) -> None:
    frames_onset, frames_rest = 30 * 25, 30 * 75
    ratio = (onset / frames_onset) / (rest / frames_rest) if rest else float("inf")
    found = flags_of(features_frame(onset_ratio=[ratio]), datasets_frame((1, 1, 1)))
    assert found["onset_share"].to_list() == pytest.approx([onset / (onset + rest)])
    assert found["positional"].to_list() == [onset / (onset + rest) > 0.5 and ratio > 3]


def test_half_at_the_onset_is_not_enough_where_onsets_are_half_of_all() -> None:
    short = clips_frame([Clip(f"r{i}", frames=30) for i in range(9)])  # 25 of 30 frames are onset
    features = features_frame(onset_ratio=[0.5, 2.9, 3.1, None])  # 71 %, 94 % and 94 % at the onset, and dead
    assert flags_of(features, datasets_frame(*[(1, 1, 1)] * 4), short)["positional"].to_list() == [
        *(False, False, True, False)
    ]


def test_dense_is_over_a_tenth_of_frames_whatever_the_state() -> None:
    assert flag("dense", features_frame(density=[0.1, 0.11, 0.0], state=["live", "rare", "dead"])) == [
        *(False, True, False)
    ]


def test_silence_is_a_mean_spectrum_far_below_that_of_the_corpus() -> None:
    features, datasets = features_frame(density=[0.01] * 4), datasets_frame(*[(1, 1, 1)] * 4)
    spectra = [[-60.0, -41.0], [-60.0, -39.0], [-90.0, 0.0], None]
    mel = pl.DataFrame({"feature": features["feature"], "spectrum": spectra})
    found = flags_frame(Measured(features, datasets, mel, NO_EDGES), CLIPS, GRID, (-30.0, -30.0))
    assert found["silence"].to_list() == [True, False, False, False]


def test_one_dataset_is_nine_tenths_of_clips_where_the_domain_has_others() -> None:
    datasets = datasets_frame((9, 0, 1), (8, 1, 1), (0, 10, 0), (0, 0, 0), (0, 1, 19))
    assert flag("one dataset", features_frame(density=[0.01] * 5), datasets) == [True, False, False, False, True]


def test_flags_of_a_measured_atlas_are_those_that_its_codes_and_peaks_show(tiny_atlas: Path) -> None:
    folder, name = AtlasFolder(tiny_atlas), "last"
    clips, features = folder.read_table(CLIPS_TABLE), folder.read_table(FEATURES, name)
    found = flags_of(features, folder.read_table(DATASETS, name), clips)
    codes = folder.read_table(CODES, name).explode("features", "values").drop_nulls("features")
    early = pl.col("frame") < GRID.first_from(ONSET_S)
    onset = codes.group_by("features").agg((early.sum() / pl.len()).alias("share"))
    counted = dict(onset.rows())  # a corpus this small keeps the codes of all frames
    assert len(codes) == features["frames_active"].sum()
    shares = dict(found.select("feature", "onset_share").drop_nulls().rows())
    assert shares == pytest.approx(counted)
    assert len(shares) > 20

    peaks = pl.read_parquet(sorted((tiny_atlas / "peaks" / name).glob("*.parquet"))).join(clips, on="clip")
    assert clips.filter(pl.col("domain") == "sound", pl.col("problem").is_null())["dataset"].n_unique() == 2
    lone = {
        feature
        for feature, datasets in peaks.group_by("feature").agg("dataset").iter_rows()
        if any(datasets.count(one) >= 0.9 * len(datasets) for one in ("street", "studio"))
    }
    assert lone
    assert set(found.filter(pl.col("one dataset"))["feature"]) == lone


def test_a_base_rate_is_over_features_that_are_neither_dead_nor_rare() -> None:
    features = features_frame(
        density=[0.01, 0.2, 0.0, 0.01, 0.01],
        pad_rate=[0.02, 0.1, 0.5, 0.5, None],
        state=["live", "dense", "dead", "rare", "live"],
    )
    datasets = datasets_frame(*[(5, 0, 0)] * 5)
    found = flags_of(features, datasets)
    assert flag_rates(features, found) == {
        "padding": 1 / 2,  # of those two that can be judged
        "positional": 0.0,
        "dense": 1 / 3,
        "silence": 0.0,
        "clip edge": 0.0,
        "one dataset": 1.0,
    }
    assert tuple(flag_rates(features, found)) == FLAGS
    none_alive = features_frame(state=["dead"], density=[0.0])
    assert set(flag_rates(none_alive, flags_of(none_alive, datasets_frame((0, 0, 0)))).values()) == {None}


def test_the_states_that_count_are_known_ones() -> None:
    every = states(np.array([0, 1, 500, 50]), np.array([0, 1, 20, 20]), 1000)
    assert [state for state in every if state in ALIVE] == ["dense", "live"]

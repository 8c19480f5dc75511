"""The figures of a feature against naive arithmetic over the dense values of a small corpus."""

from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlas.measure.examples import mass_shown
from atlas.measure.features import (
    datasets_frame,
    features_frame,
    histograms_frame,
    quantiles,
    spectra,
    states,
)
from atlas.schema import DATASETS, FEATURES, HISTOGRAMS
from tests.measure.making import SCALES, echo
from tests.measure.small import ALWAYS, DEAD, DENSE, ENERGY, ONSET, RARE, SINGLE, STEPS, WINDOW, N, small

FIGURES = [name for name, kind in FEATURES.columns.items() if kind in (pl.Float32, pl.Float64)]
BIN = 2**0.25  # the ratio of a histogram bin's edges


@cache
def frame() -> pl.DataFrame:
    return features_frame(small().merged, mass_shown(small().merged))


def figures(feature: int) -> dict[str, Any]:
    return frame().row(feature, named=True)


def test_the_table_has_a_row_a_feature_in_order() -> None:
    FEATURES.check(frame(), "features")
    assert frame()["feature"].to_list() == list(range(N))
    assert frame()["dictionary"].unique().to_list() == ["made"]


@pytest.mark.parametrize("feature", range(N))
def test_counts_and_rates_are_shares_of_valid_frames_and_usable_clips(feature: int) -> None:
    row, values = figures(feature), small().values()[:, feature]
    assert row["frames_active"] == (values > 0).sum()
    assert row["density"] == (values > 0).mean()
    assert row["clips_active"] == len(small().firing(feature))
    assert row["clip_density"] == len(small().firing(feature)) / 38
    assert row["recordings_active"] == len({clip.recording for clip in small().firing(feature)})
    assert row["decoder_norm"] == feature + 1


@pytest.mark.parametrize("feature", [f for f in range(N) if f != DEAD])
def test_the_values_of_active_frames_have_this_mean_spread_and_maximum(feature: int) -> None:
    row, values = figures(feature), small().values()[:, feature]
    active = values[values > 0]
    assert row["max"] == active.max()
    assert row["mean_active"] == pytest.approx(active.mean(), rel=1e-5)
    assert row["sd_active"] == pytest.approx(active.std(), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("feature", [f for f in range(N) if f != DEAD])
def test_a_quantile_lies_in_the_bin_of_the_exact_one_and_not_above_the_maximum(feature: int) -> None:
    row, values = figures(feature), small().values()[:, feature]
    active = values[values > 0]
    for name, share in (("q50", 0.5), ("q90", 0.9), ("q99", 0.99)):
        exact = np.quantile(active, share, method="inverted_cdf")
        assert exact / BIN <= row[name] <= exact * BIN
        assert row[name] <= row["max"]
    assert row["q50"] <= row["q90"] <= row["q99"]


@pytest.mark.parametrize("feature", [f for f in range(N) if f != DEAD])
def test_a_burst_is_the_mean_run_of_active_frames_within_a_clip(feature: int) -> None:
    columns = [(clip.valid_values[:, feature] > 0).tolist() for clip in small().clips]
    runs = [len(list(run)) for column in columns for on, run in groupby(column) if on]
    assert figures(feature)["burst_s"] == pytest.approx(np.mean(runs) / 50, rel=1e-12)


@pytest.mark.parametrize("feature", [f for f in range(N) if f != DEAD])
def test_the_rate_on_padding_is_over_all_padded_frames(feature: int) -> None:
    padded = np.concatenate([clip.values[clip.valid :, feature] for clip in small().clips]) > 0
    assert figures(feature)["pad_rate"] == padded.mean()


@pytest.mark.parametrize("rule", ["top_k", "clip", "group_max"])
def test_the_rate_on_padding_is_blank_where_values_are_compared(rule: str) -> None:
    merged = replace(small().merged, dictionary=echo(N, rule, 2))
    assert features_frame(merged, np.zeros(N))["pad_rate"].null_count() == N


def test_the_rate_on_padding_is_blank_where_nothing_is_padded() -> None:
    corpus = small().merged.corpus
    full = replace(corpus, valid=np.where(corpus.usable, WINDOW, 0))
    assert features_frame(replace(small().merged, corpus=full), np.zeros(N))["pad_rate"].null_count() == N


@pytest.mark.parametrize("feature", [f for f in range(N) if f not in (DEAD, ONSET, SINGLE)])
def test_the_onset_ratio_is_of_rates_in_and_after_the_first_half_second(feature: int) -> None:
    first = np.concatenate([clip.valid_values[:25, feature] for clip in small().clips]) > 0
    rest = np.concatenate([clip.valid_values[25:, feature] for clip in small().clips]) > 0
    assert figures(feature)["onset_ratio"] == pytest.approx(first.mean() / rest.mean(), rel=1e-12)


def test_a_feature_of_onsets_alone_has_an_infinite_ratio() -> None:
    assert figures(ONSET)["onset_ratio"] == np.inf
    assert figures(SINGLE)["onset_ratio"] == np.inf


@pytest.mark.parametrize("feature", [f for f in range(N) if f != DEAD])
def test_the_energy_correlation_is_pearsons_over_all_valid_frames(feature: int) -> None:
    energy = np.concatenate([clip.mel for clip in small().clips]).astype(np.float64).mean(axis=1)
    expected = np.corrcoef(small().values()[:, feature], energy)[0, 1]
    assert figures(feature)["energy_corr"] == pytest.approx(expected, abs=1e-5)


def test_a_feature_that_follows_the_energy_is_seen_to() -> None:
    assert figures(ENERGY)["energy_corr"] > 0.8


def test_figures_that_do_not_exist_are_blank() -> None:
    row = figures(DEAD)
    assert {name for name in FIGURES if row[name] is None} == set(FIGURES) - {
        "density",
        "clip_density",
        "pad_rate",
        "decoder_norm",
    }
    assert (row["density"], row["clip_density"], row["pad_rate"]) == (0.0, 0.0, 0.0)
    assert not any(frame()[name].is_nan().any() for name in FIGURES)


def test_states_say_where_a_feature_stands() -> None:
    found = frame()["state"].to_list()
    assert (found[DEAD], found[RARE], found[SINGLE]) == ("dead", "rare", "rare")
    assert (found[DENSE], found[ALWAYS], found[STEPS]) == ("dense", "dense", "dense")
    values = small().values()
    for f in range(N):
        recordings, density = figures(f)["recordings_active"], (values[:, f] > 0).mean()
        expected = "dead" if not recordings else "rare" if recordings < 5 else "dense" if density > 0.1 else "live"
        assert found[f] == expected
    assert "live" in found


def test_states_change_at_five_recordings_and_above_a_tenth_of_frames() -> None:
    active, recordings = np.array([0, 1, 1, 10, 11, 11]), np.array([0, 4, 5, 5, 5, 4])
    assert states(active, recordings, 100) == ["dead", "rare", "live", "live", "dense", "rare"]


@pytest.mark.parametrize("feature", range(N))
def test_histograms_are_of_all_frames_and_of_the_peaks_of_each_domain(feature: int) -> None:
    rows = HISTOGRAMS.check(histograms_frame(small().merged), "histograms").filter(pl.col("feature") == feature)
    assert rows.select("counted", "domain").rows() == [("frames", ""), ("peaks", "music"), ("peaks", "speech")]
    counts = rows["counts"].to_list()
    assert counts[0] == small().merged.counts.histogram[feature].tolist()
    assert counts[1:] == small().merged.firing.peak_histogram[feature].tolist()
    assert sum(counts[0]) == figures(feature)["frames_active"]
    assert sum(counts[1]) + sum(counts[2]) == figures(feature)["clips_active"]


def test_datasets_have_a_row_each_with_all_their_frames_and_clips() -> None:
    rows = DATASETS.check(datasets_frame(small().merged), "datasets")
    assert rows.equals(rows.sort("dictionary", "feature", "dataset"))
    assert rows.height == N * 3
    for row in rows.iter_rows(named=True):
        clips = [clip for clip in small().clips if small().column("dataset")[clip.number] == row["dataset"]]
        active = [int((clip.valid_values[:, row["feature"]] > 0).sum()) for clip in clips]
        assert (row["frames"], row["clips"]) == (sum(clip.valid for clip in clips), len(clips))
        assert (row["frames_active"], row["clips_active"]) == (sum(active), sum(map(bool, active)))
        firing = {clip.recording for clip, count in zip(clips, active, strict=True) if count}
        assert row["recordings_active"] == len(firing)


def test_the_mel_spectrum_is_the_mean_weighted_by_values() -> None:
    values, mel = small().values(), np.concatenate([clip.mel for clip in small().clips]).astype(np.float64)
    found = spectra(small().merged)
    for f in range(N):
        if f == DEAD:
            assert np.isnan(found[f]).all()
        else:
            np.testing.assert_allclose(found[f], values[:, f] @ mel / values[:, f].sum(), rtol=1e-4)


def test_a_quantile_of_equal_values_is_at_most_that_value() -> None:
    histogram = np.zeros((2, 64), np.uint32)
    histogram[0, 30] = 1000
    low, high = SCALES.edges()[30:32]
    found = quantiles(histogram, SCALES, np.array([low * 1.01, 0], np.float32))
    assert found[0].tolist() == [float(np.float32(low * 1.01))] * 3
    assert np.isnan(found[1]).all()
    wide = quantiles(histogram, SCALES, np.array([high, 0], np.float32))[0]
    assert wide[0] == pytest.approx((low * high) ** 0.5)


def test_a_quantile_between_two_values_is_the_upper_edge_of_the_lower_ones_bin() -> None:
    histogram = np.zeros((1, 64), np.uint32)
    histogram[0, [10, 40]] = 1
    found = quantiles(histogram, SCALES, np.array([1e9], np.float32))[0]
    assert found[0] == pytest.approx(SCALES.edges()[11])
    assert found[2] == pytest.approx(SCALES.edges()[40] * BIN**0.98)

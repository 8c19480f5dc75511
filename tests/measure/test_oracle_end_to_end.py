"""The tables of a whole atlas against the same figures from dense codes, each in a few naive lines.

Counts, peaks and places must be equal; what is summed in fixed point, or stored in few bits, nearly so.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch import Tensor

from atlas.audio.draws import matched_start
from atlas.schema.card import DictionaryCard, read_card
from tests.measure.dense import Dense, table


def peaks_of(case: Dense) -> pl.DataFrame:
    """The rows of all shards, by feature and clip."""
    return pl.read_parquet(case.corpus.folder / "peaks" / case.entry.name / "*.parquet").sort("feature", "clip")


def card(case: Dense) -> DictionaryCard:
    return read_card(case.corpus.folder).dictionaries[case.entry.name]


def valid_rows(case: Dense, pieces: Sequence[Tensor]) -> NDArray[np.float64]:
    """The valid frames of all clips, of pieces that are whole windows."""
    return np.concatenate([one[:valid] for one, valid in zip(pieces, case.corpus.valid, strict=True)]).astype(
        np.float64
    )


def fired_by(case: Dense, column: str) -> NDArray[np.int64]:
    """[groups, features]: in how many groups of clips (recordings, datasets) a feature fired."""
    group = case.corpus.numbers_of(column)
    return np.stack([(case.peaks[group == one] > 0).any(axis=0) for one in np.unique(group)])


def test_a_world_is_worth_measuring(case: Dense) -> None:
    share = case.active.mean(axis=0)

    assert (share > 0).mean() > 0.5
    assert share.max() < 0.9
    assert len(case.padded) > 0


def test_features_fire_on_as_many_frames_clips_and_recordings(case: Dense) -> None:
    features = table(case, "features")

    assert_array_equal(features["frames_active"], case.active.sum(axis=0))
    assert_array_equal(features["density"], case.active.sum(axis=0) / len(case.values))
    assert_array_equal(features["clips_active"], (case.peaks > 0).sum(axis=0))
    assert_array_equal(features["clip_density"], (case.peaks > 0).sum(axis=0) / len(case.peaks))
    assert_array_equal(features["recordings_active"], fired_by(case, "recording").sum(axis=0))


def test_values_of_features_have_this_maximum_mean_spread_and_quantiles(case: Dense) -> None:
    features = table(case, "features")
    alive = case.active.any(axis=0)

    assert_array_equal(features["max"].is_null(), ~alive)
    for feature in np.flatnonzero(alive):
        row = features.row(int(feature), named=True)
        values = case.values[case.active[:, feature], feature].astype(np.float64)
        assert row["max"] == case.values[:, feature].max()
        assert_allclose(row["mean_active"], values.mean(), rtol=1e-4, atol=1e-6 * case.values.max())
        assert_allclose(
            row["sd_active"], values.std(), rtol=1e-3, atol=1e-3 * case.values.max()
        )  # of equal values: not 0
        for name, share in (("q50", 0.5), ("q90", 0.9), ("q99", 0.99)):
            true = np.quantile(values, share, method="inverted_cdf")
            assert 2**-0.26 < row[name] / true < 2**0.26


def test_features_fire_in_bursts_of_this_length(case: Dense) -> None:
    begins = case.corpus.frame == 0
    runs = case.active.copy()
    runs[1:] &= ~case.active[:-1] | begins[1:, None]
    with np.errstate(invalid="ignore"):
        expected = case.active.sum(axis=0) / runs.sum(axis=0) / 50

    assert_array_equal(table(case, "features")["burst_s"].to_numpy(), expected)


def test_features_fire_on_padding_and_at_onsets_at_these_rates(case: Dense) -> None:
    features = table(case, "features")
    onset = case.corpus.frame < 25
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = case.active[onset].mean(axis=0) / case.active[~onset].mean(axis=0)

    assert_allclose(features["onset_ratio"].to_numpy(), ratio, rtol=1e-12)
    if case.entry.name == "block0":  # frames compete under top-k, so padding means nothing
        assert features["pad_rate"].is_null().all()
    else:
        assert_allclose(features["pad_rate"], (case.padded > 0).mean(axis=0), rtol=1e-12)


def test_features_follow_the_loudness_of_frames_as_closely(case: Dense) -> None:
    energy = case.corpus.mel.mean(axis=1, dtype=np.float64)
    alive = np.flatnonzero(case.active.any(axis=0))
    expected = [np.corrcoef(case.values[:, feature], energy)[0, 1] for feature in alive]

    assert_allclose(table(case, "features")["energy_corr"].to_numpy()[alive], expected, atol=1e-4)


def test_states_and_decoder_norms_are_these(case: Dense) -> None:
    features = table(case, "features")
    frames, recordings = case.active.sum(axis=0), fired_by(case, "recording").sum(axis=0)

    for row in features.iter_rows(named=True):
        on, heard_in = frames[row["feature"]], recordings[row["feature"]]
        living = "dense" if on / len(case.values) > 0.1 else "live"
        assert row["state"] == ("dead" if on == 0 else "rare" if heard_in < 5 else living)
    assert_allclose(features["decoder_norm"], np.ones(len(features)), rtol=1e-6)


def test_histograms_count_frames_and_the_peaks_of_each_domain(case: Dense) -> None:
    histograms = table(case, "histograms")
    edges = np.array(card(case).histogram_edges)
    domains = case.corpus.clips["domain"].to_numpy()

    def counted(values: NDArray[np.float32]) -> list[int]:
        bins = np.searchsorted(edges, values[values > 0], side="right") - 1
        return np.bincount(bins.clip(0, 63), minlength=64).tolist()

    for row in histograms.iter_rows(named=True):
        feature = row["feature"]
        chosen = case.values if row["counted"] == "frames" else case.peaks[domains == row["domain"]]
        assert row["counts"] == counted(chosen[:, feature]), (row["counted"], row["domain"], feature)


def test_datasets_hold_these_frames_clips_and_recordings(case: Dense) -> None:
    datasets, corpus = table(case, "datasets"), case.corpus
    names = sorted(set(corpus.clips["dataset"]))
    for number, name in enumerate(names):
        clips = corpus.numbers_of("dataset") == number
        rows = datasets.filter(pl.col("dataset") == name)
        recordings = corpus.numbers_of("recording")[clips]
        fired = case.peaks[clips] > 0
        assert rows["frames"].unique().to_list() == [corpus.valid[clips].sum()]
        assert rows["clips"].unique().to_list() == [clips.sum()]
        assert_array_equal(rows["frames_active"], case.active[clips[corpus.row]].sum(axis=0))
        assert_array_equal(rows["clips_active"], fired.sum(axis=0))
        by_recording = np.stack([fired[recordings == one].any(axis=0) for one in np.unique(recordings)])
        assert_array_equal(rows["recordings_active"], by_recording.sum(axis=0))
    assert len(datasets) == len(names) * case.values.shape[1]


def test_peaks_are_the_largest_valid_values_of_each_clip(case: Dense) -> None:
    peaks = peaks_of(case)
    feature, row = np.nonzero(case.peaks.T)
    clips = case.corpus.clips["clip"].to_numpy()
    valid_only = [values[:valid] for values, valid in zip(case.by_clip, case.corpus.valid, strict=True)]
    places = np.stack([values.argmax(axis=0) for values in valid_only])
    active = np.stack([(values > 0).sum(axis=0) for values in valid_only])
    sums = np.stack([values.sum(axis=0, dtype=np.float64) for values in valid_only])

    assert_array_equal(peaks["feature"], feature)
    assert_array_equal(peaks["clip"], clips[row])
    assert_array_equal(peaks["peak"], case.peaks[row, feature])
    assert_array_equal(peaks["peak_frame"], places[row, feature])
    assert_array_equal(peaks["frames_active"], active[row, feature])
    assert_allclose(peaks["sum"], sums[row, feature], rtol=1e-6)


def peaks_in(case: Dense, lengths: Sequence[int]) -> NDArray[np.float32]:
    """The rows of `peaks`: the largest value in a stretch of a length for each clip; NaN where the clip is shorter."""
    expected = np.full_like(case.peaks, np.nan)
    clips = zip(case.by_clip, case.corpus.valid, case.corpus.hashes, lengths, strict=True)
    for row, (values, valid, hash64, length) in enumerate(clips):
        start = matched_start(hash64, int(valid), length)
        if start >= 0:
            expected[row] = values[start : start + length].max(axis=0)
    feature, row = np.nonzero(case.peaks.T)
    return expected[row, feature]


def a_tenth_up(frames: NDArray[np.int64]) -> int:
    return int(np.sort(frames)[len(frames) // 10])


def test_matched_peaks_are_those_of_stretches_of_one_length(case: Dense) -> None:
    lengths = [a_tenth_up(case.corpus.valid)] * len(case.corpus.valid)

    assert_array_equal(peaks_of(case)["peak_matched"].to_numpy(), peaks_in(case, lengths))


def test_matched_peaks_within_the_dataset_are_those_of_stretches_of_a_length_a_dataset(case: Dense) -> None:
    dataset = case.corpus.numbers_of("dataset")  # each lies in one domain
    lengths = [a_tenth_up(case.corpus.valid[dataset == number]) for number in dataset]

    assert len(set(lengths)) > 2
    assert_array_equal(peaks_of(case)["peak_cell"].to_numpy(), peaks_in(case, lengths))


def test_all_codes_of_a_small_corpus_are_kept(case: Dense) -> None:
    codes, corpus = table(case, "codes"), case.corpus

    assert_array_equal(codes["clip"], corpus.clips["clip"].to_numpy()[corpus.row])
    assert_array_equal(codes["frame"], corpus.frame)
    assert_array_equal(codes["features"].list.len(), case.active.sum(axis=1))
    row, feature = np.nonzero(case.values)
    assert_array_equal(codes["features"].explode(empty_as_null=False), feature)
    assert_array_equal(codes["values"].explode(empty_as_null=False), case.values[row, feature].astype(np.float16))


def test_tracks_are_of_the_features_of_largest_sum_in_each_clip(case: Dense) -> None:
    tracks = table(case, "tracks")
    for number, values, valid in zip(case.corpus.clips["clip"], case.by_clip, case.corpus.valid, strict=True):
        rows = tracks.filter(pl.col("clip") == number)
        values = np.pad(values[:valid], ((0, valid % 2), (0, 0)))
        sums, peaks = values.sum(axis=0, dtype=np.float64).astype(np.float32), values.max(axis=0)
        best = np.lexsort((np.arange(len(sums)), -sums))[:12]
        best = best[sums[best] > 0]
        assert_array_equal(rows["feature"], best)
        assert_array_equal(rows["peak"], peaks[best])
        pairs = np.maximum(values[::2, best], values[1::2, best]) / peaks[best]
        for trace, expected in zip(rows["trace"].to_list(), pairs.T, strict=True):
            assert_allclose(trace, expected * 255, atol=0.51)


def test_a_threshold_that_calibration_found_leaves_k_features_a_frame(case: Dense) -> None:
    own = card(case)
    density = load_file(case.corpus.folder / "calibration" / f"{case.entry.name}.safetensors")["density"]

    assert_allclose(density.sum(), case.active.sum() / len(case.values), rtol=1e-4)
    if own.selection == "calibrated" and own.k:
        assert_allclose(own.l0, own.k, rtol=1e-4)
    if own.kind == "identity":
        x = valid_rows(case, case.corpus.activations[case.entry.tap])
        above_zero = np.concatenate([(x > 0).mean(axis=0), (x < 0).mean(axis=0)])
        expected = np.minimum(above_zero, case.entry.density)
        assert_allclose(case.active.mean(axis=0), expected, atol=2 / len(case.values))


def test_a_control_fires_as_often_as_what_it_controls(case: Dense) -> None:
    if case.entry.like is None:
        return
    features = pl.read_parquet(case.corpus.folder / "features" / f"{case.entry.like}.parquet")["frames_active"]
    matched = load_file(case.corpus.folder / "calibration" / f"{case.entry.name}.safetensors")["matched"]

    assert set(matched) <= set(np.flatnonzero(features.to_numpy()))
    assert len(set(matched)) == len(matched)
    assert_allclose(case.active.sum(axis=0), features.to_numpy()[matched], atol=2)


def test_the_card_says_how_sparse_and_how_true_the_codes_are(case: Dense) -> None:
    own = card(case)

    assert_allclose(own.l0, case.active.sum() / len(case.values), rtol=1e-5)
    assert own.frames_clamped == 0
    if case.rebuilt is None:
        assert own.fvu is None
        return
    x, rebuilt = valid_rows(case, case.corpus.activations[case.entry.tap]), valid_rows(case, case.rebuilt)
    assert_allclose(own.fvu, ((x - rebuilt) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum(), rtol=1e-4)

"""The statistics as dense arithmetic on a device, against the compiled kernels, on the processor and on a GPU."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.measure.codes import Coder
from atlas.measure.counts import COLUMNS, Counts
from atlas.measure.dense import DenseCounts, dense_distances
from atlas.measure.reconstruction import Rebuilder
from atlas.measure.scales import Scales
from atlas.measure.states import ClipPeaks
from atlas.pipeline import Options, build
from tests.building import replaced, run_of
from tests.measure.making import ONE, SCALES, Clip, context, draw_clips
from tests.measure.test_reconstruction import activations, sparse_dictionary

N = 9
CPU = torch.device("cpu")
LOW = Scales(-4, 6)  # the largest values are clamped
FLOATS = ("sum", "squares_low", "squares_high")  # added in another order, then rounded


def columns_of(seen: ClipPeaks) -> tuple[np.ndarray, ...]:
    return tuple(getattr(seen, name) for name in ClipPeaks.__slots__)


def by_kernels(clips: list[Clip], scales: Scales) -> tuple[Counts, list[tuple[np.ndarray, ...]]]:
    own = context(N, scales=scales)
    state = Counts.empty(own)
    seen = [state.count(clip.codes, clip.view, own) for clip in clips]
    return state, [columns_of(one) for one in seen]


def by_torch(clips: list[Clip], scales: Scales) -> tuple[Counts, list[tuple[np.ndarray, ...]]]:
    state = DenseCounts(N, CPU)
    seen = [state.update(torch.from_numpy(clip.values), clip.codes, clip.view, scales, 25) for clip in clips]
    return state.counts(), [columns_of(one) for one in seen]


@given(st.integers(0, 2**32), st.sampled_from((0, 2)), st.sampled_from((SCALES, LOW)))
@settings(max_examples=25, deadline=None)
def test_a_device_counts_what_the_kernels_count(seed: int, steps: int, scales: Scales) -> None:
    clips = draw_clips(seed, (1, 3, 20, 60, 80), N, 80, 5, steps)
    (expected, expected_seen), (found, found_seen) = by_kernels(clips, scales), by_torch(clips, scales)

    for name in set(COLUMNS) - set(FLOATS):
        assert np.array_equal(found.column(name), expected.column(name)), name
    assert np.abs(found.column("sum") - expected.column("sum")).max() <= len(clips)
    np.testing.assert_allclose(found.squares(scales), expected.squares(scales), rtol=1e-12)
    assert np.array_equal(found.histogram, expected.histogram)
    np.testing.assert_allclose(found.mel_sums(scales), expected.mel_sums(scales), rtol=1e-5, atol=1e-3)
    for one, other in zip(found_seen, expected_seen, strict=True):
        for values, wanted in zip(one, other, strict=True):
            np.testing.assert_allclose(values, wanted, rtol=1e-6)
            assert values.dtype == wanted.dtype


def test_values_beyond_the_scale_are_clamped_and_counted_on_a_device() -> None:
    clips = draw_clips(1, (60, 80), N, 80, 2)
    assert by_torch(clips, LOW)[0].column("frames_clamped").sum() > 0


@pytest.mark.parametrize("normalisation", ["none", "constant_norm", "layer_norm"])
def test_a_device_rebuilds_what_the_kernel_rebuilds(normalisation: str) -> None:
    dictionary = replace(sparse_dictionary(), normalisation=normalisation)
    for x in activations():
        normal, scale, shift = dictionary.normalise(torch.from_numpy(x))
        codes = Coder(dictionary, len(x), ONE).encode_dense(normal, len(x))
        assert codes.dense is not None
        expected = Rebuilder(dictionary, ONE).distances(x, codes.rows, scale, shift)
        found = dense_distances(dictionary, torch.from_numpy(x), codes.dense, scale, shift)
        assert found.errors == pytest.approx(expected.errors, rel=1e-5)
        assert found.lengths == pytest.approx(expected.lengths, rel=1e-6)
        np.testing.assert_allclose(found.activations, expected.activations, rtol=1e-9, atol=1e-9)


def assert_alike(one: Path, other: Path) -> None:
    """Counts and places are equal, and what is computed from sums agrees to rounding."""
    for name in ("features", "histograms", "datasets", "mel", "examples", "tracks"):
        found, expected = (pl.read_parquet(folder / name / "*.parquet", glob=True) for folder in (one, other))
        assert found.schema == expected.schema
        for column in found.columns:
            if found[column].dtype.is_float():
                values, wanted = (frame[column].fill_null(-1).to_numpy() for frame in (found, expected))
                np.testing.assert_allclose(values, wanted, rtol=1e-4, atol=1e-4, err_msg=f"{name}.{column}")
            elif not found[column].dtype.is_nested():
                assert found[column].equals(expected[column]), f"{name}.{column}"


def test_an_atlas_counted_by_torch_is_the_atlas_counted_by_kernels(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Coder, "encode", Coder.encode_dense)
    build(run_of(tiny_config, tmp_path), Options(), lambda line: None)

    assert_alike(tmp_path, tiny_atlas)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_an_atlas_measured_on_a_gpu_repeats_and_has_the_numbers_of_one_measured_here(
    tiny_config: Path, tmp_path: Path
) -> None:
    config = replaced(
        tiny_config, ('model = "encoder.pt"', 'model = "encoder.pt"\nprecision = "fp32"'), name="gpu.toml"
    )
    for name, device in (("cpu", CPU), ("gpu", torch.device("cuda")), ("again", torch.device("cuda"))):
        build(replace(run_of(config, tmp_path / name), device=device), Options(), lambda line: None)

    features = {name: pl.read_parquet(tmp_path / name / "features/*.parquet") for name in ("cpu", "gpu", "again")}
    assert features["gpu"].equals(features["again"])
    for column in ("density", "max", "mean_active"):
        found, expected = (features[name][column].fill_null(0).to_numpy() for name in ("gpu", "cpu"))
        assert np.corrcoef(found, expected)[0, 1] > 0.999, column

"""Coordinates of features: principal components, and UMAP where it is installed."""

import sys
import types

import numpy as np
import polars as pl
import pytest

from atlas.analyse.mapping import map_frame
from atlas.errors import AtlasError


def clusters(features: int = 90, width: int = 20, seed: int = 0) -> np.ndarray:
    """Directions in three clusters, feature i in cluster i % 3."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, width))
    return (centres[np.arange(features) % 3] + 0.1 * rng.normal(size=(features, width))).astype(np.float32)


def alive(features: int = 90) -> pl.Series:
    return pl.Series(["live"] * features)


def places(frame: pl.DataFrame) -> np.ndarray:
    return frame.select("map_x", "map_y").to_numpy()


def apart(points: np.ndarray) -> float:
    """The least distance between clusters over the largest within one."""
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    same = (np.arange(len(points))[:, None] - np.arange(len(points))) % 3 == 0
    return float(distances[~same].min() / distances[same].max())


def test_principal_components_are_those_of_a_singular_value_decomposition() -> None:
    vectors = clusters()

    found = places(map_frame(vectors, alive(), "pca"))

    units = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    centred = units - units.mean(axis=0)
    left, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * sizes[:2]
    expected *= [np.sign(axis[np.abs(axis).argmax()]) for axis in axes[:2]]
    expected -= (expected.max(axis=0) + expected.min(axis=0)) / 2
    assert found == pytest.approx(expected / np.abs(expected).max(), abs=1e-4)


def test_clusters_of_directions_are_clusters_on_the_map() -> None:
    assert apart(places(map_frame(clusters(), alive(), "pca"))) > 2


def test_the_map_fills_a_square_with_one_scale_for_both_axes() -> None:
    found = places(map_frame(clusters(), alive(), "pca"))

    assert np.abs(found).max() == 1
    assert found.min(axis=0) == pytest.approx(-found.max(axis=0), abs=1e-4)
    assert found.dtype == np.float32


def test_dead_features_and_zero_rows_are_not_on_the_map_and_move_nothing() -> None:
    vectors = clusters()
    without = places(map_frame(vectors, alive(), "pca"))
    more = np.concatenate([vectors, clusters(2, seed=9), np.zeros((1, 20), np.float32)])

    frame = map_frame(more, pl.Series([*alive(), "dead", "dead", "live"]), "pca")

    assert np.array_equal(places(frame[:90]), without)
    assert frame[90:].rows() == [(90, None, None), (91, None, None), (92, None, None)]


def test_the_length_of_a_row_and_the_numbering_change_nothing() -> None:
    vectors = clusters()
    order = np.random.default_rng(5).permutation(90)

    found = places(map_frame(vectors, alive(), "pca"))
    turned = places(map_frame(np.ldexp(vectors[order], 3), alive(), "pca"))

    assert turned == pytest.approx(found[order], abs=2e-4)


@pytest.mark.parametrize("features", [0, 1, 2])
def test_two_features_make_no_map(features: int) -> None:
    frame = map_frame(clusters(5), pl.Series(["live"] * features + ["dead"] * (5 - features)), "pca")

    assert frame.rows() == [(number, None, None) for number in range(5)]


@pytest.mark.parametrize("method", ["pca", "umap"])
@pytest.mark.parametrize("dead", [0, 1])
def test_raw_neurons_have_no_axis_of_most_variance_and_no_map(method: str, dead: int) -> None:
    units = np.concatenate([np.eye(16), -np.eye(16)]).astype(np.float32)

    frame = map_frame(units, pl.Series(["dead"] * dead + ["live"] * (32 - dead)), method)

    assert frame.select("map_x", "map_y").rows() == [(None, None)] * 32


def test_umap_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)

    with pytest.raises(AtlasError, match=r"not installed whole \(.*umap.*\): pip install 'audio-feature-atlas\[map\]'"):
        map_frame(clusters(), alive(), "umap")


def test_umap_is_asked_for_what_makes_it_deterministic(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    class Reducer:
        def __init__(self, **options: object) -> None:
            asked.update(options)

        def fit_transform(self, units: np.ndarray) -> np.ndarray:
            return units[:, :2]

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=Reducer))

    frame = map_frame(clusters(12), alive(12), "umap")

    assert (asked["random_state"], asked["n_jobs"], asked["metric"], asked["n_neighbors"]) == (0, 1, "cosine", 11)
    assert np.abs(places(frame)).max() == 1


def test_umap_draws_the_same_map_twice_and_keeps_clusters_apart() -> None:
    pytest.importorskip("umap", reason="the extra `map` is not installed", exc_type=ImportError)
    vectors = clusters()

    first, second = (map_frame(vectors, alive(), "umap") for _ in range(2))

    assert first.equals(second)
    assert apart(places(first)) > 1

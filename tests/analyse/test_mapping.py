"""Coordinates of features: near each other on the map are those that fire together, or have like decoder rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from atlas.analyse.layout import NEAREST, graph_of, layout, nearest, start_of
from atlas.analyse.mapping import map_by_activations, map_by_decoder

FEATURES = 90
GROUPS = 3


def clusters(features: int = FEATURES, width: int = 20, seed: int = 0) -> np.ndarray:
    """Directions in three clusters, feature i in cluster i % 3."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(GROUPS, width))
    return (centres[np.arange(features) % GROUPS] + 0.1 * rng.normal(size=(features, width))).astype(np.float32)


def codes(features: int = FEATURES, frames: int = 600, seed: int = 0) -> pl.DataFrame:
    """Sampled frames of one group each: eight of its features are active, and one of any."""
    rng = np.random.default_rng(seed)
    rows = []
    for frame in range(frames):
        mine = rng.permutation(np.arange(frame % GROUPS, features, GROUPS))[:8]
        active = np.unique([*mine, rng.integers(features)])
        rows.append((frame // 50, frame % 50, active.tolist(), (1 + rng.random(len(active))).tolist()))
    schema = {"clip": pl.UInt32, "frame": pl.UInt16, "features": pl.List(pl.UInt32), "values": pl.List(pl.Float16)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def alive(features: int = FEATURES) -> pl.Series:
    return pl.Series(["live"] * features)


def places(frame: pl.DataFrame) -> np.ndarray:
    return frame.select("map_x", "map_y").to_numpy()


def near_of_a_kind(points: np.ndarray) -> float:
    """The share of each point's ten nearest that are of its cluster."""
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(np.argsort(distances, axis=1)[:, :10] % GROUPS == np.arange(len(points))[:, None] % GROUPS))


@pytest.mark.parametrize("frame", [map_by_activations(codes(), alive()), map_by_decoder(clusters(), alive())])
def test_features_of_a_kind_lie_near_each_other_in_a_square(frame: pl.DataFrame) -> None:
    found = places(frame)

    assert near_of_a_kind(found) > 0.99
    assert np.abs(found).max() == 1
    assert found.min(axis=0) == pytest.approx(-found.max(axis=0), abs=1e-4)
    assert found.dtype == np.float32


def test_the_map_is_the_same_twice_and_whatever_the_order_of_rows() -> None:
    first = map_by_activations(codes(), alive())

    assert map_by_activations(codes(), alive()).equals(first)
    assert map_by_activations(codes().sample(fraction=1, shuffle=True, seed=3), alive()).equals(first)


def test_how_strong_a_feature_is_changes_nothing() -> None:
    louder = codes().with_columns(pl.col("values").list.eval(pl.element() * 4))

    assert map_by_activations(louder, alive()).equals(map_by_activations(codes(), alive()))
    assert map_by_decoder(np.ldexp(clusters(), 3), alive()).equals(map_by_decoder(clusters(), alive()))


def test_dead_features_and_those_without_a_sampled_frame_are_not_on_the_map_and_move_nothing() -> None:
    without = map_by_activations(codes(), alive())

    frame = map_by_activations(codes(), pl.Series([*alive(), "dead", "rare"]))

    assert frame[:FEATURES].equals(without)
    assert frame[FEATURES:].rows() == [(90, None, None), (91, None, None)]


def test_dead_features_and_zero_rows_are_not_on_the_map_of_decoder_rows_and_move_nothing() -> None:
    vectors = clusters()
    more = np.concatenate([vectors, clusters(2, seed=9), np.zeros((1, 20), np.float32)])

    frame = map_by_decoder(more, pl.Series([*alive(), "dead", "dead", "live"]))

    assert frame[:FEATURES].equals(map_by_decoder(vectors, alive()))
    assert frame[FEATURES:].rows() == [(90, None, None), (91, None, None), (92, None, None)]


def test_a_feature_that_is_never_active_beside_another_has_no_place() -> None:
    alone = pl.DataFrame({"clip": [99], "frame": [0], "features": [[FEATURES]], "values": [[1.0]]}, codes().schema)

    frame = map_by_activations(pl.concat([codes(), alone]), alive(FEATURES + 1))

    assert frame[FEATURES].row(0) == (FEATURES, None, None)
    assert frame["map_x"].null_count() == 1


@pytest.mark.parametrize("features", [0, 1, 2])
def test_two_features_make_no_map(features: int) -> None:
    states = pl.Series(["live"] * features + ["dead"] * (5 - features), dtype=pl.String)

    for frame in (map_by_decoder(clusters(5), states), map_by_activations(codes(5), states)):
        assert frame.rows() == [(number, None, None) for number in range(5)]


def test_nothing_sampled_makes_no_map() -> None:
    frame = map_by_activations(codes().clear(), alive(4))

    assert frame.rows() == [(number, None, None) for number in range(4)]


def test_raw_neurons_have_no_map_by_their_decoder() -> None:
    units = np.concatenate([np.eye(16), -np.eye(16)]).astype(np.float32)

    assert map_by_decoder(units, alive(32)).select("map_x", "map_y").rows() == [(None, None)] * 32


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_the_nearest_are_those_of_the_largest_cosines(
    form: Callable[[np.ndarray], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atlas.analyse.layout.CELLS_AT_ONCE", 7 * FEATURES)
    rows = clusters() / np.linalg.norm(clusters(), axis=1, keepdims=True)

    found = nearest(form(rows))

    cosines = np.round(rows.astype(np.float64) @ rows.T.astype(np.float64), 5)
    np.fill_diagonal(cosines, -1)
    for feature in range(FEATURES):
        own = found.value[found.feature == feature]
        assert own == pytest.approx(np.sort(cosines[feature])[::-1][:NEAREST], abs=2e-5)


def test_links_are_mutual_and_at_most_one_and_come_to_the_logarithm_of_their_number() -> None:
    rows = clusters() / np.linalg.norm(clusters(), axis=1, keepdims=True)
    near = nearest(rows)

    weights = graph_of(near, FEATURES).toarray()

    assert weights == pytest.approx(weights.T)
    assert weights[near.feature[near.rank == 1], near.other[near.rank == 1]] == pytest.approx(1)
    assert weights.max() <= 1 + 1e-9
    assert weights.sum(axis=1).min() >= np.log2(NEAREST) - 0.01  # its own links, and what others add


def test_the_start_is_along_the_principal_components() -> None:
    rows = clusters() / np.linalg.norm(clusters(), axis=1, keepdims=True)
    left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    expected = left[:, :2] * [1, 1]

    found = start_of(rows)

    for axis in range(2):
        assert abs(np.corrcoef(found[:, axis], expected[:, axis])[0, 1]) > 0.99
    assert sizes[0] >= sizes[1]
    assert np.abs(found).max() == 10


def test_equal_rows_are_laid_out_apart() -> None:
    rows = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)

    found = layout(rows)

    assert len(np.unique(found, axis=0)) == 20


def test_of_equally_near_ones_the_smaller_number_comes_first_in_either_form() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32) + np.float32(0.5), 20, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    dense, sparse = nearest(rows), nearest(csr_array(rows))

    assert sparse.other[sparse.feature == 20].tolist() == list(range(21, 36))
    for column in ("feature", "other", "value"):
        assert np.array_equal(getattr(dense, column), getattr(sparse, column))

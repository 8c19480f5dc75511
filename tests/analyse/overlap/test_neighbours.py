"""Nearest decoder rows, against the definition, and the table of all three kinds of neighbour."""

import numpy as np
import polars as pl
import pytest

from atlas.analyse.overlap import neighbours
from atlas.analyse.overlap.neighbours import decoder_neighbours, neighbours_frame
from atlas.analyse.overlap.overlaps import duplicates, overlap
from atlas.schema import NEIGHBOURS
from tests.analyse.sampled import noise, sample


def directions(features: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(features, width)).astype(np.float16).astype(np.float32)


def alive(features: int) -> pl.Series:
    return pl.Series(["live"] * features)


def test_the_nearest_rows_are_those_of_largest_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "CELLS_AT_ONCE", 60 * 7)
    vectors = directions(60, 12)

    found = decoder_neighbours(vectors, alive(60))

    units = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    cosines = units @ units.T
    np.fill_diagonal(cosines, -1)
    nearest = np.argsort(-cosines, axis=1)[:, :10]
    assert found.feature.tolist() == np.repeat(np.arange(60), 10).tolist()
    assert found.other.tolist() == nearest.ravel().tolist()
    assert found.value == pytest.approx(np.take_along_axis(cosines, nearest, axis=1).ravel(), abs=6e-6)


def test_dead_features_and_zero_rows_are_nobodys_neighbours() -> None:
    vectors = directions(9, 4)
    vectors[2] = 0
    states = pl.Series(["live", "dead", "live", "rare", "dense", "live", "live", "live", "live"])

    found = decoder_neighbours(vectors, states)

    assert not {1, 2} & {*found.feature.tolist(), *found.other.tolist()}
    assert {3, 4} <= {*found.feature.tolist(), *found.other.tolist()}


def test_copies_tie_and_the_smaller_number_comes_first() -> None:
    vectors = directions(40, 48)
    vectors[[31, 7, 19]] = 3 * vectors[11]

    found = decoder_neighbours(vectors, alive(40))

    of_copy = found.feature == 11
    assert (found.other[of_copy][:3].tolist(), found.value[of_copy][:3].tolist()) == ([7, 19, 31], [1, 1, 1])
    for feature in set(range(40)) - {7, 11, 19, 31}:
        others = found.other[found.feature == feature].tolist()
        assert [other for other in others if other in (7, 11, 19, 31)] in (
            [],
            [7],
            [7, 11],
            [7, 11, 19],
            [7, 11, 19, 31],
        )


def test_renumbering_features_renumbers_their_nearest() -> None:
    vectors = directions(50, 8)
    order = np.random.default_rng(1).permutation(50)

    first, second = decoder_neighbours(vectors, alive(50)), decoder_neighbours(vectors[order], alive(50))

    found = {(i, j): value for i, j, value in zip(first.feature, first.other, first.value, strict=True)}
    renumbered = zip(order[second.feature], order[second.other], second.value, strict=True)
    assert {(i, j): value for i, j, value in renumbered} == pytest.approx(found, abs=1.1e-5)


def test_orthogonal_rows_have_no_neighbours() -> None:
    units = np.concatenate([np.eye(6), -np.eye(6)]).astype(np.float32)

    assert len(decoder_neighbours(units, alive(12)).feature) == 0


def test_no_features_have_no_neighbours() -> None:
    assert len(decoder_neighbours(directions(3, 4), pl.Series(["dead"] * 3)).feature) == 0


def test_the_table_tells_all_kinds_by_feature_and_rank() -> None:
    active = noise(3000, 25, 0.05)
    active[:, 20] = active[:, 4]
    later = noise(3000, 25, 0.05, 1)
    later[:, 9] = active[:, 4]
    own, other, same = sample(active, "b"), sample(later, "a"), sample(active, "c")

    frame = neighbours_frame(
        own, directions(25, 6), alive(25), [overlap(own, same), duplicates(own), overlap(own, other)]
    )

    assert NEIGHBOURS.check(frame, "made").equals(frame.sort(NEIGHBOURS.key))
    assert frame.select(NEIGHBOURS.key).is_unique().all()
    of_four = frame.filter((pl.col("feature") == 4) & (pl.col("kind") == "overlap") & (pl.col("value") > 0.5))
    assert of_four.select("rank", "other_dictionary", "other", "value").rows() == [
        (1, "a", 9, 1.0),
        (2, "b", 20, 1.0),
        (3, "c", 4, 1.0),
        (4, "c", 20, 1.0),
    ]
    own_rows = frame.filter((pl.col("kind") == "overlap") & (pl.col("other_dictionary") == "b"))
    assert own_rows.select("feature", "other").rows() == [(4, 20), (20, 4)]
    assert set(frame.filter(pl.col("kind") != "overlap")["other_dictionary"]) == {"b"}
    assert set(frame["kind"]) == {"cofiring", "decoder", "overlap"}


def test_without_another_dictionary_there_are_no_overlaps() -> None:
    own = sample(noise(300, 5, 0.2))

    frame = neighbours_frame(own, directions(5, 3), alive(5), [])

    assert set(frame["kind"]) <= {"cofiring", "decoder"}


def test_ranks_end_where_eight_bits_do() -> None:
    own = sample(noise(300, 5, 0.3), "a")
    many = [overlap(own, sample(noise(300, 5, 0.3, seed), f"b{seed:03}")) for seed in range(90)]

    frame = neighbours_frame(own, directions(5, 3), alive(5), many)

    ranks = frame.filter((pl.col("feature") == 0) & (pl.col("kind") == "overlap"))["rank"]
    assert ranks.to_list() == list(range(1, 256))

"""Lifts over sampled frames, against the definition, and what keeps chance out of them."""

from fractions import Fraction

import numpy as np

from atlas.analyse.overlap.cofiring import cofiring
from tests.analyse.sampled import CLIP_FRAMES, Active, noise, sample

Rows = list[tuple[int, int, int, float]]


def found(active: Active, recordings: list[str] | None = None) -> Rows:
    ranked = cofiring(sample(active, recordings=recordings))
    return list(
        zip(*(column.tolist() for column in (ranked.feature, ranked.rank, ranked.other, ranked.value)), strict=True)
    )


def by_definition(active: Active, of_frame: list[str]) -> Rows:
    rows = []
    for i in range(active.shape[1]):
        lifts = []
        for j in range(active.shape[1]):
            both = active[:, i] & active[:, j]
            n_i, n_j = int(active[:, i].sum()), int(active[:, j].sum())
            within = {of_frame[frame] for frame in np.flatnonzero(both)}
            if j != i and min(n_i, n_j) >= 30 and both.sum() >= 10 and len(within) >= 3:
                lifts.append((-Fraction(int(both.sum()) * len(active), n_i * n_j), j))
        rows += [(i, rank, j, float(-value)) for rank, (value, j) in enumerate(sorted(lifts)[:10], 1) if -value > 1]
    return rows


def test_lifts_are_those_of_the_definition() -> None:
    shares = np.geomspace(0.02, 0.5, 25)
    active = noise(600, 25, 0.5, 3) & (np.random.default_rng(4).random((600, 25)) < 2 * shares)
    active[:, 7] |= active[:, 3]
    of_frame = [f"recording {frame // CLIP_FRAMES:04}" for frame in range(600)]

    rows = found(active)

    assert rows == by_definition(active, of_frame)
    assert max(rows, key=lambda row: row[3])[0] in (3, 7)


def test_one_moment_that_two_rare_features_share_is_no_lift() -> None:
    active = np.zeros((4000, 2), bool)
    active[:40] = True  # two recordings

    assert found(active) == []
    active[100] = True
    assert [(feature, other) for feature, _, other, _ in found(active)] == [(0, 1), (1, 0)]


def test_nine_frames_together_are_too_few() -> None:
    active = np.zeros((2000, 2), bool)
    active[:600:20, 0] = active[:600:20, 1] = True
    active[180:600, 1] = False
    active[1000:1030, 1] = True

    assert found(active) == []
    active[1100] = True
    assert len(found(active)) == 2


def test_features_that_avoid_each_other_are_no_neighbours() -> None:
    active = np.zeros((200, 2), bool)
    active[:120, 0] = active[100:, 1] = True

    assert found(active) == []


def test_renumbering_features_renumbers_the_neighbours() -> None:
    active = noise(2000, 12, 0.15)
    order = np.random.default_rng(1).permutation(12)

    renumbered = [(int(order[i]), int(order[j]), value) for i, _, j, value in found(active[:, order])]

    assert sorted(renumbered) == sorted((i, j, value) for i, _, j, value in found(active))

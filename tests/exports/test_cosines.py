"""The most similar decoder rows: block by block as all at once, and as ten plain lines have it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from atlas.exports.cosines import most_alike, unit


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 5))
def test_blocks_give_what_a_plain_sort_gives(rows: int, count: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(-2, 3, (rows, 4)).astype(np.float32)  # with ties, and rows of zeros
    units = unit(drawn)
    middle = rows // 2

    parts = [most_alike(units, 0, middle, count), most_alike(units, middle, rows, count)]
    indices = np.concatenate([part.indices for part in parts])
    cosines = np.concatenate([part.cosines for part in parts])

    every = units @ units.T
    for row in range(rows):
        others = sorted((other for other in range(rows) if other != row), key=lambda other: (-every[row, other], other))
        assert indices[row, 0] == row
        assert cosines[row, 0] == 1
        best = [every[row, other] for other in others[: count - 1]]
        assert np.allclose(cosines[row, 1:], np.clip(best, -1, 1), atol=1e-6)
        assert len(set(indices[row])) == min(count, rows)

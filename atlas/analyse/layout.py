"""Rows -> places in the plane, near each other where rows are alike.

A graph of the fifteen nearest by cosine, each edge weighted by its distance from the nearest one as in UMAP (McInnes,
Healy and Melville 2018), and laid out by stochastic descent with negative samples under a Cauchy kernel, begun from the
principal components. One thread and a fixed seed: equal rows give equal places. Only neighbourhoods mean something;
distances across the map, and its axes, do not.
"""

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, issparse

from atlas.analyse.overlap.ranking import Doubles, Longs, Ranked, best, joined

Floats = NDArray[np.float32]
Rows: TypeAlias = csr_array | Floats
"[features, width], of length 1"

NEAREST = 15
EPOCHS = 300
REPELLED = 5
"others, drawn at random, that a point moves away from each time that an edge pulls at it"
REPULSION = 3.0
"above 1, neighbours stay nearer to each other and groups come apart"
FARTHEST_STEP = 4.0
HALF_WIDTH = 10.0
"of the square that the descent begins in"
SEED = 0
START_STEPS, START_COLUMNS = 60, 4
BISECTIONS = 32
CELLS_AT_ONCE = 2**22
COSINE_STEP, START_DECIMALS = 1e5, 3
"coarser than the last bits, which depend on how many threads add up: the descent would magnify them"


def layout(rows: Rows) -> Doubles:
    """[features, 2]; NaN for a row that resembles no other, and everywhere where fewer than three do."""
    near = nearest(rows)
    linked = np.unique(near.feature)
    places = np.full((rows.shape[0], 2), np.nan)
    if len(linked) > 2:
        own, other = np.searchsorted(linked, near.feature), np.searchsorted(linked, near.other)
        graph = graph_of(Ranked(own, other, near.value), len(linked))
        places[linked] = descended(graph, start_of(rows[linked]))
    return places


def nearest(rows: Rows) -> Ranked:
    """The fifteen largest cosines above 0 of each row with the others."""
    count = rows.shape[0]
    step = max(1, CELLS_AT_ONCE // max(count, 1))
    turned: Any = rows.T
    others = turned.tocsr() if issparse(rows) else turned
    ranked = joined([_nearest(rows[first : first + step] @ others, first) for first in range(0, count, step)])
    return Ranked(ranked.feature, ranked.other, ranked.value / COSINE_STEP)


def _nearest(cosines: Any, first: int) -> Ranked:
    """Of the rows from `first` on. cosines: [rows, features]; of sparse ones, most are 0 and never looked at."""
    if not issparse(cosines):
        places = np.arange(len(cosines))
        cosines = np.rint(cosines * COSINE_STEP)
        cosines[places, first + places] = 0
        return best(first + places, cosines, NEAREST)
    value = np.rint(cosines.data * COSINE_STEP)
    found, largest = np.zeros((cosines.shape[0], NEAREST), np.int64), np.zeros((cosines.shape[0], NEAREST))
    _largest(cosines.indptr, cosines.indices, value, first, found, largest)
    row, place = np.nonzero(largest)
    return Ranked(first + row, found[row, place], largest[row, place])


@njit(nogil=True, cache=True)
def _largest(starts: Longs, others: Longs, values: Floats, first: int, found: Longs, largest: Doubles) -> None:
    """The largest values of each row, above 0, and whose: of equal ones the smaller number, never its own."""
    for row in range(len(starts) - 1):
        names, best_values = found[row], largest[row]
        for at in range(starts[row], starts[row + 1]):
            value, other = values[at], others[at]
            last = best_values[-1]
            if value < last or value <= 0 or other == first + row or (value == last and other > names[-1]):
                continue
            place = NEAREST - 1
            while place > 0 and (
                best_values[place - 1] < value or (best_values[place - 1] == value and names[place - 1] > other)
            ):
                best_values[place], names[place] = best_values[place - 1], names[place - 1]
                place -= 1
            best_values[place], names[place] = value, other


def graph_of(near: Ranked, count: int) -> coo_array:
    """[features, features]: how strongly two are linked, at most 1.

    From a feature: 1 to its nearest, falling off so that all of its links together come to the logarithm of fifteen.
    Of the two directions, that at least one holds, as if they were chances.
    """
    place = near.rank - 1
    beyond = np.full((count, NEAREST), np.inf)
    beyond[near.feature, place] = 1 - near.value
    beyond -= beyond[:, :1]
    low, high = np.full(count, 1e-3), np.full(count, 1e3)
    for _ in range(BISECTIONS):
        scale = np.sqrt(low * high)
        wide = np.exp(-beyond / scale[:, None]).sum(axis=1) > np.log2(NEAREST)
        low, high = np.where(wide, low, scale), np.where(wide, scale, high)
    weights = np.exp(-beyond[near.feature, place] / scale[near.feature])
    directed = csr_array((weights, (near.feature, near.other)), shape=(count, count))
    graph = (directed + directed.T - directed * directed.T).tocoo()
    graph.sum_duplicates()
    return graph


def start_of(rows: Rows) -> Doubles:
    """The two principal components, roughly, by iteration on a subspace, within the square that descent begins in."""
    axes = np.random.default_rng(SEED).normal(size=(rows.shape[0], START_COLUMNS))
    for _ in range(START_STEPS):
        axes = _orthogonal(_centred(rows @ (rows.T @ _centred(axes))))
    reached = rows.T @ axes
    _, turn = np.linalg.eigh(reached.T @ reached)
    places = (axes @ turn)[:, [-1, -2]]
    extent = np.abs(places).max()
    scaled: Doubles = np.round(places * (HALF_WIDTH / extent if extent > 0 else 0), START_DECIMALS)
    return scaled


def _centred(axes: Doubles) -> Doubles:
    centred: Doubles = axes - axes.mean(axis=0)
    return centred


def _orthogonal(axes: Doubles) -> Doubles:
    basis: Doubles = np.linalg.qr(axes)[0]
    return basis


def descended(graph: coo_array, start: Doubles) -> Doubles:
    """Places after the descent: a link of the largest weight pulls in every epoch, a weaker one less often."""
    largest = graph.data.max()
    used = graph.data * EPOCHS >= largest
    row, column = (np.asarray(numbers[used], np.int64) for numbers in graph.coords)
    places = start + np.random.default_rng(SEED).normal(scale=1e-3, size=start.shape)  # equal rows begin apart
    _descend(places, row, column, largest / graph.data[used])
    return places


@njit(nogil=True, cache=True)
def _step(force: float, rate: float) -> float:
    return min(max(force, -FARTHEST_STEP), FARTHEST_STEP) * rate


@njit(nogil=True, cache=True)
def _descend(places: Doubles, row: Longs, column: Longs, every: Doubles) -> None:
    """every: [links], the epochs between two pulls of a link."""
    count, due, draw = len(places), every.copy(), np.uint64(88172645463325252)
    for epoch in range(EPOCHS):
        rate = 1 - epoch / EPOCHS
        for link in range(len(row)):
            if due[link] > epoch:
                continue
            due[link] += every[link]
            one, other = row[link], column[link]
            x, y = places[one, 0] - places[other, 0], places[one, 1] - places[other, 1]
            pull = 2 / (1 + x * x + y * y)
            for axis, apart in enumerate((x, y)):
                step = _step(pull * apart, rate)
                places[one, axis] -= step
                places[other, axis] += step
            for _ in range(REPELLED):
                draw ^= draw << np.uint64(13)  # xorshift (Marsaglia 2003)
                draw ^= draw >> np.uint64(7)
                draw ^= draw << np.uint64(17)
                far = np.int64(draw % np.uint64(count))
                x, y = places[one, 0] - places[far, 0], places[one, 1] - places[far, 1]
                square = x * x + y * y
                push = 2 * REPULSION / ((0.001 + square) * (1 + square))
                places[one, 0] += _step(push * x, rate)
                places[one, 1] += _step(push * y, rate)

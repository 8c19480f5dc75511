"""The test: exact p of "has the label" against "passes", within each stratum; and q of a family of tests.

Given how many recordings of each stratum have the label and how many pass, chance alone makes the number that do both
hypergeometric in each stratum, and their sum the convolution of these. The p is twice the smaller tail of that sum
(at most 1): Fisher's test where there is one stratum, the exact conditional form of Mantel and Haenszel's where there
are more. A feature that follows the stratum and nothing else therefore earns nothing.

Probabilities come from log-factorials; tails are sums of positive terms, so a p keeps its relative accuracy down to
SMALLEST, below which it is not told apart from 0.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import false_discovery_control

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

SMALLEST = 1e-300


def exact_p(hits: Longs, passing: Longs, labelled: Longs, sizes: Longs) -> Doubles:
    """Two-sided p of some tests of one label.

    hits: [tests], recordings that pass and have the label, of all strata together; passing: [tests, strata];
    labelled, sizes: [strata], recordings that have the label, and all.
    """
    if 2 * labelled.sum() > sizes.sum():  # the same question about those without the label is a shorter sum
        hits, labelled = passing.sum(axis=1) - hits, sizes - labelled
    *others, last = np.argsort(labelled, kind="stable")
    sums = np.ones((len(hits), 1))
    for stratum in others:
        probabilities, row = _distributions(passing[:, stratum], labelled[stratum], sizes[stratum])
        sums = _convolved(sums, probabilities[row])
    upper, lower = _tails(sums, hits, *_distributions(passing[:, last], labelled[last], sizes[last]))
    p: Doubles = np.clip(2 * np.minimum(upper, lower), SMALLEST, 1)
    return p


def _distributions(passing: Longs, labelled: int, size: int) -> tuple[Doubles, Longs]:
    """[distinct, 0..labelled]: the chance of each number of hits in one stratum; and the row of each test."""
    distinct, row = np.unique(passing, return_inverse=True)
    logs = gammaln(np.arange(size + 1) + 1.0)
    hits, m = np.arange(labelled + 1), distinct[:, None]
    rest = size - labelled
    possible = (hits <= m) & (m - hits <= rest)
    missed = np.where(possible, m - hits, 0)
    ways = logs[labelled] - logs[hits] - logs[labelled - hits] + logs[rest] - logs[missed] - logs[rest - missed]
    all_ways = logs[size] - logs[m] - logs[size - m]
    return np.exp(np.where(possible, ways - all_ways, -np.inf)), row


def _convolved(first: Doubles, second: Doubles) -> Doubles:
    """Row by row, the distribution of a sum from those of its two parts."""
    short, long = (first, second) if first.shape[1] <= second.shape[1] else (second, first)
    width = long.shape[1]
    total = np.zeros((len(first), short.shape[1] + width - 1))
    for shift in range(short.shape[1]):
        total[:, shift : shift + width] += short[:, shift, None] * long
    return total


def _tails(sums: Doubles, hits: Longs, probabilities: Doubles, row: Longs) -> tuple[Doubles, Doubles]:
    """The chance of at least, and of at most, so many hits: the last stratum needs no convolution, only its tails."""
    nothing = np.zeros((len(probabilities), 1))
    at_least = np.hstack([probabilities[:, ::-1].cumsum(axis=1)[:, ::-1], nothing])
    at_most = np.hstack([nothing, probabilities.cumsum(axis=1)])
    most = probabilities.shape[1]
    needed = hits[:, None] - np.arange(sums.shape[1])
    upper = (sums * at_least[row[:, None], np.clip(needed, 0, most)]).sum(axis=1)
    lower = (sums * at_most[row[:, None], np.clip(needed + 1, 0, most)]).sum(axis=1)
    return upper, lower


def q_values(p: Doubles) -> Doubles:
    """Benjamini and Hochberg's q over a family of tests of any shape; NaN is no test, and stays."""
    known = np.isfinite(p)
    q = np.full(p.shape, np.nan)
    if known.any():
        q[known] = false_discovery_control(p[known])
    return q

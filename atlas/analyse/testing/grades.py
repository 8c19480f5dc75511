"""The table `grades`: AudioSAE's domain of a feature, for comparison with the paper.

A feature goes to the domain of its highest rate if that rate exceeds each other one by at least τ. It is a difference
of pooled rates and no test. A row holds the largest τ that the feature reaches, so it is also assigned at every smaller
one; without a domain it is unassigned at all; `dead` says that it is silent in all domains compared.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.schema import GRADES
from atlas.schema.thresholds import TAUS

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]

RATES = {"frame": "rate_pooled_frame", "audio": "rate_pooled_clip"}
ROUNDING = 1e-12
"a difference of .3 and .1 reaches τ = .2"


def grades_frame(domains: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The table `grades` from the table `domains` of one dictionary; `order` as in the config."""
    present = set(domains["domain"].unique().to_list())
    names = tuple(name for name in order if name in present)
    frames = [_level_frame(domains, names, level, some) for level in TAUS for some in comparisons(names)]
    return pl.concat([GRADES.empty(), *frames]).sort(GRADES.key)


def comparisons(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All domains together, then each pair; none for a single domain."""
    if len(names) > 2:
        yield tuple(names)
    yield from combinations(names, 2)


def _level_frame(domains: pl.DataFrame, names: tuple[str, ...], level: str, compared: tuple[str, ...]) -> pl.DataFrame:
    by_domain = [domains.filter(pl.col("domain") == name).sort("feature") for name in compared]
    rates = np.stack([frame[RATES[level]].to_numpy() for frame in by_domain], axis=1)
    place, tau = grade(rates, TAUS[level])
    chosen = np.array([*compared, None], dtype=object)[place]
    n = len(rates)
    return GRADES.frame(
        {
            "dictionary": by_domain[0]["dictionary"],
            "feature": by_domain[0]["feature"],
            "level": [level] * n,
            "comparison": ["/".join(compared)] * n,
            "domain": chosen.tolist(),
            "tau": pl.Series(tau).fill_nan(None),
            "dead": (rates == 0).all(axis=1),
        }
    )


def grade(rates: Doubles, taus: Sequence[float]) -> tuple[Longs, Doubles]:
    """[features] of [features, domains]: the domain's place and the largest τ reached; -1 and NaN for none."""
    ordered = np.sort(rates, axis=1)
    ahead = ordered[:, -1] - ordered[:, -2]
    tau = np.full(len(rates), np.nan)
    for threshold in sorted(taus):
        tau[ahead >= threshold - ROUNDING] = threshold
    return np.where(np.isnan(tau), -1, np.argmax(rates, axis=1)), tau

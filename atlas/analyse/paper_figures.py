"""The data of AudioSAE's figures 2, 11 and 12: tables -> small frames, which pages draw.

`layer_curves`: the share of each dictionary's features that go to a domain, by tap, level, comparison and τ, in grades
and in the test of this atlas. `frequency_scatter`: how often a feature fires against how strongly, with its domain.
`domain_overlaps`: how many features fire in, or are specialised to, each combination of domains.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from atlas.analyse.testing.grades import ROUNDING
from atlas.schema.thresholds import ACTIVE_RATE, TAUS

TESTED = "test"
"the level of a curve of features that are specialised by the test, which has no τ"
BETWEEN = "/"
"joins the domains of a combination, as in the comparisons of `grades`"


_CURVE = MappingProxyType(
    {"level": pl.String, "comparison": pl.String, "domain": pl.String, "tau": pl.Float64, "features": pl.Int64}
)


def tap_order(tap: str) -> tuple[tuple[int, str], ...]:
    """Sorts taps by their numbers: blocks.2 before blocks.10."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", tap))


@dataclass(frozen=True, slots=True)
class Layer:
    """What the curves need of one dictionary: where it reads, and its tables of domains."""

    dictionary: str
    tap: str
    domains: pl.DataFrame
    grades: pl.DataFrame


def layer_curves(layers: Sequence[Layer], order: Sequence[str]) -> pl.DataFrame:
    """`dictionary, tap, level, comparison, domain, tau, features, share`, in the order of taps.

    order: the domains as in the config; the share is of all features, dead ones included.
    """
    frames = []
    for layer in sorted(layers, key=lambda layer: (tap_order(layer.tap), layer.dictionary)):
        size = max(layer.domains["feature"].n_unique(), 1)
        curves = pl.concat([_graded(layer.grades), _specialised(layer.domains, order)])
        names = (pl.lit(layer.dictionary).alias("dictionary"), pl.lit(layer.tap).alias("tap"))
        frames.append(curves.select(*names, pl.all(), (pl.col("features") / size).alias("share")))
    return pl.concat(frames)


def _graded(grades: pl.DataFrame) -> pl.DataFrame:
    """Features that reach each τ; one that reaches a larger τ has reached the smaller ones too."""
    rows = []
    for level, comparison in grades.select("level", "comparison").unique().sort("level", "comparison").iter_rows():
        here = grades.filter((pl.col("level") == level) & (pl.col("comparison") == comparison))
        for domain in comparison.split(BETWEEN):
            reached = here.filter(pl.col("domain") == domain)["tau"]
            rows += [
                (level, comparison, domain, tau, int((reached >= tau - ROUNDING).sum())) for tau in sorted(TAUS[level])
            ]
    return pl.DataFrame(rows, schema=dict(_CURVE), orient="row")


def _specialised(domains: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    names = [name for name in order if name in set(domains["domain"])]
    specialised = domains.filter(pl.col("specialised"))
    rows = [(TESTED, BETWEEN.join(names), name, None, (specialised["domain"] == name).sum()) for name in names]
    return pl.DataFrame(rows, schema=dict(_CURVE), orient="row")


def frequency_scatter(features: pl.DataFrame, grades: pl.DataFrame, domains: pl.DataFrame) -> pl.DataFrame:
    """`feature, state, density, mean_active, grade, specialised` of the features that fire, of one dictionary.

    grade: the domain at audio level, at any τ, over all domains; specialised: the domain by the test.
    """
    audio = grades.filter(pl.col("level") == "audio")
    widest = max(audio["comparison"].unique().sort(), key=lambda names: names.count(BETWEEN), default="")
    graded = audio.filter(pl.col("comparison") == widest).select("feature", pl.col("domain").alias("grade"))
    specialised = domains.filter(pl.col("specialised")).sort("feature", "q", "domain")
    specialised = specialised.unique("feature", keep="first", maintain_order=True)
    return (
        features.filter(pl.col("frames_active") > 0)
        .select("feature", "state", "density", "mean_active")
        .join(graded, on="feature", how="left")
        .join(specialised.select("feature", pl.col("domain").alias("specialised")), on="feature", how="left")
        .sort("feature")
    )


def domain_overlaps(domains: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """`what, domains, features`: for active and for specialised, how many features have just this set of domains.

    order: the domains as in the config. Features with none are counted under an empty set; sets that no feature has
    are left out.
    """
    wholly = {"active": pl.col("rate_pooled_clip") >= ACTIVE_RATE, "specialised": pl.col("specialised")}
    place = pl.col("domain").replace_strict(list(order), range(len(order)), return_dtype=pl.Int64)
    ordered = domains.sort("feature", place)
    frames = []
    for what, holds in wholly.items():
        sets = ordered.group_by("feature").agg(pl.col("domain").filter(holds.fill_null(False)).alias("domains"))
        counts = sets.group_by(pl.col("domains").list.join(BETWEEN)).agg(pl.len().cast(pl.Int64).alias("features"))
        frames.append(counts.sort("domains").select(pl.lit(what).alias("what"), "domains", "features"))
    return pl.concat(frames)

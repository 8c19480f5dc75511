"""Frequency against mean activation, as cells: a page that drew each of 6,144 features would be half a megabyte."""

from collections.abc import Iterator

import polars as pl

from atlas.analyse.paper_figures import frequency_scatter
from atlas.render.charts import NO_DOMAIN

ACROSS, UP = 16, 10
"cells over the logarithms of both"
_PLACE = ["column", "row"]


def cells(features: pl.DataFrame, grades: pl.DataFrame, domains: pl.DataFrame) -> Iterator[dict[str, object]]:
    """`density, mean, features, domain` of each cell that has features: means of logarithms, the commonest domain."""
    points = frequency_scatter(features, grades, domains).filter(pl.col("mean_active") > 0)
    placed = points.select(
        pl.col("density").log10(),
        pl.col("mean_active").log10().alias("mean"),
        pl.col("specialised").fill_null(NO_DOMAIN).alias("domain"),
    ).with_columns(_cell("density", ACROSS).alias("column"), _cell("mean", UP).alias("row"))
    counts = placed.group_by(*_PLACE, "domain").len().sort("len", "domain", descending=[True, False])
    commonest = counts.unique(_PLACE, keep="first", maintain_order=True).drop("len")
    by_place = placed.sort("density", "mean").group_by(_PLACE, maintain_order=True)
    means = by_place.agg(pl.col("density").mean(), pl.col("mean").mean(), pl.len().alias("features"))
    for row in means.join(commonest, on=_PLACE).sort(_PLACE).iter_rows(named=True):
        density, mean = (float(f"{10 ** row[name]:.3g}") for name in ("density", "mean"))
        yield {"density": density, "mean": mean, "features": row["features"], "domain": row["domain"]}


def _cell(name: str, cells: int) -> pl.Expr:
    value = pl.col(name)
    width = (value.max() - value.min()).clip(1e-9) / cells
    return ((value - value.min()) / width).floor().clip(0, cells - 1)

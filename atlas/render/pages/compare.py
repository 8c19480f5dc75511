"""Two dictionaries side by side: how many features of each the other has too, which, and which not.

A pair has one page, the earlier dictionary first. Figures come from the table `comparisons`, matches from
`neighbours` of kind `overlap`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import polars as pl

from atlas.formatting import counted
from atlas.reading.tables import Atlas
from atlas.render import numbers, svg
from atlas.render.parts.introduction import Introduced, introduced
from atlas.render.parts.listed import Listed, Lister
from atlas.render.site import SiteAtlas
from atlas.render.svg import ChartTick
from atlas.render.templating import Page, page, site_of
from atlas.schema.analysed import NAMELESS
from atlas.schema.thresholds import MATCHED_OVERLAP

MOST_ROWS = 60
WIDTH, HEIGHT, TOP = 560.0, 96.0, 4.0
PLACES = ("0", ".2", ".4", ".6", ".8", "1")


@dataclass(frozen=True, slots=True)
class Compared:
    """Another dictionary, and how much of this one it has."""

    name: str
    address: str
    coverage: str
    summary: str


@dataclass(frozen=True, slots=True)
class Match:
    """A feature and its best match in the other dictionary."""

    feature: Listed
    other: Listed
    overlap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One direction: the features of `name`, looked for in `other`."""

    name: str
    address: str
    other: str
    coverage: str
    summary: str
    bars: str
    up: tuple[ChartTick, ...]
    unmatched: tuple[Listed, ...]
    unmatched_count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """One pair of dictionaries."""

    names: tuple[str, str]
    introduced: tuple[Introduced, ...]
    sides: tuple[Side, ...]
    null_reason: str
    matched: tuple[Match, ...]
    matched_count: str
    across: tuple[ChartTick, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """A page a pair of dictionaries that were compared."""
    site, lister = site_of(atlas), Lister(atlas)
    for name, other in pairs(atlas):
        yield page(site, address_of(name, other), "compare.html", view=compare_page(atlas, lister, name, other))


def pairs(atlas: Atlas) -> Iterator[tuple[str, str]]:
    """The dictionaries that were compared, the earlier first."""
    return (pair for pair in combinations(atlas.names, 2) if _row(atlas, *pair) is not None)


def address_of(earlier: str, later: str) -> str:
    """Where the page of a pair lies, the earlier dictionary first."""
    return f"compare/{earlier}--{later}.html"


def compared_with(atlas: Atlas, name: str) -> tuple[Compared, ...]:
    """The dictionaries that one was compared with; with itself, its duplicates."""
    names = atlas.names
    rows = ((other, _row(atlas, name, other)) for other in names)
    return tuple(
        Compared(
            other,
            "" if other == name else address_of(*sorted((name, other), key=names.index)),
            numbers.percent(row["coverage"]),
            _summary(row),
        )
        for other, row in rows
        if row is not None
    )


def compare_page(atlas: SiteAtlas, lister: Lister, name: str, other: str) -> ComparePage:
    """What is shown of a pair."""
    matches = _matches(atlas, name, other)
    first = matches.filter(pl.col("value") > MATCHED_OVERLAP).head(MOST_ROWS)
    row = _row(atlas, name, other) or {}
    return ComparePage(
        names=(name, other),
        introduced=(introduced(atlas, name), introduced(atlas, other)),
        sides=tuple(_side(atlas, lister, *names) for names in ((name, other), (other, name))),
        null_reason=row.get("null_reason") or "",
        matched=tuple(
            Match(
                lister.listed(name, feature),
                lister.listed(other, best, f"match of {name}/{feature}"),
                numbers.unit(value),
            )
            for feature, best, value in first.select("feature", "other", "value").iter_rows()
        ),
        matched_count=_shown(len(first), len(matches.filter(pl.col("value") > MATCHED_OVERLAP))),
        across=tuple(ChartTick(numbers.plain(WIDTH * fifth / 5), text) for fifth, text in enumerate(PLACES)),
    )


def _row(atlas: Atlas, name: str, other: str) -> dict[str, Any] | None:
    rows = atlas.comparisons.filter((pl.col("dictionary") == name) & (pl.col("other_dictionary") == other))
    return rows.row(0, named=True) if len(rows) else None


def _summary(row: dict[str, Any]) -> str:
    if row["null_reason"]:
        return f"Not compared: {row['null_reason']}."
    matched, compared = numbers.count(row["matched"]), counted(row["compared"], "feature")
    return f"{matched} of {compared} compared are matched, over {counted(row['frames'], 'frame')}."


def _shown(shown: int, count: int) -> str:
    return f"the first {shown} of {count:,}" if shown < count else f"{count:,}"


def _matches(atlas: Atlas, name: str, other: str) -> pl.DataFrame:
    """Each feature's best match in the other dictionary, the closest pairs first."""
    rows = atlas.column(name, "neighbours", "feature", "kind", "rank", "other_dictionary", "other", "value")
    between = rows.filter((pl.col("kind") == "overlap") & (pl.col("other_dictionary") == other))
    ranked = between.sort("value", "feature", "other", descending=[True, False, False])
    return ranked.unique("feature", keep="first", maintain_order=True)


def _side(atlas: Atlas, lister: Lister, name: str, other: str) -> Side:
    row = _row(atlas, name, other)
    if row is None or row["null_reason"]:
        summary = "Not compared." if row is None else _summary(row)
        return Side(
            name=name,
            address=f"d/{name}.html",
            other=other,
            coverage=numbers.ABSENT,
            summary=summary,
            bars="",
            up=(),
            unmatched=(),
            unmatched_count="0",
        )
    counts = row["overlaps"]
    most = max([*counts, 1])
    heights = svg.log_heights(counts, most, HEIGHT)
    unmatched = _unmatched(atlas, name, other)
    shown = unmatched[:MOST_ROWS]
    return Side(
        name=name,
        address=f"d/{name}.html",
        other=other,
        coverage=numbers.percent(row["coverage"]),
        summary=_summary(row),
        bars=svg.steps(heights, WIDTH / len(counts), TOP + HEIGHT),
        up=tuple(svg.log_ticks(most, HEIGHT, TOP)),
        unmatched=tuple(lister.listed(name, feature) for feature in shown),
        unmatched_count=_shown(len(shown), len(unmatched)),
    )


def _unmatched(atlas: Atlas, name: str, other: str) -> list[int]:
    """Live features that overlap with others, yet match none: those with a name first, then the densest."""
    weak = _matches(atlas, name, other).filter(pl.col("value") <= MATCHED_OVERLAP).select("feature")
    live = atlas.headlines(name).filter(pl.col("state") == "live").join(weak, on="feature", how="semi")
    unnamed = (pl.col("named_by").fill_null(NAMELESS) == NAMELESS) & pl.col("given_name").is_null()
    return live.sort(unnamed, pl.col("density"), "feature", descending=[False, True, False])["feature"].to_list()

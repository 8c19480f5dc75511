"""The page of steering between languages: what their features do to what the model hears, beside their controls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.reading.experiments import experiment_table
from atlas.render import numbers
from atlas.render.definitions import Definition, definition
from atlas.render.parts.experiments import LANGUAGE_PAGE, former_basis, runs_of
from atlas.render.parts.listed import Listed, Lister
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.schema import LANGUAGE_RUNS, LANGUAGE_STEERING
from atlas.schema.experiments import (
    ADDED,
    AS_IT_IS,
    FEATURES_MOVED,
    MEANS_MOVED,
    RANDOM_MOVED,
    RECONSTRUCTION,
    REMOVED,
    UNEDITED,
)
from atlas.schema.figures import COLUMNS
from atlas.speech.languages import language_name

MOST_FEATURES = 5
"of a pair that are listed, of each kind"
DEFINED = ("edit", "version", "k", "size", "own", "target", "changed", "to_other")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRow:
    """One way of hearing the clips; of random features all draws together."""

    edit: str
    version: str
    plain: bool
    "whether it stands for features, and not for a control"
    k: str
    size: str
    own: str
    own_range: str
    target: str
    target_range: str
    changed: str
    to_other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePair:
    """Clips of one language, held against another."""

    own: str
    other: str
    recordings: str
    groups: tuple[tuple[ShiftRow, ...], ...]
    removed: tuple[Listed, ...]
    added: tuple[Listed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSection:
    """What the experiment gave with one dictionary."""

    name: str
    stale: str
    readout: str
    pairs: tuple[LanguagePair, ...]
    left_out: tuple[str, ...]
    "sentences on languages that were not steered between"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`experiments/language.html`, where it was made."""
    lister, runs = Lister(atlas), list(runs_of(atlas, LANGUAGE_RUNS.name))
    names = dict.fromkeys(run["dictionary"] for run in runs)
    if runs:
        sections = [_section(atlas, lister, [run for run in runs if run["dictionary"] == name]) for name in names]
        figures = tuple(_figures())
        yield page(site_of(atlas), LANGUAGE_PAGE, "language.html", sections=sections, figures=figures)


def _figures() -> Iterator[Definition]:
    yield from (definition(key, COLUMNS[LANGUAGE_STEERING.name][key]) for key in DEFINED)


def _section(atlas: SiteAtlas, lister: Lister, runs: list[Mapping[str, Any]]) -> LanguageSection:
    name = runs[0]["dictionary"]
    rows = experiment_table(atlas, LANGUAGE_STEERING.name).filter(pl.col("dictionary") == name)
    stale = former_basis(atlas, runs[0])
    return LanguageSection(
        name=name,
        stale=stale,
        readout=runs[0]["readout"],
        pairs=() if stale else tuple(_pair(lister, rows, run) for run in runs if run["null_reason"] is None),
        left_out=() if stale else tuple(_left_out(run) for run in runs if run["null_reason"] is not None),
    )


def _left_out(run: Mapping[str, Any]) -> str:
    if not run["language"]:
        return f"Nothing was steered: {run['null_reason']}."
    counts = f"{run['recordings_a']} recordings in half A and {run['recordings_b']} in half B"
    return f"{language_name(run['language'])} was left out: {run['null_reason']} ({counts})."


def _pair(lister: Lister, rows: pl.DataFrame, run: Mapping[str, Any]) -> LanguagePair:
    mine = rows.filter(pl.col("language") == run["language"], pl.col("other") == run["other"])
    settings = [
        (edit, k)
        for edit in (REMOVED, ADDED)
        for k in mine.filter(pl.col("edit") == edit)["k"].unique().sort().to_list()
    ]
    own, other = language_name(run["language"]), language_name(run["other"])
    return LanguagePair(
        own=own,
        other=other,
        recordings=numbers.count(run["recordings_b"]),
        groups=(_as_it_is(mine), *(tuple(_changed(mine, edit, k)) for edit, k in settings)),
        removed=tuple(_listed(lister, run, "removed", other)),
        added=tuple(_listed(lister, run, "added", other)),
    )


def _listed(lister: Lister, run: Mapping[str, Any], column: str, other: str) -> Iterator[Listed]:
    for feature in run[column][:MOST_FEATURES]:
        yield lister.listed(run["dictionary"], feature, f"{column}, {run['language']} against {other}")


def _as_it_is(rows: pl.DataFrame) -> tuple[ShiftRow, ...]:
    alone = rows.filter(pl.col("edit") == AS_IT_IS, pl.col("version").is_in([UNEDITED, RECONSTRUCTION]))
    ordered = alone.sort("version", descending=True).rows(named=True)
    return tuple(
        _unedited(row) if row["version"] == UNEDITED else _row(row, _range(row["own_low"], row["own_high"]))
        for row in ordered
    )


def _unedited(row: Mapping[str, Any]) -> ShiftRow:
    """What all else is held against: how many clips the model takes for the other language by itself."""
    blank = dict.fromkeys(("edit", "k", "size", "own", "own_range", "target", "target_range", "changed"), "")
    return ShiftRow(version=UNEDITED, plain=False, to_other=numbers.percent(row["to_other"]), **blank)


def _changed(rows: pl.DataFrame, edit: str, k: int) -> Iterator[ShiftRow]:
    mine = rows.filter(pl.col("edit") == edit, pl.col("k") == k)
    for version in (FEATURES_MOVED, MEANS_MOVED):
        for row in mine.filter(pl.col("version") == version).rows(named=True):
            yield _row(row, _range(row["own_low"], row["own_high"]))
    random = mine.filter(pl.col("version") == RANDOM_MOVED)
    if len(random):
        means = random.select(
            pl.col("edit", "version", "k").first(), pl.col("size", "own", "target", "changed", "to_other").mean()
        ).row(0, named=True)
        own, target = random["own"].to_list(), random["target"].to_list()
        limits = {"target_low": min(target), "target_high": max(target)}
        yield _row(means | limits, _range(min(own), max(own)))


def _row(row: Mapping[str, Any], own_range: str) -> ShiftRow:
    changed = row["k"] > 0
    return ShiftRow(
        edit=row["edit"],
        version=row["version"],
        plain=row["version"] == FEATURES_MOVED,
        k=numbers.count(row["k"]) if changed else "",
        size=numbers.percent(row["size"]),
        own=numbers.signed(row["own"]),
        own_range=own_range,
        target=numbers.signed(row["target"]),
        target_range=_range(row["target_low"], row["target_high"]),
        changed=numbers.percent(row["changed"]),
        to_other=numbers.percent(row["to_other"]),
    )


def _range(low: float, high: float) -> str:
    return f"{numbers.signed(low)} to {numbers.signed(high)}"

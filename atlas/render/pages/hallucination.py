"""The page of steering against hallucination: rates by dose and beside controls, what they cost, and the features."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from atlas.formatting import counted
from atlas.reading.experiments import experiment_table
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.definitions import Definition, definition
from atlas.render.parts.curves import DoseChart, Spot, dose_chart, top_of
from atlas.render.parts.experiments import HALLUCINATION_PAGE, former_basis, runs_of
from atlas.render.parts.listed import Listed, Lister
from atlas.render.parts.withheld import silence_may_be_read
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, page, site_of
from atlas.schema import HALLUCINATION, HALLUCINATION_FEATURES, HALLUCINATION_RUNS
from atlas.schema.experiments import FEATURES_MOVED, MEANS_MOVED, RANDOM_MOVED, RECONSTRUCTION, UNEDITED
from atlas.schema.figures import COLUMNS

DEFINED = ("version", "k", "dose", "size", "rate", "texts", "no_speech", "wer", "commonest", "weight", "shift")
"columns whose definitions stand at the end of the page"
MOST_FEATURES = 10
"of largest weight that are listed"
MOST_LETTERS = 60
"of a text in the table"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """One way of hearing the recordings; of random features all draws together."""

    version: str
    own: bool
    k: str
    dose: str
    size: str
    rate: str
    rate_range: str
    no_speech: str
    wer: str
    wer_range: str
    commonest: str


@dataclass(frozen=True, slots=True)
class WeighedFeature:
    """A feature of the regression."""

    feature: Listed
    weight: str
    shift: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HallucinationSection:
    """What the experiment gave with one dictionary."""

    name: str
    stale: str
    "with what else it was made, if with anything"
    summary: tuple[str, ...]
    rates: tuple[DoseChart, ...]
    costs: tuple[DoseChart, ...]
    groups: tuple[tuple[RateRow, ...], ...]
    "rows that belong together: as it is, then each count of features at each dose"
    features: tuple[WeighedFeature, ...]


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """`experiments/hallucination.html`, where it was made."""
    lister = Lister(atlas)
    sections = tuple(_section(atlas, lister, run) for run in runs_of(atlas, HALLUCINATION_RUNS.name))
    if sections:
        yield page(site_of(atlas), HALLUCINATION_PAGE, "hallucination.html", sections=sections, figures=_figures())


def _figures() -> tuple[Definition, ...]:
    """What the columns of the page mean."""
    columns = {**COLUMNS[HALLUCINATION_FEATURES.name], **COLUMNS[HALLUCINATION.name]}
    return tuple(definition(key, columns[key]) for key in DEFINED)


def _section(atlas: SiteAtlas, lister: Lister, run: Mapping[str, Any]) -> HallucinationSection:
    name = run["dictionary"]
    stale = former_basis(atlas, run)
    if stale:
        return HallucinationSection(name=name, stale=stale, summary=(), rates=(), costs=(), groups=(), features=())
    rows = experiment_table(atlas, HALLUCINATION.name).filter(pl.col("dictionary") == name)
    moved = rows.filter(pl.col("version") == FEATURES_MOVED).sort("k", "dose")
    shown = rows if silence_may_be_read(atlas) else rows.with_columns(commonest=pl.lit(None, pl.String))
    settings = list(moved.select("k", "dose").iter_rows())
    return HallucinationSection(
        name=name,
        stale="",
        summary=tuple(_summary(run, rows)),
        rates=tuple(_charts(rows, "rate", "Hallucination rate")),
        costs=tuple(_charts(rows, "wer", "Word error rate of speech")) if run["speech_recordings"] else (),
        groups=(_as_it_is(shown), *(tuple(_changed(shown, k, dose)) for k, dose in settings)),
        features=tuple(_features(atlas, lister, name)),
    )


def _summary(run: Mapping[str, Any], rows: pl.DataFrame) -> Iterator[str]:
    yield (
        f"Chosen on {counted(run['recordings_a'], 'recording')} without speech ({run['domains']}), of which the model"
        f" takes {run['taken_for_speech_a']} for speech; a regression on {run['features_tested']:,} features tells them"
        f" apart with an AUROC of {numbers.unit(run['probe_auroc'])} on {counted(run['recordings_b'], 'other')}, of"
        f" which it takes {run['taken_for_speech_b']}."
    )
    unedited = _row(rows, UNEDITED)
    settings = rows.filter(pl.col("version") == FEATURES_MOVED).height
    lowest = _lowest(rows, FEATURES_MOVED).row(0, named=True)
    means, random = _lowest(rows, MEANS_MOVED), _lowest(rows, RANDOM_MOVED)
    beside = [f"{_rate_and_cost(means.row(0, named=True))} along the difference of means"] if len(means) else []
    if len(random):
        sets = counted(len(random), "set")
        beside.append(f"{_between(random, 'rate')} with {sets} of random features (WER {_between(random, 'wer')})")
    yield (
        f"Unedited, {_rate_and_cost(unedited)}; lowest of {counted(settings, 'setting')}, {_rate_and_cost(lowest)},"
        f" with {lowest['k']} features at dose {lowest['dose']:g}, a change of {numbers.percent(lowest['size'])} of the"
        " activations’ norm. Which is lowest was seen on the same recordings, so beside it stands the lowest of each"
        f" control’s, moved as far: {', '.join(beside) or 'no control'}."
    )


def _lowest(rows: pl.DataFrame, version: str) -> pl.DataFrame:
    """The row of lowest rate over all settings; of random features that of each set."""
    ordered = rows.filter(pl.col("version") == version).sort("rate", "k", "dose", "draw")
    return ordered.unique("draw", keep="first", maintain_order=True)


def _rate_and_cost(row: Mapping[str, Any]) -> str:
    return f"{numbers.unit(row['rate'])} (WER {numbers.rate(row['wer'])})"


def _row(rows: pl.DataFrame, version: str) -> Mapping[str, Any]:
    return rows.filter(pl.col("version") == version).row(0, named=True)


def _of(rows: pl.DataFrame, version: str, k: int, dose: float) -> pl.DataFrame:
    return rows.filter(pl.col("version") == version, pl.col("k") == k, pl.col("dose") == dose)


def _between(rows: pl.DataFrame, column: str) -> str:
    values = rows[column].drop_nulls().to_list()
    return _range(min(values), max(values)) if values else numbers.ABSENT


def _charts(rows: pl.DataFrame, figure: str, title: str) -> Iterator[DoseChart]:
    """A panel for each count of features."""
    unedited = _row(rows, UNEDITED)
    start = Spot(0.0, unedited[figure], unedited[f"{figure}_low"], unedited[f"{figure}_high"])
    rebuilt = rows.filter(pl.col("version") == RECONSTRUCTION)[figure].to_list()
    top = top_of(rows.select(pl.concat_list(figure, f"{figure}_low", f"{figure}_high").explode()).to_series())
    for (k,), mine in rows.filter(pl.col("k") > 0).group_by("k", maintain_order=True):
        own, means, random = (
            mine.filter(pl.col("version") == version).sort("dose")
            for version in (FEATURES_MOVED, MEANS_MOVED, RANDOM_MOVED)
        )
        ranges = random.group_by("dose", maintain_order=True).agg(
            pl.col(figure).mean().alias("mean"), pl.col(figure).min().alias("least"), pl.col(figure).max().alias("most")
        )
        spots = [start, *(Spot(*row) for row in own.select("dose", figure, f"{figure}_low", f"{figure}_high").rows())]
        beside = [Spot(0.0, unedited[figure]), *(Spot(*row) for row in means.select("dose", figure).rows())]
        told = ", ".join(f"{numbers.rate(spot.value)} at dose {spot.dose:g}" for spot in spots)
        yield dose_chart(
            f"{k} features",
            f"{title} with {k} features shifted: {told}",
            spots,
            beside if len(means) else [],
            [Spot(*row) for row in ranges.rows()],
            rebuilt[0] if rebuilt else None,
            top,
        )


def _as_it_is(rows: pl.DataFrame) -> tuple[RateRow, ...]:
    alone = rows.filter(pl.col("version").is_in([UNEDITED, RECONSTRUCTION])).sort("version", descending=True)
    return tuple(map(_rate_row, alone.rows(named=True)))


def _changed(rows: pl.DataFrame, k: int, dose: float) -> Iterator[RateRow]:
    for version in (FEATURES_MOVED, MEANS_MOVED):
        yield from map(_rate_row, _of(rows, version, k, dose).rows(named=True))
    random = _of(rows, RANDOM_MOVED, k, dose)
    if len(random):
        yield _random_row(random)


def _rate_row(row: Mapping[str, Any]) -> RateRow:
    changed = row["k"] > 0
    return RateRow(
        version=row["version"],
        own=row["version"] == FEATURES_MOVED,
        k=numbers.count(row["k"]) if changed else "",
        dose=f"{row['dose']:g}" if changed else "",
        size=numbers.percent(row["size"]),
        rate=numbers.unit(row["rate"]),
        rate_range=_range(row["rate_low"], row["rate_high"]),
        no_speech=numbers.unit(row["no_speech"]),
        wer=numbers.rate(row["wer"]),
        wer_range=_range(row["wer_low"], row["wer_high"]),
        commonest=numbers.cut(row["commonest"] or "", MOST_LETTERS),
    )


def _random_row(rows: pl.DataFrame) -> RateRow:
    """The mean over draws, and their range."""
    means = rows.select(pl.col("k", "dose").first(), pl.col("size", "rate", "no_speech", "wer").mean()).row(
        0, named=True
    )
    return RateRow(
        version=f"{RANDOM_MOVED}, {counted(len(rows), 'draw')}",
        own=False,
        k=numbers.count(means["k"]),
        dose=f"{means['dose']:g}",
        size=numbers.percent(means["size"]),
        rate=numbers.unit(means["rate"]),
        rate_range=_between(rows, "rate"),
        no_speech=numbers.unit(means["no_speech"]),
        wer=numbers.rate(means["wer"]),
        wer_range=_between(rows, "wer"),
        commonest="",
    )


def _range(low: float | None, high: float | None, put: Callable[[float | None], str] = numbers.rate) -> str:
    return "" if low is None else f"{put(low)} to {put(high)}"


def _features(atlas: Atlas, lister: Lister, name: str) -> Iterator[WeighedFeature]:
    rows = experiment_table(atlas, HALLUCINATION_FEATURES.name).filter(pl.col("dictionary") == name).sort("rank")
    chosen: Sequence[tuple[int, float, float]] = rows.select("feature", "weight", "shift").head(MOST_FEATURES).rows()
    for feature, weight, shift in chosen:
        yield WeighedFeature(lister.listed(name, feature), numbers.signed(weight), numbers.signed(shift))

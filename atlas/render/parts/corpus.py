"""What was listened to: time, clips and recordings of each domain and dataset."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from atlas.audio import draws
from atlas.formatting import duration
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.detections import plain_name
from atlas.render.parts.marks import Mark, mark_of

BAR = 160
"pixels of the longest bar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One dataset of a domain; `bar` is its time as a length in pixels, `anchor` its place on the about page."""

    name: str
    anchor: str
    time: str
    clips: str
    recordings: str
    bar: str


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain and its datasets, the longest first."""

    mark: Mark
    time: str
    clips: str
    recordings: str
    datasets: tuple[Dataset, ...]


def corpus_domains(atlas: Atlas) -> tuple[Domain, ...]:
    """The domains of the corpus in their order."""
    usable = draws.usable(atlas.clips)
    sizes = (
        (pl.col("valid_frames").sum() / atlas.grid.frames_per_s).alias("seconds"),
        pl.len().alias("clips"),
        pl.col("recording").n_unique().alias("recordings"),
    )
    by_domain = {row["domain"]: row for row in usable.group_by("domain").agg(*sizes).rows(named=True)}
    datasets = usable.group_by("domain", "dataset").agg(*sizes).sort("seconds", "dataset", descending=[True, False])
    longest = datasets["seconds"].max() or 1.0
    assert isinstance(longest, float)
    return tuple(
        Domain(
            mark_of(domain, atlas.domains),
            duration(by_domain[domain]["seconds"]),
            numbers.count(by_domain[domain]["clips"]),
            numbers.count(by_domain[domain]["recordings"]),
            tuple(_datasets(datasets.filter(pl.col("domain") == domain), longest)),
        )
        for domain in atlas.domains
        if domain in by_domain
    )


def _datasets(rows: pl.DataFrame, longest: float) -> Iterator[Dataset]:
    for row in rows.rows(named=True):
        yield Dataset(
            name=row["dataset"] or "no dataset named",
            anchor=dataset_anchor(row["dataset"] or ""),
            time=duration(row["seconds"]),
            clips=numbers.count(row["clips"]),
            recordings=numbers.count(row["recordings"]),
            bar=numbers.plain(max(1.0, BAR * row["seconds"] / longest)),
        )


def dataset_anchor(name: str) -> str:
    """Where the about page tells of a dataset."""
    return f"dataset-{plain_name(name) if name else 'none'}"

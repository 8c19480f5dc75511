"""Which experiments were made on an atlas, with which dictionaries, and where their pages lie."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from atlas.reading.experiments import current_basis, experiment_table
from atlas.reading.tables import Atlas

HALLUCINATION_PAGE, LANGUAGE_PAGE = "experiments/hallucination.html", "experiments/language.html"
_PAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "hallucination_runs": ("Steering against hallucination", HALLUCINATION_PAGE),
        "language_runs": ("Steering between languages", LANGUAGE_PAGE),
    }
)
"table of what was made -> the title of its page, and where it lies"


@dataclass(frozen=True, slots=True)
class ExperimentLink:
    """An experiment, and its page, from the site's root."""

    title: str
    address: str


def experiments_of(atlas: Atlas, name: str | None = None) -> tuple[ExperimentLink, ...]:
    """Those that were made with a dictionary, or with any."""
    return tuple(
        ExperimentLink(title, address if name is None else f"{address}#{name}")
        for table, (title, address) in _PAGES.items()
        if any(name in (None, row["dictionary"]) for row in runs_of(atlas, table))
    )


def runs_of(atlas: Atlas, table: str) -> Iterator[Mapping[str, Any]]:
    """The rows of what was made, of dictionaries that the atlas has, in its order."""
    rows = experiment_table(atlas, table).rows(named=True)
    for name in atlas.names:
        yield from (row for row in rows if row["dictionary"] == name)


def former_basis(atlas: Atlas, row: Mapping[str, Any]) -> str:
    """With what else it was made than with what stands there now, if with anything: such tables are not shown."""
    if row["identity"] != atlas.dictionaries[row["dictionary"]].identity:
        return "another dictionary of this name"
    return "" if row["basis"] == current_basis(atlas) else "other clips, domains or readout than this atlas has now"

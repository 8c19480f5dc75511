"""What the sound is like where a feature is active: the columns whose shift is held out, beside the control's reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import column_name
from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.marks import Mark, mark_of
from atlas.schema.analysed import column_in_domain
from atlas.schema.figures import COLUMNS, Figure

MOST = 6
"rows: two columns that say something in each domain"
_UNKNOWN = Figure("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcousticShift:
    """A column in a domain, and how far and how narrow it is where the feature is active."""

    column: str
    unit: str
    mark: Mark
    half_a: str
    half_b: str
    shifted: str
    control: str
    "the share of the control's features that have such a shift; empty where there is no control"
    spread: str
    frames: str


def acoustics_of(atlas: Atlas, dictionary: DictionaryTables, feature: int) -> tuple[AcousticShift, ...]:
    """The shifts that are held out, the strongest first."""
    rows = [row for row in dictionary.records("column_shifts", feature) if row["held_out"]]
    ranked = sorted(rows, key=lambda row: (-_strength(row), row["column"], row["domain"]))
    control = atlas.control_of(dictionary.name)
    reach = atlas.figures_of(control) if control else None
    return tuple(_shift(row, atlas.domains, reach) for row in ranked[:MOST])


def _strength(row: Mapping[str, Any]) -> float:
    """The smaller of both halves'."""
    smaller: float = min(abs(row["shift_a"]), abs(row["shift_b"]))
    return smaller


def _shift(
    row: Mapping[str, Any], domains: tuple[str, ...], reach: Mapping[tuple[str, str], float | None] | None
) -> AcousticShift:
    column, domain = row["column"], row["domain"]
    held = ("shift_held", column_in_domain(column, domain))
    return AcousticShift(
        column=column_name(column),
        unit=COLUMNS["columns"].get(column, _UNKNOWN).unit,
        mark=mark_of(domain, domains),
        half_a=numbers.signed(row["shift_a"]),
        half_b=numbers.signed(row["shift_b"]),
        shifted=numbers.hundredths(row["shifted_max"]),
        control=numbers.percent(reach.get(held)) if reach is not None else "",
        spread=numbers.hundredths(row["sd"]),
        frames=numbers.count(row["frames"]),
    )

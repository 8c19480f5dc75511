"""Every column of every table has an entry, and says where it is null if it ever is."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from atlas.schema import ANALYSED, ANNOTATED, CAUSES, EXPERIMENTS, IMPORTED, TABLES, thresholds
from atlas.schema.figures import COLUMNS, CONTROL_FIGURES, DERIVED, ROWS, TERMS, Figure
from atlas.schema.media import MEDIA

EVERY = {**TABLES, **ANNOTATED, **ANALYSED, **CAUSES, **IMPORTED, **EXPERIMENTS, MEDIA.name: MEDIA}
SOURCES = sorted((Path(thresholds.__file__).parent / "figures").glob("*.py"))


def entries() -> Iterator[tuple[str, Figure]]:
    for table, figures in COLUMNS.items():
        yield from ((f"{table}.{column}", figure) for column, figure in figures.items())
    yield from DERIVED.items()
    yield from CONTROL_FIGURES.items()
    yield from TERMS.items()


def columns_with_nulls(root: Path) -> set[tuple[str, str]]:
    found = set()
    for name, table in EVERY.items():
        for path in sorted(root.glob(f"{name}.parquet")) + sorted((root / name).rglob("*.parquet")):
            frame = pl.read_parquet(path)
            found |= {(name, column) for column in table.columns if frame[column].null_count()}
    return found


@pytest.mark.parametrize("name", EVERY)
def test_every_column_of_a_table_has_an_entry_and_no_other_has(name: str) -> None:
    assert COLUMNS.keys() == ROWS.keys() == EVERY.keys()
    assert set(COLUMNS[name]) == set(EVERY[name].columns)


def test_an_entry_has_a_name_and_a_meaning_in_sentences() -> None:
    assert [key for key, one in entries() if not re.fullmatch(r"[A-Z0-9q].*[^.]|p|q|k|χ", one.name)] == []
    assert [key for key, one in entries() if not re.fullmatch(r"[A-Z`χpq].+\.", one.meaning, re.DOTALL)] == []
    assert [key for key, one in entries() if one.null.endswith(".") or one.null[:1].isupper()] == []


def test_a_key_is_never_null() -> None:
    assert [f"{name}.{key}" for name, table in EVERY.items() for key in table.key if COLUMNS[name][key].null] == []


def test_what_is_null_in_an_atlas_has_a_reason(tiny_atlas: Path) -> None:
    nulls = columns_with_nulls(tiny_atlas)

    assert {("features", "max"), ("domains", "auroc"), ("clips", "text")} <= nulls
    assert [f"{table}.{column}" for table, column in sorted(nulls) if not COLUMNS[table][column].null] == []


def test_no_meaning_repeats_the_number_of_a_threshold() -> None:
    """Words such as a quantile's own are no thresholds; `.05`, `10 %`, `10 recordings` are."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    literal = re.findall(r"(?<![\w{.])(?:0?\.\d+|\d+ (?:recordings|frames|times|clips|labels))(?![\w}])", text)

    assert [number for number in literal if number not in (".5",)] == []

"""The table of all features: how it sorts and filters, and that its figures read as everywhere else."""

import json
import random
from typing import Any

import pytest

from atlas.render import numbers
from tests.render.scripts import in_page

COLUMNS = {
    "density": [0.5, 0.01, None, 0.02, 0.01],
    "label": ["siren", "", "Dog", "dog bark", "siren"],
}


def run(expression: str) -> Any:
    program = f"""
        const columns = {json.dumps(COLUMNS)}, {{ sorted, filtered }} = atlas.sorting;
        columns.density = Float64Array.from(columns.density, (value) => (value === null ? NaN : value));
        return {expression};"""
    return in_page(program, "sorting.js")


@pytest.mark.parametrize(
    ("column", "descending", "rows"),
    [
        ("density", "false", [1, 4, 3, 0, 2]),
        ("density", "true", [0, 3, 1, 4, 2]),
        ("label", "false", [2, 3, 0, 4, 1]),
        ("label", "true", [0, 4, 3, 2, 1]),
    ],
)
def test_blanks_come_last_and_equals_by_number(column: str, descending: str, rows: list[int]) -> None:
    assert run(f"sorted([0, 1, 2, 3, 4], columns.{column}, {descending})") == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("> .01", [0, 3]),
        (">= 1 %", [0, 1, 3, 4]),
        ("<0.02", [1, 4]),
        ("0.01", [1, 4]),
        ("= 1e-2", [1, 4]),
        ("1 – 2 %", [1, 3, 4]),
        ("0.01-0.02", [1, 3, 4]),
        ("much", [0, 1, 2, 3, 4]),
        (">", [0, 1, 2, 3, 4]),
    ],
)
def test_numbers_are_filtered_by_bounds_and_what_is_none_filters_nothing(text: str, rows: list[int]) -> None:
    assert run(f"filtered(columns, {{ density: {json.dumps(text)} }})") == rows


def test_texts_are_filtered_by_a_part_and_filters_add_up() -> None:
    assert run('filtered(columns, { label: " DOG " })') == [2, 3]
    assert run('filtered(columns, { label: "dog", density: "> 0" })') == [3]
    assert run('filtered(columns, { label: "(" })') == []


def test_figures_read_as_on_the_pages() -> None:
    dice = random.Random(1)
    middles = [place / 8 for place in range(9)] + [place / 64 for place in range(64)] + [1250.0, 1350.0, 12345.0, 100.5]
    drawn = [*(dice.lognormvariate(-3, 4) for _ in range(400)), *(round(dice.random(), 4) for _ in range(400))]
    values = [0.0, 1.0, 0.1, 0.9951, 0.0049, 0.9996, 0.00049, 9.96, 99.6, 999.6, *middles, *drawn]
    names = ("percent", "probability", "figure", "ratio", "seconds", "count")
    written = in_page(
        f"const values = {json.dumps(values)};"
        f"return {json.dumps(names)}.map((name) => values.map((value) => atlas.figures[name](value)))",
        "figures.js",
    )

    for name, texts in zip(names, written, strict=True):
        assert texts == [getattr(numbers, name)(value) for value in values], name
    units = [value for value in values if value <= 1] + [-0.98, -0.001, -1.0]
    assert in_page(f"return {json.dumps(units)}.map(atlas.figures.unit)", "figures.js") == [
        numbers.unit(value) for value in units
    ]
    changes = [sign * value for value in values if value < 999 for sign in (1, -1)]
    assert in_page(f"return {json.dumps(changes)}.map(atlas.figures.nats)", "figures.js") == [
        numbers.nats(value) for value in changes
    ]
    assert (
        in_page("return Object.values(atlas.figures).slice(0, 8).map((write) => write(NaN))", "figures.js") == ["–"] * 8
    )


@pytest.mark.parametrize(
    ("address", "again"),
    [
        ("", ""),
        ("?sort=-density&label=siren", "?sort=-density&label=siren"),
        ("?sort=label&density=%3E+0.01", "?sort=label&density=%3E%200.01"),
        ("?sort=feature&sirens=1&label=+", ""),
        ("?sort=-feature", "?sort=-feature"),
        ("?sort=constructor&density=1", "?density=1"),
    ],
)
def test_order_and_filters_are_read_from_an_address_and_written_short(address: str, again: str) -> None:
    names = ["feature", "density", "label"]
    program = f"const {{ parse, written }} = atlas.sorting; return written(parse({json.dumps(address)}, {names}));"

    assert in_page(program, "sorting.js") == again

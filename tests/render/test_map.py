"""The map: its menus from Python, and its drawing in node, each held against a few plain lines."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from atlas.config.settings import SiteConfig
from atlas.render.pages.mapping import map_of
from atlas.render.site import site_atlas
from tests.render.scripts import in_page
from tests.synthetic import Spec, write_atlas

SCRIPTS = ("map_raster.js",)
VIEW = {"x0": 0, "x1": 10, "y0": 0, "y1": 10, "left": 0, "top": 0, "width": 100, "height": 100}
POINTS = """
  const points = { x: Float64Array.of(1, 5, 9, NaN), y: Float64Array.of(1, 5, 9, NaN), group: Uint8Array.of(0, 1, 0, 0),
    order: atlas.drawing.mixed(4) };
"""


def drawing(program: str) -> Any:
    return in_page(f"const view = {json.dumps(VIEW)}; {POINTS} {program}", *SCRIPTS)


def test_the_menus_offer_every_dictionary_and_every_number(tmp_path: Path) -> None:
    atlas = site_atlas(write_atlas(tmp_path, Spec(features=64, clips=48, media=False)), SiteConfig())

    menus = map_of(atlas)

    assert [choice.text for choice in menus.dictionaries] == ["block2", "block2-random (control)"]
    values = [choice.value for choice in menus.figures]
    assert {"map_x", "map_y", "density", "max", "auroc", "q", "burst_s"} <= set(values)
    assert not {"label", "state", "example_clip", "example_start"} & set(values)
    assert len({choice.text for choice in menus.figures}) == len(values)


def test_logarithmic_figures_are_placed_by_their_logarithm_and_others_as_they_are() -> None:
    found = drawing(
        "return [[...atlas.drawing.placed([0.01, 1, 0, NaN], 'density')], [...atlas.drawing.placed([0, 1e-9], 'q')],"
        " [...atlas.drawing.placed([0.5, -1], 'auroc')]]"
    )

    assert found == [[-2, 0, None, None], [-50, -9], [0.5, -1]]


@pytest.mark.parametrize(
    ("low", "high", "name", "expected"),
    [
        (-3.2, -0.5, "density", ["0.1 %", "1 %", "10 %"]),
        (0.1, 0.9, "max", ["2", "5"]),
        (-40, 0, "q", ["1e-40", "1e-34", "1e-28", "1e-22", "1e-16", "1e-10", "0.0001"]),
        (0.48, 1.01, "auroc", ["0.5", "0.6", "0.7", "0.8", "0.9", "1"]),
        (0, 1, "phone_share", ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (-0.2, 0.2, "map_x", ["-0.2", "-0.1", "0", "0.1", "0.2"]),
    ],
)
def test_ticks_are_round_and_few(low: float, high: float, name: str, expected: list[str]) -> None:
    found = drawing(f"return atlas.drawing.ticks({low}, {high}, {json.dumps(name)})")

    assert [tick["text"] for tick in found] == expected
    assert all(low <= tick["place"] <= high for tick in found)


def test_pixels_and_places_are_each_other_s_inverse() -> None:
    x, y = drawing(
        "const at = atlas.drawing.inverse(view, 30, 80);"
        "return [atlas.drawing.across(view, at.x), atlas.drawing.down(view, at.y)]"
    )

    assert (x, y) == pytest.approx((30, 80))


def test_the_order_of_drawing_holds_every_point_once() -> None:
    for size in (0, 1, 2, 10, 97, 6144):
        assert sorted(drawing(f"return [...atlas.drawing.mixed({size})]")) == list(range(size))


def test_a_mark_covers_about_its_area() -> None:
    discs = drawing("return [2, 4, 8].map((radius) => [...atlas.drawing.stamp('disc', radius, 1)])")

    for radius, stamp in zip((2, 4, 8), discs, strict=True):
        assert sum(stamp[2::3]) / 255 == pytest.approx(math.pi * radius**2, rel=0.06)


def test_points_are_drawn_where_they_lie_and_only_where_their_group_is_seen() -> None:
    found = drawing(
        """
        const paint = (shown) => {
          const pixels = new Uint32Array(100 * 100).fill(0xffffffff);
          const mark = atlas.drawing.stamp("square", 2, 1), colours = [[255, 0, 0], [0, 0, 255]];
          const drawn = atlas.drawing.draw(pixels, 100, 100, points, view, [mark, shown ? mark : null], colours);
          return [drawn, pixels[90 * 100 + 10], pixels[50 * 100 + 50], pixels[10 * 100 + 90], pixels[70 * 100 + 20]];
        };
        return [paint(true), paint(false)];
        """
    )

    def red(word: int) -> bool:
        return word & 0xFF > 250 and word >> 8 & 0xFFFF < 0x0500

    drawn, first, second, third, empty = found[0]
    assert (drawn, empty) == (3, 0xFFFFFFFF)
    assert red(first)
    assert red(third)
    assert second >> 16 & 0xFF > 250
    assert (found[1][0], found[1][2]) == (2, 0xFFFFFFFF)


def test_the_nearest_point_is_within_reach_and_seen() -> None:
    found = drawing(
        """
        const all = () => true, first = (group) => group === 0;
        const { nearest } = atlas.drawing;
        return [nearest(points, view, 52, 52, 12, all), nearest(points, view, 52, 52, 12, first),
          nearest(points, view, 30, 30, 12, all), nearest(points, view, 0, 0, Infinity, all)];
        """
    )

    assert found == [1, -1, -1, 1]


def test_the_next_point_lies_in_the_direction_of_the_arrow() -> None:
    found = drawing(
        """
        const all = () => true, { next } = atlas.drawing;
        return [next(points, view, 1, 1, 0, all), next(points, view, 1, -1, 0, all), next(points, view, 0, -1, 0, all)];
        """
    )

    assert found == [2, 0, -1]


def test_an_area_holds_the_points_within_it() -> None:
    area = "{ x0: 0, x1: 6, y0: 0, y1: 6 }"

    assert drawing(f"return atlas.drawing.within(points, {area}, () => true)") == [0, 1]
    assert drawing(f"return atlas.drawing.within(points, {area}, (group) => group === 1)") == [1]

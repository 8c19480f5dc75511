"""The map: its menus from Python, and its drawing in node, each held against a few plain lines."""

import io
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from atlas.config.site import SiteConfig
from atlas.render.pages.mapping import map_of
from atlas.render.parts.place import pictures, place_of
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import environment
from atlas.schema import FINDINGS
from atlas.store import AtlasFolder
from tests.render.scripts import in_page
from tests.synthetic import Spec, write_atlas

SCRIPTS = ("map_raster.js", "map_find.js")
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

    assert [choice.title for choice in menus.dictionaries] == ["block2", "block2-random (control)"]
    values = [choice.value for choice in menus.figures]
    assert {"map_x", "map_y", "density", "max", "auroc", "q", "burst_s"} <= set(values)
    assert not {"label", "state", "example_clip", "example_start"} & set(values)
    assert len({choice.text for choice in menus.figures}) == len(values)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    """An atlas whose features lie by their names, 64 of them, but for those of the control, which lie anywhere."""
    root = write_atlas(tmp_path_factory.mktemp("map"), Spec(features=64, clips=48, media=False))
    folder, rng = AtlasFolder(root), np.random.default_rng(0)
    for name in ("block2", "block2-random"):
        group = np.arange(64) % 4
        centre = np.array([[-0.8, -0.8], [0.8, -0.8], [-0.8, 0.8], [0.8, 0.8]])[group]
        x, y = (centre + rng.normal(scale=0.01, size=(64, 2))).T if name == "block2" else rng.uniform(-1, 1, (2, 64))
        words = np.array(["siren", "dog", "rain", "bell"])[group]
        frame = folder.read_table(FINDINGS, name)
        changed = {"kind": pl.lit("label"), "label": pl.Series(words), "named_by": pl.lit("label")}
        placed = {"map_x": pl.Series(x, dtype=pl.Float32), "map_y": pl.Series(y, dtype=pl.Float32)}
        folder.write_table(FINDINGS, frame.with_columns(**changed, **placed), name)
    return site_atlas(root, SiteConfig())


def test_the_page_names_regions_and_says_how_far_names_gather(gathered: SiteAtlas) -> None:
    own = map_of(gathered).dictionaries[0]

    assert own.axes == "map"
    assert sorted((one.name, one.features) for one in own.regions) == [
        (name, "16") for name in ("bell", "dog", "rain", "siren")
    ]
    siren = next(one for one in own.regions if one.name == "siren")
    assert (float(siren.x), float(siren.y)) == pytest.approx((-0.8, -0.8), abs=0.02)
    assert own.told.startswith("A named feature shares its name with 100 % of its ten nearest named ones, 4.2 times as")
    assert "; on the map of its random directions, " in own.told


def test_where_names_do_not_gather_the_page_begins_with_figures_and_says_so(gathered: SiteAtlas) -> None:
    control = map_of(gathered).dictionaries[1]

    assert control.axes == "figures"
    assert control.told.endswith("Names hardly gather here, so the page begins with figures.")


def test_a_place_is_a_dot_on_the_dictionary_s_picture_that_opens_the_map_there() -> None:
    middle = place_of("block2", 7, {"map_x": 0.0, "map_y": 0.0})
    corner = place_of("block2", 7, {"map_x": 1.0, "map_y": 1.0})

    assert middle is not None
    assert (middle.x, middle.y) == ("72.0", "72.0")
    assert middle.address == "map.html?dictionary=block2&feature=7"
    assert corner is not None
    assert (float(corner.x), float(corner.y)) == (138, 6)
    assert place_of("block2", 7, {"map_x": None, "map_y": None}) is None
    assert place_of("block2", 7, {}) is None


def test_pictures_of_the_map_are_small_and_the_same_twice(gathered: SiteAtlas) -> None:
    first, second = (dict(pictures(gathered)) for _ in range(2))

    assert list(first) == ["data/map/block2.webp", "data/map/block2-random.webp"]
    assert first == second
    pixels = np.asarray(Image.open(io.BytesIO(first["data/map/block2.webp"])).convert("RGBA"))
    assert pixels.shape == (288, 288, 4)
    assert pixels[130:150, 130:150, 3].max() == 0
    assert pixels[244:270, 18:44, 3].max() > 0


def test_the_place_on_a_page_is_small_and_leads_to_the_map() -> None:
    text = (
        environment()
        .get_template("place.html")
        .render(
            feature=SimpleNamespace(place=place_of("block2", 7, {"map_x": 0.5, "map_y": -0.25})),
            site=SimpleNamespace(root="../../"),
        )
    )

    assert 'href="../../map.html?dictionary=block2&amp;feature=7"' in text
    assert 'href="../../data/map/block2.webp"' in text
    assert len(text) < 500


FOUND = """
  const names = ["siren", "siren, also whistle", "phone s", "phone ʃ", "stops", "leans to siren", "Zürich", "sirens"];
  const points = { size: 8, x: new Float64Array(8), feature: [0, 1, 2, 3, 4, 5, 6, 7] };
  const aurocs = [0.8, 0.9, 1, 1, 1, NaN, 1, 0.7];
  atlas.points = { valueAt: (_, i, column) => (column === "label" ? names[i] : aurocs[i]), partOf: () => "block2" };
"""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("siren", [0, 1, 7, 5]),
        ("phone s", [2]),
        ("phone", [2, 3]),
        ("s", [2]),
        ("zurich", [6]),
        ("WHIST", [1]),
        ("nothing", []),
        ("  ", None),
        ("3", [3]),
        ("block2/3", [3]),
        ("block9/3", []),
    ],
)
def test_a_query_means_names_by_whole_words_and_long_beginnings_or_a_feature(
    query: str, expected: list[int] | None
) -> None:
    found = in_page(f"{FOUND} return atlas.finding.matches(points, {json.dumps(query)});", *SCRIPTS)

    assert found == expected


def test_what_is_not_drawn_is_not_found() -> None:
    found = in_page(f"{FOUND} points.x[0] = NaN; return atlas.finding.matches(points, 'siren');", *SCRIPTS)

    assert found == [1, 7, 5]


def test_names_that_have_no_room_are_left_out_and_none_overlaps_another_or_leaves_the_view() -> None:
    boxes = drawing(
        """
        const regions = [["first", 5, 5], ["above", 5, 5.2], ["below", 5, 5.1], ["no room", 5, 5], ["edge", 0, 9],
          ["hidden", 9.5, 0.2], ["outside", 11, 5]].map(([name, x, y]) => ({ name, x, y }));
        const hidden = [{ left: 80, right: 100, top: 80, bottom: 100 }];
        return atlas.finding.withRoom(regions, view, () => 20, 10, hidden)
          .map(({ region, left, right, top, bottom }) => [region.name, left, right, top, bottom]);
        """
    )

    assert [box[0] for box in boxes][:2] == ["first", "above"]
    assert [box[0] for box in boxes][-1] == "edge"
    for one in boxes:
        assert one[1] >= 0
        assert one[2] <= 100
        for other in boxes:
            if one is not other:
                assert one[2] <= other[1] or other[2] <= one[1] or one[4] <= other[3] or other[4] <= one[3]


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

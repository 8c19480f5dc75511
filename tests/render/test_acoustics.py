"""What the sound is like where a feature is active, on its page: the shifts that are held out, and no others."""

from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import feature
from atlas.render.pages.feature import FeatureView, feature_view
from atlas.render.parts.acoustics import MOST
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import site_of
from atlas.schema import COLUMN_SHIFTS
from tests.render.sites import Parsed, opened
from tests.synthetic import Spec

SPEC = Spec(features=48, clips=60, top=2, others=1, annotated=True)
LARGEST = 1536  # bytes that the section may add to a page
ROW = {
    "dictionary": "block2",
    "feature": 6,
    "domain": "speech",
    "sd": 0.61,
    "frames": 1234,
    "shifted_max": 0.31,
    "held_out": True,
}


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("annotated"), SPEC)


def view_of(atlas: SiteAtlas, number: int, name: str = "block2") -> FeatureView:
    return feature_view(atlas, site_of(atlas), atlas.dictionary(name), number)


def page_of(atlas: SiteAtlas, number: int, name: str = "block2") -> str:
    ((_, text),) = feature.pages(atlas, name, number, number + 1)
    return str(text)


def with_shifts(folder: Path, *shifts: dict[str, object]) -> SiteAtlas:
    """An atlas whose sixth feature has these shifts, and no other feature any."""
    atlas = opened(folder, SPEC)
    rows = pl.DataFrame([{**ROW, **shift} for shift in shifts])
    table = rows.select(pl.col(name).cast(kind) for name, kind in COLUMN_SHIFTS.columns.items())
    table.sort(COLUMN_SHIFTS.key).write_parquet(
        folder / "column_shifts" / "block2.parquet", metadata=COLUMN_SHIFTS.metadata
    )
    return site_atlas(atlas.folder.root, SiteConfig())


def test_a_page_shows_the_shifts_that_are_held_out_and_nothing_where_there_are_none(annotated: SiteAtlas) -> None:
    table = pl.read_parquet(annotated.folder.root / "column_shifts" / "block2.parquet")
    names = {"loudness": "loudness", "centroid": "spectral centroid"}
    lengths = set()
    for number in range(SPEC.features):
        held = table.filter(pl.col("feature") == number, pl.col("held_out")).sort(pl.col("shift_a").abs())
        expected = [(names[column], domain) for column, domain in held.select("column", "domain").rows()][::-1]

        assert [(row.column, row.mark.name) for row in view_of(annotated, number).acoustics] == expected
        assert ("Acoustics " in Parsed(page_of(annotated, number)).text) == bool(expected)
        lengths.add(len(expected))
    assert lengths == {0, 1, 2}


def test_a_row_says_both_halves_chance_the_control_and_how_narrow_it_is(tmp_path: Path) -> None:
    atlas = with_shifts(tmp_path, {"column": "loudness", "shift_a": -1.204, "shift_b": -2.0})

    (row,) = view_of(atlas, 6).acoustics
    assert (row.column, row.unit, row.mark.name) == ("loudness", "dB", "speech")
    assert (row.half_a, row.half_b, row.shifted, row.control) == ("−1.20", "−2.00", "0.31", "3.0 %")
    assert (row.spread, row.frames) == ("0.61", "1,234")
    assert "loudness dB ● speech −1.20 −2.00 0.31 3.0 % 0.61 1,234" in Parsed(page_of(atlas, 6)).said


def test_what_the_control_has_no_figure_for_is_a_dash_and_a_control_has_no_such_column(
    annotated: SiteAtlas, tmp_path: Path
) -> None:
    atlas = with_shifts(tmp_path, {"column": "brightness", "shift_a": 1.2, "shift_b": 1.1})
    (row,) = view_of(atlas, 6).acoustics
    assert (row.column, row.unit, row.control) == ("brightness", "", "–")

    shown = [number for number in range(SPEC.features) if view_of(annotated, number, "block2-random").acoustics]
    assert shown
    for number in shown:
        assert {row.control for row in view_of(annotated, number, "block2-random").acoustics} == {""}
        assert "of the control" not in page_of(annotated, number, "block2-random")


def test_the_strongest_come_first_by_their_weaker_half_and_the_section_is_small(tmp_path: Path) -> None:
    columns = ("loudness", "centroid", "flatness", "onset", "voiced", "f0")
    shifts = [
        {"column": column, "domain": domain, "shift_a": 1 + (5 * place) % 7, "shift_b": 9.5 - (3 * place) % 8}
        for place, (column, domain) in enumerate(
            (column, domain) for column in columns for domain in ("music", "sound")
        )
    ]
    atlas = with_shifts(tmp_path, *shifts)
    weaker = sorted((min(float(shift["shift_a"]), float(shift["shift_b"])) for shift in shifts), reverse=True)

    rows = view_of(atlas, 6).acoustics
    assert [min(float(row.half_a), float(row.half_b)) for row in rows] == weaker[:MOST]
    page = page_of(atlas, 6)
    section = page[page.index("<section><h2>Acoustics") :]
    assert len(section[: section.index("</section>")].encode()) < LARGEST

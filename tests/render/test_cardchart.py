"""The card as a chart: who stands where on each figure's strip, and what is left out."""

import polars as pl
import pytest

from atlas.render.parts.cardchart import CardChart, ChartFigure, card_chart
from atlas.render.site import SiteAtlas
from atlas.schema import CONTROLS
from tests.render.sites import SMALL, opened

Row = tuple[str, str, float | None, float | None, float | None]
TESTED: Row = ("labels_tested", "label", 64.0, 64.0, 64.0)
FEATURES: Row = ("tested", "", 400.0, 200.0, 100.0)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("atlas"), SMALL)


def chart(small: SiteAtlas, *rows: Row) -> CardChart | None:
    """Of block1, whose rows of `controls` are these: figure, of, value, value_drawn, control_value."""
    atlas = SiteAtlas(small.folder, small.card, small.settings)
    held = [("block1", "block1-random", *row) for row in rows]
    vars(atlas)["controls"] = pl.DataFrame(held, schema=dict(CONTROLS.columns), orient="row")
    return card_chart(atlas, ["block1"])


def figures(small: SiteAtlas, *rows: Row) -> dict[str, ChartFigure]:
    found = chart(small, *rows)
    return {figure.name: figure for figure in found.figures} if found else {}


def test_labels_stand_as_shares_of_those_tested_and_are_written_as_numbers_of_equally_many_features(
    small: SiteAtlas,
) -> None:
    own, random = figures(small, TESTED, ("labels_found", "label", 52.5, 48.0, 16.0))["Labels found"].strips[0].points
    assert (own.who, own.at, own.text) == ("own", "75", "48 of 64")
    assert (random.who, random.name, random.at, random.text) == ("random", "random directions", "25", "16")


def test_an_interval_is_drawn_where_it_was_measured(small: SiteAtlas) -> None:
    ends = [("label_phi_low", "label", 0.5, None, None), ("label_phi_high", "label", 0.75, None, None)]
    own, random = (
        figures(small, TESTED, ("label_phi", "label", 0.6, None, 0.3), *ends)["Phi of the best feature"]
        .strips[0]
        .points
    )
    assert (own.at, own.low, own.high, own.interval) == ("60", "50", "75", ".50 to .75")
    assert (random.low, random.high, random.interval) == ("", "", "")


def test_shares_of_features_have_one_end_that_holds_the_largest(small: SiteAtlas) -> None:
    found = figures(
        small,
        FEATURES,
        ("above_control", "random", 40.0, 20.0, 2.0),
        ("agreement", "again", 0.15, None, 0.01),
    )
    above, matched = found["Named, and above all"], found["Matched in"]
    assert (above.strips[0].name, matched.strips[0].name) == ("random directions", "again")
    assert above.end == matched.end == "20 %"
    assert [(point.at, point.text) for point in above.strips[0].points] == [("50", "20"), ("10", "2")]
    assert [(point.at, point.text) for point in matched.strips[0].points] == [("75", "15 %"), ("5", "1.0 %")]


def test_variance_is_explained_beside_pca_and_pursuit(small: SiteAtlas) -> None:
    rows: list[Row] = [("fvu_sample", "", 0.2, None, None), ("fvu_pca", "", 0.6, None, None)]
    points = figures(small, *rows)["Variance explained"].strips[0].points
    assert [(point.name, point.at, point.text) for point in points] == [("block1", "80", ".80"), ("PCA", "40", ".40")]


def test_permuted_labels_stand_where_chance_is(small: SiteAtlas) -> None:
    rows: list[Row] = [
        TESTED,
        ("label_probe", "label", 0.9, 0.8, 0.7),
        ("label_probe_permuted", "label", 0.5, None, 0.5),
    ]
    points = figures(small, *rows)["Sparse probe, AUROC"].strips[0].points
    assert [(point.who, point.at) for point in points] == [("own", "80"), ("random", "70"), ("chance", "50")]


def test_what_was_not_measured_has_no_strip_and_no_sign(small: SiteAtlas) -> None:
    assert chart(small) is None
    found = chart(small, TESTED, ("labels_found", "label", 52.5, None, None))
    assert found is not None
    assert [figure.name for figure in found.figures] == ["Labels found"]
    assert [sign.who for sign in found.signs] == ["own"]


def test_each_kind_of_which_enough_could_be_tested_has_a_strip(small: SiteAtlas) -> None:
    rows: list[Row] = []
    for kind, tested in (("word", 45.0), ("label", 64.0), ("language", 4.0)):
        rows += [("labels_tested", kind, tested, None, tested), ("labels_found", kind, 2.0, None, 1.0)]
    strips = figures(small, *rows)["Labels found"].strips
    assert [(strip.name, strip.points[0].text) for strip in strips] == [("tags", "2 of 64"), ("words", "2 of 45")]
    alone = figures(small, *rows[:2])["Labels found"].strips
    assert [strip.name for strip in alone] == ["words"], "a kind of its own is named, plain labels are not"


def test_several_dictionaries_stand_under_each_other(small: SiteAtlas) -> None:
    names = [name for name in small.names if not small.card.dictionaries[name].control_of]
    found = card_chart(small, names)
    assert found is not None
    assert max(len(figure.strips) for figure in found.figures) == len(names)
    assert next(sign.name for sign in found.signs if sign.who == "own") == "the dictionary"

"""What a card comes to: who finds more labels, and whether training would find the features again."""

import polars as pl
import pytest

from atlas.render.parts.conclusions import conclusions
from atlas.render.site import SiteAtlas
from atlas.schema import CONTROLS
from tests.render.sites import SMALL, opened

Row = tuple[str, str, float | None, float | None, float | None]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("atlas"), SMALL)


def told(small: SiteAtlas, *rows: Row, control: str = "block1-random") -> str:
    """The sentences of block1, whose rows of `controls` are these: figure, of, value, value_drawn, control_value."""
    atlas = SiteAtlas(small.folder, small.card, small.settings)
    held = [("block1", control, *row) for row in rows]
    vars(atlas)["controls"] = pl.DataFrame(held, schema=dict(CONTROLS.columns), orient="row")
    return " ".join(conclusions(atlas, "block1"))


TESTED: Row = ("labels_tested", "label", 64.0, 64.0, 64.0)
DRAWN: Row = ("features", "", 96.0, 24.0, 24.0)


def test_who_is_ahead_is_said_first_in_all_figures_of_the_card(small: SiteAtlas) -> None:
    text = told(
        small,
        TESTED,
        DRAWN,
        ("labels_found", "label", 52.5, 40.0, 14.0),
        ("label_phi", "label", 0.6, None, 0.58),
        ("label_phi_low", "label", 0.55, None, None),
        ("label_phi_high", "label", 0.65, None, None),
        ("peak_named", "phones", 0.25, None, 0.43),
        ("peak_named", "words", 0.0, None, 0.0),
        ("fvu_sample", "", 0.2, None, None),
        ("fvu_pca", "", 0.1, None, None),
    )
    assert text.startswith(
        "block1 is ahead of its controls in labels found; behind PCA in variance explained (.80 against .90); behind"
        " random directions in peaks at one phone (25 % against 43 %); level with a control in phi of the best feature"
        " and peaks at one word."
    )


def test_the_dictionary_and_its_control_are_told_side_by_side_at_equal_numbers(small: SiteAtlas) -> None:
    text = told(small, TESTED, DRAWN, ("labels_found", "label", 52.5, 40.0, 14.0))
    assert (
        "block1 finds 52.5 of 64 labels that could be tested (40 by 24 of its features, as many as a control has),"
        " random directions 14." in text
    )


def test_a_control_that_finds_as_many_is_told_as_such(small: SiteAtlas) -> None:
    text = told(small, TESTED, DRAWN, ("labels_found", "label", 52.5, 14.0, 14.0))
    assert "level with a control in labels found" in text
    assert (
        "random directions 14; random directions find as many or more in this one draw, so this is no evidence of what"
        " it learned." in text
    )


def test_without_labels_nothing_is_counted(small: SiteAtlas) -> None:
    text = told(small, ("labels_tested", "language", 3.0, None, 3.0))
    assert "no labels of clips that could be tested" in text
    assert "finds 0" not in text


def test_a_second_seed_says_how_reproducible_features_are(small: SiteAtlas) -> None:
    assert "No second seed was measured" in told(small, TESTED)
    good = told(small, TESTED, ("agreement", "again", 0.43, None, 0.007))
    assert good.endswith("43 % of its features are matched in again (random directions: 0.70 %).")
    bad = told(small, TESTED, ("agreement", "again", 0.021, None, None))
    assert bad.endswith("Hardly reproducible: 2.1 % of its features are matched in again.")
    assert "No second seed" not in good + bad


def test_nothing_is_concluded_of_a_control_or_before_analysing(small: SiteAtlas) -> None:
    assert conclusions(small, "block1-random") == ()
    assert told(small) == ""

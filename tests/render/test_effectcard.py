"""What pages of a dictionary say of effects: counts and sentences by hand, and histograms against plain counting."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlas.render.effect_columns import COSINE, NATS
from atlas.render.pages import dictionary
from atlas.render.parts.cardchart import PASSING, card_chart
from atlas.render.parts.conclusions import conclusions
from atlas.render.parts.effectcard import WHY_LESS, EffectCard, effect_card
from atlas.render.parts.effectsizes import BINS_A_DECADE, MOST_DECADES, histogram, size_chart, sizes_beside_decoys
from atlas.render.parts.listed import Lister
from atlas.render.parts.overview import overview
from atlas.render.site import SiteAtlas
from atlas.schema import EFFECT_RUNS, EFFECT_SHARES, EFFECT_TOKENS, EFFECTS
from atlas.schema.effects import RUN_NULL_REASONS
from atlas.store import AtlasFolder
from tests.causes import say, with_effects
from tests.render.sites import SMALL, opened

RUN: dict[str, Any] = {
    "dictionary": "block1",
    "readout": "tiny.en",
    "primary": "local",
    "null_reason": None,
    "clips": 200,
    "recordings_a": 95,
    "recordings_b": 90,
    "groups_b": 40,
    "passes": 12_000,
    "screened": 3000,
    "measured": 225,
    "untested": 0,
    "screening_rank": 0.78,
    "screening_pearson": 0.45,
    "threshold": 0.005,
}
NAMED = {"of": "named", "measured": 64, "passing": 20, "decoys": 1, "median_size": 0.01, "median_decoy": 0.002}
DRAWN = {"of": "draw", "measured": 50, "passing": 4, "decoys": 0, "median_size": 0.005, "median_decoy": 0.001}
ALL = {"of": "all", "measured": 112, "passing": 0, "decoys": None, "beyond": 65}


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("atlas"), SMALL)


def told(atlas: SiteAtlas, run: dict[str, Any], *shares: dict[str, Any]) -> EffectCard:
    """The card of block1, of whose effects these rows are known."""
    folder = AtlasFolder(atlas.folder.root)
    folder.write_table(EFFECT_RUNS, pl.DataFrame([run], schema=dict(EFFECT_RUNS.columns)))
    rows = [{"dictionary": "block1", "outcome": "local", **share} for share in shares]
    folder.write_table(EFFECT_SHARES, pl.DataFrame(rows, schema=dict(EFFECT_SHARES.columns)).sort(EFFECT_SHARES.key))
    opened_again = again(atlas)
    card = effect_card(opened_again, "block1", Lister(opened_again))
    assert card is not None
    return card


def again(atlas: SiteAtlas) -> SiteAtlas:
    """The atlas as its folder is now."""
    return SiteAtlas(atlas.folder, atlas.card, atlas.settings, media=atlas.media)


def test_shares_of_named_and_of_drawn_features_stand_beside_their_decoys(small: SiteAtlas) -> None:
    card = told(small, RUN, DRAWN, NAMED, NAMED | {"of": "words", "measured": 10, "passing": 0})

    assert card.sentences == (
        "31 % of 64 named features pass the causal test at q < .05; of their decoys 1.6 %.",
        "8.0 % of 50 features drawn at random pass it: of all features that fire in 8 recordings of half B, 3.2 % to"
        " 19 % are to be expected to (95 % interval).",
    )
    assert [(share.of, share.passing, share.decoys) for share in card.shares] == [
        ("named", "31 %", "1.6 %"),
        ("drawn at random", "8.0 %", "0 %"),
        ("named after words", "0 %", "10 %"),
    ]


def test_none_that_passes_is_said_so(small: SiteAtlas) -> None:
    """Of decoys nothing is: where no statistic suffices, none could have passed."""
    unasked = {"passing": 0, "decoys": None}
    card = told(small, RUN, NAMED | unasked, DRAWN | unasked, ALL)

    assert card.sentences == (
        "None of 64 named features passes the causal test at q < .05.",
        "In 65 of 112 the feature does more than its decoy (49 % to 67 %, by a 95 % interval); half would by chance.",
        "None of 50 features drawn at random passes it: of all features that fire in 8 recordings of half B, 0 % to"
        " 7.1 % are to be expected to (95 % interval).",
    )
    assert [share.decoys for share in card.shares] == ["–", "–", "–"]
    chart = card_chart(again(small), ["block1"])
    assert chart is not None
    assert "decoys" not in {sign.name for sign in chart.signs}


def test_of_few_that_were_drawn_nothing_is_concluded(small: SiteAtlas) -> None:
    few, enough = (told(small, RUN, NAMED, DRAWN | {"measured": count}) for count in (19, 20))

    assert [len(card.sentences) for card in (few, enough)] == [1, 2]


def test_those_that_could_not_be_tested_are_counted(small: SiteAtlas) -> None:
    how = " ".join(told(small, RUN | {"untested": 6}, NAMED).how)

    assert "6 of them could not be tested: too little is said near where they fire, or elsewhere." in how
    assert "could not be tested" not in " ".join(told(small, RUN, NAMED).how)


def test_it_is_said_how_many_were_measured_on_what_and_how_well_screening_agrees(small: SiteAtlas) -> None:
    how = " ".join(told(small, RUN, NAMED).how)

    assert "225 features were ablated on half B of the recordings (90 recordings of 40 speakers or groups)" in how
    assert "12,000 passes in all" in how
    assert "as tiny.en reads it" in how
    assert "3,000 features were screened, on half A (95 recordings)" in how
    assert "rank correlation of .78 (Pearson's .45)" in how


@pytest.mark.parametrize("reason", RUN_NULL_REASONS)
def test_the_reason_for_measuring_less_is_told_and_what_was_not_measured_is_not(small: SiteAtlas, reason: str) -> None:
    nothing = dict.fromkeys(("readout", "groups_b", "screening_rank", "screening_pearson", "threshold"))
    empty = dict.fromkeys(("clips", "recordings_a", "recordings_b", "passes", "screened", "measured"), 0)
    card = told(small, RUN | nothing | empty | {"null_reason": reason, "primary": None})

    assert card.how == (WHY_LESS[reason],)
    assert card.sentences == card.shares == card.strongest == ()
    assert card.sizes is None


def test_a_dictionary_whose_effects_were_not_measured_has_no_card_and_no_chart(small: SiteAtlas) -> None:
    assert effect_card(small, "block1", Lister(small)) is None
    assert "effects" not in {chart.name for chart in overview(small)}
    told(small, RUN, NAMED)
    assert effect_card(again(small), "block2", Lister(small)) is None


def test_the_strongest_effects_pass_and_come_by_size_with_the_words_they_lower(small: SiteAtlas) -> None:
    folder = AtlasFolder(small.folder.root)
    rows = [
        {"dictionary": "block1", "feature": feature, "outcome": outcome, "effect": effect, "q": q}
        | {"low": effect - 0.125, "high": effect + 0.125}
        for feature, outcome, effect, q in (
            (1, "local", -0.5, 0.9),
            (2, "local", 0.25, 0.01),
            (5, "local", -0.75, 0.01),
            (6, "transcript", -9.0, 0.01),
        )
    ]
    folder.write_table(EFFECTS, pl.DataFrame(rows, schema=dict(EFFECTS.columns)), "block1")
    tokens = [("block1", 5, "down", rank, word, -1.0 / rank, 4) for rank, word in enumerate("abcde", 1)]
    folder.write_table(EFFECT_TOKENS, pl.DataFrame(tokens, schema=dict(EFFECT_TOKENS.columns), orient="row"), "block1")
    say(folder, small.clips, "abcde")
    strongest = told(small, RUN, NAMED).strongest

    assert [(one.feature.name, one.effect) for one in strongest] == [("block1/5", "−.75"), ("block1/2", ".25")]
    assert strongest[0].lowers == ("a", "b", "c")


def test_the_card_has_a_strip_for_named_and_drawn_ones_that_no_conclusion_takes_for_a_control(small: SiteAtlas) -> None:
    before = conclusions(small, "block1")
    told(small, RUN, DRAWN, NAMED)
    found = card_chart(again(small), ["block1"])

    assert found is not None
    figure = next(figure for figure in found.figures if figure.key == PASSING)
    assert [strip.name for strip in figure.strips] == ["named", "drawn at random"]
    assert [(point.who, point.at) for point in figure.strips[1].points] == [("own", "8"), ("decoy", "0")]
    assert figure.strips[0].points[0].text == "31 % of 64"
    assert conclusions(again(small), "block1") == before


def test_each_effect_and_each_decoy_stands_in_the_bin_of_its_size() -> None:
    rng = np.random.default_rng(0)
    sizes = 10 ** rng.uniform(-12, -0.5, (200, 2)) * rng.choice([-1, 1], (200, 2))
    sizes[:3] = [[0.0, 0.0], [1e-3, 1e-2], [0.05, 0.05]]
    counts = histogram(pl.DataFrame(sizes, schema=["effect", "decoy"], orient="row"))

    assert counts is not None
    edges = [10 ** (counts.lowest + place / BINS_A_DECADE) for place in range(len(counts.mine) + 1)]
    assert len(counts.mine) == MOST_DECADES * BINS_A_DECADE
    for column, held in ((0, counts.mine), (1, counts.decoys)):
        own = np.abs(sizes[:, column])
        plain = [int(((own >= low) & (own < high)).sum()) for low, high in pairwise(edges)]
        plain[0] += int((own < edges[0]).sum())
        assert list(held) == plain


def test_without_an_effect_there_is_no_histogram() -> None:
    frame = pl.DataFrame({"effect": [0.0, None], "decoy": [None, 0.0]})

    assert histogram(frame) is sizes_beside_decoys(frame, NATS) is size_chart({"block1": frame}, ["block1"]) is None


def test_made_up_effects_are_drawn_on_the_page_and_among_the_charts(small: SiteAtlas) -> None:
    with_effects(small.folder.root)
    atlas = again(small)
    card = effect_card(atlas, "block1", Lister(atlas))

    assert card is not None
    assert card.sizes is not None
    assert card.sizes.up[0].text == "0"
    assert (card.unit, card.sizes.caption.split("; ")[1]) == (NATS, "in nats a token, on a logarithmic axis.")
    assert card.strongest
    (chart,) = [chart for chart in overview(atlas) if chart.name == "effects"]
    assert ">block1<" in str(chart)
    assert ">block2<" not in str(chart), "whose effects are in another unit"


def test_effects_without_a_readout_have_their_own_unit(small: SiteAtlas) -> None:
    with_effects(small.folder.root)
    atlas = again(small)
    card = effect_card(atlas, "block2", Lister(atlas))

    assert card is not None
    assert card.sizes is not None
    assert card.unit == COSINE
    assert f"in {COSINE} of the last block’s frames" in card.sizes.caption
    ((_, text),) = [one for one in dictionary.pages(atlas) if one[0] == "d/block2.html"]
    assert "sort=effect_size" not in str(text)
    assert COSINE in str(text)

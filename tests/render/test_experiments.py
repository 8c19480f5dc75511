"""The pages of experiments: there where one was made, with its figures, and nowhere else."""

import posixpath
import re
from pathlib import Path

import polars as pl
import pytest

from atlas.reading.experiments import experiment_table
from atlas.render.pages import dictionary, hallucination, home, languages
from atlas.render.parts.curves import HEIGHT, TOP, WIDTH, Spot, dose_chart, top_of
from atlas.render.parts.experiments import HALLUCINATION_PAGE, LANGUAGE_PAGE
from atlas.render.site import SiteAtlas
from atlas.render.templating import POLICY
from atlas.schema import EXPERIMENTS, HALLUCINATION
from atlas.schema.experiments import RANDOM_MOVED
from tests.render.sites import SMALL, Parsed, opened
from tests.render.tried import write_experiments
from tests.synthetic import HOSTILE

PAGES = (home, dictionary, hallucination, languages)


def made(atlas: SiteAtlas) -> dict[str, str]:
    every = [one for kind in PAGES for one in kind.pages(atlas)]
    return {address: text for address, text in every if isinstance(text, str) and address.endswith(".html")}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = tmp_path_factory.mktemp("tried")
    opened_atlas = opened(folder, SMALL)
    write_experiments(folder, "block2")
    return opened_atlas


@pytest.fixture(scope="module")
def pages(atlas: SiteAtlas) -> dict[str, str]:
    return made(atlas)


def test_where_no_experiment_was_made_nothing_is_said_of_one(tmp_path: Path) -> None:
    plain = opened(tmp_path, SMALL)
    without = made(plain)

    assert HALLUCINATION_PAGE not in without
    assert LANGUAGE_PAGE not in without
    assert [address for address, text in without.items() if "experiment" in text.casefold()] == []
    assert [len(experiment_table(plain, name)) for name in EXPERIMENTS] == [0] * len(EXPERIMENTS)


def test_home_and_the_page_of_the_dictionary_lead_to_the_experiments(pages: dict[str, str]) -> None:
    assert {HALLUCINATION_PAGE, LANGUAGE_PAGE} <= set(Parsed(pages["index.html"]).values("href"))
    assert {f"../{HALLUCINATION_PAGE}#block2", f"../{LANGUAGE_PAGE}#block2"} <= set(
        Parsed(pages["d/block2.html"]).values("href")
    )
    assert "experiments/" not in pages["d/block1.html"]


def test_the_pages_are_whole_and_their_own_anchors_exist(pages: dict[str, str]) -> None:
    for address in (HALLUCINATION_PAGE, LANGUAGE_PAGE):
        parsed = Parsed(pages[address])
        names = list(parsed.values("id"))

        assert (parsed.crossed, parsed.open) == ([], [])
        assert POLICY in parsed.values("content")
        assert list(parsed.values("style")) == []
        assert len(names) == len(set(names))
        for link in parsed.values("href"):
            path, _, anchor = link.partition("#")
            assert path or anchor in names, link
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(address), path))
            assert not goal.startswith(".."), link


def test_a_rate_stands_beside_its_controls(pages: dict[str, str]) -> None:
    said = Parsed(pages[HALLUCINATION_PAGE]).said

    assert "Unedited, .95 (WER .05); lowest of 6 settings, .30 (WER 1.25), with 10 features at dose 3" in said
    assert "the lowest of each control’s, moved as far: .60 (WER 1.25) along the difference of means" in said
    assert ".90 to .94 with 5 sets of random features (WER .45 to .45)" in said
    assert "random features, 5 draws 10 3 30 % .92 .90 to .94" in said
    assert "difference of means 10 3 30 % .60 .55 to .65" in said
    assert "takes 40 for speech" in said
    assert said.count("random features, 5 draws") == 6


def test_an_interval_and_a_definition_stand_for_every_column(pages: dict[str, str]) -> None:
    parsed = Parsed(pages[HALLUCINATION_PAGE])

    assert {f"define-{key.replace('_', '-')}" for key in hallucination.DEFINED} <= set(parsed.values("id"))
    assert "A text counts unless its no-speech probability is above 0.6" in parsed.said


def test_languages_are_named_and_what_was_left_out_has_its_reason(pages: dict[str, str]) -> None:
    said = Parsed(pages[LANGUAGE_PAGE]).said

    assert "German, towards English 11 recordings" in said
    assert "Now English unedited 7.0 % reconstruction 10 % −0.05" in said
    assert "removed features 5 10 % −1.50 −1.60 to −1.40 +1.50" in said
    assert "random features 1 10 % +0.03 +0.01 to +0.05" in said
    assert "was left out: language that the model does not know (12 recordings in half A and 11 in half B)." in said


@pytest.mark.parametrize(
    ("former", "told"),
    [
        ("identity", "another dictionary of this name"),
        ("basis", "other clips, domains or readout than this atlas has now"),
    ],
)
def test_a_table_of_a_former_dictionary_or_corpus_is_not_shown(tmp_path: Path, former: str, told: str) -> None:
    stale = opened(tmp_path, SMALL)
    write_experiments(tmp_path, "block2", **{former: "former"})
    written = made(stale)

    for address, command in ((HALLUCINATION_PAGE, "hallucination"), (LANGUAGE_PAGE, "language")):
        said = Parsed(written[address]).said
        assert f"made with {told}: run atlas experiment {command} again" in said
        assert "difference of means 10" not in said
        assert "was left out" not in said


def test_rows_of_a_dictionary_that_the_atlas_lacks_are_passed_over(tmp_path: Path) -> None:
    other = opened(tmp_path, SMALL)
    write_experiments(tmp_path, "block2")
    for name in EXPERIMENTS:
        rows = experiment_table(other, name)
        other.folder.write_table(
            EXPERIMENTS[name], rows.with_columns(dictionary=rows["dictionary"].str.replace("block2", "gone"))
        )

    assert HALLUCINATION_PAGE not in made(other)


def test_a_hostile_text_comes_out_as_text(tmp_path: Path) -> None:
    hostile = opened(tmp_path, SMALL)
    for text in HOSTILE:
        write_experiments(tmp_path, "block2", text)
        parsed = Parsed(made(hostile)[HALLUCINATION_PAGE])
        assert (parsed.crossed, parsed.open) == ([], [])
        assert [tag for tag, attributes in parsed.elements if "onerror" in attributes] == []


def test_a_chart_places_rates_between_its_top_and_its_bottom() -> None:
    chart = dose_chart(
        "10 features",
        "told",
        [Spot(0, 1.0, 0.9, 1.0), Spot(3, 0.0, 0.0, 0.25)],
        [Spot(0, 1.0), Spot(3, 0.5)],
        [Spot(3, 0.5, 0.25, 0.75)],
        None,
    )

    assert chart.features == f"0,{TOP:g} {WIDTH:g},{TOP + HEIGHT:g}"
    assert chart.means == f"0,{TOP:g} {WIDTH:g},{TOP + HEIGHT / 2:g}"
    assert (chart.random[0].low, chart.random[0].high) == (f"{TOP + 0.75 * HEIGHT:g}", f"{TOP + 0.25 * HEIGHT:g}")
    assert chart.level == ""
    assert [tick.text for tick in chart.across] == ["0", "3"]
    assert re.fullmatch(r"[\d., ]+", chart.features)


def test_an_axis_goes_on_to_the_largest_rate() -> None:
    spots = [Spot(0, 0.05, 0.0, 0.1), Spot(3, 1.25, 1.0, 1.5)]
    chart = dose_chart("10 features", "told", spots, [], [], 1.0, top_of([0.05, 1.25, None, 1.5]))

    assert [tick.text for tick in chart.up] == ["0", ".50", "1", "1.50", "2.00"]
    assert chart.features.endswith(f" {WIDTH:g},{TOP + HEIGHT * (1 - 1.25 / 2):g}")
    assert chart.level == f"{TOP + HEIGHT / 2:g}"
    assert (top_of([0.2, None]), top_of([1.0]), top_of([1.01])) == (1.0, 1.0, 2.0)


def test_a_word_error_rate_above_one_is_told_as_it_is(pages: dict[str, str]) -> None:
    labels = [label for label in Parsed(pages[HALLUCINATION_PAGE]).values("aria-label") if "Word error rate" in label]

    assert len(labels) == 2
    assert all("1.25 at dose 3" in label and ">" not in label for label in labels)


def test_random_sets_are_taken_at_their_lowest_as_the_features_are(tmp_path: Path) -> None:
    """At another setting than the features': each set's own lowest stands beside the features' lowest."""
    atlas = opened(tmp_path, SMALL)
    write_experiments(tmp_path, "block2")
    rows = experiment_table(atlas, HALLUCINATION.name)
    lucky = (pl.col("version") == RANDOM_MOVED) & (pl.col("k") == 25) & (pl.col("dose") == 1) & (pl.col("draw") == 4)
    atlas.folder.write_table(HALLUCINATION, rows.with_columns(rate=pl.when(lucky).then(0.25).otherwise("rate")))

    assert ".25 to .94 with 5 sets of random features" in Parsed(made(atlas)[HALLUCINATION_PAGE]).said

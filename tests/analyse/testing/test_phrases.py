"""What counts once: the same words, and the same sounds around a word however they were spelled."""

from collections.abc import Sequence

import polars as pl
import pytest

from atlas.analyse.testing.phrases import neighbourhoods, phrases

SCHEMA = {"clip": pl.UInt32, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String}


def spans(*rows: tuple[int, float, float, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def spoken(*texts: str) -> pl.DataFrame:
    """A clip a text, a word a second."""
    return spans(
        *(
            (clip, place, place + 0.9, word)
            for clip, text in enumerate(texts)
            for place, word in enumerate(text.split())
        )
    )


def phrases_at(words: pl.DataFrame, word: str) -> Sequence[list[tuple[int, str]]]:
    return [
        [(clip, label) for clip, _, _, label in side.iter_rows() if label.startswith(f"{word} ")]
        for side in phrases(words)
    ]


def test_a_neighbourhood_is_the_words_around_the_last_one_spoken() -> None:
    words = spans((0, 1.0, 1.2, "One"), (0, 2.0, 2.5, "two"), (0, 3.0, 3.5, "three"), (1, 0.5, 1.0, "four"))

    assert neighbourhoods(words, 1).rows() == [
        (0, 0.0, 2.0, "one two"),
        (0, 2.0, 3.0, "one two three"),
        (0, 3.0, 2.0**31, "two three"),
        (1, 0.0, 2.0**31, "four"),
    ]


def test_a_phrase_that_was_written_differently_is_one() -> None:
    heard = (
        "montreal forced aligner",
        "the Montreal force to liner",
        "montreal for styliner",
        "this is montreal forest line",
        "montreal force deliner i hardly know her",
    )
    before, after = phrases_at(spoken(*heard, "montreal is cold in winter"), "montreal")

    assert {label for clip, label in after if clip < len(heard)} == {"montreal frst"}
    assert [label for clip, label in after if clip == len(heard)] == ["montreal sslt"]
    assert before == []


def test_two_words_in_one_phrase_and_one_word_in_two_are_of_different_phrases() -> None:
    _, after = phrases(spoken("the cat sat down again", "the dog ran down the street"))
    labels = after.filter(pl.col("label").str.contains("^(the|down) "))["label"].to_list()

    assert labels == ["the stst", "the tsrn", "down tstr", "the strt"]


def test_a_side_that_has_too_few_consonants_makes_no_phrase() -> None:
    before, after = phrases(spoken("you are here", "a"))

    assert before.is_empty()
    assert after.is_empty()
    assert [side.is_empty() for side in phrases(spans())] == [True, True]


@pytest.mark.parametrize(("one", "other"), [("naïve début", "naive debut"), ("ÜBER STRASSE", "uber strasse")])
def test_accents_and_case_make_no_difference(one: str, other: str) -> None:
    sides = [phrases(spoken(f"so {text} {text}")) for text in (one, other)]

    for first, second in zip(*sides, strict=True):
        ends = [side["label"].str.split(" ").list.last().to_list() for side in (first, second)]
        assert ends[0] == ends[1] != []

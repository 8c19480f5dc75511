"""Word errors against a plain recomputation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.effects.wording import error_rate, word_error_change, words_of

TEXT = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6)


def plain(words: list[str], reference: list[str]) -> int:
    """The textbook's recursion."""
    if not words or not reference:
        return len(words) + len(reference)
    return min(
        plain(words[1:], reference[1:]) + (words[0] != reference[0]),
        plain(words[1:], reference) + 1,
        plain(words, reference[1:]) + 1,
    )


@given(TEXT, TEXT.filter(bool))
def test_the_rate_is_that_of_the_fewest_changes(words: list[str], reference: list[str]) -> None:
    assert error_rate(words, reference) == plain(words, reference) / len(reference)


@pytest.mark.parametrize(
    ("before", "after", "reference", "expected"),
    [
        ("Colour, grey!", "color gray", None, 0.0),
        ("a red ship sails", "a ship sails", None, 0.25),
        ("a red ship sails", "a ship sails", "a ship sails", -1 / 3),
        ("ship", "ship", "!", None),
        ("", "ship", None, None),
        ("", "ship", "ship", -1.0),
    ],
)
def test_a_change_is_against_the_corpus_text_where_there_is_one(
    before: str, after: str, reference: str | None, expected: float | None
) -> None:
    assert word_error_change(before, after, reference, "en") == (None if expected is None else pytest.approx(expected))


def test_languages_other_than_english_are_folded_alone() -> None:
    assert words_of("Zwölf Ähren, bitte!", "de") == ["zwölf", "ähren", "bitte"]

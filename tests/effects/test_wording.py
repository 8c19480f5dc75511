"""Word errors against a plain recomputation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.effects.wording import error_rate, reference_error_change, words_changed, words_of

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
    ("before", "after", "expected"),
    [
        ("Colour, grey!", "color gray", 0.0),
        ("a red ship sails", "a ship sails", 0.25),
        ("a ship sails", "a red ship sails", 1 / 3),
        ("", "ship", None),
    ],
)
def test_words_that_change_are_a_share_of_those_before_whatever_the_corpus_says(
    before: str, after: str, expected: float | None
) -> None:
    assert words_changed(before, after, "en") == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("before", "after", "reference", "expected"),
    [
        ("a red ship sails", "a ship sails", "a ship sails", -1 / 3),
        ("a ship sails", "a red ship sails", "a ship sails", 1 / 3),
        ("ship", "ship", "!", None),
        ("", "ship", "ship", -1.0),
    ],
)
def test_errors_against_the_corpus_text_are_those_after_less_those_before(
    before: str, after: str, reference: str, expected: float | None
) -> None:
    found = reference_error_change(before, after, reference, "en")

    assert found == (None if expected is None else pytest.approx(expected))


def test_languages_other_than_english_are_folded_alone() -> None:
    assert words_of("Zwölf Ähren, bitte!", "de") == ["zwölf", "ähren", "bitte"]

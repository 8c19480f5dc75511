"""What the words of a text are, and which pieces spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.annotate.wording import as_spoken, has_words, words_between_spaces, words_by_piece


def labels(text: str) -> list[str]:
    return [word.label for word in words_between_spaces([text])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('Well-known: the "forty-two" lines...', ["well", "known", "the", "forty", "two", "lines"]),
        (
            "It\u2019s ten o'clock in the U.S., 3.5 miles",
            ["it's", "ten", "o'clock", "in", "the", "u.s", "3.5", "miles"],
        ),
        ("one — two/three…four", ["one", "two", "three", "four"]),
        ("Straße ÉCOLE", ["strasse", "école"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),  # vowel signs are no letters to Python
        (" \n\t", []),
        ("-- ... ?!", []),
        ("🎵 la 🎵", ["la"]),
    ],
)
def test_words_are_parted_by_spaces_and_dashes_and_bare_of_punctuation(text: str, words: list[str]) -> None:
    assert labels(text) == words
    assert has_words(text) == bool(words)


def test_a_word_names_the_first_and_the_last_piece_that_spell_it() -> None:
    words = words_between_spaces([' "', "Gut", "en", "berg", '"', ",", " a", "-", "b", "."])

    assert [(word.label, word.first, word.last) for word in words] == [("gutenberg", 1, 3), ("a", 6, 6), ("b", 8, 8)]


def test_english_words_are_labelled_as_they_are_spoken_where_that_is_one_word() -> None:
    words = as_spoken(words_between_spaces(['"Mr. Smith, of 5 Main St., had 25 (3rd) etc. in the U.S.: $1 or 10%"']))

    assert (
        " ".join(word.label for word in words) == "mister smith of five main street had 25 third etc in the u.s 1 or 10"
    )


def test_where_nothing_parts_words_each_piece_is_one() -> None:
    words = words_by_piece([" ", "真", "っ", "昼間", "。", "な"])

    assert [(word.label, word.first, word.last) for word in words] == [
        ("真", 1, 1),
        ("っ", 2, 2),
        ("昼間", 3, 3),
        ("な", 5, 5),
    ]


@given(st.lists(st.text(min_size=1)))
def test_the_pieces_of_words_follow_each_other(pieces: list[str]) -> None:
    for words in (words_between_spaces(pieces), words_by_piece(pieces)):
        places = [place for word in words for place in (word.first, word.last)]

        assert places == sorted(places)
        assert all(word.label for word in words)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.speech.lexicon import SpokenWord, spoken_forms, spoken_words

_ENTRIES = """
the a i said don't 'em rock'n'roll u.s. e-mail forty line bible in was cafe he smith mister doctor no yes
us it is end so nasa o'clock and x
"""
ENTRIES = frozenset(_ENTRIES.split())


def words(text: str) -> str:
    return " ".join(spoken.word for spoken in spoken_words(text, ENTRIES.__contains__))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The END, so: it is!", "the end so it is"),
        ("I said, 'yes' -- don't.", "i said yes don't"),
        ("I don’t", "i don't"),
        ("‘em", "'em"),
        ("rock'n'roll in the U.S.", "rock'n'roll in the u.s."),
        ("e-mail", "e-mail"),
        ("the forty-two line Bible", "the forty two line bible"),
        ("42-line", "forty two line"),
        ("end.So it is", "end so it is"),
        ("so—it—is… yes", "so it is yes"),
        ("Café", "cafe"),
        ("NASA said", "nasa said"),
        ("the FBI", "the f b i"),
        ("HE SAID FBI", "he said fbi"),
        ("Mr. Smith", "mister smith"),
        ("Dr Smith", "doctor smith"),
        ("he said no.", "he said no"),
        ("e.g. no", "for example no"),
        ("so [laughter] it <noise> is", "so it is"),
        ("5%", "five percent"),
        ("a & b", "a and b"),
        ("$3.5 million", "three point five million dollars"),
        ("$12", "twelve dollars"),
        ("$1 and £1.50", "one dollar and one point five zero pounds"),
        ("a line in Main St. it is", "a line in main street it is"),
        ("Main St. it is", "main street it is"),
        ("in 5th St. so", "in fifth street so"),
        ("he is in Main St.", "he is in main street"),
        ("HE IS IN MAIN ST.", "he is in main street"),
        ("HE IS IN ST. SMITH", "he is in saint smith"),
        ("In St. Smith he is", "in saint smith he is"),
        ("he is in St. Smith", "he is in saint smith"),
        ("St. Smith", "saint smith"),
        ("so is st. smith", "so is saint smith"),
        ("-5", "minus five"),
        ("3-5", "three five"),
        ("10:05", "ten oh five"),
        ("the 1990s", "the nineteen nineties"),
        ("the 3rd", "the third"),
        ("in 1984, the 2nd", "in nineteen eighty four the second"),
        ("1,000,000", "one million"),
        ("x2", "x two"),
        ("snake_case", "snake case"),
        ("... -- ♪ ♪ ''", ""),
        ("", ""),
    ],
)
def test_text_becomes_the_words_that_are_spoken(text: str, expected: str) -> None:
    assert words(text) == expected


def test_words_are_marked_as_in_the_lexicon_or_not() -> None:
    assert spoken_words("The Gutenberg Bible", ENTRIES.__contains__) == (
        SpokenWord("the", True),
        SpokenWord("gutenberg", False),
        SpokenWord("bible", True),
    )


def test_words_of_other_scripts_are_unknown_words() -> None:
    assert spoken_words("真っ昼間なのに Привет", ENTRIES.__contains__) == (
        SpokenWord("真っ昼間なのに", False),
        SpokenWord("привет", False),
    )


@given(st.text())
def test_any_text_has_words_without_spaces_or_capitals(text: str) -> None:
    for spoken in spoken_words(text, ENTRIES.__contains__):
        assert spoken.word
        assert not any(sign.isspace() for sign in spoken.word)
        assert not spoken.known or spoken.word in ENTRIES


def test_each_word_of_a_text_has_its_spoken_form() -> None:
    assert spoken_forms(["Mr.", "25", "has", "--", "3rd", "x2"]) == [
        ("mister",),
        ("twenty", "five"),
        ("has",),
        (),
        ("third",),
        ("x", "two"),
    ]


@given(st.lists(st.text(min_size=1)))
def test_any_words_have_forms(words: list[str]) -> None:
    assert len(spoken_forms(words)) == len(words)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.speech.numerals import number_words


@pytest.mark.parametrize(
    ("digits", "ending", "words"),
    [
        ("0", "", "zero"),
        ("7", "", "seven"),
        ("13", "", "thirteen"),
        ("40", "", "forty"),
        ("42", "", "forty two"),
        ("105", "", "one hundred five"),
        ("1,984", "", "one thousand nine hundred eighty four"),
        ("1000", "", "one thousand"),
        ("1000000", "", "one million"),
        ("12,345,678", "", "twelve million three hundred forty five thousand six hundred seventy eight"),
        ("1984", "", "nineteen eighty four"),
        ("1900", "", "nineteen hundred"),
        ("1905", "", "nineteen oh five"),
        ("2000", "", "two thousand"),
        ("2007", "", "two thousand seven"),
        ("2024", "", "twenty twenty four"),
        ("3.14", "", "three point one four"),
        ("1999.5", "", "one thousand nine hundred ninety nine point five"),
        ("007", "", "oh oh seven"),
        ("1", "st", "first"),
        ("22", "nd", "twenty second"),
        ("3", "rd", "third"),
        ("12", "th", "twelfth"),
        ("20", "th", "twentieth"),
        ("100", "th", "one hundredth"),
        ("1990", "s", "nineteen nineties"),
        ("90", "s", "nineties"),
        ("1900", "s", "nineteen hundreds"),
        ("6", "s", "sixes"),
        ("1234567890123456", "", "one two three four five six seven eight nine oh one two three four five six"),
    ],
)
def test_numbers_are_read_aloud(digits: str, ending: str, words: str) -> None:
    assert number_words(digits, ending) == words.split()


@given(st.integers(0, 10**15 - 1))
def test_every_number_has_words_and_no_two_have_the_same(number: int) -> None:
    assert all(word.isalpha() for word in number_words(f"{number:,}"))
    assert number_words(f"{number:,}") != number_words(f"{number + 1:,}")

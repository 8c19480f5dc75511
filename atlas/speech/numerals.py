"""Numbers in digits -> English words, as they are read aloud: integers, ordinals, years, decades and decimals.

American: without an "and" after the hundreds. Four digits from 1100 to 2099 are read as a year, unless a comma parts
them. What begins with a zero, or is too long to have a name, is read digit by digit.
"""

from types import MappingProxyType

_NAMES = """
zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_SMALL = tuple(_NAMES.split())
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", "thousand", "million", "billion", "trillion")
_IRREGULAR = MappingProxyType(
    {
        "one": "first",
        "two": "second",
        "three": "third",
        "five": "fifth",
        "eight": "eighth",
        "nine": "ninth",
        "twelve": "twelfth",
    }
)
ORDINALS = frozenset({"st", "nd", "rd", "th"})
DECADE = "s"


def number_words(digits: str, ending: str = "") -> list[str]:
    """The words of a number such as 1,234.5; an ending makes it an ordinal (`th`) or a decade (`s`)."""
    whole, _, decimals = digits.replace(",", "").partition(".")
    if decimals:
        return [*_integer(whole), "point", *(_SMALL[int(digit)] for digit in decimals)]
    words = _year(int(whole)) if _is_year(digits) and ending not in ORDINALS else _integer(whole)
    if ending in ORDINALS:
        return [*words[:-1], _ordinal(words[-1])]
    return [*words[:-1], _plural(words[-1])] if ending == DECADE else words


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits.isdecimal() and 1100 <= int(digits) <= 2099


def _year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if century == 20 and rest < 10:
        return _integer(str(year))
    if rest == 0:
        return [*_below_thousand(century), "hundred"]
    return [*_below_thousand(century), *(["oh"] if rest < 10 else []), *_below_thousand(rest)]


def _integer(digits: str) -> list[str]:
    if len(digits) > 3 * len(_SCALES) or (len(digits) > 1 and digits[0] == "0"):
        return ["oh" if digit == "0" else _SMALL[int(digit)] for digit in digits]
    words: list[str] = []
    for power, scale in reversed(list(enumerate(_SCALES))):
        part = int(digits) // 1000**power % 1000
        words += [*_below_thousand(part), *([scale] if scale else [])] if part else []
    return words or ["zero"]


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_SMALL[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
    return [*words, _SMALL[rest]] if rest else words


def _ordinal(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    return (word[:-1] + "ie" if word.endswith("y") else word) + "th"


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")

"""Text as people write it -> the words that are spoken, for an aligner with an English lexicon.

Words are in small letters, with apostrophes and full stops as the lexicon has them; a compound stays whole where the
lexicon knows it and else comes in parts; numbers, some abbreviations and signs become words. What stands in square or
pointed brackets is a remark and not spoken. Up to five capitals without entry are spelt out, unless the whole text is
in capitals. A word of another script stays one word, which the lexicon does not have.
"""

import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from atlas.speech.numerals import number_words

MOST_SPELT = 5
"capitals; a longer word is a name"

_ABBREVIATIONS = MappingProxyType(
    {
        "mr": "mister",
        "mrs": "missus",
        "dr": "doctor",
        "prof": "professor",
        "jr": "junior",
        "sr": "senior",
        "lt": "lieutenant",
        "capt": "captain",
        "gen": "general",
        "col": "colonel",
        "sgt": "sergeant",
        "rev": "reverend",
        "messrs": "messieurs",
        "mt": "mount",
        "vs": "versus",
        "etc": "et cetera",
        "e.g": "for example",
        "i.e": "that is",
        "dept": "department",
    }
)
_STREET = "st."  # or saint
_ALSO_WITHOUT_STOP = frozenset({"mr", "mrs", "dr", "prof", "jr", "sr", "vs", "etc"})
_SIGNS = MappingProxyType({"&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "°": "degrees"})
_MONEY = MappingProxyType({"$": "dollars", "€": "euros", "£": "pounds"})
_COIN = MappingProxyType({"$": "dollar", "€": "euro", "£": "pound"})

_REMARK = re.compile(r"\[[^\]]*\]|<[^>]*>")
_SAME = str.maketrans(dict.fromkeys("’‘ʼ`´", "'") | dict.fromkeys("‐‑−", "-"))
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_LETTERS = r"(?:(?![\d_])[\w'])+"
_TOKEN = re.compile(
    rf"(?P<money>[$€£])(?P<amount>{_NUMBER})(?:\s(?P<scale>thousand|million|billion|trillion)\b)?"
    rf"|(?P<minus>(?<![\w-])-(?=\d))?(?P<digits>{_NUMBER})(?:'?(?P<ending>s|st|nd|rd|th)\b)?"
    r"|(?P<sign>[&%+=@°])"
    rf"|(?P<word>{_LETTERS}(?:[.-]{_LETTERS})*\.?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as it is spoken."""

    word: str
    known: bool
    "whether the lexicon has it"


def spoken_words(text: str, has: Callable[[str], bool]) -> tuple[SpokenWord, ...]:
    """The words of a text in their order; `has` says whether the lexicon has a word."""
    readings = _readings(_plain(_REMARK.sub(" ", text)), has)
    return tuple(SpokenWord(word, has(word)) for _, words in readings for word in words)


def spoken_forms(written: Sequence[str]) -> list[tuple[str, ...]]:
    """Of each word of a text how it is spoken, in one word or several, by whoever knows every word."""
    plain = [_plain(word) for word in written]
    ends = list(itertools.accumulate(len(word) + 1 for word in plain))
    forms: list[tuple[str, ...]] = [()] * len(plain)
    for start, words in _readings(" ".join(plain), lambda _word: True):
        place = bisect_right(ends, start)
        forms[place] += tuple(words)
    return forms


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(_SAME)


def _readings(plain: str, has: Callable[[str], bool]) -> Iterator[tuple[int, list[str]]]:
    """Where each token begins, and the words that are spoken for it."""
    capitals = plain.isupper()
    tokens = list(_TOKEN.finditer(plain))
    for place, token in enumerate(tokens):
        written = token["word"]
        if written and written.casefold() == _STREET:
            words = ["street" if _is_street(tokens, place) else "saint"]
        elif written:
            words = _of_letters(written.casefold() if capitals else written, has)
        else:
            words = _of_signs(token)
        yield token.start(), words


def _is_street(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """At the end of the text, or after a name or a number: Main St., but not the capital that begins "In St. Louis"."""
    if place == 0:
        return False
    if place == len(tokens) - 1:
        return True
    begins, before_name = place == 1, tokens[place + 1][0][0].isupper()
    return _is_name_or_number(tokens[place - 1][0]) and not (begins and before_name)


def _is_name_or_number(written: str) -> bool:
    """Of a text in capitals no word is known for a name."""
    return written[0].isdecimal() or (written[0].isupper() and not written[1:].isupper())


def _of_signs(token: re.Match[str]) -> list[str]:
    if token["sign"]:
        return [_SIGNS[token["sign"]]]
    if token["money"]:
        scale = [token["scale"].casefold()] if token["scale"] else []
        number = [*number_words(token["amount"]), *scale]
        return [*number, (_COIN if number == ["one"] else _MONEY)[token["money"]]]
    sign = ["minus"] if token["minus"] else []
    return [*sign, *number_words(token["digits"], (token["ending"] or "").casefold())]


def _of_letters(written: str, has: Callable[[str], bool]) -> list[str]:
    """The first reading that there is: an abbreviation, a word of the lexicon, parts, letters, the word itself."""
    bare = written.casefold().rstrip(".")
    if bare in _ABBREVIATIONS and (written.endswith(".") or bare in _ALSO_WITHOUT_STOP):
        return _ABBREVIATIONS[bare].split()
    entry = next((form for form in _forms(written.casefold()) if has(form)), None)
    if entry:
        return [entry]
    parts = [part for part in re.split(r"[.-]", written) if part]
    if len(parts) > 1:
        return [word for part in parts for word in _of_letters(part, has)]
    if written.isascii() and written.isupper() and written.isalpha() and len(written) <= MOST_SPELT:
        return list(bare)
    plain = bare.strip("'")
    return [plain] if plain else []


def _forms(word: str) -> Iterator[str]:
    """Ways to write a word, the likeliest first: full stops within it, apostrophes around it and accents may go."""
    bare = word.rstrip(".")
    unaccented = "".join(sign for sign in unicodedata.normalize("NFD", bare) if not unicodedata.combining(sign))
    forms = (word if "." in bare else bare, bare, bare.strip("'"), unaccented.strip("'"), bare.replace(".", ""))
    return (form for form in forms if form.strip("'"))

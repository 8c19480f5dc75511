"""Text as people write it -> the words that are spoken, for an aligner with an English lexicon.

Words are in small letters, with apostrophes and full stops as the lexicon has them; a compound stays whole where the
lexicon knows it and else comes in parts; numbers, some abbreviations and signs become words. What stands in square or
pointed brackets is a remark and not spoken. Up to five capitals without entry are spelt out, unless the whole text is
in capitals. A word of another script stays one word, which the lexicon does not have.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
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
        "st": "saint",
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
_ALSO_WITHOUT_STOP = frozenset({"mr", "mrs", "dr", "prof", "jr", "sr", "vs", "etc"})
_SIGNS = MappingProxyType({"&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "°": "degrees"})
_MONEY = MappingProxyType({"$": "dollars", "€": "euros", "£": "pounds"})

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
    plain = unicodedata.normalize("NFC", _REMARK.sub(" ", text)).translate(_SAME)
    capitals = plain.isupper()
    words: list[str] = []
    for token in _TOKEN.finditer(plain):
        written = token["word"]
        words += _of_letters(written.casefold() if capitals else written, has) if written else _of_signs(token)
    return tuple(SpokenWord(word, has(word)) for word in words)


def _of_signs(token: re.Match[str]) -> list[str]:
    if token["sign"]:
        return [_SIGNS[token["sign"]]]
    if token["money"]:
        scale = [token["scale"].casefold()] if token["scale"] else []
        return [*number_words(token["amount"]), *scale, _MONEY[token["money"]]]
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

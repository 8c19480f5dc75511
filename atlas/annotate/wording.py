"""A text in the pieces that tokens spell -> its words, without the punctuation around them, with folded case.

Words are parted by spaces, dashes and slashes; an apostrophe, a full stop or a comma within one stays (o'clock, u.s,
3.5). Scripts that part no words have a word for each piece: a character, or the few that a token spells.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from atlas.speech.lexicon import spoken_forms
from atlas.speech.words import is_spoken, word_label

_BETWEEN = re.compile(r"[\s\-‐-―/…]+|\.{2,}")


@dataclass(frozen=True, slots=True)
class SpeltWord:
    """A word, and the pieces that spell it, from first to last."""

    label: str
    written: str
    "with the punctuation around it"
    first: int
    last: int


def has_words(text: str) -> bool:
    """Whether there is anything that can be spoken."""
    return any(is_spoken(character) for character in text)


def words_between_spaces(pieces: Sequence[str]) -> list[SpeltWord]:
    text = "".join(pieces)
    borders = [0, *(border for between in _BETWEEN.finditer(text) for border in between.span()), len(text)]
    spans = zip(borders[::2], borders[1::2], strict=True)
    return list(_words(pieces, text, spans))


def words_by_piece(pieces: Sequence[str]) -> list[SpeltWord]:
    borders = [0, *np.cumsum([len(piece) for piece in pieces]).tolist()]
    return list(_words(pieces, "".join(pieces), itertools.pairwise(borders)))


def as_spoken(words: Sequence[SpeltWord]) -> list[SpeltWord]:
    """English words with the labels that they have for the forced aligner; what is said in several keeps its own."""
    forms = spoken_forms([word.written for word in words])
    return [
        replace(word, label=word_label(form[0])) if len(form) == 1 else word
        for word, form in zip(words, forms, strict=True)
    ]


def _words(pieces: Sequence[str], text: str, spans: Iterator[tuple[int, int]]) -> Iterator[SpeltWord]:
    ends = np.cumsum([len(piece) for piece in pieces])
    for start, end in spans:
        spoken = [place for place in range(start, end) if is_spoken(text[place])]
        if spoken:
            first, last = np.searchsorted(ends, [spoken[0], spoken[-1]], side="right")
            label = text[spoken[0] : spoken[-1] + 1].replace("\u2019", "'").casefold()
            yield SpeltWord(label, text[start:end], int(first), int(last))

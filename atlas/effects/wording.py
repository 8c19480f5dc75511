"""How many words of a transcript an edit changed, and how many more of the corpus's text are then wrong."""

import warnings
from functools import lru_cache

import numpy as np
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

from atlas.annotate.languages import ENGLISH


def words_changed(before: str, after: str, language: str | None) -> float | None:
    """The word error rate of `after` against `before`; None where that has no words."""
    old, new = (words_of(text, language) for text in (before, after))
    return error_rate(new, old) if old else None


def reference_error_change(before: str, after: str, reference: str, language: str | None) -> float | None:
    """By how much the word error rate against the corpus's text rises; None where that has no words."""
    old, new, spoken = (words_of(text, language) for text in (before, after, reference))
    return error_rate(new, spoken) - error_rate(old, spoken) if spoken else None


def words_of(text: str, language: str | None) -> list[str]:
    """Without case and punctuation; of English, spellings and numbers are made alike, too."""
    folded: str = _normaliser(language == ENGLISH)(text)
    return folded.split()


def error_rate(words: list[str], reference: list[str]) -> float:
    """Words put in, left out and replaced, at the least, a word of the reference."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys([*words, *reference]))}
    said, wanted = (np.array([numbers[word] for word in some], np.int64) for some in (words, reference))
    places = np.arange(len(wanted) + 1)
    distances = places.copy()
    for row, word in enumerate(said, start=1):
        replaced = distances[:-1] + (wanted != word)
        best = np.concatenate([[row], np.minimum(replaced, distances[1:] + 1)])
        distances = np.minimum.accumulate(best - places) + places
    return int(distances[-1]) / len(reference)


@lru_cache
def _normaliser(english: bool) -> BasicTextNormalizer | EnglishTextNormalizer:
    with warnings.catch_warnings():  # whisper leaves the file of its spellings open
        warnings.simplefilter("ignore", ResourceWarning)
        return EnglishTextNormalizer() if english else BasicTextNormalizer()

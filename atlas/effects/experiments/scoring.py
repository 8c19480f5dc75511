"""What is counted of transcripts: texts where nobody speaks, and words that are wrong; with intervals."""

import math
import warnings
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

from atlas.annotate.languages import is_english
from atlas.readouts.written import Written
from atlas.schema.thresholds import INTERVAL, SILENCE_LOGPROB, SILENCE_NO_SPEECH

Doubles = NDArray[np.float64]
DRAWS = 1_000


def is_hallucinated(written: Written) -> bool:
    """Whether a text of a recording without speech counts; what the model itself takes for silence does not."""
    silent = written.no_speech > SILENCE_NO_SPEECH and written.mean_logprob < SILENCE_LOGPROB
    return bool(written.text) and not silent


def share_interval(count: int, total: int) -> tuple[float, float]:
    """Of a share of independent recordings, by Wilson's score: a bootstrap of all or none would have no width."""
    z = float(norm.ppf(INTERVAL[1]))
    share, scale = count / total, 1 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / scale
    return max(0.0, middle - reach), min(1.0, middle + reach)


def normalised_words(text: str, language: str | None) -> list[str]:
    """The words of a text as Whisper's authors compare them."""
    words: list[str] = _normaliser(language is None or is_english(language))(text).split()
    return words


@cache
def _normaliser(english: bool) -> EnglishTextNormalizer | BasicTextNormalizer:
    with warnings.catch_warnings():  # whisper leaves the file of its spellings open
        warnings.simplefilter("ignore", ResourceWarning)
        return EnglishTextNormalizer() if english else BasicTextNormalizer()


def word_errors(reference: Sequence[str], text: Sequence[str]) -> int:
    """The fewest words to replace, insert or delete that make one of the other."""
    costs = list(range(len(text) + 1))
    for row, word in enumerate(reference, start=1):
        before, costs[0] = costs[0], row
        for column, other in enumerate(text, start=1):
            changed = before + (word != other)
            before, costs[column] = costs[column], min(changed, costs[column] + 1, costs[column - 1] + 1)
    return costs[-1]


def error_rate(errors: Doubles, words: Doubles, generator: np.random.Generator) -> tuple[float, float, float]:
    """WER over recordings, and its interval with recordings drawn again; errors, words: [recordings]."""
    drawn = generator.integers(len(errors), size=(DRAWS, len(errors)))
    rates = errors[drawn].sum(axis=1) / np.maximum(words[drawn].sum(axis=1), 1)
    low, high = np.quantile(rates, INTERVAL)
    return float(errors.sum() / max(words.sum(), 1)), float(low), float(high)

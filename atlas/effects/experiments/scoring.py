"""What is counted of transcripts: texts where nobody speaks, and words that are wrong; with intervals."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from atlas.annotate.languages import ENGLISH, language_code
from atlas.effects.statistics import DRAWS
from atlas.effects.wording import error_rate, words_of
from atlas.readouts.written import Written
from atlas.schema.thresholds import INTERVAL, SILENCE_LOGPROB, SILENCE_NO_SPEECH

Doubles = NDArray[np.float64]


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
    """The words of a text as Whisper's authors compare them; of an unknown language as English ones."""
    return words_of(text, language_code(language) if language else ENGLISH)


def word_errors(reference: list[str], text: list[str]) -> int:
    """The fewest words to replace, insert or delete that make one of the other."""
    return round(error_rate(text, reference) * len(reference)) if reference else len(text)


def error_rate_over(errors: Doubles, words: Doubles, generator: np.random.Generator) -> tuple[float, float, float]:
    """WER over recordings, and its interval with recordings drawn again; errors, words: [recordings]."""
    drawn = generator.integers(len(errors), size=(DRAWS, len(errors)))
    rates = errors[drawn].sum(axis=1) / np.maximum(words[drawn].sum(axis=1), 1)
    low, high = np.quantile(rates, INTERVAL)
    return float(errors.sum() / max(words.sum(), 1)), float(low), float(high)

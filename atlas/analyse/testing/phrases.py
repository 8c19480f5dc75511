"""What counts once where peaks are deduplicated by what is spoken: a neighbourhood of words, and a phrase by its sound.

A phrase that is often spoken shall not look like a word. Where a model wrote the texts, equal phrases are often written
differently ("forced aligner", "force to liner"), so that neighbourhoods alone would count each of them. So two moments
within the same word are of one phrase, too, if the consonants before the word agree, or those after it.
"""

from collections.abc import Sequence

import polars as pl

from atlas.schema.thresholds import CONSONANTS_OF_A_PHRASE

_EVER_S = float(2**31)
_NEXT = 3  # words on a side, which hold so many consonants nearly always
_SOUNDS = (("sckxqgjzß", "s"), ("td", "t"), ("pb", "p"), ("fv", "f"), ("mn", "n"))
"letters that are mistaken for each other when a text is heard wrongly; vowels, h, w and y are left out"
_LEFT_OUT = r"[aeiouyhw\p{M}\p{P}\p{Z}\p{S}]"


def neighbourhoods(words: pl.DataFrame, reach: int) -> pl.DataFrame:
    """words: clip, start_s, end_s, label -> the same spans up to the next word, each with the words around it.

    The first reaches back to the clip's beginning and the last as far as any clip goes, so that each moment lies in
    the neighbourhood of the word that was spoken last.
    """
    around = pl.concat_str(_words_at(range(-reach, reach + 1)), separator=" ", ignore_nulls=True)
    return _moments(words, around)


def phrases(words: pl.DataFrame) -> list[pl.DataFrame]:
    """The same spans with the word and the consonants before it; and with the word and those after it.

    Without those that have fewer consonants on their side, as at the beginning or end of a clip.
    """
    before = _consonants(_words_at(range(-_NEXT, 0))).str.slice(-CONSONANTS_OF_A_PHRASE)
    after = _consonants(_words_at(range(1, _NEXT + 1))).str.slice(0, CONSONANTS_OF_A_PHRASE)
    return [_moments(words, _long_enough(side)).drop_nulls("label") for side in (before, after)]


def _long_enough(side: pl.Expr) -> pl.Expr:
    phrase = pl.concat_str(pl.col("label").str.to_lowercase(), side, separator=" ")
    return pl.when(side.str.len_chars() == CONSONANTS_OF_A_PHRASE).then(phrase)


def _words_at(steps: Sequence[int]) -> list[pl.Expr]:
    return [pl.col("label").str.to_lowercase().shift(-step).over("clip") for step in steps]


def _consonants(words: Sequence[pl.Expr]) -> pl.Expr:
    text = pl.concat_str(words, ignore_nulls=True).str.normalize("NFD").str.replace_all(_LEFT_OUT, "")
    for letters, sound in _SOUNDS:
        text = text.str.replace_all(f"[{letters}]", sound)
    return text


def _moments(words: pl.DataFrame, label: pl.Expr) -> pl.DataFrame:
    return words.sort("clip", "start_s").select(
        "clip",
        pl.when(pl.col("clip") == pl.col("clip").shift()).then("start_s").otherwise(0.0).alias("start_s"),
        pl.col("start_s").shift(-1).over("clip").fill_null(_EVER_S).alias("end_s"),
        label.alias("label"),
    )

"""The facts of the IPA chart: what each base symbol stands for, without diacritics.

Kept by hand, as the chart is small and settled: consonants by manner, place and voicing, vowels by height and backness.
Heights and backnesses are three each; the chart's steps between them go to the nearer edge (near-close is close,
near-open is open). Lateral fricatives are fricatives; a lateral is a lateral approximant.
"""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Consonant:
    """A consonant of the chart."""

    manner: str
    place: str
    voicing: str


@dataclass(frozen=True, slots=True)
class Vowel:
    """A vowel of the chart."""

    height: str
    backness: str


_PLACES = (
    *("bilabial", "labiodental", "dental", "alveolar", "postalveolar", "retroflex", "palatal", "velar", "uvular"),
    *("pharyngeal", "glottal"),
)
ARTICULATORS = MappingProxyType(
    dict.fromkeys(_PLACES[:2], "lips")
    | dict.fromkeys(_PLACES[2:6], "tip or blade")
    | dict.fromkeys(_PLACES[6:9], "back")
    | dict.fromkeys(_PLACES[9:], "throat")
)
"place -> what of the tongue, lips or throat makes the sound; the stop and the fricative of an affricate share it"
_ROWS = {  # voiceless and voiced in the chart's order of places; a dot where the chart is empty
    "stop": "pb .. .. td .. ʈɖ cɟ kɡ qɢ .. ʔ.",
    "nasal": ".m .ɱ .. .n .. .ɳ .ɲ .ŋ .ɴ .. ..",
    "trill": ".ʙ .. .. .r .. .. .. .. .ʀ .. ..",
    "tap": ".. .ⱱ .. .ɾ .. .ɽ .. .. .. .. ..",
    "fricative": "ɸβ fv θð sz ʃʒ ʂʐ çʝ xɣ χʁ ħʕ hɦ",
    "approximant": ".. .ʋ .. .ɹ .. .ɻ .j .ɰ .. .. ..",
    "lateral": ".. .. .. .l .. .ɭ .ʎ .ʟ .. .. ..",
    "implosive": ".ɓ .. .. .ɗ .. .. .ʄ .ɠ .ʛ .. ..",
    "click": "ʘ. .. ǀ. .. ǃ. .. ǂ. .. .. .. ..",
}
_OTHERS = {  # beside the chart's grid
    "ʍ": Consonant("fricative", "labial-velar", "voiceless"),
    "w": Consonant("approximant", "labial-velar", "voiced"),
    "ɥ": Consonant("approximant", "labial-palatal", "voiced"),
    "ɕ": Consonant("fricative", "postalveolar", "voiceless"),  # alveolo-palatal
    "ʑ": Consonant("fricative", "postalveolar", "voiced"),
    "ɧ": Consonant("fricative", "velar", "voiceless"),
    "ɬ": Consonant("fricative", "alveolar", "voiceless"),
    "ɮ": Consonant("fricative", "alveolar", "voiced"),
    "ɺ": Consonant("tap", "alveolar", "voiced"),
    "ɫ": Consonant("lateral", "alveolar", "voiced"),  # velarised l, written as one sign
    "ǁ": Consonant("click", "alveolar", "voiceless"),
}
_HEIGHTS = {  # front, central, back
    "close": ("iyɪʏ", "ɨʉ", "ɯuʊ"),
    "mid": ("eøɛœ", "ɘɵəɜɞɚɝ", "ɤoʌɔ"),
    "open": ("æɶa", "ɐ", "ɑɒ"),
}


def _consonants() -> dict[str, Consonant]:
    table = dict(_OTHERS)
    for manner, row in _ROWS.items():
        for place, pair in zip(_PLACES, row.split(), strict=True):
            table |= {
                symbol: Consonant(manner, place, voicing)
                for symbol, voicing in zip(pair, ("voiceless", "voiced"), strict=True)
                if symbol != "."
            }
    return table


def _vowels() -> dict[str, Vowel]:
    return {
        symbol: Vowel(height, backness)
        for height, columns in _HEIGHTS.items()
        for backness, symbols in zip(("front", "central", "back"), columns, strict=True)
        for symbol in symbols
    }


CONSONANTS = MappingProxyType(_consonants())
VOWELS = MappingProxyType(_vowels())

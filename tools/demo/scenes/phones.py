"""One inventory of phones for all languages, and how espeak-ng's symbols become it.

espeak-ng names phones in IPA, by language and in fine shades. Marks of stress, length and palatalisation are taken
away; what is left is in the inventory, or is counted as its nearest neighbour there. Diphthongs that several languages
share are phones of their own, others count as their first vowel. Pauses and glottal stops are no phones.
"""

from collections.abc import Mapping
from types import MappingProxyType
from unicodedata import normalize

from atlas.errors import AtlasError

VOWELS = (*"iɪeɛæaɑɔoʊuyøœəɨ", "ɛ̃", "ɑ̃", "ɔ̃", "aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ")
CONSONANTS = (*"pbtdkɡmnŋɲfvθðszʃʒxhrɹʁljw", "ts", "tʃ", "dʒ")
INVENTORY = VOWELS + CONSONANTS

MARKS = str.maketrans("", "", "ˈˌːˑʲ-\"'̩̯͡ʔ")
COUNTED_AS: Mapping[str, str] = MappingProxyType(
    {
        "i": "ĩ iə ie iʊ iu",
        "ɪ": "ᵻ",
        "e": "ẽ",
        "ɛ": "eə",
        "æ": "æy",
        "a": "ʌ ja",
        "ɔ": "ɒ",
        "ʊ": "ʊə",
        "u": "ũ uo ju",
        "y": "ʉ ʏ yø",
        "ø": "ɵ",
        "ə": "ɐ ɜ ɚ",
        "ɨ": "ɯ",
        "ɛ̃": "œ̃",
        "ɑ̃": "ã ɐ̃ ɐ̃ʊ ɐ̃ʊ̃",
        "ɔ̃": "õ",
        "aɪ": "ai aɪə",
        "aʊ": "au ɑu aʊə",
        "eɪ": "ei ɛɪ",
        "oʊ": "ou əʊ ʌʊ",
        "ɔɪ": "oi oɪ ɔø œy øy",
        "k": "c",
        "ɡ": "g ɟ ɣ",
        "v": "β ʋ",
        "s": "ss",
        "z": "dz",
        "ʃ": "ɕ ʂ",
        "ʒ": "ʑ ʐ",
        "x": "ç sx",
        "r": "ɾ",
        "ʁ": "ʀ",
        "l": "ɫ ɭ ʎ əl",
        "j": "ʝ ɥ",
        "tʃ": "tɕ",
        "dʒ": "dʑ",
    }
)
NEAREST = {normalize("NFC", symbol): phone for phone, symbols in COUNTED_AS.items() for symbol in symbols.split()}


def phone_of(symbol: str) -> str:
    """The phone that a symbol of espeak-ng stands for; empty for pauses, glottal stops and bare marks."""
    bare = normalize("NFC", symbol.translate(MARKS))
    phone = NEAREST.get(bare, bare)
    if phone and phone not in INVENTORY:
        raise AtlasError(f'espeak-ng: the phone "{symbol}" has no place in atlas/demo/scenes/phones.py; give it one')
    return phone

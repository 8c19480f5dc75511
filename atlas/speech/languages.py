"""Codes of languages and what they are called in English, so that `de` and `German` are told as one thing.

The two-letter codes of ISO 639-1 for the languages that corpora of speech are often in; another code stays as it is.
"""

from collections.abc import Mapping
from types import MappingProxyType

_NAMES = """
af Afrikaans; am Amharic; ar Arabic; az Azerbaijani; be Belarusian; bg Bulgarian; bn Bengali; br Breton; bs Bosnian
ca Catalan; cs Czech; cy Welsh; da Danish; de German; el Greek; en English; eo Esperanto; es Spanish; et Estonian
eu Basque; fa Persian; fi Finnish; fr French; ga Irish; gl Galician; gu Gujarati; ha Hausa; he Hebrew; hi Hindi
hr Croatian; hu Hungarian; hy Armenian; id Indonesian; ig Igbo; is Icelandic; it Italian; ja Japanese; jv Javanese
ka Georgian; kk Kazakh; km Khmer; kn Kannada; ko Korean; la Latin; lb Luxembourgish; lo Lao; lt Lithuanian; lv Latvian
mg Malagasy; mi Maori; mk Macedonian; ml Malayalam; mn Mongolian; mr Marathi; ms Malay; mt Maltese; my Burmese
ne Nepali; nl Dutch; no Norwegian; nb Bokmål; nn Nynorsk; oc Occitan; pa Punjabi; pl Polish; ps Pashto; pt Portuguese
rm Romansh; ro Romanian; ru Russian; rw Kinyarwanda; sd Sindhi; si Sinhala; sk Slovak; sl Slovenian; sn Shona; so Somali
sq Albanian; sr Serbian; su Sundanese; sv Swedish; sw Swahili; ta Tamil; te Telugu; tg Tajik; th Thai; tk Turkmen
tl Tagalog; tr Turkish; tt Tatar; uk Ukrainian; ur Urdu; uz Uzbek; vi Vietnamese; wo Wolof; yi Yiddish; yo Yoruba
zh Chinese; zu Zulu
"""
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {code: name for code, name in (entry.split() for entry in _NAMES.replace("\n", ";").split(";") if entry.strip())}
)
"code -> name"
_KNOWN = frozenset(name.casefold() for name in LANGUAGES.values())


def language_name(code: str) -> str:
    """What a language is called: `German` of `de` and of `de-AT`; an unknown code as it is."""
    return LANGUAGES.get(code.casefold().split("-")[0].split("_")[0], code)


def is_language(label: str) -> bool:
    """Whether a label of clips is the name of a language."""
    return label.casefold() in _KNOWN

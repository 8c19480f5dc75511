"""Phone labels as corpora write them -> IPA, and which labels mean silence or noise.

Read are ARPAbet in either case with or without stress digits, TIMIT's codes, IPA, and IPA as the Montreal Forced
Aligner writes it (`aj` for aɪ). IPA is kept as it stands, length, nasality and secondary articulation included; stress,
tones and tie bars are left out, so that a phone has one name. SAMPA is not read.

American English has no contrast between ə and ɚ and their stressed counterparts: AH and ER are ʌ and ɝ where their
digit says that they are stressed, and ə and ɚ otherwise, also where there is no digit.

A closure that TIMIT gives a place (`bcl`) counts as its stop. Single small letters mean different things in ARPAbet
and in IPA (`y`, `r`, `q`): `convention_of` tells from a tier's labels which of the two it is written in.
"""

import re
import unicodedata
from collections.abc import Iterable
from types import MappingProxyType
from typing import Literal

from atlas.speech.chart import ARTICULATORS, CONSONANTS, VOWELS

Convention = Literal["arpabet", "ipa"]

_CODES = """
AA ɑ  AE æ  AH ə  AO ɔ  AW aʊ  AY aɪ  EH ɛ  ER ɚ  EY eɪ  IH ɪ  IY i  OW oʊ  OY ɔɪ  UH ʊ  UW u
B b  CH tʃ  D d  DH ð  F f  G ɡ  HH h  JH dʒ  K k  L l  M m  N n  NG ŋ  P p  R ɹ  S s  SH ʃ  T t  TH θ  V v  W w
Y j  Z z  ZH ʒ
AX ə  AX-H ə̥  AXR ɚ  IX ɨ  UX ʉ  DX ɾ  NX ɾ̃  EL l̩  EM m̩  EN n̩  ENG ŋ̩  HV ɦ  Q ʔ  WH ʍ
BCL b  DCL d  GCL ɡ  PCL p  TCL t  KCL k
"""
"ARPAbet, then what TIMIT has besides"
_ARPABET = MappingProxyType(dict(zip(_CODES.split()[::2], _CODES.split()[1::2], strict=True)))
_STRESSED = MappingProxyType({"AH": "ʌ", "ER": "ɝ"})
_ARPABET_LABEL = re.compile(r"([A-Za-z]+(?:-[Hh])?)([012]?)")
_ALSO_IPA = frozenset({"AW", "OW"})
"codes that the Montreal Forced Aligner writes for the same phones in IPA"

_SILENCES = frozenset(
    {"", "_", "#", "h#", "sil", "sp", "spn", "nsn", "pau", "epi", "ssil", "<p:>", "<s>", "</s>", "<eps>"}
)
_NOISES = "sil|silence|sp|ssil|spn|nsn|ns|sl|br|lg|cg|ls|pau|pause|noise|speech|breath|laugh|laughter|cough|music"
_BRACKETED = re.compile(rf"(?:<(?:{_NOISES})>|\[(?:{_NOISES})\]|\{{(?:{_NOISES})\}}|\++(?:{_NOISES})\++)")

_STRESS_MARKS = "ˈˌ'"
_TONES = "˥˦˧˨˩⁰¹²³⁴⁵0123456789ꜛꜜ"
_TIES = "͜͡‿"
_LEFT_OUT = str.maketrans("", "", _STRESS_MARKS + _TONES + _TIES)
_SAME = str.maketrans({"g": "ɡ", ":": "ː", "ʦ": "ts", "ʣ": "dz", "ʧ": "tʃ", "ʤ": "dʒ", "ʨ": "tɕ", "ʥ": "dʑ"})
_GLIDES = MappingProxyType({"j": "ɪ", "w": "ʊ"})
_MODIFIERS = frozenset("ːˑʰʱʲʷˠˤⁿˡʼ˞̚")


def is_silence(label: str) -> bool:
    """Whether the label of a phone or of a word means silence or noise: nobody speaks there, or nothing clear."""
    plain = label.strip().casefold()
    return plain in _SILENCES or _BRACKETED.fullmatch(plain) is not None


def convention_of(labels: Iterable[str]) -> Convention:
    """What the phone labels of a tier are written in; IPA in doubt."""
    spoken = {label.strip() for label in labels if not is_silence(label)}
    codes = {code for label in spoken if (code := _arpabet_code(label))}
    if not all(label.isascii() for label in spoken):
        return "ipa"
    telling = any(len(code) > 1 and code not in _ALSO_IPA for code in codes)
    capital = any(label.isupper() for label in spoken)
    return "arpabet" if codes and (telling or capital) else "ipa"


def ipa_of(label: str, convention: Convention | None = None) -> str | None:
    """The IPA of a phone label; none for silence, and where the label is no phone that is known.

    Without a convention capitals and codes of several letters are ARPAbet, and all else is IPA.
    """
    label = label.strip()
    if is_silence(label):
        return None
    code = _arpabet_code(label)
    if convention == "arpabet" or (convention is None and code and (len(code) > 1 or label[0].isupper())):
        return _ipa_of_arpabet(label)
    return _normalised(label)


def parts_of(ipa: str) -> tuple[str, ...]:
    """The base symbols of a phone without length, tones and diacritics: one, or those of a diphthong or affricate."""
    plain = unicodedata.normalize("NFD", ipa.translate(_LEFT_OUT).replace("ç", "\ue000"))
    bases = (sign for sign in plain if not unicodedata.combining(sign) and sign not in _MODIFIERS)
    return tuple("ç" if sign == "\ue000" else sign for sign in bases)


def _arpabet_code(label: str) -> str | None:
    match = _ARPABET_LABEL.fullmatch(label)
    return match[1].upper() if match and match[1].upper() in _ARPABET else None


def _ipa_of_arpabet(label: str) -> str | None:
    code = _arpabet_code(label)
    if code is None:
        return None
    return _STRESSED[code] if code in _STRESSED and label[-1] in "12" else _ARPABET[code]


def _normalised(label: str) -> str | None:
    """One way of writing a phone in IPA; none where its symbols are not those of one phone."""
    ipa = unicodedata.normalize("NFC", label.translate(_SAME).translate(_LEFT_OUT))
    parts = parts_of(ipa)
    if len(parts) == 2 and parts[0] in VOWELS and parts[1] in _GLIDES:
        ipa = ipa.replace(parts[1], _GLIDES[parts[1]])
        parts = parts_of(ipa)
    return ipa if _is_phone(parts) else None


def _is_phone(parts: tuple[str, ...]) -> bool:
    if len(parts) == 1:
        return parts[0] in CONSONANTS or parts[0] in VOWELS
    if all(part in VOWELS for part in parts):
        return len(parts) in (2, 3)
    return len(parts) == 2 and all(part in CONSONANTS for part in parts) and _is_affricate(*parts)


def _is_affricate(stop: str, fricative: str) -> bool:
    """Whether both are made at one place or nearly: tʃ, pf and kx, but not ph."""
    first, last = CONSONANTS[stop], CONSONANTS[fricative]
    if (first.manner, last.manner) != ("stop", "fricative"):
        return False
    return ARTICULATORS[first.place] == ARTICULATORS.get(last.place)

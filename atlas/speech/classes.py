"""Phones -> classes of phones, a tier each: manner, place, voicing, height, backness and stress.

A diphthong has the height and the backness that all of its parts share, and none where they differ. An affricate has
the voicing of its stop and the place of its fricative. Diacritics change no class. Stress is known only where the
label carries it. Silence, noise and unknown labels belong to no class.
"""

import re
from dataclasses import dataclass, fields

from atlas.speech.chart import CONSONANTS, VOWELS
from atlas.speech.symbols import Convention, ipa_of, parts_of

_STRESS_DIGITS = {"0": "unstressed", "1": "primary stress", "2": "secondary stress"}
_ARPABET_STRESS = re.compile(r"[A-Za-z]+([012])")
_IPA_STRESS = {"ˈ": "primary stress", "ˌ": "secondary stress"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneClasses:
    """The classes that a phone belongs to; none in a tier that has nothing to say of it."""

    manner: str
    place: str | None = None
    voicing: str
    height: str | None = None
    backness: str | None = None
    stress: str | None = None


CLASS_TIERS = tuple(field.name for field in fields(PhoneClasses))


def classes_of(label: str, convention: Convention | None = None) -> PhoneClasses | None:
    """The classes of a phone by its label, however the corpus writes it."""
    ipa = ipa_of(label, convention)
    if ipa is None:
        return None
    parts = parts_of(ipa)
    if parts[0] in VOWELS:
        vowels = [VOWELS[part] for part in parts]
        return PhoneClasses(
            manner="vowel",
            voicing="voiced",
            height=_shared({vowel.height for vowel in vowels}),
            backness=_shared({vowel.backness for vowel in vowels}),
            stress=stress_of(label),
        )
    first, last = CONSONANTS[parts[0]], CONSONANTS[parts[-1]]
    manner = "affricate" if len(parts) > 1 else first.manner
    return PhoneClasses(manner=manner, place=last.place, voicing=first.voicing)


def stress_of(label: str) -> str | None:
    """The stress that the label of a vowel carries: ARPAbet's digit, or a mark of IPA."""
    digit = _ARPABET_STRESS.fullmatch(label.strip())
    if digit:
        return _STRESS_DIGITS[digit[1]]
    return next((stress for mark, stress in _IPA_STRESS.items() if mark in label), None)


def _shared(names: set[str]) -> str | None:
    return names.pop() if len(names) == 1 else None

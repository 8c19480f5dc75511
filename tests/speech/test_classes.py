import pytest

from atlas.speech.classes import CLASS_TIERS, PhoneClasses, classes_of

VOWEL = PhoneClasses(manner="vowel", voicing="voiced")

GERMAN = "a aː ɛ ɛː eː ə ɪ iː ɔ oː ø œ øː ʊ uː ʏ yː ɐ aɪ aʊ ɔʏ b ç d f ɡ h j k l m n ŋ p pf ʁ s ʃ t ts tʃ v x z ʒ ʔ"
SPANISH = "a e i o u b β d ð f ɡ ɣ j ʝ k l ʎ m n ɲ ŋ p r ɾ s t tʃ θ w x ʃ c ɟ z"
FRENCH = "a ɑ e ɛ ə i o ɔ ø œ u y ɑ̃ ɛ̃ ɔ̃ œ̃ b d f ɡ j k l m n ɲ ŋ p ʁ s ʃ t v w ɥ z ʒ"
MANDARIN = "a˥ aj˥˩ aw˧˥ tɕ tɕʰ ɕ ʂ ʐ ʐ̩ ʈʂ ʈʂʰ tsʰ ə˧ ej˥ ow˥˩ pʰ kʰ x ŋ w j ɥ"


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ("T", PhoneClasses(manner="stop", place="alveolar", voicing="voiceless")),
        ("JH", PhoneClasses(manner="affricate", place="postalveolar", voicing="voiced")),
        ("ng", PhoneClasses(manner="nasal", place="velar", voicing="voiced")),
        ("l", PhoneClasses(manner="lateral", place="alveolar", voicing="voiced")),
        ("ɹ", PhoneClasses(manner="approximant", place="alveolar", voicing="voiced")),
        ("ɾ", PhoneClasses(manner="tap", place="alveolar", voicing="voiced")),
        ("r", PhoneClasses(manner="trill", place="alveolar", voicing="voiced")),
        ("ʁ", PhoneClasses(manner="fricative", place="uvular", voicing="voiced")),
        ("h", PhoneClasses(manner="fricative", place="glottal", voicing="voiceless")),
        ("tʲ", PhoneClasses(manner="stop", place="alveolar", voicing="voiceless")),
        ("pf", PhoneClasses(manner="affricate", place="labiodental", voicing="voiceless")),
        (
            "AH0",
            PhoneClasses(manner="vowel", voicing="voiced", height="mid", backness="central", stress="unstressed"),
        ),
        (
            "AH1",
            PhoneClasses(manner="vowel", voicing="voiced", height="mid", backness="back", stress="primary stress"),
        ),
        ("ɛ̃", PhoneClasses(manner="vowel", voicing="voiced", height="mid", backness="front")),
        (
            "ˌoʊ",
            PhoneClasses(manner="vowel", voicing="voiced", backness="back", stress="secondary stress"),
        ),
        ("AW", VOWEL),
        ("ɔɪ", VOWEL),
    ],
)
def test_a_phone_has_the_classes_of_the_chart(label: str, classes: PhoneClasses) -> None:
    assert classes_of(label) == classes


@pytest.mark.parametrize("label", ["", "SIL", "spn", "cl", "PT"])
def test_silence_and_unknown_labels_belong_to_no_class(label: str) -> None:
    assert classes_of(label) is None


@pytest.mark.parametrize("phones", [GERMAN, SPANISH, FRENCH, MANDARIN], ids=["de", "es", "fr", "zh"])
def test_the_phones_of_other_languages_have_classes(phones: str) -> None:
    assert [label for label in phones.split() if classes_of(label, "ipa") is None] == []


def test_tiers_are_named_as_the_classes_are() -> None:
    assert CLASS_TIERS == ("manner", "place", "voicing", "height", "backness", "stress")

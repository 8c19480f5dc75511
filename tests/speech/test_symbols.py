import pytest

from atlas.speech.chart import CONSONANTS, VOWELS
from atlas.speech.symbols import convention_of, ipa_of, is_silence, parts_of

_ARPABET = """
AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH
"""
ARPABET = _ARPABET.split()


@pytest.mark.parametrize(
    "label",
    ["", " ", "sil", "SIL", "<sil>", "sp", "spn", "+SPN+", "++NOISE++", "h#", "pau", "epi", "[noise]", "{ns}", "<s>"],
)
def test_labels_of_silence_and_noise_are_silence_and_no_phone(label: str) -> None:
    assert is_silence(label)
    assert ipa_of(label) is None


@pytest.mark.parametrize("word", ["noise", "speech", "music", "the", "s", "<unk>", "p", "silent"])
def test_words_are_not_silence(word: str) -> None:
    assert not is_silence(word)


def test_the_phones_of_arpabet_are_39_different_ones() -> None:
    ipa = [ipa_of(code) for code in ARPABET]

    assert len(ARPABET) == 39
    assert None not in ipa
    assert len(set(ipa)) == 39


@pytest.mark.parametrize(
    ("label", "ipa"),
    [
        ("AH0", "ə"),
        ("AH1", "ʌ"),
        ("AH2", "ʌ"),
        ("AH", "ə"),
        ("ER0", "ɚ"),
        ("ER1", "ɝ"),
        ("IY1", "i"),
        ("iy1", "i"),
        ("iy", "i"),
        ("CH", "tʃ"),
        ("Y", "j"),
        ("R", "ɹ"),
        ("OY2", "ɔɪ"),
    ],
)
def test_arpabet_is_read_in_either_case_with_and_without_stress(label: str, ipa: str) -> None:
    assert ipa_of(label) == ipa


@pytest.mark.parametrize(
    ("label", "ipa"),
    [("dx", "ɾ"), ("axr", "ɚ"), ("ax-h", "ə̥"), ("tcl", "t"), ("en", "n̩"), ("hv", "ɦ"), ("ux", "ʉ"), ("ix", "ɨ")],
)
def test_codes_of_timit_are_read(label: str, ipa: str) -> None:
    assert ipa_of(label) == ipa


@pytest.mark.parametrize(
    "label", ["cl", "vcl", "PT", "foo", "?", "XYZ", "pt", "stuff", "12", "<unk>", "ph11", "kh", "kf"]
)
def test_what_is_no_phone_has_no_ipa(label: str) -> None:
    assert ipa_of(label) is None


@pytest.mark.parametrize(
    "label", ["ts", "dz", "tʃ", "dʒ", "tɕ", "dʑ", "ʈʂ", "tʂ", "tɬ", "tθ", "pf", "kx", "qχ", "cç", "ʔh"]
)
def test_an_affricate_is_a_stop_and_a_fricative_of_one_place_or_nearly(label: str) -> None:
    assert ipa_of(label) == label


@pytest.mark.parametrize(
    ("label", "ipa"),
    [
        ("ˈaɪ", "aɪ"),
        ("aj", "aɪ"),
        ("aw", "aʊ"),
        ("ɔj", "ɔɪ"),
        ("tʲ", "tʲ"),
        ("ɫ", "ɫ"),
        ("t͡s", "ts"),
        ("ʧ", "tʃ"),
        ("g", "ɡ"),
        ("a:", "aː"),
        ("aː", "aː"),
        ("ɑ̃", "ɑ̃"),
        ("a˥˩", "a"),
        ("i⁵¹", "i"),
        ("ç", "ç"),
        ("ç".replace("ç", "c\u0327"), "ç"),
        ("pf", "pf"),
        ("n̩", "n̩"),
        ("tɕʰ", "tɕʰ"),
        ("r", "r"),
        ("y", "y"),
    ],
)
def test_ipa_is_kept_but_for_stress_tones_ties_and_ways_of_writing(label: str, ipa: str) -> None:
    assert ipa_of(label) == ipa


def test_single_small_letters_follow_the_convention() -> None:
    assert [ipa_of(label, "arpabet") for label in ("r", "y", "j")] == ["ɹ", "j", None]
    assert [ipa_of(label, "ipa") for label in ("r", "y", "j")] == ["r", "y", "j"]
    assert ipa_of("AH0", "ipa") is None


@pytest.mark.parametrize(
    ("labels", "convention"),
    [
        (["SIL", "AH0", "B"], "arpabet"),
        (["B", "T"], "arpabet"),
        (["h#", "sh", "iy", "r", "y"], "arpabet"),
        (["a", "r", "y"], "ipa"),
        (["aj", "aw", "ow", "t"], "ipa"),
        (["ʃ", "iy"], "ipa"),
        ([], "ipa"),
    ],
)
def test_the_labels_of_a_tier_tell_its_convention(labels: list[str], convention: str) -> None:
    assert convention_of(labels) == convention


@pytest.mark.parametrize("symbol", [*CONSONANTS, *VOWELS])
def test_every_symbol_of_the_chart_is_its_own_ipa(symbol: str) -> None:
    assert ipa_of(symbol, "ipa") == symbol
    assert parts_of(symbol) == (symbol,)


def test_no_symbol_is_both_a_consonant_and_a_vowel() -> None:
    assert set(CONSONANTS) & set(VOWELS) == set()
    assert (len(CONSONANTS), len(VOWELS)) == (77, 30)


def test_parts_are_base_symbols() -> None:
    assert parts_of("tʃʰ") == ("t", "ʃ")
    assert parts_of("ɑ̃ː") == ("ɑ",)
    assert parts_of("aɪ") == ("a", "ɪ")

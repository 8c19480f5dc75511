"""What corpora call languages, and which of Whisper's codes is meant."""

import pytest
from whisper.tokenizer import LANGUAGES, TO_LANGUAGE_CODE

from atlas.annotate.languages import is_english, language_code


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("en", "en"),
        ("eng", "en"),
        ("en_GB", "en"),
        (" English ", "en"),
        ("deu", "de"),
        ("ger", "de"),
        ("fra", "fr"),
        ("fre", "fr"),
        ("cmn", "zh"),
        ("cmn-Hans-CN", "zh"),
        ("zh_Hant", "zh"),
        ("mandarin", "zh"),
        ("nb-NO", "no"),
        ("jv", "jw"),
        ("yue", "yue"),
        ("Haitian Creole", "ht"),
        ("tlh", "tlh"),
        ("", ""),
    ],
)
def test_codes_of_iso_639_and_names_are_whispers_codes(language: str, code: str) -> None:
    assert language_code(language) == code


def test_every_code_and_name_of_whisper_means_itself() -> None:
    assert {code: language_code(code) for code in LANGUAGES} == {code: code for code in LANGUAGES}
    assert {name: language_code(name) for name in TO_LANGUAGE_CODE} == TO_LANGUAGE_CODE


def test_english_goes_by_many_names() -> None:
    names = ("en", "EN", "en-US", "en_GB", "eng", "English", "de", "", "e", "enm")

    assert [name for name in names if is_english(name)] == ["en", "EN", "en-US", "en_GB", "eng", "English"]

import pytest

from atlas.speech.words import word_label


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Office,", "office"),
        ('"Yes!"', "yes"),
        ("don\u2019t", "don't"),
        ("U.S.", "u.s"),
        ("'em", "em"),
        ("3.5", "3.5"),
        ("to(2)", "to"),
        ("Stra\u00dfe", "strasse"),
        ("<unk>", "<unk>"),
        ("++noise++", "++noise++"),
        ("sil", "sil"),
        ("...", "..."),
    ],
)
def test_the_label_of_a_word_has_neither_case_nor_punctuation(written: str, label: str) -> None:
    assert word_label(written) == label

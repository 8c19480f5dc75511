"""The words of search: each label once, what else it is called, what it is one of, and where its features lie."""

from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.render.terms import Term
from atlas.render.vocabulary import Synonyms, Word, commonest, read_synonyms, vocabulary


def found(kind: str, label: str, *features: int) -> Term:
    return Term(kind, label, "found", features, (0.5,) * len(features))


def words(*terms: Term, **synonyms: Synonyms) -> dict[str, Word]:
    return {word.label: word for word in vocabulary({"block2": terms}, {}, synonyms)}


def test_a_label_of_several_dictionaries_stands_once_in_order_of_kind_and_label() -> None:
    terms = {"block1": [found("label", "siren", 1), found("phone", "s", 2)], "block2": [found("label", "dog", 3)]}

    known = vocabulary(terms, {("label", "dog"): "esc"}, {})

    assert [(word.kind, word.label, word.origin, word.page) for word in known] == [
        ("label", "dog", "esc", "l/label/dog.html"),
        ("label", "siren", "", "l/label/siren.html"),
        ("phone", "s", "", "l/phone/s.html"),
    ]


def test_a_label_that_is_only_heard_or_given_has_no_page() -> None:
    heard, named = Term("label", "dog", "heard", (1,), (2.0,)), Term("name", "a hum", "named", (1,), (1.0,))

    assert {word.page for word in words(heard, named).values()} == {""}


def test_a_language_is_also_called_by_its_name() -> None:
    known = words(found("language", "de", 1), found("language", "x-klingon", 1), found("label", "de", 1))

    assert known["x-klingon"].names == ()
    assert [word.names for word in vocabulary({"a": [found("language", "de", 1)]}, {}, {})] == [("German",)]


def test_a_phone_belongs_to_its_classes_however_the_corpus_writes_it() -> None:
    ipa = words(found("phone", "s", 1), found("phone", "ŋ", 1), found("phone", "i", 1))
    arpabet = words(found("phone", "SH", 1), found("phone", "AH0", 1))

    assert ipa["s"].classes == ("fricative", "alveolar", "voiceless", "consonant", "sibilant")
    assert {"nasal", "velar", "voiced"} < set(ipa["ŋ"].classes)
    assert ipa["i"].classes == ("vowel", "voiced", "close", "front")
    assert arpabet["SH"].names == ("ʃ",)
    assert "fricative" in arpabet["SH"].classes
    assert arpabet["AH0"].names == ("ə",)


def test_a_corpus_brings_other_names_and_classes_of_its_labels(tmp_path: Path) -> None:
    path = tmp_path / "synonyms.csv"
    path.write_text("label,synonyms,classes\norgan,pipe organ| church organ,instrument\nsiren,,alarm\n")

    known = words(found("label", "organ", 1), found("label", "siren", 1), **read_synonyms(path))

    assert (known["organ"].names, known["organ"].classes) == (("pipe organ", "church organ"), ("instrument",))
    assert (known["siren"].names, known["siren"].classes) == ((), ("alarm",))
    assert dict(read_synonyms(None)) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,also\nsiren,alarm\n", "line 2: expected a label, and columns label, synonyms and classes"),
        ("label,synonyms\n,alarm\n", "line 2: expected a label"),
    ],
)
def test_synonyms_that_cannot_be_read_are_told_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "synonyms.csv"
    path.write_text(text)

    with pytest.raises(AtlasError, match=said):
        read_synonyms(path)
    with pytest.raises(AtlasError, match="cannot be read"):
        read_synonyms(tmp_path / "none.csv")


def test_shards_are_cut_at_the_same_labels_in_all_dictionaries() -> None:
    many = tuple(range(900))
    terms = {
        "block1": [found("label", name, *many) for name in "abc"],
        "block2": [found("label", name, 1) for name in "abcd"],
    }

    assert [word.shard for word in vocabulary(terms, {}, {})] == [0, 1, 2, 2]


def test_labels_that_lead_to_no_feature_are_known_and_have_no_page() -> None:
    known = vocabulary({"a": [found("label", "siren", 1)]}, {}, {}, [("language", "de"), ("label", "siren")])

    assert [(word.kind, word.label, bool(word.page), word.names) for word in known] == [
        ("label", "siren", True, ()),
        ("language", "de", False, ("German",)),
    ]


def test_where_nothing_is_found_the_labels_are_offered_that_most_features_are_named_after() -> None:
    names = [
        ("label", "siren", 1),
        ("label", "dog", 2),
        ("word", "yes", 5),
        ("speaker", "ann", 9),
        ("label", "ping", 4),
    ]
    terms = [found(kind, label, 1) for kind, label, _ in names if label != "ping"]
    terms += [Term(kind, label, "named", tuple(range(many)), (0.5,) * many) for kind, label, many in names]
    known = vocabulary({"a": terms}, {}, {})

    assert [known[number].label for number in commonest({"a": terms}, known)] == ["dog", "siren", "yes"]

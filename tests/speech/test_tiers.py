import polars as pl

from atlas.schema import ALIGNMENTS, ANNOTATIONS
from atlas.speech.tiers import joined

Span = tuple[int, str, float, float, str]


def brought(*spans: Span) -> pl.LazyFrame:
    return pl.LazyFrame(spans, schema=ALIGNMENTS.columns, orient="row")


def made(*spans: Span) -> pl.LazyFrame:
    return pl.LazyFrame([(*span, None, "pocketsphinx") for span in spans], schema=ANNOTATIONS.columns, orient="row")


def test_labels_of_a_corpus_alone_stay_as_it_wrote_them() -> None:
    spans = brought((0, "phone", 0.0, 0.1, "AH0"), (0, "Word", 0.0, 0.1, "A"))

    assert joined(spans, made()).collect().equals(spans.collect())


def test_beside_made_labels_tiers_and_phones_are_called_alike() -> None:
    spans = brought(
        (0, "Word", 0.0, 0.3, "Cut,"),
        (0, "mood", 0.0, 0.3, "calm"),
        (0, "phone", 0.0, 0.1, "K"),
        (0, "phone", 0.1, 0.2, "AH1"),
        (0, "phone", 0.2, 0.3, "sil"),
    )

    assert joined(spans, made((1, "phones", 0.0, 0.1, "k"))).collect().rows() == [
        (0, "words", 0.0, 0.3, "cut"),
        (0, "mood", 0.0, 0.3, "calm"),
        (0, "phones", 0.0, 0.1, "k"),
        (0, "phones", 0.1, 0.2, "ʌ"),
        (0, "phones", 0.2, 0.3, "sil"),
        (1, "phones", 0.0, 0.1, "k"),
    ]


def test_each_tier_is_read_by_what_it_is_written_in() -> None:
    spans = brought((0, "phone", 0.0, 0.1, "AY1"), (0, "phone", 0.1, 0.2, "T"), (1, "phones", 0.0, 0.1, "c"))
    labels = joined(spans, made((2, "phones", 0.0, 0.1, "t"))).collect()["label"]

    assert labels.to_list() == ["aɪ", "t", "c", "t"]


def test_of_two_tiers_of_a_kind_a_clip_keeps_one() -> None:
    spans = brought((0, "phone", 0.0, 0.1, "s"), (0, "phones", 0.0, 0.1, "z"), (1, "phones", 0.0, 0.1, "z"))
    rows = joined(spans, made((2, "words", 0.0, 0.1, "so"))).collect().rows()

    assert [(clip, label) for clip, _, _, _, label in rows] == [(0, "s"), (1, "z"), (2, "so")]

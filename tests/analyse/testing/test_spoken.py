"""What is spoken at each frame: the labels of words and phones as statistics read them."""

import polars as pl

from atlas.analyse.testing.spoken import spoken_tiers
from atlas.schema import ALIGNMENTS
from atlas.schema.grid import FrameGrid

GRID = FrameGrid(rate_hz=16_000, hop=320, field=320, centre=160, partial=True)

Span = tuple[int, str, float, float, str]


def labels(*spans: Span) -> list[dict[str, tuple[str, ...]]]:
    """Of each group of tiers, the labels by tier."""
    clips = pl.DataFrame(
        {"clip": [0, 1], "valid_frames": [50, 50], "duration_s": [1.0, 1.0], "text": [None, None]},
        schema_overrides={"clip": pl.UInt32, "text": pl.String},
    )
    timed = pl.DataFrame(spans, schema=dict(ALIGNMENTS.columns), orient="row")
    return [{tier.tier: tier.labels for tier in group.tiers} for group in spoken_tiers(clips, timed, GRID)]


def test_phones_in_codes_that_are_not_read_make_no_tier() -> None:
    assert labels((0, "phones", 0.0, 0.1, "Q_v"), (1, "phones", 0.0, 0.1, "ph11")) == []


def test_phones_that_are_read_have_classes_beside_those_that_are_not() -> None:
    (found,) = labels((0, "phones", 0.0, 0.1, "Q_v"), (1, "phones", 0.0, 0.1, "s"))

    assert found["phones"] == ("s",)
    assert found["manner"] == ("fricative",)


def test_words_are_read_without_case_and_punctuation() -> None:
    spans = [(0, "words", 0.0, 0.2, "Office,"), (0, "words", 0.2, 0.4, "sil"), (1, "words", 0.0, 0.2, "office")]

    assert labels(*spans)[0] == {"words": ("office",)}

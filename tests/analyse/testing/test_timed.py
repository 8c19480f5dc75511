"""Timed labels: shares by hand, and a q that chance does not reach, bursts or not."""

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing.timed import enrichment_p, timed_labels_frame
from atlas.schema import TIMED_COUNTS, TIMED_LABELS
from atlas.schema.thresholds import FEWEST_TIMED_RECORDINGS

COLUMNS = ("feature", "tier", "label", "frames_label", "frames_active", "shifted", "sum", "sum_squares", "recordings")
WORKED = [  # and the moments: observed - expected over recordings, and its square
    (3, "phones", "", 700, 10, [12, 11, 13, 12, 12], 10.0, 20.0, 30, [-11.0, 40.0]),
    (3, "phones", "s", 200, 30, [6, 9, 5, 6, 8], 60.0, 180.0, 30, [24.0, 36.0]),
    (3, "phones", "t", 100, 0, [1, 0, 1, 2, 0], 0.0, 0.0, 19, [-3.0, 1.0]),
    (3, "words", "sun", 50, 5, [1, 1, 1, 1, 1], 5.0, 5.0, 20, [4.0, 16.0]),
]


def counts_frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    table = {name: [row[i] for row in rows] for i, name in enumerate((*COLUMNS, "recording_moments"))}
    return TIMED_COUNTS.frame({"dictionary": ["d"] * len(rows), **table})


def row(frame: pl.DataFrame, label: str) -> dict[str, object]:
    return frame.row(by_predicate=pl.col("label") == label, named=True)


def test_shares_are_of_the_active_frames_of_the_tier() -> None:
    frame = timed_labels_frame(counts_frame(WORKED))
    TIMED_LABELS.check(frame, "timed_labels")

    s = row(frame, "s")
    assert (s["share"], s["expected"], s["share_shifted_max"]) == (30 / 40, (30 - 24) / 40, 9 / 40)
    assert (s["mean"], s["sd"]) == (60 / 200, pytest.approx(np.sqrt(180 / 200 - 0.09)))
    assert (row(frame, "sun")["share"], row(frame, "")["expected"]) == (1.0, 21 / 40)
    assert (row(frame, "t")["share"], row(frame, "t")["sd"]) == (0.0, 0.0)


def test_few_recordings_and_frames_without_a_label_have_no_q() -> None:
    frame = timed_labels_frame(counts_frame(WORKED))
    assert FEWEST_TIMED_RECORDINGS == 20
    assert (row(frame, "t")["q"], row(frame, "")["q"]) == (None, None)
    assert row(frame, "s")["q"] == pytest.approx(3.17e-5, rel=1e-2)  # alone in its family: 24 / 6 = 4 sd
    assert row(frame, "sun")["q"] == pytest.approx(0.1587, rel=1e-3)  # 4 / 4


def test_nothing_timed_is_an_empty_table() -> None:
    assert timed_labels_frame(TIMED_COUNTS.empty()).equals(TIMED_LABELS.empty())


def test_a_label_that_is_missed_is_no_evidence_of_anything() -> None:
    p = enrichment_p(np.array([-0.3]), np.array([0.00375]), np.array([0.3]))
    assert p[0] > 0.5


def runs(random: np.random.Generator, frames: int, mean: float, labels: int) -> np.ndarray:
    """Numbers below `labels` in runs of about so many frames."""
    lengths = 1 + random.geometric(1 / mean, frames)
    return np.repeat(random.integers(labels, size=frames), lengths)[:frames]


@pytest.mark.parametrize(("burst", "rate"), [(1, 0.02), (1, 0.3), (8, 0.05), (25, 0.3)])
def test_features_blind_to_labels_are_called_no_more_often_than_p_says(burst: int, rate: float) -> None:
    """40 recordings of 300 frames, phones in runs of 4, 300 features that are active in bursts."""
    random = np.random.default_rng(burst)
    features, labels = 300, 25
    sums = np.zeros((4, features, labels))  # observed - expected, its square, expected, recordings
    for _ in range(40):
        one_hot = runs(random, 300, 4, labels)[:, None] == np.arange(labels)
        active = np.repeat(random.random((features, 300)) < rate, burst, axis=1)[:, random.integers(burst) :][:, :300]
        expected = active.sum(axis=1)[:, None] * one_hot.mean(axis=0)
        difference = active.astype(float) @ one_hot - expected
        counted = active.any(axis=1)[:, None] & one_hot.any(axis=0)
        sums += np.stack([difference, difference**2, expected, np.ones_like(expected)]) * counted
    p = enrichment_p(*sums[:3])[sums[3] >= FEWEST_TIMED_RECORDINGS]
    assert len(p) > 5000
    for level in (0.05, 0.01, 1e-3):
        assert (p <= level).mean() <= level


def test_a_feature_of_one_phone_is_found() -> None:
    """Active on a fifth of its phone's frames and a hundredth of others; 30 recordings with 12 frames of it each."""
    random = np.random.default_rng(0)
    hits, others = random.binomial(12, 0.2, 30), random.binomial(288, 0.01, 30)
    expected = (hits + others) * 12 / 300
    d = hits - expected
    assert enrichment_p(np.array([d.sum()]), np.array([(d**2).sum()]), np.array([expected.sum()]))[0] < 1e-5

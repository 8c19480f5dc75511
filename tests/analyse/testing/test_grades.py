"""AudioSAE's grade against a worked example, at every τ."""

import numpy as np
import polars as pl

from atlas.analyse.testing.grades import comparisons, grade, grades_frame
from atlas.schema import DOMAINS as TABLE
from atlas.schema import GRADES
from atlas.schema.thresholds import TAUS
from tests.analyse.making import DOMAINS

# frame rates and clip rates of five features in speech, music and sound
FRAME = [(0.30, 0.10, 0.05), (0.30, 0.15, 0.05), (0.02, 0.00, 0.07), (0.0, 0.0, 0.0), (0.0, 0.0, 0.5)]
CLIP = [(0.90, 0.30, 0.40), (0.50, 0.70, 0.30), (0.10, 0.20, 0.30), (0.0, 0.0, 0.0), (0.0, 0.2, 0.5)]


def domains_table() -> pl.DataFrame:
    rows = [
        {
            "dictionary": "d",
            "feature": f,
            "domain": name,
            "rate_pooled_frame": FRAME[f][i],
            "rate_pooled_clip": CLIP[f][i],
        }
        for f in range(5)
        for i, name in enumerate(DOMAINS)
    ]
    blank = dict.fromkeys(TABLE.columns)
    return pl.DataFrame([blank | row for row in rows], schema=dict(TABLE.columns))


def graded(level: str, comparison: str) -> list[tuple[str | None, float | None, bool]]:
    frame = grades_frame(domains_table(), DOMAINS)
    rows = frame.filter((pl.col("level") == level) & (pl.col("comparison") == comparison))
    return rows.sort("feature").select("domain", "tau", "dead").rows()


def test_all_three_domains_at_frame_level() -> None:
    assert graded("frame", "speech/music/sound") == [
        ("speech", 0.2, False),  # .30 - .10 reaches .2, whatever the rounding
        ("speech", 0.1, False),  # .30 - .15
        ("sound", 0.04, False),  # .07 - .02
        (None, None, True),
        ("sound", 0.2, False),
    ]


def test_all_three_domains_at_audio_level() -> None:
    assert graded("audio", "speech/music/sound") == [
        ("speech", 0.5, False),
        (None, None, False),  # .70 - .50 is below .3
        (None, None, False),
        (None, None, True),
        ("sound", 0.3, False),
    ]


def test_pairs_of_domains() -> None:
    assert graded("frame", "speech/music") == [
        ("speech", 0.2, False),
        ("speech", 0.1, False),
        (None, None, False),
        (None, None, True),
        (None, None, True),  # silent in both, though not in the third
    ]
    assert graded("audio", "music/sound") == [
        (None, None, False),
        ("music", 0.3, False),
        (None, None, False),
        (None, None, True),
        ("sound", 0.3, False),
    ]


def test_a_larger_tau_is_reached_by_fewer() -> None:
    rates = np.random.default_rng(0).uniform(0, 1, (500, 3))
    place, tau = grade(rates, TAUS["frame"])
    for one in TAUS["frame"]:
        for feature, row in enumerate(rates):
            ahead = [min(row[i] - row[k] for k in range(3) if k != i) for i in range(3)]
            assigned = [i for i in range(3) if ahead[i] >= one]
            assert (tau[feature] >= one) == bool(assigned)
            assert assigned in ([], [place[feature]])


def test_the_table_is_whole_and_one_domain_has_nothing_to_compare() -> None:
    frame = grades_frame(domains_table(), DOMAINS)
    GRADES.check(frame, "grades")
    assert len(frame) == 5 * 2 * 4
    assert frame.select(GRADES.key).rows() == sorted(frame.select(GRADES.key).rows())
    assert list(comparisons(("a", "b"))) == [("a", "b")]
    assert list(comparisons(("a",))) == []
    assert grades_frame(domains_table().filter(pl.col("domain") == "music"), DOMAINS).is_empty()
    assert grades_frame(TABLE.empty(), DOMAINS).is_empty()

"""The data of the figures, from tables made by hand."""

from typing import Any

import polars as pl

from atlas.analyse.paper_figures import (
    TESTED,
    Layer,
    domain_overlaps,
    frequency_scatter,
    layer_curves,
    tap_order,
)
from atlas.analyse.testing.grades import grades_frame
from atlas.schema import DOMAINS, FEATURES
from atlas.schema.thresholds import ACTIVE_RATE
from tests.analyse.tabling import table

ORDER = ("speech", "music", "sound")


def domains_of(rates: list[tuple[float, float, float]], specialised: dict[int, str]) -> pl.DataFrame:
    """The rates of clips and of frames, by domain in order, of each feature."""
    rows: list[dict[str, Any]] = [
        {
            "feature": feature,
            "domain": domain,
            "rate_pooled_clip": mine[ORDER.index(domain)],
            "rate_pooled_frame": mine[ORDER.index(domain)] / 2,
            "specialised": specialised.get(feature) == domain,
            "q": 1e-9,
        }
        for feature, mine in enumerate(rates)
        for domain in sorted(ORDER)
    ]
    return table(DOMAINS, rows)


DOMAIN_TABLE = domains_of(
    [(0.9, 0.1, 0.1), (0.5, 0.1, 0.1), (0.1, 0.1, 0.5), (0.0, 0.0, 0.0), (ACTIVE_RATE, 0.5, 0.009)],
    {0: "speech", 4: "music"},
)


def test_taps_are_ordered_by_their_numbers() -> None:
    taps = ["encoder.blocks.10", "encoder.ln_post", "encoder.blocks.2.mlp.1", "encoder.blocks.2"]
    assert sorted(taps, key=tap_order) == [taps[3], taps[2], taps[0], taps[1]]


def test_a_curve_counts_the_features_that_reach_each_tau() -> None:
    layers = [
        Layer("late", "encoder.blocks.10", DOMAIN_TABLE, grades_frame(DOMAIN_TABLE, ORDER)),
        Layer("early", "encoder.blocks.2", DOMAIN_TABLE, grades_frame(DOMAIN_TABLE, ORDER)),
    ]
    found = layer_curves(layers, ORDER)
    assert found["dictionary"].unique(maintain_order=True).to_list() == ["early", "late"]
    early = found.filter(pl.col("dictionary") == "early")

    def counts(level: str, comparison: str = "speech/music/sound") -> dict[tuple[str, float | None], int]:
        mine = early.filter(pl.col("level") == level, pl.col("comparison") == comparison)
        return {row[:2]: row[2] for row in mine.select("domain", "tau", "features").rows()}

    assert counts("audio") == {
        ("speech", 0.3): 2,
        ("speech", 0.5): 1,
        ("music", 0.3): 1,
        ("music", 0.5): 0,
        ("sound", 0.3): 1,
        ("sound", 0.5): 0,
    }
    assert counts("frame")["speech", 0.04] == 2
    assert counts("frame")["speech", 0.2] == 2
    assert counts("audio", "music/sound") == {
        ("music", 0.3): 1,
        ("music", 0.5): 0,
        ("sound", 0.3): 1,
        ("sound", 0.5): 0,
    }
    assert counts(TESTED) == {("speech", None): 1, ("music", None): 1, ("sound", None): 0}
    assert early.select((pl.col("share") * 5).round(9) == pl.col("features")).to_series().all()


def test_the_scatter_has_every_feature_that_fires_with_its_domain() -> None:
    rows = [{"feature": n, "frames_active": int(n != 3), "density": n / 100, "state": "live"} for n in range(5)]
    features = table(FEATURES, rows, mean_active=2.0)
    found = frequency_scatter(features, grades_frame(DOMAIN_TABLE, ORDER), DOMAIN_TABLE)
    assert found.select("feature", "grade", "specialised").rows() == [
        *((0, "speech", "speech"), (1, "speech", None), (2, "sound", None), (4, "music", "music"))
    ]
    assert found.columns == ["feature", "state", "density", "mean_active", "grade", "specialised"]


def test_overlaps_count_each_feature_once_in_each_way() -> None:
    found = domain_overlaps(DOMAIN_TABLE, ORDER)
    assert found.rows() == [
        ("active", "", 1),
        ("active", "speech/music", 1),
        ("active", "speech/music/sound", 3),
        ("specialised", "", 3),
        ("specialised", "music", 1),
        ("specialised", "speech", 1),
    ]


def test_a_single_domain_has_overlaps_and_no_grades() -> None:
    one = DOMAIN_TABLE.filter(pl.col("domain") == "music")
    grades = grades_frame(one, ORDER)
    assert layer_curves([Layer("d", "encoder.blocks.2", one, grades)], ORDER).select("level", "features").rows() == [
        (TESTED, 1)
    ]
    assert domain_overlaps(one, ORDER).rows() == [
        *(("active", "", 1), ("active", "music", 4), ("specialised", "", 4), ("specialised", "music", 1))
    ]

"""Loudness and length as what tells a domain: against plain counting, and on features of which the truth is planted."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from atlas.analyse.naming.findings import findings_frame
from atlas.analyse.testing.confounds import followed
from atlas.analyse.testing.domains import domains_frame
from atlas.analyse.testing.recordings import recordings_of
from tests.analyse.making import DOMAINS, Clip, clips_frame, world
from tests.analyse.tabling import analysed

SETS = {"speech": ("read", "talk"), "music": ("tunes", "jazz"), "sound": ("street", "lab")}
LONGER = {"speech": 250, "music": 500, "sound": 260}
LENGTH, SHORT, MUSIC, MUSIC_AND_LENGTH, MUSIC_AGAINST_LENGTH, LOUD, LOUD_MUSIC, RARELY = range(8)


def corpus() -> list[Clip]:
    """Music is longer than speech and sound, and louder, though not every recording of it is."""
    random = np.random.default_rng(5)
    return [
        Clip(
            f"{dataset}{number}",
            domain,
            dataset,
            frames=int(random.uniform(0.4, 1.6) * LONGER[domain]),
            energy_db=float(random.normal(-20 if domain == "music" else -32, 6)),
        )
        for domain, datasets in SETS.items()
        for dataset in datasets
        for number in range(40)
    ]


@pytest.fixture(scope="module")
def planted() -> pl.DataFrame:
    """The rows of `domains` of features that follow length, loudness, music, or two of these."""
    clips, random = corpus(), np.random.default_rng(6)
    frames, db = (np.array([getattr(clip, name) for clip in clips], float) for name in ("frames", "energy_db"))
    music = np.array([clip.domain == "music" for clip in clips])
    noise = random.lognormal(0, 0.15, (8, len(clips)))
    louder = np.exp(db / 10)
    heard = np.where(music, 1.0, 0.0) * (random.random(len(clips)) < 0.95)
    values = np.stack(
        [
            *(frames, 1 / frames, heard, heard * frames, heard / frames, louder, heard * louder),
            frames * (frames > np.quantile(frames, 0.7)),
        ]
    )
    made = world(clips, values * noise)
    return domains_frame("d", made.blocks_over_all(), made.over_all)


def row(planted: pl.DataFrame, feature: int, domain: str) -> dict[str, Any]:
    return planted.row(by_predicate=(pl.col("feature") == feature) & (pl.col("domain") == domain), named=True)


def named(planted: pl.DataFrame, feature: int) -> dict[str, Any]:
    """What the feature is called, by its rows of `domains` alone."""
    rows = planted.filter(feature=feature).drop("dictionary").with_columns(feature=pl.lit(0)).rows(named=True)
    mine = analysed([{}], domains=rows, label_index=[{"label": "siren", "tests": 8}])
    return findings_frame(mine, None, None).row(0, named=True)


@pytest.mark.parametrize(
    ("feature", "domain", "reason"),
    [(LENGTH, "music", "length"), (RARELY, "music", "length"), (LOUD, "music", "loudness")],
)
def test_a_feature_of_length_or_loudness_alone_is_called_after_no_domain(
    planted: pl.DataFrame, feature: int, domain: str, reason: str
) -> None:
    told = row(planted, feature, domain)
    assert told["q"] < 1e-9
    assert told["auroc_worst"] > 0.6  # so that nothing else refuses it
    assert (told["specialised"], told["confounded"]) == (False, reason)
    assert told[f"follows_{reason}"] > 0.4
    found = named(planted, feature)
    assert (found["named_by"], found["domain"], found["null_reason"]) == ("none", None, reason)


@pytest.mark.parametrize("feature", [MUSIC, MUSIC_AND_LENGTH, MUSIC_AGAINST_LENGTH, LOUD_MUSIC])
def test_a_feature_of_music_keeps_its_name_where_music_is_longer_and_louder(
    planted: pl.DataFrame, feature: int
) -> None:
    told = row(planted, feature, "music")
    assert min(told["auroc_length"], told["auroc_loudness"]) > 0.8
    assert (told["specialised"], told["confounded"]) == (True, None)
    found = named(planted, feature)
    assert (found["named_by"], found["label"], found["null_reason"]) == ("domain", "music", "untested")


def test_following_length_is_no_reason_where_the_feature_tells_more_or_the_domain_differs_the_other_way(
    planted: pl.DataFrame,
) -> None:
    both, against = row(planted, MUSIC_AND_LENGTH, "music"), row(planted, MUSIC_AGAINST_LENGTH, "music")
    assert both["follows_length"] > 0.4
    assert both["auroc_low"] > both["auroc_length"]
    assert against["follows_length"] < -0.4
    assert row(planted, SHORT, "speech")["auroc"] > 0.5
    assert row(planted, SHORT, "speech")["auroc_length"] < 0.5


def test_where_clips_of_a_dataset_are_alike_nothing_says_that_a_feature_follows_them() -> None:
    clips = [
        Clip(f"{dataset}{number}", domain, dataset, frames=LONGER[domain])
        for domain, datasets in SETS.items()
        for dataset in datasets
        for number in range(10)
    ]
    values = np.array([[float(clip.frames) for clip in clips]]) * np.random.default_rng(1).lognormal(0, 0.1, 60)
    made = world(clips, values)
    told = row(domains_frame("d", made.blocks_over_all(), made.over_all), 0, "music")
    assert (told["auroc_length"], told["follows_length"], told["follows_loudness"]) == (1.0, None, None)
    assert (told["specialised"], told["confounded"]) == (True, None)


CELLS = [("sound", "street"), ("sound", "lab"), ("music", "street"), ("speech", "read")]
DRAWN = st.tuples(st.sampled_from(CELLS), st.integers(100, 104), st.integers(-3, 0), st.integers(0, 3))


@settings(max_examples=60)
@given(st.lists(DRAWN, min_size=1, max_size=50))
def test_what_is_followed_is_the_mean_rank_correlation_of_the_datasets(drawn: list[Any]) -> None:
    clips = [
        Clip(f"r{number}", *cell, frames=frames, energy_db=float(db))
        for number, (cell, frames, db, _) in enumerate(drawn)
    ]
    recordings = recordings_of(clips_frame(clips), DOMAINS)
    members = [drawn[clip] for clip in recordings.clip]
    values = np.array([[float(member[3]) for member in members]], np.float32)
    compared = np.bincount(recordings.cell, minlength=len(recordings.cells)) >= 3
    result = followed(values, recordings, compared)
    for place, domain in enumerate(recordings.domains):
        for confound, column in enumerate((2, 1)):
            parts = []
            for cell in sorted({member[0] for member in members if member[0][0] == domain}):
                pairs = [(member[3], member[column]) for member in members if member[0] == cell]
                if len(pairs) >= 3 and all(len(set(values)) > 1 for values in zip(*pairs, strict=True)):
                    parts.append((len(pairs), spearmanr(pairs).statistic))
            expected = sum(n * rho for n, rho in parts) / sum(n for n, _ in parts) if parts else np.nan
            assert result[confound, 0, place] == pytest.approx(expected, nan_ok=True)

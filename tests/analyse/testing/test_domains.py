"""The table `domains` against plain counting, and what may be called specialised."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing.domains import (
    ONE_DOMAIN,
    RARE_FEATURE,
    domains_frame,
    entropy,
    pair_aurocs,
)
from atlas.analyse.testing.kinds import RARE_LABEL
from atlas.analyse.testing.resampling import draws
from atlas.schema import DOMAINS as TABLE
from atlas.schema.thresholds import BOOTSTRAP_DRAWS, FEWEST_IN_DATASET, INTERVAL
from tests.analyse.making import Clip, World, naive_auroc, peaks_frame, world

CORPUS = [
    *(Clip(f"v{i}", "speech", "voices", frames=50 + i) for i in range(25)),
    *(Clip(f"w{i}", "speech", "words", frames=60) for i in range(15)),
    *(Clip(f"m{i}", "music", "tunes", frames=80) for i in range(20)),
    *(Clip(f"n{i}", "music", "jazz", frames=90) for i in range(12)),
    *(Clip(f"o{i}", "music", "odd", frames=90) for i in range(FEWEST_IN_DATASET - 1)),
    *(Clip(f"s{i}", "sound", "street", frames=70) for i in range(30)),
]
DOMAIN = np.array([clip.domain for clip in CORPUS])
DATASET = np.array([clip.dataset for clip in CORPUS])
AUROCS = ("auroc", "auroc_low", "auroc_high", "auroc_worst", "auroc_worst_low", "auroc_worst_high")
TESTED = (*AUROCS, "p", "q", "specialised")
MUSIC, JAZZ, SET, RARE, DEAD, NOISE = range(6)


def made() -> World:
    random = np.random.default_rng(0)
    n = len(CORPUS)
    values = random.uniform(0.5, 1.5, (6, n))
    often = np.zeros((6, n))
    often[MUSIC] = np.where(DOMAIN == "music", 0.95, 0.1)
    often[JAZZ] = np.where(DATASET == "jazz", 1.0, 0.02)
    often[SET] = np.where(DATASET == "voices", 0.9, 0.05)
    often[NOISE] = 0.4
    values *= random.random((6, n)) < often
    values[RARE, :4] = 1.0
    return world(CORPUS, values)


def rows(feature: int, domain: str) -> dict[str, object]:
    frame = domains_frame("d", made().blocks_over_all(), made().over_all)
    return frame.row(by_predicate=(pl.col("feature") == feature) & (pl.col("domain") == domain), named=True)


def test_rates_are_shares_of_frames_and_clips_pooled_or_by_dataset() -> None:
    random = np.random.default_rng(3)
    values = random.random((2, len(CORPUS))) * (random.random((2, len(CORPUS))) < 0.5)
    active = random.integers(1, 40, values.shape)
    one = world(CORPUS, values)
    mine = World(one.clips, one.recordings, one.kinds, peaks_frame(values, active=active), 2)
    frame = domains_frame("d", mine.blocks_over_all(), one.over_all)
    frames = np.array([clip.frames for clip in CORPUS])

    for feature in range(2):
        for domain in ("speech", "music", "sound"):
            row = frame.row(by_predicate=(pl.col("feature") == feature) & (pl.col("domain") == domain), named=True)
            fires, counted = values[feature] > 0, active[feature] * (values[feature] > 0)
            here = domain == DOMAIN
            sets = [here & (dataset == DATASET) for dataset in sorted(set(DATASET[here]))]
            assert (row["frames"], row["frames_active"]) == (frames[here].sum(), counted[here].sum())
            assert (row["clips"], row["clips_active"]) == (here.sum(), fires[here].sum())
            assert row["rate_pooled_frame"] == counted[here].sum() / frames[here].sum()
            assert row["rate_pooled_clip"] == fires[here].mean()
            assert row["rate_macro_clip"] == pytest.approx(np.mean([fires[s].mean() for s in sets]))
            by_set = [counted[s].sum() / frames[s].sum() for s in sets]
            assert row["rate_macro_frame"] == pytest.approx(np.mean(by_set))
            assert row["recordings"] == np.isin(one.over_all.clip, np.flatnonzero(here)).sum()


def test_the_worst_auroc_is_that_of_the_closest_pair_of_datasets() -> None:
    mine = made()
    values = mine.blocks_over_all()[0].matched
    dataset = DATASET[mine.over_all.clip]
    large = [name for name in set(DATASET) if (dataset == name).sum() >= FEWEST_IN_DATASET]
    assert "odd" not in large
    for feature in (MUSIC, JAZZ, NOISE):
        row = rows(feature, "music")
        pairs = []
        for inside in ("tunes", "jazz"):
            for outside in set(large) - {"tunes", "jazz"}:
                two = np.isin(dataset, [inside, outside])
                pairs.append(naive_auroc(values[feature][two], dataset[two] == inside, np.zeros(two.sum(), int)))
        assert row["auroc_worst"] == pytest.approx(min(pairs))
        assert row["datasets"] == 2


def test_the_interval_of_the_worst_auroc_is_that_of_its_pair_drawn_again_recording_by_recording() -> None:
    random = np.random.default_rng(4)
    music = DOMAIN == "music"
    values = np.where(random.random((3, len(CORPUS))) < 0.3 + 0.5 * music, random.integers(1, 4, (3, len(CORPUS))), 0)
    mine = world(CORPUS, values.astype(float))
    frame = domains_frame("d", mine.blocks_over_all(), mine.over_all).filter(domain="music")
    dataset, weights = DATASET[mine.over_all.clip], draws(mine.over_all.cell, mine.over_all.unit).astype(int)
    for feature, row in enumerate(frame.iter_rows(named=True)):
        peaks = values[feature][mine.over_all.clip].astype(float)

        def drawn_again(pair: tuple[str, str], draw: int, peaks: Any = peaks) -> float:
            place = np.repeat(np.arange(len(dataset)), weights[:, draw] * np.isin(dataset, pair))
            return naive_auroc(peaks[place], dataset[place] == pair[0], np.zeros(len(place), int))

        pairs = [(inside, outside) for inside in ("jazz", "tunes") for outside in ("street", "voices", "words")]
        worst = min(pairs, key=lambda pair: drawn_again(pair, 0))
        low, high = np.quantile([drawn_again(worst, draw) for draw in range(1, BOOTSTRAP_DRAWS + 1)], INTERVAL)
        assert (row["auroc_worst_low"], row["auroc_worst_high"]) == (pytest.approx(low), pytest.approx(high))
        assert row["auroc_worst_low"] < row["auroc_worst"] < row["auroc_worst_high"]


def test_a_feature_of_a_domain_is_specialised_and_one_of_a_dataset_is_not() -> None:
    music, jazz, voices = rows(MUSIC, "music"), rows(JAZZ, "music"), rows(SET, "speech")
    assert (music["specialised"], jazz["specialised"], voices["specialised"]) == (True, False, False)
    assert music["q"] < 1e-9
    assert jazz["q"] < 0.05  # it does fire more in music: q alone would say so
    assert voices["q"] < 0.05
    assert jazz["auroc_worst"] < 0.6
    assert rows(NOISE, "music")["specialised"] is False
    assert rows(MUSIC, "speech")["specialised"] is False
    assert music["auroc_low"] < music["auroc"] < music["auroc_high"]


def test_a_domain_of_a_single_dataset_is_never_specialised_to() -> None:
    values = np.where(DOMAIN == "sound", 1.0, 0.0)[None]
    mine = world(CORPUS, values)
    frame = domains_frame("d", mine.blocks_over_all(), mine.over_all)
    row = frame.row(by_predicate=pl.col("domain") == "sound", named=True)
    assert (row["auroc"], row["auroc_worst"], row["datasets"]) == (1.0, 1.0, 1)
    assert row["q"] < 1e-9
    assert row["specialised"] is False


def test_what_is_not_tested_is_blank_and_says_why() -> None:
    for feature in (RARE, DEAD):
        row = rows(feature, "speech")
        assert row["null_reason"] == RARE_FEATURE
        assert [row[name] for name in TESTED] == [None] * len(TESTED)
    assert rows(RARE, "speech")["clips_active"] == 4
    assert (rows(DEAD, "speech")["rate_pooled_clip"], rows(DEAD, "speech")["entropy_clip"]) == (0, None)

    few = world([*CORPUS[:40], *CORPUS[40:44]], np.ones((1, 44)))
    frame = domains_frame("d", few.blocks_over_all(), few.over_all)
    assert dict(frame.select("domain", "null_reason").rows()) == {"music": RARE_LABEL, "speech": None}


def test_one_domain_alone_is_held_against_nothing() -> None:
    mine = world(CORPUS[:40], np.ones((2, 40)))
    frame = domains_frame("d", mine.blocks_over_all(), mine.over_all)
    assert frame["null_reason"].to_list() == [ONE_DOMAIN] * 2
    assert frame.select(pl.col("p", "q", "auroc", "entropy_clip").null_count()).row(0) == (2, 2, 2, 2)
    assert frame["rate_pooled_clip"].to_list() == [1.0, 1.0]


def test_a_feature_that_fires_everywhere_alike_has_no_auroc_but_a_half() -> None:
    mine = world(CORPUS, np.ones((1, len(CORPUS))))
    frame = domains_frame("d", mine.blocks_over_all(), mine.over_all)
    assert frame["p"].to_list() == [1.0] * 3
    for name in AUROCS:
        assert frame[name].to_list() == [0.5] * 3


def test_an_empty_corpus_is_an_empty_table() -> None:
    mine = world([], np.ones((2, 0)))
    assert domains_frame("d", mine.blocks_over_all(), mine.over_all).equals(TABLE.empty())


def test_any_blocks_give_the_same_table() -> None:
    mine = made()
    whole = domains_frame("d", mine.blocks_over_all(), mine.over_all)
    for step in (1, 4):
        assert domains_frame("d", mine.blocks_over_all(step), mine.over_all).equals(whole)
    TABLE.check(whole, "domains")
    assert whole.select(TABLE.key).rows() == sorted(whole.select(TABLE.key).rows())


def test_entropy_is_nought_for_one_domain_and_one_for_all_alike() -> None:
    found = entropy(np.array([[0.2, 0.2, 0.2], [0.5, 0.0, 0.0], [0.1, 0.1, 0.0], [0.0, 0.0, 0.0]]))
    assert found.tolist() == pytest.approx([1, 0, np.log(2) / np.log(3), np.nan], nan_ok=True)


def test_pairs_of_groups_are_compared_as_two_by_two() -> None:
    random = np.random.default_rng(7)
    values, group = random.integers(0, 5, 60).astype(float), random.integers(0, 3, 60)
    table = pair_aurocs(values, group, 3)
    for one in range(3):
        assert table[one, one] == 0.5
        for other in {0, 1, 2} - {one}:
            two = np.isin(group, [one, other])
            assert table[one, other] == pytest.approx(
                naive_auroc(values[two], group[two] == one, np.zeros(two.sum(), int))
            )

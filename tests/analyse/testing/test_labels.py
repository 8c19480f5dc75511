"""The tables `labels` and `label_index` as wholes: families, what is kept, blanks, blocks."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.analyse.testing.kinds import NO_CONTRAST, RARE_LABEL, kinds_of
from atlas.analyse.testing.labels import NO_FEATURE, Tables, label_tables
from atlas.analyse.testing.trials import outcome, subjects
from atlas.schema import ALIGNMENTS, LABEL_INDEX, LABELS
from atlas.schema.thresholds import FEWEST_RECORDINGS, LABELS_KEPT
from tests.analyse.making import Clip, World, world

FEATURES, CLIPS, TAGS = 30, 120, 30
CELLS = (("sound", "street"), ("sound", "lab"), ("music", "stage"), ("speech", "stage"))


def made() -> World:
    random = np.random.default_rng(1)
    clips = [
        Clip(
            f"r{number}",
            "sound",
            f"set{number % 3}",
            labels=[f"tag{tag:02d}" for tag in range(TAGS) if random.random() < 0.2],
            language=["en", "de", "fr"][int(random.integers(3))],
        )
        for number in range(CLIPS)
    ]
    has = np.array([["tag07" in clip.labels] for clip in clips])[:, 0]
    values = random.exponential(1, (FEATURES, CLIPS)) * (random.random((FEATURES, CLIPS)) < 0.3)
    values[3] = random.uniform(1, 2, CLIPS) * np.where(has, random.random(CLIPS) < 0.9, random.random(CLIPS) < 0.05)
    values[4] = 0
    values[5, 9:] = 0
    values[6] = random.uniform(1, 2, CLIPS) * (~has | (random.random(CLIPS) < 0.1))
    return world(clips, values)


def tables(mine: World, step: int | None = None) -> Tables:
    return label_tables("d", mine.blocks(step), mine.recordings, mine.kinds)


def test_the_tables_are_whole_and_sorted_by_their_keys() -> None:
    found = tables(made())
    for table, frame in ((LABELS, found.labels), (LABEL_INDEX, found.label_index)):
        table.check(frame, table.name)
        assert frame.select(table.key).rows() == sorted(frame.select(table.key).rows())
        assert len(frame.unique(table.key)) == len(frame)


def test_any_blocks_give_the_same_tables() -> None:
    mine = made()
    whole = tables(mine)
    for step in (1, 7):
        pieces = tables(mine, step)
        assert pieces.labels.equals(whole.labels)
        assert pieces.label_index.equals(whole.label_index)


def test_a_family_is_all_tests_of_a_kind_and_the_best_of_each_feature_are_kept() -> None:
    mine = made()
    found = tables(mine).labels
    every = []
    for kind in mine.kinds:
        tested = subjects(mine.blocks()[0], kind)
        p = np.stack([outcome(tested, label.contrast).p for label in kind.tested], axis=1)
        ordered = np.sort(p.ravel())
        for row, feature in enumerate(tested.features):
            for column, label in enumerate(kind.tested):
                later = np.arange(np.searchsorted(ordered, p[row, column]), p.size)
                q = min(1.0, float((p.size * ordered[later] / (later + 1)).min()))
                every.append((int(feature), float(p[row, column]), kind.name, label.name, q))
    kept = []
    for feature in range(FEATURES):
        mine_only = sorted(row for row in every if row[0] == feature)
        kept += [row for place, row in enumerate(mine_only) if place < LABELS_KEPT or row[4] < 0.05]
    expected = sorted((feature, kind, label, p, q) for feature, p, kind, label, q in kept)

    rows = found.select("feature", "kind", "label", "p", "q").rows()
    assert [row[:3] for row in rows] == [row[:3] for row in expected]
    assert [row[3] for row in rows] == pytest.approx([row[3] for row in expected], rel=1e-12)
    assert [row[4] for row in rows] == pytest.approx([row[4] for row in expected], rel=1e-12)
    assert max(found.group_by("feature").len()["len"]) == LABELS_KEPT


def test_the_family_is_stored_label_by_label() -> None:
    mine = made()
    found = tables(mine)
    tests = dict(found.label_index.group_by("kind").agg(pl.col("tests").sum()).rows())
    assert tests == {"label": (FEATURES - 2) * TAGS, "language": (FEATURES - 2) * 3}
    assert set(found.labels["feature"]) == set(range(FEATURES)) - {4, 5}


def test_a_label_that_a_feature_follows_is_held_out_and_holds_its_activation() -> None:
    mine = made()
    found = tables(mine).labels
    follows = found.row(by_predicate=(pl.col("feature") == 3) & (pl.col("label") == "tag07"), named=True)
    assert follows["q"] < 1e-6
    assert 1 < follows["lift_low"] < follows["lift"]
    assert follows["auroc_low"] < follows["auroc"]
    assert follows["f1_heldout"] > follows["f1_permuted_max"]
    assert follows["phi_heldout"] == pytest.approx((follows["phi_a"] + follows["phi_b"]) / 2)
    assert follows["phi_heldout"] > 0.6
    assert follows["precision10"] == pytest.approx(0.9, abs=0.11)
    has = np.array(["tag07" in labels for labels in mine.clips["labels"].to_list()])
    peaks = mine.peaks.filter(pl.col("feature") == 3)
    with_label = float(peaks.filter(pl.col("clip").is_in(np.flatnonzero(has)))["peak_matched"].sum())
    assert follows["mass_share"] == pytest.approx(with_label / float(peaks["peak_matched"].sum()), rel=1e-6)
    assert follows["mass_base"] == pytest.approx(has.mean())
    avoids = found.row(by_predicate=(pl.col("feature") == 6) & (pl.col("label") == "tag07"), named=True)
    assert avoids["q"] < 0.05
    assert avoids["auroc"] < 0.5
    assert avoids["phi_heldout"] <= 0.1


def test_a_label_that_is_not_tested_says_why() -> None:
    clips = [
        *(Clip(f"a{i}", labels=["one"] * (i == 0) + ["half"] * (i % 2)) for i in range(30)),
        *(Clip(f"b{i}", dataset="lab", labels=["all"]) for i in range(12)),
    ]
    found = tables(world(clips, np.ones((2, 42)) * np.arange(1, 43)))
    index = {row["label"]: (row["tests"], row["null_reason"]) for row in found.label_index.iter_rows(named=True)}
    assert index == {"all": (0, NO_CONTRAST), "half": (2, None), "one": (0, RARE_LABEL)}
    assert set(found.labels["label"]) == {"half"}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(CELLS), st.booleans()), min_size=1, max_size=60))
def test_a_label_is_tested_within_the_datasets_where_some_have_it_and_some_do_not(drawn: list[Any]) -> None:
    clips = [
        Clip(f"r{number}", domain, dataset, labels=["x"] * has + ["y"])
        for number, ((domain, dataset), has) in enumerate(drawn)
    ]
    index = tables(world(clips, np.ones((1, len(clips))))).label_index
    mixed = {cell for cell, has in drawn if has} & {cell for cell, has in drawn if not has}
    within = dict(index.select("label", "within").rows())
    if sum(has for cell, has in drawn if cell in mixed) >= FEWEST_RECORDINGS:
        assert within["x"] == sorted({dataset for _, dataset in mixed})
    else:
        assert within.get("x") is None
    assert within["y"] is None


def test_no_feature_no_label_and_no_clip_are_empty_tables_and_not_numbers() -> None:
    silent = tables(world([Clip(f"a{i}", labels=["x"] * (i < 12)) for i in range(30)], np.zeros((3, 30))))
    assert silent.labels.equals(LABELS.empty())
    assert silent.label_index.select("label", "tests", "null_reason").rows() == [("x", 0, NO_FEATURE)]
    for mine in (world([Clip(f"a{i}") for i in range(30)], np.ones((3, 30))), world([], np.ones((3, 0)))):
        assert tables(mine).labels.equals(LABELS.empty())
        assert tables(mine).label_index.equals(LABEL_INDEX.empty())
    assert label_tables("d", [], made().recordings, made().kinds).labels.equals(LABELS.empty())


def test_a_feature_that_fires_everywhere_alike_says_nothing() -> None:
    clips = [Clip(f"a{i}", labels=["x"] * (i < 12)) for i in range(30)]
    row = tables(world(clips, np.ones((1, 30)))).labels.row(0, named=True)
    assert (row["p"], row["q"], row["auroc"], row["auroc_low"], row["lift"]) == (1, 1, 0.5, 0.5, 1)
    assert row["lift_low"] < 1


def shuffled(mine: World, seed: int) -> World:
    """The same corpus, its labels given out at random."""
    order = np.random.default_rng(seed).permutation(len(mine.clips))
    clips = mine.clips.with_columns(mine.clips["labels"].gather(order))
    kinds = kinds_of(clips, ALIGNMENTS.empty(), mine.recordings)
    return World(clips, mine.recordings, kinds, mine.peaks, mine.features)


def test_labels_given_out_at_random_leave_nothing() -> None:
    mine = made()
    assert (tables(mine).labels["q"] < 0.05).sum() >= 2
    assert (tables(shuffled(mine, 2)).labels["q"] < 0.05).sum() == 0


def test_labels_of_five_recordings_are_found_and_given_out_at_random_leave_next_to_nothing() -> None:
    """40 recordings, 8 labels of 5 each, 50 features: one fires where its label is, the others anywhere."""
    random = np.random.default_rng(6)
    clips = [Clip(f"r{number}", labels=[f"tag{number % 8}"]) for number in range(40)]
    values = random.exponential(1, (50, 40)) * (random.random((50, 40)) < random.uniform(0.12, 0.9, (50, 1)))
    values[0] = [number % 8 == 3 or number == 0 for number in range(40)]
    mine = world(clips, values)
    found = tables(mine).labels.filter(pl.col("q") < 0.05)
    assert found.select("feature", "label", "recordings").rows() == [(0, "tag3", 5)]

    by_chance = [tables(shuffled(mine, seed)).labels for seed in range(60)]
    p = pl.concat(by_chance)["p"].to_numpy()
    assert len(p) == 60 * 8 * (np.count_nonzero(values, axis=1) >= 5).sum()
    assert all(np.mean(p <= level) <= level for level in (0.001, 0.01, 0.05, 0.2))
    assert sum((rows["q"] < 0.05).any() for rows in by_chance) <= 0.05 * 60

"""The table `spreads` against plain counting."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from atlas.analyse.testing.kinds import domain_kind
from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.spreads import ALL, spread, spreads_frame
from atlas.schema import LABELS, SPREADS
from atlas.schema.thresholds import FEWEST_RECORDINGS, SPREADS_KEPT
from tests.analyse.making import Clip, World, world

RECORDINGS, TAGS, FEATURES = 90, 40, 8


def made() -> World:
    random = np.random.default_rng(4)
    clips = [
        Clip(
            f"r{number:02d}",
            ("speech", "sound")[number % 2],
            f"set{number % 4}",
            labels=[f"tag{tag:02d}" for tag in range(TAGS) if random.random() < (0.3 if tag else 0.05)],
            language=["en", "de"][number % 3 % 2],
        )
        for number in range(RECORDINGS)
    ]
    values = random.exponential(1, (FEATURES, RECORDINGS)) * (random.random((FEATURES, RECORDINGS)) < 0.5)
    values[6] = 0
    values[7, FEWEST_RECORDINGS - 1 :] = 0
    return world(clips, values.astype(np.float32))


def table(mine: World, labels: pl.DataFrame | None = None, step: int | None = None) -> pl.DataFrame:
    labels = LABELS.empty() if labels is None else labels
    return spreads_frame("d", mine.blocks(step), mine.kinds, labels)


def test_the_table_is_whole_and_sorted_by_its_key() -> None:
    found = SPREADS.check(table(made()), "spreads")
    assert found.select(SPREADS.key).rows() == sorted(found.select(SPREADS.key).rows())
    assert found["dictionary"].unique().to_list() == ["d"]


def test_every_figure_is_of_the_recordings_with_the_label_silent_ones_included() -> None:
    mine = made()
    found = table(mine)
    matched = mine.blocks()[0].matched
    names = mine.clips["recording"].to_list()
    held = dict(zip(names, mine.clips["labels"].to_list(), strict=True))
    order = [names[clip] for clip in mine.recordings.clip]
    rows = found.filter(pl.col("kind") == "label", pl.col("label") != ALL)
    assert len(rows) == 6 * SPREADS_KEPT  # of eight features one is silent, and one fires in too few recordings
    for row in rows.iter_rows(named=True):
        members = [place for place, name in enumerate(order) if row["label"] in held[name]]
        peaks = matched[row["feature"], members].astype(np.float64)
        low, high = stats.t.interval(0.95, len(peaks) - 1, loc=peaks.mean(), scale=stats.sem(peaks))
        assert row["recordings"] == len(members) >= FEWEST_RECORDINGS
        assert row["mean"] == pytest.approx(peaks.mean(), rel=1e-6)
        assert (row["low"], row["high"]) == pytest.approx((max(low, 0), high), rel=1e-5, abs=1e-6)
        assert [row[f"q{share}"] for share in (25, 50, 75, 95)] == pytest.approx(
            np.percentile(peaks, (25, 50, 75, 95)), rel=1e-6
        )


def test_the_labels_of_largest_mean_are_kept() -> None:
    mine = made()
    (kind,) = (kind for kind in mine.kinds if kind.name == "label")
    matched = mine.blocks()[0].matched[0, kind.recordings]
    means = {
        label.name: matched[label.labelled].mean() for label in kind.labels if len(label.labelled) >= FEWEST_RECORDINGS
    }
    highest = sorted(means, key=lambda name: -means[name])[:SPREADS_KEPT]
    kept = table(mine).filter(pl.col("feature") == 0, pl.col("kind") == "label", pl.col("label") != ALL)
    assert len(means) > SPREADS_KEPT
    assert kept["label"].to_list() == sorted(highest)


def test_labels_that_the_tests_keep_are_kept_too() -> None:
    mine = made()
    every = label_tables("d", mine.blocks(), mine.recordings, mine.kinds).labels
    lowest = every.filter(pl.col("kind") == "label").sort("auroc").group_by("feature", maintain_order=True).head(2)
    alone, more = table(mine), table(mine, lowest)
    pairs = ("feature", "kind", "label")
    assert alone.join(more, on=pairs, how="anti").is_empty()
    added = more.join(alone, on=pairs, how="anti").select(pairs)
    assert set(added.rows()) == set(lowest.select(pairs).rows()) - set(alone.select(pairs).rows())
    assert len(added) > 0


def test_all_recordings_of_a_kind_stand_beside_and_domains_are_told_likewise() -> None:
    mine = made()
    found = table(mine).filter(pl.col("feature") == 0)
    of_all = dict(found.filter(pl.col("label") == ALL).select("kind", "recordings").rows())
    assert of_all == {"label": RECORDINGS, "language": RECORDINGS}
    kind = domain_kind(mine.over_all)
    of_domains = spreads_frame("d", mine.blocks_over_all(), [kind], LABELS.empty()).filter(pl.col("feature") == 0)
    assert set(of_domains["kind"]) == {"domain"}
    domains = of_domains.filter(pl.col("label") != ALL).select("label", "recordings").rows()
    assert domains == [("sound", RECORDINGS // 2), ("speech", RECORDINGS // 2)]
    assert found.filter(pl.col("label") == "tag00").is_empty()  # in fewer than five recordings


def test_any_blocks_give_the_same_table() -> None:
    mine = made()
    labels = label_tables("d", mine.blocks(), mine.recordings, mine.kinds).labels
    whole = table(mine, labels)
    assert all(table(mine, labels, step).equals(whole) for step in (1, 3))


def test_silent_features_and_those_that_fire_too_rarely_have_no_row() -> None:
    assert set(table(made())["feature"]) == set(range(6))


def test_peaks_that_are_all_alike_have_a_mean_and_no_interval() -> None:
    figures = spread(np.array([[0, 0, 0], [2, 2, 2], [0, 0, 3]], np.float32))
    assert np.isnan(figures[:, 1:3]).tolist() == [[True, True], [True, True], [False, False]]
    assert figures[:, 0].tolist() == [0, 2, 1]
    assert figures[2, 1] == 0  # no peak is below 0


def test_an_empty_corpus_gives_an_empty_table() -> None:
    empty = world([], np.ones((3, 0)))
    assert table(empty).equals(SPREADS.empty())

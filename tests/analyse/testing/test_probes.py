"""The sparse probe: a naive one beside it, what it finds, what it must not, and what it leaves blank."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from atlas.analyse.testing.blocks import blocks, matched_peaks
from atlas.analyse.testing.halves import dealt
from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.probes import NO_PROBES, PROBED, probe_labels
from atlas.analyse.testing.search import labellings
from atlas.schema import LABEL_INDEX
from atlas.schema.thresholds import FEWEST_IN_HALF, FEWEST_RECORDINGS, PROBE_FEATURES
from tests.analyse.making import Clip, World, naive_auroc, world

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]
RECORDINGS = 120


def reader(mine: World) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    (whole,) = mine.blocks()
    return lambda features: whole.matched[features]


def probes(mine: World, step: int | None = None, among: Sequence[int] | None = None) -> pl.DataFrame:
    features = None if among is None else np.array(among, np.int64)
    (found,) = probe_labels(mine.blocks(step), reader(mine), mine.recordings, mine.kinds, [features])
    return found


def corpus(has: Flags, datasets: int = 1) -> list[Clip]:
    """has: [recordings, labels]."""
    return [
        Clip(f"r{number}", dataset=f"set{number % datasets}", labels=[f"tag{tag:02}" for tag in np.flatnonzero(row)])
        for number, row in enumerate(has)
    ]


def noise(features: int, recordings: int, seed: int = 0) -> Doubles:
    random = np.random.default_rng(seed)
    fires = random.random((features, recordings)) < random.uniform(0.1, 0.9, features)[:, None]
    return np.where(fires, random.exponential(1, fires.shape), 0)


def drawn(labels: int, share: float, recordings: int = RECORDINGS, seed: int = 1) -> Flags:
    has: Flags = np.random.default_rng(seed).random((recordings, labels)) < share
    return has


def naive_probe(values: Doubles, labelled: Flags, half: Flags, stratum: NDArray[np.int64]) -> float:
    """Choose and fit on the recordings of a half, one feature and stratum after another; read the others."""
    strata = [s for s in set(stratum) if 0 < labelled[half & (stratum == s)].sum() < (half & (stratum == s)).sum()]
    mine = half & np.isin(stratum, strata)

    def within(column: Doubles) -> Doubles:
        return np.concatenate([column[mine & (stratum == s)] - column[mine & (stratum == s)].mean() for s in strata])

    truth = within(labelled.astype(float))
    apart = [within(row) for row in values]
    firing = [int((row > 0).sum()) for row in values]
    strength = [
        abs(row @ truth) / np.sqrt((row @ row) * (truth @ truth)) if np.ptp(row) > 0 and n >= FEWEST_RECORDINGS else -1
        for row, n in zip(apart, firing, strict=True)
    ]
    chosen = sorted(range(len(values)), key=lambda number: (-round(float(strength[number]), 6), number))[
        :PROBE_FEATURES
    ]
    sd = np.array([apart[number].std() for number in chosen])
    design = np.stack([values[number] for number in chosen], axis=1) / sd
    design = design - design[mine].mean(axis=0)
    signs = np.where(labelled[mine], 1, -1)
    intercepts = np.array([strata.index(s) for s in stratum[mine]])

    def whole(weights: Doubles) -> float:
        margin = design[mine] @ weights[: len(chosen)] + weights[len(chosen) :][intercepts]
        return float(np.log1p(np.exp(-signs * margin)).sum() + (weights[: len(chosen)] ** 2).sum() / 2)

    best = minimize(whole, np.zeros(len(chosen) + len(strata)), method="BFGS", options={"gtol": 1e-9}).x
    score = design @ best[: len(chosen)]
    return naive_auroc(score[~half], labelled[~half], stratum[~half])


def test_the_figures_are_those_of_a_naive_probe_in_several_datasets() -> None:
    has = drawn(3, 0.3)
    values = noise(12, RECORDINGS)
    values[4] += has[:, 0] * 0.8
    values[7] *= np.where(has[:, 1], 0.2, 1)
    mine = world(corpus(has, datasets=3), values)
    (kind,) = mine.kinds
    order = mine.recordings.clip[kind.recordings]
    assert len(set(kind.stratum.tolist())) == 3
    found = {row["label"]: row for row in probes(mine).iter_rows(named=True)}
    for label in kind.tested:
        within, labels = labellings(label.contrast, kind.stratum, mine.recordings.unit[kind.recordings])
        stratum, here = kind.stratum[within], values.astype(np.float32).astype(np.float64)[:, order[within]]
        expected = []
        for labelled in labels.T[:2]:
            half_a = dealt(labelled, stratum, mine.recordings.hashes[kind.recordings][within], within)
            expected += [naive_probe(here, labelled, half, stratum) for half in (half_a, ~half_a)]
        by_a, by_b, *permuted = expected
        row = found[label.name]
        assert [row["probe_a"], row["probe_b"]] == pytest.approx([by_a, by_b], abs=2e-3)
        assert row["probe_auroc"] == pytest.approx((row["probe_a"] + row["probe_b"]) / 2)
        assert row["probe_permuted"] == pytest.approx(np.mean(permuted), abs=2e-3)


def test_a_label_that_is_either_of_two_features_is_told_by_both_better_than_by_any() -> None:
    random = np.random.default_rng(3)
    kinds = random.integers(4, size=RECORDINGS)  # of sound: two of them have the label
    values = noise(40, RECORDINGS) * 0.3
    values[10] = random.uniform(1, 2, RECORDINGS) * (kinds == 0)
    values[20] = random.uniform(1, 2, RECORDINGS) * (kinds == 1)
    mine = world(corpus((kinds < 2)[:, None]), values)
    (row,) = probes(mine).to_dicts()
    auroc = label_tables("d", mine.blocks(), mine.recordings, mine.kinds).labels["auroc"].max()
    assert auroc == pytest.approx(0.75, abs=0.05)
    assert row["probe_auroc"] > 0.95
    assert row["probe_permuted"] < 0.75


def test_a_feature_that_is_silent_with_the_label_tells_it_too() -> None:
    has = drawn(1, 0.4)
    values = noise(20, RECORDINGS) * 0.3
    values[6] = np.where(has[:, 0], 0, np.random.default_rng(4).uniform(1, 2, RECORDINGS))
    assert probes(world(corpus(has), values))["probe_auroc"].item() > 0.95


@pytest.mark.parametrize(("datasets", "share"), [(1, 0.1), (3, 0.3)])
def test_labels_that_nothing_follows_and_permuted_ones_are_told_by_chance_alone(datasets: int, share: float) -> None:
    """However many features there are to choose from."""
    found = probes(world(corpus(drawn(60, share), datasets), noise(300, RECORDINGS)))
    assert len(found) > 50
    spread = found["probe_permuted"].std()
    for column in ("probe_auroc", "probe_permuted"):
        assert found[column].mean() == pytest.approx(0.5, abs=0.025)
    assert isinstance(spread, float)
    assert spread > 0.02


def test_held_out_is_what_recordings_never_seen_give() -> None:
    """Of many features that follow labels weakly, the chosen are as good on the other half as anywhere."""
    random = np.random.default_rng(5)
    seen, unseen, labels = 160, 500, 12
    has = random.random((seen + unseen, labels)) < 0.12
    hidden = random.standard_normal((seen + unseen, 48)) + 2.5 * has @ (random.standard_normal((labels, 48)) / 7)
    values = np.maximum(hidden @ random.standard_normal((48, 400)) / 7 - random.uniform(0.3, 1.5, 400), 0).T
    mine = world(corpus(has[:seen]), values[:, :seen])
    (kind,) = mine.kinds
    order = mine.recordings.clip[kind.recordings]
    fresh = []
    for label in kind.tested:
        tag = int(label.name[3:])
        within, all_labels = labellings(label.contrast, kind.stratum, mine.recordings.unit[kind.recordings])
        half_a = dealt(all_labels[:, 0], kind.stratum[within], mine.recordings.hashes[kind.recordings][within], within)
        for half in (half_a, ~half_a):
            chooses = order[within][half]
            places = np.r_[chooses, seen : seen + unseen]
            fits = np.arange(len(places)) < len(chooses)
            fresh.append(naive_probe(values[:, places], has[places, tag], fits, np.zeros(len(places), np.int64)))
    assert 0.6 < np.mean(fresh) < 0.95
    assert probes(mine)["probe_auroc"].mean() == pytest.approx(np.mean(fresh), abs=0.03)


def test_a_feature_that_follows_its_dataset_alone_tells_nothing() -> None:
    has = drawn(1, 0.2, 200)
    place = np.arange(200) % 2
    has[:, 0] |= (place == 0) & (np.random.default_rng(8).random(200) < 0.6)
    values = np.where(place == 0, 1.0, 0.1)[None] * np.random.default_rng(9).uniform(1, 1.2, (8, 200))
    assert probes(world(corpus(has, datasets=2), values))["probe_auroc"].item() == pytest.approx(0.5, abs=0.12)


def test_constants_and_copies_do_no_harm() -> None:
    has = drawn(1, 0.4)
    values = np.full((8, RECORDINGS), 1 / 3)
    assert probes(world(corpus(has), values)).select(PROBED).row(0) == (0.5,) * 4
    values[2:] = np.random.default_rng(2).uniform(1, 2, RECORDINGS) * has[:, 0]
    assert probes(world(corpus(has), values)).select(PROBED[:3]).row(0) == (1.0,) * 3


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_scale_of_activations_makes_no_difference(scale: float) -> None:
    has, values = drawn(2, 0.3), noise(20, RECORDINGS)
    values[4] += has[:, 0]
    plain, scaled = (probes(world(corpus(has), values * factor)) for factor in (1, scale))
    for column in PROBED:
        assert scaled[column].to_list() == pytest.approx(plain[column].to_list(), abs=5e-3)


def test_blocks_and_runs_make_no_difference() -> None:
    values = noise(25, RECORDINGS)
    values[20:] = values[3]  # equal features go by their number
    mine = world(corpus(drawn(6, 0.3), datasets=2), values)
    whole = probes(mine)
    for step in (None, 1, 7):
        assert probes(mine, step).equals(whole)


def test_some_features_are_probed_as_if_there_were_no_others() -> None:
    has, values = drawn(2, 0.3), noise(20, RECORDINGS)
    values[4] += 2 * has[:, 0]
    some = [1, 2, 3, 5, 8, 13]
    clips = corpus(has)
    found = probes(world(clips, values), among=some)
    assert found.equals(probes(world(clips, values[some])))
    assert probes(world(clips, values))["probe_auroc"][0] > found["probe_auroc"][0]
    assert probes(world(clips, values), among=[]).equals(NO_PROBES)


def test_fewer_features_than_a_probe_takes_are_taken_all() -> None:
    has, values = drawn(1, 0.4), noise(1, RECORDINGS)
    values[0] = 3 * has[:, 0] + 0.1 * values[0].clip(max=1)
    assert probes(world(corpus(has), values)).select(PROBED[:3]).row(0) == (1.0,) * 3


def test_features_that_fire_in_too_few_recordings_are_not_chosen() -> None:
    has = np.arange(RECORDINGS)[:, None] < 12
    values = np.zeros((2, RECORDINGS))
    values[0, : FEWEST_RECORDINGS - 1] = 1
    assert probes(world(corpus(has), values)).equals(NO_PROBES)
    values[1, :FEWEST_RECORDINGS] = 1
    assert len(probes(world(corpus(has), values))) == 1


def test_a_label_that_cannot_be_halved_has_no_probe() -> None:
    few = 2 * FEWEST_IN_HALF - 1
    has = np.arange(RECORDINGS)[:, None] < [few, few + 1, RECORDINGS - few]
    mine = world(corpus(has), noise(10, RECORDINGS))
    found = probes(mine)
    assert found["label"].to_list() == ["tag01"]
    tables = label_tables("d", mine.blocks(), mine.recordings, mine.kinds, probes=found)
    index = LABEL_INDEX.check(tables.label_index, "label_index")
    assert index["probe_auroc"].is_null().to_list() == [True, False, True]
    assert index["tests"].to_list() == [10, 10, 10]


def test_halves_with_nothing_to_compare_within_datasets_are_blank() -> None:
    """A recording with the label a dataset, and one without, but one more in the first: no other's lie in one half."""
    places = [0, *(dataset for dataset in range(6) for _ in range(2))]
    clips = [
        Clip(f"r{number}", dataset=f"set{dataset}", labels=["x"] if number % 2 else [])
        for number, dataset in enumerate(places)
    ]
    (row,) = probes(world(clips, np.random.default_rng(1).uniform(1, 2, (6, len(clips))))).to_dicts()
    assert [row[name] for name in PROBED] == [None] * 4


def test_a_corpus_without_labels_sound_or_features_has_no_probes() -> None:
    unlabelled = [Clip(f"r{number}") for number in range(10)]
    broken = [Clip("r", problem="unreadable")]
    for mine in (world(unlabelled, np.ones((3, 10))), world(broken, np.zeros((2, 1))), world([], np.zeros((2, 0)))):
        assert probes(mine).equals(NO_PROBES)
    silent = world(corpus(drawn(1, 0.4)), np.zeros((3, RECORDINGS)))
    assert probes(silent).equals(NO_PROBES)


def test_the_peaks_of_some_features_are_those_of_the_blocks(tmp_path: Path) -> None:
    mine = world(corpus(drawn(1, 0.4)), noise(9, RECORDINGS))
    paths = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for number, path in enumerate(paths):
        mine.peaks.filter(pl.col("clip") % 2 == number).write_parquet(path)
    peaks = pl.scan_parquet(paths)
    (whole,) = blocks(peaks, mine.recordings, 9)
    for features in ([], [0, 8], [2, 3, 7]):
        found = matched_peaks(peaks, mine.recordings, np.array(features, np.int64))
        assert np.array_equal(found, whole.matched[features])
    (found,) = probe_labels(
        [whole], lambda some: matched_peaks(peaks, mine.recordings, some), mine.recordings, mine.kinds
    )
    assert found.equals(probes(mine))


def test_several_choices_are_made_in_one_pass_as_one_by_one() -> None:
    mine = world(corpus(drawn(2, 0.4)), noise(12, RECORDINGS))
    some, others = np.arange(0, 12, 2), np.arange(7)
    together = probe_labels(mine.blocks(5), reader(mine), mine.recordings, mine.kinds, [None, some, others])
    for found, among in zip(together, (None, some.tolist(), others.tolist()), strict=True):
        assert found.equals(probes(mine, among=among))

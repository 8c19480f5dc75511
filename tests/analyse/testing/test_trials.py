"""Cut-offs, AUROC and lift against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from atlas.analyse.testing.exact import exact_p
from atlas.analyse.testing.kinds import Contrast, contrast_of
from atlas.analyse.testing.trials import TRIES, Subjects, lifts, outcome, subjects, thresholds
from atlas.schema.thresholds import CUT_OFFS, INTERVAL
from tests.analyse.making import Clip, naive_auroc, world

SIZES = (30, 25, 20)
RANDOM = np.random.default_rng(5)
HAS_IT = RANDOM.random(sum(SIZES)) < 0.4
CLIPS = [
    Clip(f"{dataset}{number}", "sound", f"set{dataset}", labels=["it"] if has_it else ["other"])
    for (dataset, number), has_it in zip(
        [(dataset, number) for dataset, size in enumerate(SIZES) for number in range(size)], HAS_IT, strict=True
    )
]
RATES = np.array([0.1, 0.3, 0.6, 0.9, 1.0, 0.0, 0.5])
VALUES = RANDOM.integers(1, 9, (7, sum(SIZES))) * (RANDOM.random((7, sum(SIZES))) < RATES[:, None]) / 8
VALUES[6] = HAS_IT * 0.5  # follows the label


def compared() -> tuple[Subjects, Contrast]:
    made = world(CLIPS, VALUES)
    kind = made.kinds[0]
    return subjects(made.blocks()[0], kind), kind.labels[0].contrast


def test_features_that_fire_in_fewer_than_five_recordings_are_not_tested() -> None:
    found, _ = compared()
    assert found.features.tolist() == [f for f in range(7) if (VALUES[f] > 0).sum() >= 5]
    assert 5 not in found.features
    values = np.arange(len(CLIPS)) < np.array([4, 5])[:, None]
    made = world(CLIPS, values.astype(np.float64))
    assert subjects(made.blocks()[0], made.kinds[0]).features.tolist() == [1]


def test_the_auroc_is_the_share_of_pairs_within_a_stratum_that_the_labelled_one_wins() -> None:
    made = world(CLIPS, VALUES)
    found, contrast = compared()
    places = made.recordings.clip[made.kinds[0].recordings]
    labelled, stratum = HAS_IT[places], made.kinds[0].stratum
    expected = [naive_auroc(VALUES[f][places], labelled, stratum) for f in found.features]
    auroc = outcome(found, contrast).auroc
    assert auroc.tolist() == pytest.approx(expected, rel=1e-14)
    assert auroc[-1] == 1.0


def test_p_is_three_times_the_smallest_of_three_cut_offs_and_lift_is_taken_there() -> None:
    made = world(CLIPS, VALUES)
    found, contrast = compared()
    places = made.recordings.clip[made.kinds[0].recordings]
    labelled, stratum = HAS_IT[places], made.kinds[0].stratum
    result = outcome(found, contrast)
    for row, f in enumerate(found.features):
        values = VALUES[f][places]
        firing = np.sort(values[values > 0])
        cuts = [0.0, *(firing[int(share * (len(firing) - 1))] for share in CUT_OFFS)]
        tries = []
        for cut in cuts:
            passes = values > cut
            passing = np.bincount(stratum[passes], minlength=3)[None]
            hits = int((passes & labelled).sum())
            p = exact_p(np.array([hits]), passing, contrast.counts, contrast.sizes)[0]
            expected = sum(m * k / n for m, k, n in zip(passing[0], contrast.counts, contrast.sizes, strict=True))
            tries.append((p, hits / expected if expected else np.nan))
        best = min(tries, key=lambda one: one[0])
        assert result.p[row] == pytest.approx(min(1, 3 * best[0]), rel=1e-12)
        assert result.lift[row] == pytest.approx(best[1], rel=1e-12, nan_ok=True)
    assert TRIES == 3


@given(arrays(np.float32, (3, 17), elements=st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 3.5])))
def test_a_threshold_is_a_value_that_at_least_its_share_of_firing_recordings_do_not_exceed(values: np.ndarray) -> None:
    found = thresholds(values, (0.5, 0.9))
    for feature in range(3):
        firing = values[feature][values[feature] > 0]
        assert found[feature, 0] == 0
        for column, share in ((1, 0.5), (2, 0.9)):
            if len(firing):
                assert found[feature, column] == np.quantile(firing, share, method="lower")
            assert (firing > found[feature, column]).mean() <= 1 - share + 1 / len(firing) if len(firing) else True


@given(st.integers(0, 40).flatmap(lambda m: st.tuples(st.just(m), st.integers(0, m))))
def test_the_lower_bound_of_lift_is_clopper_and_pearsons(counts: tuple[int, int]) -> None:
    passing, hits = counts
    lift, low = lifts(np.array([hits]), np.array([passing]), np.array([0.2 * passing]))
    if not passing:
        assert np.isnan([lift[0], low[0]]).all()
        return
    bound = binomtest(hits, passing, alternative="greater").proportion_ci(1 - INTERVAL[0] / TRIES, "exact").low
    assert lift[0] == pytest.approx(hits / passing / 0.2)
    assert low[0] == pytest.approx(bound / 0.2, rel=1e-6, abs=1e-12)


def test_a_lift_of_few_recordings_has_a_lower_bound_far_below() -> None:
    lift, low = lifts(np.array([3, 30]), np.array([3, 30]), np.array([0.3, 3.0]))
    assert lift.tolist() == [10, 10]
    assert low[0] < 2.1
    assert low[1] > 8.4


def test_strata_that_all_or_none_have_say_nothing() -> None:
    stratum = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    found = contrast_of(np.array([0, 1, 3, 4]), stratum)
    assert found.labelled.tolist() == [0, 1]
    assert (found.strata.tolist(), found.counts.tolist(), found.sizes.tolist()) == ([0], [2], [3])

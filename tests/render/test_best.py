"""The feature that finds a label best: where its figure is read, and when it leads its controls."""

import pytest

from atlas.render.pages.label import _verdict, _which_clips
from atlas.render.parts.best import Best, ControlBest, Found, best_features
from atlas.render.site import SiteAtlas
from tests.render.sites import SMALL, opened

PURITY, F1, SHARE = 0, 1, 2
LEVEL = "About level with a control: a lead is more than"
LEVEL_PEAKS = "About level with a control: a lead is two peaks of purity or more."
BEATEN = "A control does as well, so this is no evidence that it was learned."


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("best"), SMALL)


def best(way: int, own: float, *theirs: float | None, peaks: int | None = None, fewer: int | None = None) -> Best:
    rivals = [None if value is None else Found(2, 2, value, fewer or peaks) for value in theirs]
    beside = tuple(ControlBest("block1-random", "random directions", rival) for rival in rivals)
    return Best("block1", way, Found(1, 1, own, peaks), beside)


def test_f1_is_that_of_the_feature_that_one_half_chose_for_dictionary_and_control_alike(small: SiteAtlas) -> None:
    chosen = {
        name: {(row["kind"], row["label"]): row for row in small.label_index(name).rows(named=True)}
        for name in small.names
    }
    by_clips = {key: one for key, one in best_features(small).items() if one.way == F1}

    assert by_clips
    for key, one in by_clips.items():
        row = chosen[one.dictionary][key]
        assert (one.value, one.feature, one.found.swapped) == (row["best_f1"], row["best_a"], row["best_b"])
        for rival in one.rivals:
            assert rival.value == chosen[rival.control].get(key, {}).get("best_f1")


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (best(F1, 0.82, 0.79), f"{LEVEL} .1 of F1."),
        (best(F1, 0.8, 0.7), f"{LEVEL} .1 of F1."),
        (best(F1, 0.82, 0.6), "Ahead of every control."),
        (best(F1, 0.82, None), "Ahead of every control."),
        (best(F1, 0.82, 0.6, 0.82), BEATEN),
        (best(F1, 0.4, 0.2), "Ahead of every control, but weak: a name asks for .50."),
        (best(PURITY, 0.95, 0.85, peaks=20), "Ahead of every control."),
        (best(PURITY, 0.95, 0.9, peaks=20), LEVEL_PEAKS),
        (best(PURITY, 0.95, 0.8, peaks=20), "Ahead of every control."),
        (best(PURITY, 0.95, 0.8, peaks=20, fewer=8), LEVEL_PEAKS),
        (best(SHARE, 0.9, 0.1), "No control has as much, but it is not read on held-out recordings."),
        (best(SHARE, 0.1, 0.1), BEATEN),
        (best(F1, 0.9), "No control was measured beside it."),
    ],
)
def test_a_lead_is_held_out_and_beyond_a_margin(one: Best, verdict: str) -> None:
    assert _verdict(one) == verdict
    assert one.ahead == verdict.startswith("Ahead")


@pytest.mark.parametrize(
    ("shown", "recordings", "said"),
    [(12, 12, "one per recording"), (12, 1300, "one each of 12 of 1,300 recordings"), (3, 0, "one per recording")],
)
def test_clips_that_carry_a_label_say_of_how_many_recordings_they_are(shown: int, recordings: int, said: str) -> None:
    assert _which_clips(shown, recordings) == said

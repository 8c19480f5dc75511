"""What a template was drawn from counts for nothing."""

import numpy as np
import polars as pl

from atlas.analyse.testing.labels import label_tables
from atlas.analyse.testing.origins import others_peaks, own_units
from atlas.audio.units import unit_numbers
from atlas.schema import ORIGINS
from atlas.schema.thresholds import FEWEST_GROUPS
from tests.analyse.making import Clip, world

CLIPS = [Clip("a"), Clip("b"), Clip("b"), Clip("c", problem="silent"), Clip("d")]


def origins(clips: list[int | None]) -> pl.DataFrame:
    n = len(clips)
    return ORIGINS.frame({"dictionary": ["t"] * n, "feature": range(n), "matches": [0] * n, "clip": clips})


def test_peaks_in_the_recording_of_a_template_are_not_read() -> None:
    made = world(CLIPS, np.ones((3, 5)))
    kept = others_peaks(made.peaks.lazy(), origins([1, 4, None]), made.clips).collect()
    pairs = set(kept.select("feature", "clip").iter_rows())
    assert pairs == {(f, c) for f in range(3) for c in range(5)} - {(0, 1), (0, 2), (1, 4)}
    assert kept.schema == made.peaks.schema


def test_dictionaries_without_templates_are_read_whole() -> None:
    made = world(CLIPS, np.ones((3, 5)))
    for none in (origins([None, None, None]), ORIGINS.empty()):
        assert others_peaks(made.peaks.lazy(), none, made.clips).collect().equals(made.peaks)
        assert own_units(none, made.clips, 3).tolist() == [-1] * 3


def test_the_unit_of_a_template_is_that_of_its_clip() -> None:
    made = world(CLIPS, np.ones((4, 5)))
    units = unit_numbers(made.clips)
    assert own_units(origins([2, 4, 3, None]), made.clips, 4).tolist() == [*units[[2, 4, 3]], -1]
    assert units[1] == units[2]


def test_peaks_of_the_same_speaker_are_not_read_either() -> None:
    clips = [Clip(f"r{number}", group=f"speaker {number // 2}") for number in range(FEWEST_GROUPS * 2)]
    made = world(clips, np.ones((2, len(clips))))
    kept = others_peaks(made.peaks.lazy(), origins([6, None]), made.clips).collect()
    assert set(range(len(clips))) - set(kept.filter(pl.col("feature") == 0)["clip"]) == {6, 7}
    assert kept.filter(pl.col("feature") == 1).height == len(clips)


def test_a_template_that_knows_its_own_recording_alone_finds_no_label() -> None:
    clips = [Clip(f"r{number}", labels=["siren"] if number < 8 else []) for number in range(24)]
    matched = np.zeros((8, 24))
    matched[np.arange(8), np.arange(8)] = 5.0  # each fires on its own siren
    matched[:, 12:17] = 1.0  # and, more softly, on what is none
    made = world(clips, matched)
    drawn = origins(list(range(8)))
    peaks = others_peaks(made.peaks.lazy(), drawn, made.clips).collect()
    blind = world(made.clips, matched * (np.arange(24) != np.arange(8)[:, None]))
    assert peaks.sort("feature", "clip").equals(blind.peaks.sort("feature", "clip"))
    own = own_units(drawn, made.clips, 8)
    knowing = label_tables("t", made.blocks(), made.recordings, made.kinds).labels
    honest = label_tables("t", blind.blocks(), made.recordings, made.kinds, own).labels
    assert knowing["f1_heldout"].max() > honest["f1_heldout"].max()
    assert honest["f1_heldout"].max() <= 0.5

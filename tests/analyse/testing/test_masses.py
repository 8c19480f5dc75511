"""Mass, precision and recall of a label, against a loop over frames."""

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing.framelabels import frame_labels
from atlas.analyse.testing.masses import ActiveValues, with_masses
from atlas.audio.samples import MEL_GRID
from atlas.schema import CODES

CLIPS, FRAMES, RATES = 6, 60, (0.5, 0.5, 0.5, 0.5, 0.02)
FEATURES = len(RATES)


def test_it_is_what_a_loop_over_frames_finds() -> None:
    random = np.random.default_rng(3)
    names = np.array(["", "a", "b", "c"])[random.integers(0, 4, (CLIPS, FRAMES))]
    names[0] = ""
    spans = pl.DataFrame(
        [(c, f / 50, (f + 1) / 50, names[c, f]) for c in range(CLIPS) for f in range(FRAMES) if names[c, f]],
        schema={"clip": pl.UInt32, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String},
        orient="row",
    )
    tier = frame_labels("phones", [spans], np.full(CLIPS, FRAMES), MEL_GRID)
    sampled = [(c, f) for c in range(CLIPS) for f in range(FRAMES) if random.random() < 0.7]
    active = [
        {feature: float(random.integers(1, 9)) for feature, rate in enumerate(RATES) if random.random() < rate}
        for _ in sampled
    ]
    codes = CODES.frame(
        {
            "clip": [c for c, _ in sampled],
            "frame": [f for _, f in sampled],
            "features": [list(row) for row in active],
            "values": [list(row.values()) for row in active],
        }
    )
    chosen = ["a", "b", None, "c", "a"]
    rows = pl.DataFrame(
        {"feature": pl.Series(range(FEATURES), dtype=pl.UInt32), "tier": "phones", "label": chosen, "height": 8.0}
    )
    found = with_masses(rows, ActiveValues.of(codes), FEATURES, [tier]).sort("feature")

    for feature, label in enumerate(chosen):
        mine = [
            (row[feature], names[c, f] == label)
            for (c, f), row in zip(sampled, active, strict=True)
            if feature in row and c > 0
        ]
        row = found.row(feature, named=True)
        if label is None or len(mine) < 30:
            assert (row["mass_share"], row["precision"], row["recall"]) == (None, None, None)
            continue
        hits = sum(value >= 4 and under for value, under in mine)
        of_label = sum(names[c, f] == label for c, f in sampled)
        assert row["mass_share"] == pytest.approx(
            sum(value for value, under in mine if under) / sum(value for value, _ in mine)
        )
        assert row["precision"] == pytest.approx(hits / sum(value >= 4 for value, _ in mine))
        assert row["recall"] == pytest.approx(hits / of_label)
    assert found["mass_share"].null_count() == 2

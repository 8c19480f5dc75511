"""The interval of a dictionary's phi: about the figure itself, and narrower with more recordings."""

import numpy as np
import polars as pl
import pytest

from atlas.analyse.testing.intervals import phi_intervals
from atlas.analyse.testing.labels import Tables, label_tables
from atlas.analyse.testing.resampling import draws
from tests.analyse.making import Clip, World, world

LABELS = ("siren", "dog", "rain")


def made(recordings: int, hits: float = 0.8, group: int | None = None) -> tuple[World, Tables]:
    """Feature i fires on most recordings of label i, and on some others; the last fires by chance."""
    clips = [
        Clip(f"r{n:04d}", labels=[LABELS[n % 4]] if n % 4 < 3 else [], group=f"s{n // group}" if group else None)
        for n in range(recordings)
    ]
    random = np.random.default_rng(2)
    has = np.array([[label in clip.labels for clip in clips] for label in LABELS])
    fires = random.random(has.shape) < np.where(has, hits, 0.1)
    values = np.vstack([fires, random.random(recordings) < 0.3]) * random.uniform(1, 2, (4, recordings))
    mine = world(clips, values)
    return mine, label_tables("d", mine.blocks(), mine.recordings, mine.kinds)


def bounds(mine: World, tables: Tables) -> dict[str, tuple[float, float]]:
    matched, none = mine.blocks()[0].matched, np.full(mine.features, -1)
    index = tables.label_index
    return phi_intervals(index, tables.labels, lambda some: matched[some], mine.recordings, mine.kinds, none)


def test_the_figure_lies_within_and_more_recordings_make_it_narrower() -> None:
    widths = []
    for recordings in (80, 320, 1280):
        mine, tables = made(recordings)
        low, high = bounds(mine, tables)["label"]
        assert low < tables.label_index["best_phi"].mean() < high
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 2 * widths[2]


def test_without_redrawing_it_is_the_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, tables = made(120)
    monkeypatch.setattr("atlas.analyse.testing.intervals.draws", lambda cell, unit: np.ones((len(cell), 3), np.float32))
    assert bounds(mine, tables)["label"] == pytest.approx([tables.label_index["best_phi"].mean()] * 2)


def test_a_label_without_a_significant_feature_counts_as_none_found() -> None:
    mine, tables = made(120)
    lost = pl.col("label") == "dog"
    columns = {name: pl.when(~lost).then(name) for name in ("best_a", "best_b")}
    without = Tables(tables.labels, tables.label_index.with_columns(**columns))
    assert bounds(mine, without)["label"][1] < bounds(mine, tables)["label"][1] * 0.75


def test_labels_that_cannot_be_halved_have_no_interval() -> None:
    mine, tables = made(120)
    none = Tables(tables.labels, tables.label_index.with_columns(halved=pl.lit(value=False)))
    assert bounds(mine, none) == {}


def test_speakers_that_are_alike_make_it_wider_than_recordings_do() -> None:
    apart, grouped = (made(400, group=group) for group in (None, 10))
    (low, high), (low_grouped, high_grouped) = (bounds(*one)["label"] for one in (apart, grouped))
    units = grouped[0].recordings.unit
    assert len(np.unique(units)) == 40
    assert draws(grouped[0].recordings.cell, units).shape[0] == 400
    assert (low, high) != (low_grouped, high_grouped)

"""Held-out peak purity against a slow and plain account of the same definition."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from atlas.analyse.testing.framelabels import FrameLabels, frame_labels
from atlas.analyse.testing.purity import ClipHalves, TierGroup, peak_labels_frame
from atlas.audio.samples import MEL_GRID

CLIPS, FRAMES, FEATURES = 90, 50, 40
VALID = np.full(CLIPS, FRAMES)


def spans_of(labels: np.ndarray) -> pl.DataFrame:
    """A span a frame; labels: [clips, frames] of strings, empty for none."""
    rows = [
        (clip, frame / 50, (frame + 1) / 50, str(labels[clip, frame]))
        for clip in range(CLIPS)
        for frame in range(FRAMES)
        if labels[clip, frame]
    ]
    return pl.DataFrame(
        rows, schema={"clip": pl.UInt32, "start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String}, orient="row"
    )


class World:
    """Random labels, texts, recordings and peaks; half of the features peak at one label more often than chance."""

    def __init__(self, folder: Path) -> None:
        random = np.random.default_rng(5)
        names = np.array(["", "a", "b", "c", "d", "e"])
        self.labels = names[random.integers(0, 6, (CLIPS, FRAMES))]
        self.labels[:10] = ""  # ten clips lack the tier
        self.texts = [f"text {random.integers(0, 60)}" for _ in range(CLIPS)]
        self.recording = np.sort(random.integers(0, 70, CLIPS))
        self.rank = random.permutation(CLIPS)
        self.half_a = (random.integers(0, 2, 70) == 0)[self.recording]
        rows = []
        for feature in range(FEATURES):
            for clip in np.flatnonzero(random.random(CLIPS) < random.choice([0.2, 0.7])):
                liked = np.flatnonzero(self.labels[clip] == names[1 + feature % 5])
                at_liked = len(liked) and random.random() < (0.9 if feature % 2 else 0.2)
                frame = random.choice(liked) if at_liked else random.integers(0, FRAMES)
                rows.append((feature, int(clip), float(random.integers(1, 30)), int(frame)))
        self.peaks = pl.DataFrame(
            rows,
            schema={"feature": pl.UInt16, "clip": pl.UInt32, "peak": pl.Float32, "peak_frame": pl.UInt16},
            orient="row",
        )
        self.file = folder / "peaks.parquet"
        self.peaks.sort("feature", "clip").write_parquet(self.file)

    @property
    def tier(self) -> FrameLabels:
        return frame_labels("phones", [spans_of(self.labels)], VALID, MEL_GRID)

    def frame(self) -> pl.DataFrame:
        whole = pl.DataFrame(
            {"clip": pl.Series(range(CLIPS), dtype=pl.UInt32), "start_s": 0.0, "end_s": 1e9, "label": self.texts}
        )
        texts = frame_labels("texts", [whole], VALID, MEL_GRID)
        halves = ClipHalves(recording=self.recording, rank=self.rank, half_a=self.half_a)
        return peak_labels_frame(
            "block", pl.scan_parquet(self.file), FEATURES, [TierGroup(tiers=[self.tier], texts=texts)], halves
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("purity"))


def strongest(world: World, feature: int) -> list[tuple[float, int, int]]:
    """(peak, clip, frame) of the peaks that are looked at."""
    mine = world.peaks.filter(pl.col("feature") == feature).select("peak", "clip", "peak_frame").rows()
    mine = [row for row in mine if row[1] >= 10]
    mine.sort(key=lambda row: (-row[0], world.rank[row[1]]))
    for key in (lambda row: world.recording[row[1]], lambda row: world.texts[row[1]]):
        seen: set[object] = set()
        mine = [row for row in mine if not (key(row) in seen or seen.add(key(row)))]
    return mine[:16]


def purity(world: World, rows: list[tuple[float, int, int]], shift: int) -> tuple[float, list[str | None], float]:
    """The share of hits, what the halves choose, and p."""
    halves: list[list[tuple[str, float]]] = [[], []]
    for peak, clip, frame in rows:
        label = world.labels[clip][(frame + FRAMES * shift // 6) % FRAMES]
        halves[int(world.half_a[clip])].append((str(label), peak))
    hits, chosen, ps = 0, [], []
    rates = Counter(label for row in world.labels[10:] for label in row)
    for half, other in ((halves[0], halves[1]), (halves[1], halves[0])):
        counts = Counter(label for label, _ in half if label)
        mass = {label: sum(peak for other_label, peak in half if other_label == label) for label in counts}
        best = min(counts, key=lambda label: (-counts[label], -mass[label], label), default=None)
        met = sum(label == best for label, _ in other)
        hits += met
        chosen.append(best)
        if best is not None:
            ps.append(binom.sf(met - 1, len(other), rates[best] / ((CLIPS - 10) * FRAMES)))
    p = min(1.0, 2 * min(ps)) if ps and chosen[0] == chosen[1] else 1.0
    return hits / len(rows), chosen, p


def test_it_is_what_the_definition_says(world: World) -> None:
    found = {row["feature"]: row for row in world.frame().iter_rows(named=True)}
    eligible = {}
    for feature in range(FEATURES):
        rows = strongest(world, feature)
        a = sum(bool(world.half_a[clip]) for _, clip, _ in rows)
        if min(a, len(rows) - a) >= 4:
            eligible[feature] = rows

    assert 10 < len(eligible) < FEATURES
    assert found.keys() == eligible.keys()
    for feature, rows in eligible.items():
        share, chosen, p = purity(world, rows, 0)
        row = found[feature]
        assert row["purity"] == pytest.approx(share)
        assert row["label"] == (chosen[0] if chosen[0] == chosen[1] else None)
        assert row["purity_shifted_max"] == pytest.approx(max(purity(world, rows, shift)[0] for shift in range(1, 6)))
        assert row["peaks"] == len(rows)
        assert row["p"] == pytest.approx(p)
        assert math.isclose(row["height"], float(np.median([peak for peak, _, _ in rows])))


def test_planted_features_are_named_and_the_others_are_not(world: World) -> None:
    rows = world.frame()
    named = rows.filter(pl.col("purity") >= 0.75, pl.col("q") < 0.05, pl.col("purity") > pl.col("purity_shifted_max"))

    assert {feature % 2 for feature in named["feature"]} == {1}
    assert {row["label"] for row in named.iter_rows(named=True)} == set("abcde")
    assert all(row["label"] == "abcde"[row["feature"] % 5] for row in named.iter_rows(named=True))


def test_a_corpus_without_the_tier_has_no_rows(world: World) -> None:
    none = spans_of(np.full((CLIPS, FRAMES), ""))
    tier = frame_labels("phones", [none], VALID, MEL_GRID)
    halves = ClipHalves(recording=world.recording, rank=world.rank, half_a=world.half_a)

    assert peak_labels_frame(
        "block", pl.scan_parquet(world.file), FEATURES, [TierGroup(tiers=[tier], texts=tier)], halves
    ).is_empty()


def test_peaks_without_any_label_are_misses(world: World) -> None:
    """The tier is there, and no peak stands at one of its labels: no purity, no name."""
    first = spans_of(np.where(np.arange(FRAMES) == 0, "a", np.full((CLIPS, FRAMES), "")))
    tier = frame_labels("phones", [first], VALID, MEL_GRID)
    whole = pl.DataFrame(
        {"clip": pl.Series(range(CLIPS), dtype=pl.UInt32), "start_s": 0.0, "end_s": 1e9, "label": world.texts}
    )
    group = TierGroup(tiers=[tier], texts=frame_labels("texts", [whole], VALID, MEL_GRID))
    late = world.peaks.with_columns(peak_frame=pl.lit(30, pl.UInt16))
    late.write_parquet(world.file.with_name("late.parquet"))
    halves = ClipHalves(recording=world.recording, rank=world.rank, half_a=world.half_a)
    rows = peak_labels_frame("block", pl.scan_parquet(world.file.with_name("late.parquet")), FEATURES, [group], halves)

    assert len(rows) > 10
    assert set(rows["label"]) == {None}
    assert set(rows["purity"]) == {0.0}
    assert set(rows["q"]) == {1.0}

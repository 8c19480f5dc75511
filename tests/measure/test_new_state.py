"""A new state is a class and a row of the table: its own table comes out of a whole scan and merge."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from atlas.measure import catalogue
from atlas.measure.catalogue import StateRow, TableRows
from atlas.measure.merged import Merged
from atlas.measure.states import CodedClip, DictionaryContext, Sums
from atlas.schema import Table
from tests.building import build_stage, contents, replaced, tables

LAST = Table(
    name="last",
    writer="merge",
    key=("dictionary", "feature"),
    columns={"dictionary": pl.String, "feature": pl.UInt32, "clips": pl.Int64},
    parts=("dictionary",),
)


@dataclass(slots=True)
class LastFrames(Sums[DictionaryContext, CodedClip]):
    """In how many clips a feature is active at the last valid frame: [features]."""

    clips: NDArray[np.int64]

    @classmethod
    def empty(cls, context: DictionaryContext) -> Self:
        return cls(np.zeros(context.features, np.int64))

    def add(self, clip: CodedClip, context: DictionaryContext) -> None:
        last = clip.view.valid - 1
        self.clips[clip.codes.rows.features[last, : clip.codes.rows.counts[last]]] += 1


def last_tables(merged: Merged) -> TableRows:
    clips = merged.state("last", LastFrames).clips
    yield LAST, LAST.frame({"dictionary": [merged.name] * len(clips), "feature": range(len(clips)), "clips": clips})


@pytest.fixture
def with_a_new_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rows = {**catalogue.DICTIONARY_STATES, "last": StateRow(LastFrames, last_tables)}
    monkeypatch.setattr(catalogue, "DICTIONARY_STATES", rows)


def measured(config: Path, out: Path) -> dict[str, bytes]:
    for stage in ("index", "calibrate", "scan", "merge"):
        build_stage(stage, config, out)
    return tables(out)


@pytest.mark.usefixtures("with_a_new_state")
def test_a_new_states_table_is_the_same_from_one_shard_and_from_several(
    tiny_config: Path, tiny_atlas: Path, tmp_path: Path
) -> None:
    several = measured(tiny_config, tmp_path / "several")
    whole = measured(replaced(tiny_config, ("shard_windows = 16", "shard_windows = 512")), tmp_path / "whole")

    assert len(list((tmp_path / "several/work").iterdir())) > 1
    assert len(list((tmp_path / "whole/work").iterdir())) == 1
    for name in ("last/last.parquet", "last/block0.parquet", "last/units.parquet"):
        assert several[name] == whole[name]
    untouched = ("features/", "examples/", "timed_counts/")
    assert {name: several[name] for name in several if name.startswith(untouched)} == contents(
        tiny_atlas, lambda name: name.startswith(untouched)
    )


@pytest.mark.usefixtures("with_a_new_state")
def test_a_new_states_table_holds_what_the_codes_say(tiny_config: Path, tmp_path: Path) -> None:
    everything = replaced(tiny_config, ("shard_windows = 16", "shard_windows = 16\ncode_frames = 1000000"))
    measured(everything, tmp_path)
    frame = pl.read_parquet(tmp_path / "last/block0.parquet")
    codes, clips = pl.read_parquet(tmp_path / "codes/block0.parquet"), pl.read_parquet(tmp_path / "clips.parquet")
    last = codes.join(clips.select("clip", "valid_frames"), on="clip").filter(
        pl.col("frame") == pl.col("valid_frames") - 1
    )
    expected = np.bincount(last["features"].explode().drop_nulls().to_numpy(), minlength=len(frame))

    assert expected.sum() > 0
    assert frame["clips"].to_list() == expected.tolist()

"""From the tables of a measured atlas to those of analysing: they fit each other, and are written and read back."""

from pathlib import Path

import polars as pl
import pytest

from atlas.schema import ANALYSED, CLIPS, DATASETS
from atlas.schema.thresholds import FEWEST_RECORDINGS
from atlas.store import AtlasFolder

DICTIONARY = "last"


@pytest.fixture(scope="module")
def analysed(tiny_atlas: Path) -> dict[str, pl.DataFrame]:
    folder = AtlasFolder(tiny_atlas)
    return {table.name: folder.read_table(table, *([DICTIONARY] if table.parts else [])) for table in ANALYSED.values()}


def test_every_table_of_analysing_is_there_sorted_by_its_key(analysed: dict[str, pl.DataFrame]) -> None:
    for name, frame in analysed.items():
        empty = name in ("peak_labels", "column_shifts")  # few recordings, no columns
        assert frame.is_empty() == empty
        assert frame.select(ANALYSED[name].key).rows() == sorted(frame.select(ANALYSED[name].key).rows())


def test_every_feature_has_one_finding(analysed: dict[str, pl.DataFrame]) -> None:
    assert analysed["findings"]["feature"].to_list() == list(range(len(analysed["findings"])))
    assert analysed["findings"].select(pl.col("named_by", "flags").null_count()).row(0) == (0, 0)


def test_domains_count_what_the_datasets_count(analysed: dict[str, pl.DataFrame], tiny_atlas: Path) -> None:
    folder = AtlasFolder(tiny_atlas)
    of_dataset = dict(folder.read_table(CLIPS).select("dataset", "domain").unique().rows())
    counts = ["frames", "frames_active", "clips", "clips_active"]
    summed = (
        folder.read_table(DATASETS, DICTIONARY)
        .with_columns(pl.col("dataset").replace_strict(of_dataset).alias("domain"))
        .group_by("feature", "domain")
        .agg(pl.col(counts).sum())
        .sort("feature", "domain")
    )
    assert analysed["domains"].select(summed.columns).rows() == summed.rows()


def test_shares_of_a_tier_add_up_to_one(analysed: dict[str, pl.DataFrame]) -> None:
    sums = analysed["timed_labels"].group_by("feature", "tier").agg(pl.col("share", "expected").sum())
    active = sums.drop_nulls().filter(pl.col("share") > 0)
    assert len(active) > 0
    assert active["share"].to_list() == pytest.approx([1.0] * len(active))
    assert active["expected"].to_list() == pytest.approx([1.0] * len(active), abs=0.02)  # moments are in 1/1024 frame


def test_a_corpus_too_small_to_test_says_so_and_states_no_p(analysed: dict[str, pl.DataFrame]) -> None:
    rare = analysed["label_index"].filter(pl.col("recordings") < FEWEST_RECORDINGS)
    assert len(rare) > 0
    assert rare["tests"].sum() == 0
    assert rare["null_reason"].null_count() == 0
    blank = analysed["domains"].filter(pl.col("null_reason").is_not_null())
    assert len(blank) > 0
    assert blank.select(pl.col("p", "q", "auroc", "specialised").null_count()).row(0) == (len(blank),) * 4
    assert analysed["timed_labels"]["q"].null_count() == len(analysed["timed_labels"])

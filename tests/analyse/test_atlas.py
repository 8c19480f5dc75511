"""From the tables of a measured atlas to those of analysing: they fit each other, and are written and read back."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from atlas.analyse.blocks import Block, blocks
from atlas.analyse.domains import domains_frame
from atlas.analyse.grades import grades_frame
from atlas.analyse.kinds import kinds_of
from atlas.analyse.labels import label_tables
from atlas.analyse.recordings import recordings_of
from atlas.analyse.timed import timed_labels_frame
from atlas.schema import ALIGNMENTS, ANALYSED, CLIPS, DATASETS, FEATURES, TIMED_COUNTS
from atlas.store import AtlasFolder
from tests.analyse.making import DOMAINS

DICTIONARY = "last"


@pytest.fixture(scope="module")
def analysed(tiny_atlas: Path) -> dict[str, pl.DataFrame]:
    folder = AtlasFolder(tiny_atlas)
    clips, alignments = folder.read_table(CLIPS), folder.read_table(ALIGNMENTS)
    recordings = recordings_of(clips, DOMAINS)
    peaks = sorted((tiny_atlas / "peaks" / DICTIONARY).glob("*.parquet"))
    assert len(peaks) > 1

    def again() -> Iterator[Block]:
        return blocks(peaks, recordings, len(folder.read_table(FEATURES, DICTIONARY)))

    domains = domains_frame(DICTIONARY, again(), recordings)
    labels = label_tables(DICTIONARY, again(), recordings, kinds_of(clips, alignments, recordings))
    return {
        "domains": domains,
        "grades": grades_frame(domains, DOMAINS),
        "labels": labels.labels,
        "label_index": labels.label_index,
        "timed_labels": timed_labels_frame(folder.read_table(TIMED_COUNTS, DICTIONARY)),
    }


def test_every_table_of_analysing_is_made_and_read_back(analysed: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    folder = AtlasFolder(tmp_path)
    assert set(analysed) <= set(ANALYSED)
    for name, frame in analysed.items():
        assert frame.is_empty() == (name == "labels")  # no label has ten recordings here
        folder.write_table(ANALYSED[name], frame, DICTIONARY)
        assert folder.read_table(ANALYSED[name], DICTIONARY).equals(frame)
        assert frame.select(ANALYSED[name].key).rows() == sorted(frame.select(ANALYSED[name].key).rows())


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
    rare = analysed["label_index"].filter(pl.col("recordings") < 10)
    assert len(rare) > 0
    assert rare["tests"].sum() == 0
    assert rare["blank"].null_count() == 0
    blank = analysed["domains"].filter(pl.col("blank").is_not_null())
    assert len(blank) > 0
    assert blank.select(pl.col("p", "q", "auroc", "specialised").null_count()).row(0) == (len(blank),) * 4
    assert analysed["timed_labels"]["q"].null_count() == len(analysed["timed_labels"])

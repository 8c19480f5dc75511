"""Two atlases over the same clips: clips are found by content, figures are those within an atlas, mistakes are told."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from atlas.analyse.overlap.comparing import FEW_FRAMES, blanked, compare, table_lines, write_rows
from atlas.analyse.overlap.overlaps import comparisons_frame, overlap
from atlas.errors import AtlasError
from atlas.schema import CLIPS, CODES, COMPARISONS
from atlas.schema.card import CARD, card_bytes, read_card
from atlas.store import AtlasFolder
from tests import cards
from tests.analyse.making import Clip, clips_frame
from tests.analyse.sampled import CLIP_FRAMES, Active, codes_frame, noise, sample
from tests.cards import sae_card

CLIPS_MADE = 60
FRAMES = CLIPS_MADE * CLIP_FRAMES


def make_atlas(root: Path, dictionaries: dict[str, Active], order: Sequence[int] = range(CLIPS_MADE)) -> Path:
    """A finished atlas over the clips of these numbers, in this order. dictionaries: [all frames, features]."""
    folder = AtlasFolder(root)
    contents = [f"content {number}" for number in order]
    clips = clips_frame([Clip(f"recording {number:02}") for number in order])
    folder.write_table(CLIPS, clips.with_columns(pl.Series("sha256", contents)))
    for name, active in dictionaries.items():
        by_clip = active.reshape(CLIPS_MADE, CLIP_FRAMES, -1)[list(order)]
        folder.write_table(CODES, codes_frame(by_clip.reshape(-1, active.shape[1])), name)
    own = {name: sae_card(features=active.shape[1]) for name, active in dictionaries.items()}
    folder.write_bytes(root / CARD, card_bytes(replace(cards.CARD, title=root.name, dictionaries=own)))
    return root


def silent(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def seeds() -> dict[str, Active]:
    first = noise(FRAMES, 30, 0.1)
    second = noise(FRAMES, 24, 0.1, 1)
    second[:, :8] = first[:, :8]
    return {"first": first, "second": second}


def test_the_figures_are_those_of_the_same_dictionaries_in_one_atlas(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", {"block": seeds["first"]})
    b = make_atlas(tmp_path / "b", {"block": seeds["second"]})

    rows = compare(a, b, silent)

    one, other = sample(seeds["first"]), sample(seeds["second"])
    expected = comparisons_frame([overlap(one, other)]), comparisons_frame([overlap(other, one)])
    assert rows["atlas"].to_list() == ["A", "B"]
    assert rows.drop("atlas").rows() == [*expected[0].rows(), *expected[1].rows()]
    assert rows.select("matched", "compared").rows() == [(8, 30), (8, 24)]


def test_clips_are_the_same_by_content_whatever_their_number(tmp_path: Path, seeds: dict[str, Active]) -> None:
    order = np.random.default_rng(2).permutation(CLIPS_MADE).tolist()
    a = make_atlas(tmp_path / "a", seeds)
    b = make_atlas(tmp_path / "b", seeds, order)
    said: list[str] = []

    rows = compare(a, b, said.append)

    pairs = rows.select("atlas", "dictionary", "other_dictionary", "coverage")
    assert [row for row in pairs.rows() if row[1] == row[2]] == [
        (atlas, name, name, 1.0) for atlas in "AB" for name in ("first", "second")
    ]
    assert COMPARISONS.check(rows.drop("atlas"), "compared").height == 8
    assert said == ["A a\nB b\n60 clips and 1,200 sampled frames in common"]


def test_only_the_common_clips_and_frames_are_compared(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds, range(59))
    b = make_atlas(tmp_path / "b", seeds, range(59, 3, -1))
    folder = AtlasFolder(b)
    for name in seeds:  # a smaller sample of frames
        folder.write_table(CODES, folder.read_table(CODES, name).filter(pl.col("frame") != 3), name)
    said: list[str] = []

    rows = compare(a, b, said.append)

    assert said[0].endswith("55 clips and 1,045 sampled frames in common")
    assert rows["frames"].unique().to_list() == [55 * 19]
    assert rows.filter(pl.col("dictionary") == pl.col("other_dictionary"))["coverage"].to_list() == [1.0] * 4


def test_content_that_lies_twice_in_a_corpus_counts_once(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds)
    b = make_atlas(tmp_path / "b", seeds, [*range(CLIPS_MADE), 0, 1, 0])

    assert compare(a, b, silent).rows() == compare(a, a, silent).rows()


def test_too_few_common_frames_leave_figures_blank(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds)
    b = make_atlas(tmp_path / "b", seeds, range(49))

    rows = compare(a, b, silent)

    assert rows["frames"].unique().to_list() == [980]
    assert rows["null_reason"].unique().to_list() == [FEW_FRAMES]
    assert rows.select("matched", "coverage", "overlaps").unique().rows() == [(None, None, None)]


def test_atlases_without_common_clips_are_told(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds, range(30))
    b = make_atlas(tmp_path / "b", seeds, range(30, 60))

    with pytest.raises(AtlasError, match="no clip is in both"):
        compare(a, b, silent)


def test_an_atlas_without_codes_is_told(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds)
    AtlasFolder(a).write_table(CODES, CODES.empty(), "second")

    with pytest.raises(AtlasError, match=r"keeps no codes of second.*code_frames above 0"):
        compare(a, a, silent)
    shutil.rmtree(a / "codes")
    with pytest.raises(AtlasError, match=r"first\.parquet: not there; run the stage that writes it"):
        compare(a, a, silent)


def test_dictionaries_of_one_atlas_that_were_sampled_apart_are_told(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds)
    AtlasFolder(a).write_table(CODES, AtlasFolder(a).read_table(CODES, "second").head(1100), "second")

    with pytest.raises(AtlasError, match=r"second\.parquet: not sampled on the same frames as the other dictionaries"):
        compare(a, a, silent)


def test_what_is_no_finished_atlas_is_told(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds)
    b = make_atlas(tmp_path / "b", seeds)
    (b / CARD).unlink()

    with pytest.raises(AtlasError, match=r"b: not a finished atlas, as it has no atlas\.json"):
        compare(a, b, silent)


def test_nothing_is_written_into_the_atlases(tmp_path: Path, seeds: dict[str, Active]) -> None:
    a = make_atlas(tmp_path / "a", seeds)
    before = {path: path.stat().st_mtime_ns for path in a.rglob("*")}

    compare(a, a, silent)

    assert {path: path.stat().st_mtime_ns for path in a.rglob("*")} == before


def rows_for_show() -> pl.DataFrame:
    active = noise(FRAMES, 40, 0.1)
    other = active.copy()
    other[:, 30:] = noise(FRAMES, 10, 0.1, 1)
    found = replace(overlap(sample(active), sample(other)), dictionary="block1", other_dictionary="again")
    return comparisons_frame([found]).select(pl.lit("A").alias("atlas"), pl.all())


def test_the_table_fits_a_terminal() -> None:
    rows = rows_for_show()

    assert table_lines(pl.concat([rows, blanked(rows)])) == [
        "   dictionary  in     coverage  matched  compared  best χ 0 to 1",
        "A  block1      again     75.0%       30        40  ·▃·················█",
        "A  block1      again         -        -        40  fewer than 1,000 sampled frames in common",
    ]


def test_a_comparison_is_saved_as_parquet_or_csv(tmp_path: Path) -> None:
    rows = rows_for_show()

    write_rows(rows, tmp_path / "found.parquet")
    write_rows(rows, tmp_path / "found.csv")

    assert pl.read_parquet(tmp_path / "found.parquet").equals(rows)
    flat = pl.read_csv(tmp_path / "found.csv").row(0, named=True)
    assert [int(count) for count in flat["overlaps"].split()] == rows["overlaps"][0].to_list()
    assert (flat["coverage"], flat["null_reason"]) == (0.75, None)


def test_a_comparison_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"found\.txt: a comparison is saved as \.csv or \.parquet"):
        write_rows(rows_for_show(), tmp_path / "found.txt")
    with pytest.raises(AtlasError, match=r"found\.csv: cannot be written"):
        write_rows(rows_for_show(), tmp_path / "missing" / "found.csv")


def test_the_card_that_merge_writes_is_understood(tiny_atlas: Path) -> None:
    rows = compare(tiny_atlas, tiny_atlas, silent)

    names = read_card(tiny_atlas).dictionaries
    assert len(rows) == 2 * len(names) ** 2
    same = rows.filter((pl.col("dictionary") == pl.col("other_dictionary")) & pl.col("coverage").is_not_null())
    assert same["coverage"].to_list() == [1.0] * len(same)

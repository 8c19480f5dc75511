"""The made-up atlases hold to what is promised of them: they stand in for real ones when pages are measured."""

from pathlib import Path

import polars as pl
import pytest

from atlas.schema import ANALYSED, ANNOTATED, CLIPS, EXAMPLES, FEATURES, NAMES, TABLES, Table, peaks_table
from atlas.schema.media import INDEX, MEDIA, picture_path, sound_path
from atlas.store import AtlasFolder
from tests.synthetic import HOSTILE, Spec, write_atlas

SMALL = Spec(features=64, dictionaries=("low", "high"), clips=48, annotated=True)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atlas(tmp_path_factory.mktemp("synthetic"), SMALL)


def parts_of(table: Table, name: str) -> tuple[str, ...]:
    return tuple("00000" if part == "shard" else name for part in table.parts)


@pytest.mark.parametrize(
    "table", [*TABLES.values(), *ANNOTATED.values(), *ANALYSED.values()], ids=lambda table: table.name
)
def test_every_table_is_there_and_sorted_by_a_key_without_doubles(small: Path, table: Table) -> None:
    folder = AtlasFolder(small)
    for shape in SMALL.shapes():
        kind = peaks_table(SMALL.features) if table.name == "peaks" else table
        frame = folder.read_table(kind, *parts_of(table, shape.name))

        assert len(frame) or (table.name == "origins" and shape.control_of is None)
        assert frame.equals(frame.sort(table.key))
        assert frame.select(table.key).n_unique() == len(frame)


def test_equal_specs_give_equal_bytes(small: Path, tmp_path: Path) -> None:
    again = write_atlas(tmp_path, SMALL)

    files = sorted(path.relative_to(small) for path in small.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in files if (small / path).read_bytes() != (again / path).read_bytes()] == []


def test_snippets_lie_within_their_clips_and_dead_features_have_none(small: Path) -> None:
    folder = AtlasFolder(small)
    clips = folder.read_table(CLIPS).select("clip", "duration_s")
    examples = folder.read_table(EXAMPLES, "low").join(clips, on="clip")
    features = folder.read_table(FEATURES, "low")

    assert examples.filter((pl.col("start_s") < 0) | (pl.col("end_s") > pl.col("duration_s") + 0.021)).height == 0
    assert (
        examples.filter(pl.col("trace").list.len() != ((pl.col("end_s") - pl.col("start_s")) * 50).round()).height == 0
    )
    dead = features.filter(pl.col("state") == "dead")["feature"].to_list()
    assert dead
    assert examples.filter(pl.col("feature").is_in(dead)).height == 0


def test_every_clip_has_a_picture_and_sound_unless_its_licence_forbids(small: Path) -> None:
    index = AtlasFolder(small).read_table(MEDIA, INDEX)

    for key, audio, reason in index.select("key", "audio_bytes", "reason").iter_rows():
        assert picture_path(small, key).is_file()
        assert sound_path(small, key).is_file() == (audio is not None) == (reason is None)
    assert set(index["reason"].to_list()) == {None, "licence"}


def test_hostile_texts_reach_every_text_column(tmp_path: Path) -> None:
    folder = AtlasFolder(write_atlas(tmp_path, Spec(features=64, clips=48, hostile=True)))

    clips = folder.read_table(CLIPS)
    for column in ("path", "dataset", "speaker", "language", "text", "licence", "attribution"):
        assert set(clips[column].to_list()) & set(HOSTILE), column
    names = folder.read_table(NAMES)
    assert set(names["name"]) == set(names["author"]) == set(HOSTILE)
    labels = folder.read_table(ANALYSED["labels"], "block2")
    assert set(labels["label"].to_list()) & set(HOSTILE)
    assert set(folder.read_table(ANALYSED["findings"], "block2")["label"].to_list()) & set(HOSTILE)

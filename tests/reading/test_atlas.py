"""An atlas as Python opens it: frames of the schema joined as users want them, and mistakes told in a sentence."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from atlas.errors import AtlasError
from atlas.reading.opening import open_atlas
from atlas.reading.tables import READABLE, Atlas
from atlas.schema import DOMAINS, EXAMPLES, FEATURES, FINDINGS, LABELS, NAMES, PEAKS
from atlas.store import AtlasFolder
from tests.causes import with_effects
from tests.synthetic import Spec, write_atlas

FEATURES_EACH = 64
SPEC = Spec(features=FEATURES_EACH, dictionaries=("block1", "block2"), clips=48)


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = write_atlas(tmp_path_factory.mktemp("opened"), SPEC)
    with_effects(folder)
    return open_atlas(folder)


def test_an_atlas_says_what_it_is(atlas: Atlas) -> None:
    names = ["block1", "block1-random", "block2", "block2-random"]

    assert list(atlas.dictionaries) == list(atlas.names) == names
    assert repr(atlas) == f"<atlas {atlas.title!r}: {', '.join(f'{name} (64 features)' for name in names)}>"


def test_every_table_of_a_dictionary_is_read_by_its_name(atlas: Atlas) -> None:
    tables = [table for table in READABLE.values() if table.parts == ("dictionary",)]

    assert len(tables) > 10
    for table in tables:
        assert atlas.table(table.name, "block2").equals(atlas.folder.read_table(table, "block2")), table.name


def test_a_table_of_all_dictionaries_is_read_whole_or_for_one(atlas: Atlas) -> None:
    assert set(atlas.table("controls")["dictionary"]) == {"block1", "block2"}
    assert set(atlas.table("controls", "block2")["dictionary"]) == {"block2"}
    assert atlas.table("media").columns == list(READABLE["media"].columns)


def test_a_row_a_feature_joins_its_figures_findings_and_domains(atlas: Atlas) -> None:
    rows = atlas.features("block2")

    assert rows["feature"].to_list() == list(range(FEATURES_EACH))
    for table in (FEATURES, FINDINGS):
        source = {row["feature"]: row for row in atlas.table(table.name, "block2").to_dicts()}
        for name in table.columns.keys() - {"dictionary", "feature"}:
            assert rows[name].to_list() == [source.get(number, {}).get(name) for number in range(FEATURES_EACH)], name
    special = atlas.folder.read_table(DOMAINS, "block2").filter("specialised")
    assert not special.is_empty()
    for feature, domains in rows.select("feature", "domains").rows():
        assert (domains or []) == special.filter(pl.col("feature") == feature)["domain"].to_list()


def test_names_that_people_gave_stand_beside_those_that_were_found(tmp_path: Path) -> None:
    folder = AtlasFolder(write_atlas(tmp_path, SPEC))
    assert open_atlas(tmp_path).features("block2")["given_name"].null_count() == FEATURES_EACH
    given = [("block1", 3, "a door", "ann"), ("block2", 3, "a siren", "bob"), ("gone", 3, "x", "ann")]
    folder.write_table(NAMES, pl.DataFrame(given, schema=dict(NAMES.columns), orient="row"))
    opened = open_atlas(tmp_path)

    for rows in (opened.features("block2"), opened.headlines("block2")):
        assert len(rows) == FEATURES_EACH
        named = rows.drop_nulls("given_name").select("feature", "given_name", "given_by")
        assert named.rows() == [(3, "a siren", "bob")]
    assert opened.table("names", "block1").rows() == given[:1]


def test_labels_of_a_feature_come_the_surest_first(atlas: Atlas) -> None:
    table = atlas.folder.read_table(LABELS, "block2")
    feature = int(table["feature"].mode()[0])
    rows = atlas.labels_of("block2", feature)

    assert len(rows) == len(table.filter(pl.col("feature") == feature)) > 1
    assert rows["q"].to_list() == sorted(rows["q"].to_list())


def test_examples_say_where_they_come_from(atlas: Atlas) -> None:
    rows = atlas.examples("block2", 3)
    table = atlas.folder.read_table(EXAMPLES, "block2").filter(pl.col("feature") == 3)

    assert rows.select(table.drop("dictionary").columns).equals(table.drop("dictionary"))
    for clip, path, audio in rows.select("clip", "path", "audio").rows():
        assert (path, audio) == atlas.clips.select("path", "audio").row(clip)


def test_decoder_rows_are_those_of_the_file(atlas: Atlas) -> None:
    stored = load_file(atlas.folder.root / "vectors/block1.safetensors")["decoder"]

    assert atlas.decoder("block1").dtype == np.float32
    assert np.array_equal(atlas.decoder("block1"), stored)


def test_a_clip_without_published_sound_says_why(atlas: Atlas) -> None:
    number = int(atlas.clips.filter(pl.col("reason") == "licence")["clip"][0])

    with pytest.raises(
        AtlasError, match=r"its sound is not in the atlas, as its licence does not allow that; .*config="
    ):
        _ = atlas.clip(number).samples


def test_published_sound_comes_with_its_source(atlas: Atlas) -> None:
    clip = atlas.clip(int(atlas.clips.filter("audio")["clip"][0]))

    assert (clip.sound.source, clip.sound.rate_hz) == ("media", 16_000)
    assert len(clip.samples) == pytest.approx(clip.row["duration_s"] * 16_000, abs=600)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda atlas: atlas.features("block9"), "no dictionary 'block9'; there are block1, block1-random, block2, "),
        (lambda atlas: atlas.feature("block2", 64), "block2/64: block2 has features from 0 to 63"),
        (lambda atlas: atlas.examples("block2", -1), "block2/-1: block2 has features from 0 to 63"),
        (lambda atlas: atlas.clip(48), "clip 48: there are clips from 0 to 47"),
        (lambda atlas: atlas.table("feature"), "no table 'feature'; there are clips, "),
        (lambda atlas: atlas.table("labels"), "labels: each dictionary has a table of its own; name one of block1, "),
        (lambda atlas: atlas.table("codes", "block3"), "no dictionary 'block3'; there are "),
    ],
)
def test_a_mistake_is_told_in_a_sentence(atlas: Atlas, ask: object, message: str) -> None:
    assert callable(ask)
    with pytest.raises(AtlasError) as caught:
        ask(atlas)
    assert message in str(caught.value)


def test_before_analyse_has_run_features_are_read_and_labels_name_the_stage(tmp_path: Path) -> None:
    bare = open_atlas(write_atlas(tmp_path, Spec(features=16, clips=24, analysed=False)))

    assert bare.features("block2")["label"].null_count() == 16
    assert bare.feature("block2", 1).labels.is_empty()
    with pytest.raises(AtlasError, match=r"not there; run the stage that writes it, `atlas analyse`"):
        bare.labels("block2")


def test_columns_and_blocks_of_another_version_are_refused(tmp_path: Path) -> None:
    opened = open_atlas(write_atlas(tmp_path / "atlas", SPEC))
    path = opened.folder.path(FEATURES, "block2")
    opened.folder.write_table(replace(FEATURES, version=FEATURES.version + 1), pl.read_parquet(path), "block2")

    for ask in (
        lambda: opened.column("block2", "features", "density"),
        lambda: opened.dictionary("block2", 0, 8),
    ):
        with pytest.raises(AtlasError, match=r"features/block2\.parquet: version \d+ of the table `features`"):
            ask()
    assert len(opened.column("block1", "features", "density")) == FEATURES_EACH


def test_peaks_of_all_shards_are_one_table(tiny_atlas: Path) -> None:
    opened = open_atlas(tiny_atlas)
    rows = opened.table("peaks", "last")

    assert len(opened.shards) > 1
    assert rows.equals(rows.sort(PEAKS.key))
    sums = rows.group_by("feature").agg(pl.len()).sort("feature")
    active = opened.features("last").filter(pl.col("clips_active") > 0)
    assert sums["len"].to_list() == active["clips_active"].to_list()


def test_figures_of_a_dictionary_are_those_of_the_table_whatever_they_are_of(tiny_atlas: Path) -> None:
    opened = open_atlas(tiny_atlas)
    rows = opened.controls.select("dictionary", "figure", "of", "value").rows()

    assert {of for _, figure, of, _ in rows if figure == "flag"} >= {"padding", "dense"}
    assert all(opened.figures_of(name)[figure, of] == value for name, figure, of, value in rows)


def test_a_folder_without_an_atlas_is_told_from_one_that_is_not_finished(tiny_atlas: Path, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"nowhere: no such folder; give the folder that `atlas build` left"):
        open_atlas(tmp_path / "nowhere")
    with pytest.raises(AtlasError, match=r"not a finished atlas, as it has no atlas\.json; run `atlas build`"):
        open_atlas(tmp_path)
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    with pytest.raises(AtlasError, match=r"a site, not an atlas"):
        open_atlas(tmp_path)
    shutil.copytree(tiny_atlas / ".done", tmp_path / ".done")
    with pytest.raises(
        AtlasError, match=r"the stage 'merge', which writes atlas\.json, is not done; run `atlas build`"
    ):
        open_atlas(tmp_path)


def test_timed_labels_are_those_of_the_corpus_and_made_ones(atlas: Atlas, tmp_path: Path) -> None:
    annotated = open_atlas(write_atlas(tmp_path, replace(SPEC, annotated=True)))
    brought, made = annotated.table("alignments"), annotated.table("annotations")
    every = annotated.alignments

    assert not brought.is_empty()
    assert not made.is_empty()
    assert set(made["source"]) == {"pocketsphinx"}
    assert every.frame.equals(pl.concat([brought, made.select(brought.columns)]).sort("clip", "tier", "start_s"))
    assert set(every.of(1)["clip"]) == {1} == set(made["clip"]) & {0, 1, 2}
    assert annotated.transcripts.equals(annotated.table("transcripts"))
    assert annotated.table("peak_labels", "block2").equals(annotated.dictionary("block2").table("peak_labels"))
    assert atlas.transcripts.is_empty()
    assert atlas.annotations.is_empty()
    assert atlas.dictionary("block2").table("peak_labels").is_empty()

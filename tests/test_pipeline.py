"""A change of the config does again exactly what depends on it; what would throw away a scan is asked for first."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from atlas.errors import AtlasError
from atlas.pipeline import Options
from atlas.store import AtlasFolder
from tests.building import build_all, build_stage, contents, replaced, stored_world

FORCED = Options(force=True)
SHOWN = ("analyse    was done before", "media      was done before")
DONE = ("index      was done before", "calibrate  was done before", "scan       was done before (1 shard)")


@pytest.fixture(scope="module")
def built(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world with its atlas: one dictionary, nine clips, one shard."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(tiny_config.parent / "corpus", folder / "corpus")
    header, *lines = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    config = stored_world(folder, tiny_config.parent, [header, *(line for line in lines if "/0" in line)][::3])
    corpus = tiny_config.parent.as_posix() + "/corpus"
    cut = config.read_text(encoding="utf-8").replace(corpus, "corpus").partition('\n[[dictionary]]\nname = "block0"')[0]
    config.write_text(cut + "\n", encoding="utf-8")
    build_all(config, folder / "atlas")
    return folder


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Path:
    """A copy of the small world and its atlas, to change."""
    shutil.copytree(built, tmp_path / "world", copy_function=shutil.copy2)
    return tmp_path / "world"


def change(world: Path, *changes: tuple[str, str], options: Options | None = None) -> list[str]:
    """Build the world again with another config; returns the closing lines, without their times."""
    config = replaced(world / "config.toml", *changes)
    return [line.splitlines()[0] for line in build_all(config, world / "atlas", options)]


def refusal(world: Path, *changes: tuple[str, str]) -> str:
    """What a build says that stops at another config, less the folder, and less how long the scan took."""
    before = contents(world / "atlas")
    with pytest.raises(AtlasError) as caught:
        change(world, *changes)
    assert contents(world / "atlas") == before
    said = str(caught.value).removeprefix(f"{world / 'atlas'}: ")
    told, _, rest = said.partition(". That would throw away 1 scanned shard (")
    assert rest.endswith(" of work): use --force to do so, or another --out")
    return told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[encoder]", "[calibrate]\nwindows = 3\n\n[encoder]", "calibrate.windows was 200, is 3"),
        ("[encoder]", "[scan]\nshard_windows = 4\n\n[encoder]", "scan.shard_windows was 512, is 4"),
        ("[encoder]", "[scan]\ncode_frames = 100\n\n[encoder]", "scan.code_frames was 262144, is 100"),
        ("[encoder]", "[scan]\ntimed_labels = 5\n\n[encoder]", "scan.timed_labels was 200, is 5"),
        ("[encoder]", "[examples]\ntop = 5\n\n[encoder]", "examples.top was 20, is 5"),
        ("encoder.pt", 'encoder.pt"\nprecision = "bf16', "encoder.precision was fp32, is bf16"),
        ("control = false", "control = true", "dictionary.last-random was absent, is "),
        ('name = "last"', 'name = "best"', "dictionary.best was absent, is "),
    ],
)
def test_a_change_that_would_throw_away_a_scan_stops_and_names_the_key(
    world: Path, old: str, new: str, told: str
) -> None:
    assert refusal(world, (old, new)).startswith(told)


def test_a_change_of_a_dictionary_stops_and_says_what_it_was(world: Path) -> None:
    told = refusal(world, ("threshold = 0.7", "threshold = 0.6"))

    assert told.startswith("dictionary.last was ")
    assert told.partition(", is ")[0].endswith("tap encoder.ln_post, threshold 0.7")
    assert told.endswith("tap encoder.ln_post, threshold 0.6")


def test_another_encoder_stops(world: Path) -> None:
    source = world.parent / "louder.pt"
    models = (world / "config.toml").read_text(encoding="utf-8").partition('model = "')[2].partition('"')[0]
    content = torch.load(models, weights_only=True)
    content["model_state_dict"]["encoder.conv1.bias"] += 0.1
    torch.save(content, source)

    told = refusal(world, (models, source.as_posix()))
    assert told.startswith("encoder.model was encoder.pt ")
    assert ", is louder.pt " in told


def test_a_forced_change_does_everything_again(world: Path) -> None:
    lines = change(world, ("[encoder]", "[examples]\ntop = 5\n\n[encoder]"), options=FORCED)

    assert [line.split()[0] for line in lines] == ["index", "calibrate", "scan", "merge", "analyse", "media"]
    assert not any("was done before" in line for line in lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "Nothing here is calibrated"', 'title = "Another title"'),
        ("[encoder]", "[examples]\nothers = 2\n\n[encoder]"),
    ],
)
def test_a_change_that_only_the_tables_depend_on_merges_again(world: Path, old: str, new: str) -> None:
    lines = change(world, (old, new))

    assert lines[:3] == [*DONE]
    assert lines[3].startswith("merge      68 features in ")


def test_a_merge_that_is_done_again_says_which_key_changed(world: Path) -> None:
    lines = change(world, ('title = "Nothing here is calibrated"', 'title = "Another title"'))

    assert lines[3].endswith("; again, as title was Nothing here is calibrated, is Another title")


def test_what_only_the_pages_need_does_nothing_again(world: Path) -> None:
    lines = change(world, ("[encoder]", '[site]\nbase_url = "https://example.org/"\n\n[encoder]'))

    assert lines == [*DONE, f"merge      was done before; the tables are in {world / 'atlas'}", *SHOWN]


def test_what_only_media_need_makes_them_again_and_says_why(world: Path) -> None:
    lines = change(world, ("[encoder]", "[media]\nbudget_mb = 5\n\n[encoder]"))

    assert lines[:-1] == [*DONE, f"merge      was done before; the tables are in {world / 'atlas'}", SHOWN[0]]
    assert lines[-1].startswith("media      0 sounds (0.0 MB), 9 pictures (0.0 MB), 9 not published (licence), in ")
    assert lines[-1].endswith("; again, as media.budget_mb was 600, is 5")


def test_files_that_were_only_touched_keep_their_scan(world: Path) -> None:
    before = contents(world / "atlas")
    for path in (world / "corpus").rglob("*.flac"):
        os.utime(path, ns=(1, 1))
    lines = change(world)

    assert lines[0].startswith("index      10 clips of 10 recordings")
    assert lines[0].partition("; again, as ")[2].startswith("audio was ")
    assert lines[1:3] == [*DONE[1:]]
    assert contents(world / "atlas") == before


def test_a_file_that_changed_stops(world: Path) -> None:
    row = (world / "manifest.csv").read_text(encoding="utf-8").splitlines()[1]
    (world / "corpus" / row.partition(",")[0]).write_bytes((world / "corpus/voices/14.flac").read_bytes())

    assert refusal(world).startswith("audio was ")


def test_another_manifest_stops(world: Path) -> None:
    manifest = world / "manifest.csv"
    manifest.write_text("\n".join(manifest.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")

    assert refusal(world).startswith("audio was ")


def test_an_index_that_no_scan_depends_on_is_simply_done_again(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "fresh"
    build_stage("index", world / "config.toml", out)
    again = build_stage(
        "index", replaced(world / "config.toml", ("[encoder]", "[scan]\nshard_windows = 4\n\n[encoder]")), out
    )

    first, second = again.splitlines()
    assert first.endswith("; again, as scan.shard_windows was 512, is 4")
    assert second == "           speech 3, music 3, sound 4; 4 datasets, 10 clips with labels, 0 timed labels"


@pytest.mark.parametrize(("stage", "needed"), [("calibrate", "index"), ("scan", "index"), ("merge", "index")])
def test_a_stage_by_itself_asks_for_the_one_before_it(world: Path, tmp_path: Path, stage: str, needed: str) -> None:
    out = tmp_path / "fresh"
    with pytest.raises(AtlasError) as caught:
        build_stage(stage, world / "config.toml", out)

    assert str(caught.value) == f"{out}: the stage '{needed}' is not done; run `atlas {needed}` first"


@pytest.mark.parametrize("needed", ["analyse", "media"])
def test_pages_are_not_made_from_what_another_merge_left(world: Path, needed: str) -> None:
    folder = AtlasFolder(world / "atlas")
    options = Options(site=world / "site")
    folder.unmark(needed)
    with pytest.raises(AtlasError, match=f"the stage '{needed}' is not done; run `atlas {needed}` first"):
        build_stage("render", world / "config.toml", world / "atlas", options)
    folder.mark((needed,), {"measured": "something else"}, [])
    with pytest.raises(AtlasError, match=f"the stage '{needed}' was done with other inputs: "):
        build_stage("render", world / "config.toml", world / "atlas", options)

    assert not (world / "site").exists()


def test_a_scan_by_itself_asks_for_the_calibration(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "fresh"
    build_stage("index", world / "config.toml", out)
    for stage in ("scan", "merge"):
        with pytest.raises(AtlasError) as caught:
            build_stage(stage, world / "config.toml", out)
        assert str(caught.value) == f"{out}: the stage 'calibrate' is not done; run `atlas calibrate` first"


def test_a_merge_by_itself_asks_for_the_shards_that_are_missing(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "fresh"
    config = replaced(world / "config.toml", ("[encoder]", "[scan]\nshard_windows = 2\n\n[encoder]"))
    build_stage("index", config, out)
    build_stage("calibrate", config, out)
    build_stage("scan", config, out, Options(share=(1, 2)))
    with pytest.raises(AtlasError) as caught:
        build_stage("merge", config, out)

    assert str(caught.value) == (
        f"{out}: 2 of 5 shards are not scanned with these settings (first: 1); run `atlas scan`"
    )


def test_a_stage_by_itself_refuses_inputs_of_other_settings(world: Path) -> None:
    config = replaced(world / "config.toml", ("[encoder]", "[calibrate]\nwindows = 3\n\n[encoder]"))
    for stage in ("scan", "merge"):
        with pytest.raises(AtlasError) as caught:
            build_stage(stage, config, world / "atlas")
        assert str(caught.value) == (
            f"{world / 'atlas'}: the stage 'calibrate' was done with other inputs: calibrate.windows was 200, is 3;"
            " run `atlas calibrate` again"
        )


def test_what_is_merely_said_of_a_clip_keeps_the_scan(world: Path) -> None:
    manifest = world / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("siren", "alarm"), encoding="utf-8")

    said = change(world)

    assert said[0].startswith("index      10 clips")
    assert said[1:3] == list(DONE[1:])
    assert said[3].startswith("merge      68 features")


def test_a_forced_part_of_a_scan_is_scanned_again_and_gives_the_same(world: Path) -> None:
    before = contents(world / "atlas")

    line = build_stage("scan", world / "config.toml", world / "atlas", Options(force=True, share=(1, 2)))

    assert line.startswith("scan       10 windows in 1 shard")
    assert contents(world / "atlas") == before


def test_what_a_killed_trial_left_is_gone_after_the_next_build(world: Path) -> None:
    (world / "atlas/.trial").mkdir()

    assert change(world)[:3] == list(DONE)
    assert not (world / "atlas/.trial").exists()


def test_tables_stand_without_the_shards_own_states(world: Path) -> None:
    shutil.rmtree(world / "atlas/work")

    merged = f"merge      was done before; the tables are in {world / 'atlas'}"
    assert change(world)[2:] == [DONE[2], merged, *SHOWN]


def test_tables_without_their_peaks_are_made_again(world: Path) -> None:
    before = contents(world / "atlas")
    shutil.rmtree(world / "atlas/peaks")
    lines = change(world)

    assert lines[2].startswith("scan       10 windows in 1 shard")
    assert contents(world / "atlas") == before


def test_a_scan_that_is_done_again_is_merged_again(world: Path) -> None:
    build_stage("scan", world / "config.toml", world / "atlas", FORCED)

    assert build_stage("merge", world / "config.toml", world / "atlas").startswith("merge      68 features in ")


def test_nothing_of_a_dictionary_that_is_no_longer_there_stays(world: Path) -> None:
    change(world, ('name = "last"', 'name = "renamed"'), options=FORCED)

    assert [name for name in contents(world / "atlas") if "last" in name] == []


def test_a_mended_folder_is_indexed_again_under_its_scan(world: Path) -> None:
    before = contents(world / "atlas")
    (world / "atlas/clips.parquet").unlink()

    assert change(world)[0].startswith("index      10 clips")
    assert contents(world / "atlas") == before

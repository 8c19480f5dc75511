"""A change of the config does again exactly what depends on it; what would throw away a scan is asked for first."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import torch

from atlas import pipeline
from atlas.analyse import run as analysing
from atlas.errors import AtlasError
from atlas.measure import catalogue, merge
from atlas.pipeline import STAGES, Options
from atlas.schema import CONTROLS, FINDINGS, PEAKS, card
from atlas.store import AtlasFolder
from tests.building import build_all, build_stage, contents, replaced, stored_world

ROOT = Path(__file__).resolve().parent.parent
FORCED = Options(force=True)
EVERYTHING = [
    *(f"{name:<10} was done before" for name in ("index", "calibrate")),
    "scan       was done before (1 shard)",
    *(f"{name:<10} was done before" for name in ("merge", "analyse", "media")),
]
ALONE = Options(workers=1)  # in this process, whose names a test may replace
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
    """Build the world again with another config; returns the closing lines, less where the tables of a merge lie."""
    config = replaced(world / "config.toml", *changes)
    lines = build_all(config, world / "atlas", options)
    return [line.splitlines()[0].removesuffix(f"; the tables are in {world / 'atlas'}") for line in lines]


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
        (
            "encoder.pt",
            'encoder.pt"\nprecision = "bf16',
            "the arithmetic of the encoder (encoder.precision) was ",
        ),
        ("control = false", "control = true", 'dictionary.last.control was [], is ["random", "template"]'),
        ('name = "last"', 'name = "best"', "dictionary was last, is best"),
    ],
)
def test_a_change_that_would_throw_away_a_scan_stops_and_names_the_key(
    world: Path, old: str, new: str, told: str
) -> None:
    assert refusal(world, (old, new)).startswith(told)


def test_a_change_of_a_dictionary_stops_and_says_what_it_was(world: Path) -> None:
    assert refusal(world, ("threshold = 0.7", "threshold = 0.6")) == "dictionary.last.threshold was 0.7, is 0.6"


def test_another_encoder_stops(world: Path) -> None:
    source = world.parent / "louder.pt"
    models = (world / "config.toml").read_text(encoding="utf-8").partition('model = "')[2].partition('"')[0]
    content = torch.load(models, weights_only=True)
    content["model_state_dict"]["encoder.conv1.bias"] += 0.1
    torch.save(content, source)

    told = 'encoder.model was "encoder.pt", is "louder.pt"; the weights of the encoder changed'
    assert refusal(world, (models, source.as_posix())) == told


def test_a_forced_change_does_everything_again(world: Path) -> None:
    lines = change(world, ("[encoder]", "[examples]\ntop = 5\n\n[encoder]"), options=FORCED)

    assert [line.split()[0] for line in lines] == ["index", "calibrate", "scan", "merge", "analyse", "media"]
    assert not any("was done before" in line for line in lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[encoder]", '[site]\nbase_url = "https://example.org/"\n\n[encoder]'),
        ("manifest.csv", "./manifest.csv"),
        ("[encoder]", "[calibrate]\nwindows = 200\n\n[encoder]"),
    ],
)
def test_what_no_table_depends_on_does_nothing_again(world: Path, old: str, new: str) -> None:
    assert change(world, (old, new)) == EVERYTHING


def test_another_title_makes_the_pages_again_and_nothing_else(world: Path) -> None:
    options = Options(site=world / "site")
    change(world, options=options)
    before = {path: path.stat().st_mtime_ns for path in (world / "atlas").rglob("*.*") if path.is_file()}
    lines = change(world, ('title = "Nothing here is calibrated"', 'title = "Another title"'), options=options)
    now = {path: path.stat().st_mtime_ns for path in (world / "atlas").rglob("*.*") if path.is_file()}

    assert lines[:-1] == EVERYTHING
    assert {path.name for path in now if now[path] != before.get(path)} == {"atlas.json"}
    assert json.loads((world / "atlas/atlas.json").read_text(encoding="utf-8"))["title"] == "Another title"
    assert "Another title" in (world / "site/index.html").read_text(encoding="utf-8")
    assert change(world, ('title = "Nothing here is calibrated"', 'title = "Another title"')) == EVERYTHING


def test_another_line_about_a_dictionary_makes_the_pages_again_and_nothing_else(world: Path) -> None:
    options = Options(site=world / "site")
    change(world, options=options)
    before = {path: path.stat().st_mtime_ns for path in (world / "atlas").rglob("*.*") if path.is_file()}
    lines = change(world, ("[[dictionary]]", '[[dictionary]]\nabout = "What it is."'), options=options)

    assert lines[:-1] == EVERYTHING
    assert {path: path.stat().st_mtime_ns for path in (world / "atlas").rglob("*.*") if path.is_file()} == before
    assert "What it is." in (world / "site/index.html").read_text(encoding="utf-8")


def test_pages_that_are_made_by_themselves_have_the_title_of_the_config(world: Path) -> None:
    config = replaced(world / "config.toml", ('title = "Nothing here is calibrated"', 'title = "Another title"'))
    build_stage("render", config, world / "atlas", Options(site=world / "site"))

    assert "Another title" in (world / "site/index.html").read_text(encoding="utf-8")
    assert "Nothing here is calibrated" not in (world / "site/index.html").read_text(encoding="utf-8")


def test_another_version_of_the_card_merges_again(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = card.CARD_VERSION + 1
    renewed = replace(STAGES["merge"], versions={"the card": later})
    monkeypatch.setattr(pipeline, "STAGES", {**STAGES, "merge": renewed})
    monkeypatch.setattr(pipeline, "MERGE", renewed)
    monkeypatch.setattr(merge, "CARD_VERSION", later)
    monkeypatch.setattr(card, "CARD_VERSION", later)
    lines = change(world, options=ALONE)

    assert lines[3].endswith(f"; again, as version of the card was {later - 1}, is {later}")
    assert lines[:3] + lines[4:] == EVERYTHING[:3] + EVERYTHING[4:]
    assert card.read_card(world / "atlas").version == later


def test_a_change_that_only_the_tables_depend_on_merges_again_and_names_the_key(world: Path) -> None:
    lines = change(world, ("[encoder]", "[examples]\nothers = 2\n\n[encoder]"))

    assert lines[:3] == [*DONE]
    assert lines[3].startswith("merge      68 features in ")
    assert lines[3].endswith("; again, as examples.others was 4, is 2")
    assert lines[4] == EVERYTHING[4]  # no table that the analysis reads has other bytes
    assert lines[5].endswith("; again, as table examples changed")


def test_what_the_analysis_alone_depends_on_is_analysed_again_and_not_merged(world: Path) -> None:
    lines = change(world, ("[encoder]", '[analyse]\nmap = "decoder"\n\n[encoder]'), options=ALONE)

    assert lines[:4] == EVERYTHING[:4]
    assert lines[4].endswith('; again, as analyse.map was "activations", is "decoder"')
    assert lines[5].endswith("; again, as table findings changed")


def test_a_stage_that_comes_out_with_equal_bytes_stops_the_cascade(world: Path) -> None:
    """Each of them is made to run, one by one; what follows finds the bytes that it knows."""
    before = contents(world / "atlas")
    for name, place in (("index", 0), ("merge", 3), ("analyse", 4), ("media", 5)):
        AtlasFolder(world / "atlas").unmark(name)
        lines = change(world)
        assert lines[place].split()[0] == name
        assert "was done before" not in lines[place]
        assert lines[:place] + lines[place + 1 :] == EVERYTHING[:place] + EVERYTHING[place + 1 :]
        assert contents(world / "atlas") == before


def test_a_table_that_changed_is_named(world: Path) -> None:
    folder = AtlasFolder(world / "atlas")
    left = folder.record("merge")
    assert left is not None
    other = {name: replace(output, digest="0") for name, output in left.outputs.items() if name.startswith("codes/")}
    outputs = {**left.outputs, **other}
    folder.mark(("merge",), left.facts, [], left.notes, outputs)
    lines = change(world)

    assert lines[:4] == EVERYTHING[:4]
    assert lines[4].endswith("; again, as table codes changed")
    assert lines[5] == EVERYTHING[5]


def test_another_version_of_a_table_does_again_what_writes_it_and_keeps_the_scan(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, then = FINDINGS.version, FINDINGS.version + 1
    later = replace(FINDINGS, version=then)
    stage = STAGES["analyse"]
    renewed = replace(stage, writes=tuple(later if table is FINDINGS else table for table in stage.writes))
    monkeypatch.setattr(pipeline, "STAGES", {**STAGES, "analyse": renewed})
    monkeypatch.setattr(analysing, "FINDINGS", later)
    lines = change(world, options=ALONE)

    assert lines[:4] == EVERYTHING[:4]
    assert lines[4].endswith(f"; again, as version of table findings was {now}, is {then}")
    assert lines[5].endswith("; again, as table findings changed")  # which of a control's directions have sound
    assert AtlasFolder(world / "atlas").read_table(later, "last").height == 68
    with pytest.raises(
        AtlasError, match=f"version {then} of the table `findings`, and this tool reads version {now}; "
    ):
        AtlasFolder(world / "atlas").read_table(FINDINGS, "last")


def test_shards_whose_peaks_are_of_another_version_are_asked_for_again(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, then = PEAKS.version, PEAKS.version + 1
    stage = STAGES["scan"]
    renewed = replace(
        stage, writes=tuple(replace(PEAKS, version=then) if table is PEAKS else table for table in stage.writes)
    )
    monkeypatch.setattr(pipeline, "STAGES", {**STAGES, "scan": renewed})
    monkeypatch.setattr(pipeline, "SCAN", renewed)

    assert refusal(world) == f"version of table peaks was {now}, is {then}"
    with pytest.raises(AtlasError, match=rf"1 of 1 shards are not scanned .* \(version of table peaks was {now}, is"):
        build_stage("analyse", world / "config.toml", world / "atlas")


def of_one_dataset(world: Path, name: str, old: str) -> None:
    """Rename a dataset in the manifest."""
    manifest = world / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(f",{old},", f",{name},"), encoding="utf-8")


def test_a_dataset_of_another_name_keeps_the_scan(world: Path) -> None:
    of_one_dataset(world, "alley", "street")
    lines = change(world)

    assert lines[0].endswith("; again, as the rows of the corpus changed")
    assert lines[1:3] == EVERYTHING[1:3]
    assert lines[3].endswith("; again, as table clips changed")


def test_datasets_whose_clips_are_tested_by_another_length_stop(world: Path) -> None:
    of_one_dataset(world, "street", "studio")

    assert refusal(world) == "the rows of the corpus changed"


def test_what_only_media_need_makes_them_again_and_says_why(world: Path) -> None:
    lines = change(world, ("[encoder]", "[media]\nbudget_mb = 5\n\n[encoder]"))

    assert lines[:-1] == EVERYTHING[:-1]
    assert lines[-1].startswith("media      0 sounds (0.0 MB), 9 pictures (0.0 MB), 9 not published (licence), in ")
    assert lines[-1].endswith("; again, as media.budget_mb was 600, is 5")


def test_a_scan_without_a_new_state_is_not_merged_with_it_but_asked_for_again(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {**catalogue.DICTIONARY_STATES, "made_up": catalogue.DICTIONARY_STATES["fit"]}
    monkeypatch.setattr(catalogue, "DICTIONARY_STATES", rows)

    assert refusal(world) == "the sums that shards hold changed"


def test_files_that_were_only_touched_keep_their_scan(world: Path) -> None:
    before = contents(world / "atlas")
    for path in (world / "corpus").rglob("*.flac"):
        os.utime(path, ns=(1, 1))
    lines = change(world)

    assert lines[0].startswith("index      10 clips of 10 recordings")
    assert lines[0].endswith("; again, as the audio files changed")
    assert lines[1:] == EVERYTHING[1:]
    assert contents(world / "atlas") == before


def test_a_file_that_changed_stops(world: Path) -> None:
    row = (world / "manifest.csv").read_text(encoding="utf-8").splitlines()[1]
    (world / "corpus" / row.partition(",")[0]).write_bytes((world / "corpus/voices/14.flac").read_bytes())

    assert refusal(world).startswith("the audio files changed")


def test_another_manifest_stops(world: Path) -> None:
    manifest = world / "manifest.csv"
    manifest.write_text("\n".join(manifest.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")

    assert refusal(world).startswith("the audio files changed")


def test_an_index_that_no_scan_depends_on_is_simply_done_again(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "fresh"
    build_stage("index", world / "config.toml", out)
    again = build_stage(
        "index", replaced(world / "config.toml", ("[encoder]", "[scan]\nshard_windows = 4\n\n[encoder]")), out
    )

    first, second = again.splitlines()
    assert first.endswith("; again, as scan.shard_windows was 512, is 4")
    assert second == "           speech 3, music 3, sound 4; 4 datasets, 10 clips with labels, 0 timed labels"


@pytest.mark.parametrize(
    ("stage", "needed"), [(stage, "index") for stage in ("calibrate", "scan", "merge", "analyse", "media", "render")]
)
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
    assert said[3].endswith("; again, as table clips changed")


def test_groups_are_taken_up_without_another_scan(world: Path) -> None:
    lines = change(world, ("[corpus]\n", "[corpus]\ngroup_pattern = '(?P<take>.)$'\n"))

    assert lines[0].startswith("index      10 clips")
    assert lines[1:3] == list(DONE[1:])
    assert lines[3].startswith("merge      68 features")
    assert lines[4].endswith("; again, as table clips changed")
    corpus = card.read_card(world / "atlas").corpus
    assert corpus.group == "take"
    assert all(bool(domain.groups) == bool(domain.clips) for domain in corpus.domains.values())


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

    assert change(world) == EVERYTHING


def test_tables_without_their_peaks_are_made_again(world: Path) -> None:
    before = contents(world / "atlas")
    shutil.rmtree(world / "atlas/peaks")
    lines = change(world)

    assert lines[2].startswith("scan       10 windows in 1 shard")
    assert contents(world / "atlas") == before


def test_a_scan_that_is_done_again_to_equal_bytes_is_not_merged_again(world: Path) -> None:
    build_stage("scan", world / "config.toml", world / "atlas", FORCED)

    again = build_stage("merge", world / "config.toml", world / "atlas")
    assert again == f"merge      was done before; the tables are in {world / 'atlas'}"


def test_nothing_of_a_dictionary_that_is_no_longer_there_stays(world: Path) -> None:
    change(world, ('name = "last"', 'name = "renamed"'), options=FORCED)

    assert [name for name in contents(world / "atlas") if "last" in name] == []


def test_a_mended_folder_is_indexed_again_under_its_scan(world: Path) -> None:
    before = contents(world / "atlas")
    (world / "atlas/clips.parquet").unlink()

    assert change(world)[0].startswith("index      10 clips")
    assert contents(world / "atlas") == before


def test_stages_that_work_on_tables_alone_import_no_torch(world: Path) -> None:
    script = (
        "import sys; from atlas.cli import main\n"
        "for name in ('analyse', 'media', 'render'):\n"
        "    more = ['--site', sys.argv[3]] if name == 'render' else ['--force']\n"
        "    main([name, sys.argv[1], '--out', sys.argv[2], '--workers', '1', *more], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules\n"
    )
    title = ('title = "Nothing here is calibrated"', 'title = "Another title"')
    replaced(world / "config.toml", title, name="config.toml")
    (world / "atlas/.lock").touch()  # as the command leaves one
    places = [str(world / name) for name in ("config.toml", "atlas", "site")]
    result = subprocess.run([sys.executable, "-c", script, *places], cwd=ROOT, capture_output=True, text=True)

    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["analyse", "features", "media", "not", "render"]
    assert card.read_card(world / "atlas").title == "Another title"


def test_a_dictionary_may_stand_beside_all_four_controls(world: Path) -> None:
    text = (world / "config.toml").read_text(encoding="utf-8")
    checkpoint = next(line for line in text.splitlines() if line.startswith("checkpoint")).replace("checkpoint", "")
    controls = 'control = ["random", "template", "untrained", "mel"]\nuntrained' + checkpoint

    change(world, ("control = false", controls), options=FORCED)

    held = AtlasFolder(world / "atlas").read_table(CONTROLS)
    beside = ["last-mel", "last-random", "last-template", "last-untrained"]
    assert sorted(held.filter(pl.col("dictionary") == "last")["control"].unique()) == beside
    read = card.read_card(world / "atlas")
    assert read.encoder.taps == ("encoder.ln_post", "untrained encoder.ln_post", "log-mel")
    assert {name: read.dictionaries[name].width for name in beside} == dict(zip(beside, (80, 64, 64, 64), strict=True))
    found = AtlasFolder(world / "atlas").read_table(FINDINGS, "last")
    assert {"untrained_best", "mel_rank"} <= set(found.columns)

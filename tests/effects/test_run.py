"""The stage of effects on a miniature Whisper, from tables to tables: whole, killed, shared, larger, and refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import soundfile

from atlas.effects import budget, hearing
from atlas.effects.ledger import FOLDER, Ledger
from atlas.effects.run import effects_preflight, measure_effects
from atlas.errors import AtlasError
from atlas.measure import thresholds
from atlas.readouts.catalogue import NoReadout
from atlas.schema import CAUSES, CLIPS, EFFECT_RUNS, PEAKS
from atlas.schema.effects import (
    ABLATE,
    DECOY,
    DOSE_EDITS,
    DOWNSTREAM,
    ISOTROPIC,
    LOCAL,
    NO_READOUT,
    NO_SPEECH_HEARD,
    NOTHING_FOLLOWS,
    NOTHING_NEAR,
    OF_FEATURE,
    SCALED,
    SHIFTED,
    SILENT_EDITS,
    TRANSCRIPT,
    WER,
)
from atlas.schema.effects import EFFECT_PAIRS as PAIRS
from atlas.stages import Options
from atlas.store import AtlasFolder
from tests.annotate.whispers import noise
from tests.building import build_stage, replaced, run_of
from tests.effects.runs import WillingSource

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

EFFECTS = 'effects = { budget_passes = 60, dictionaries = ["units"], features = ["units/3"] }'
EDITS = {ABLATE, DECOY, SHIFTED, SCALED, *DOSE_EDITS, *SILENT_EDITS, f"{ISOTROPIC}:0", f"{ISOTROPIC}:1"}


@pytest.fixture(scope="module")
def analysed(heard_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of a world of its own, which is analysed."""
    world = tmp_path_factory.mktemp("effects") / "world"
    shutil.copytree(heard_config.parent, world)
    config = replaced(world / "config.toml", ("effects = { budget_passes = 100 }", EFFECTS), name="effects.toml")
    build_stage("analyse", config, world / "atlas")
    return config


@pytest.fixture(autouse=True)
def small(analysed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two control directions of a kind; and a readout that takes what random weights write."""
    source = WillingSource(str(analysed.parent / "whole.pt"))
    monkeypatch.setattr(hearing, "find_readout", lambda _config, _source: source)
    monkeypatch.setattr(budget, "CONTROL_DIRECTIONS", 2)
    monkeypatch.setattr(budget, "DOSE_SHARE", 3.0)
    monkeypatch.setattr(budget, "CONTROL_SHARE", 5.0)
    monkeypatch.setattr("atlas.effects.pieces.MOST_EDITS", 7)
    monkeypatch.setattr("atlas.effects.dictionary.MOST_EDITS", 7)


def copy(config: Path, folder: Path) -> Path:
    """Another atlas of the same world, which nothing was measured in."""
    shutil.copytree(config.parent / "atlas", folder, ignore=shutil.ignore_patterns("causes", *CAUSES, "effect*"))
    return folder


def measured(folder: Path) -> dict[str, bytes]:
    """All that the stage leaves."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.parquet"))}
    return {name: path.read_bytes() for name, path in found.items() if name.startswith((FOLDER, "effect", "screening"))}


@pytest.fixture(scope="module")
def whole(analysed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with measured effects, and the closing line."""
    with pytest.MonkeyPatch.context() as patch:
        small.__wrapped__(analysed, patch)  # type: ignore[attr-defined]
        folder = copy(analysed, tmp_path_factory.mktemp("whole") / "atlas")
        yield folder, build_stage("effects", analysed, folder, Options(workers=1))


def test_every_table_is_left_and_every_edit_is_in_it(whole: tuple[Path, str]) -> None:
    atlas, line = AtlasFolder(whole[0]), whole[1]
    tables = {name: atlas.read_table(table, *(["units"] if table.parts else [])) for name, table in CAUSES.items()}
    pairs, run = tables[PAIRS.name], tables[EFFECT_RUNS.name].row(0, named=True)
    features = pairs["feature"].unique().to_list()

    assert 3 in features
    assert set(pairs["edit"].unique()) >= EDITS
    assert pairs["edit"].str.starts_with(OF_FEATURE).any()
    assert set(pairs["outcome"]) >= {TRANSCRIPT, DOWNSTREAM, WER}
    assert pairs["value"].is_finite().all()
    assert len(tables["screening"]) == 32
    assert (run["primary"], run["null_reason"], run["measured"]) == (LOCAL, None, len(features))
    assert line.startswith(f"effects    units: {len(features)} feature")
    assert "; 1 could not be tested" in line
    told = tables["screening"].filter(feature=3)["null_reason"].to_list()
    assert (run["untested"], told) == (1, [NOTHING_NEAR]), "as this Whisper says all of a text at once"


def test_each_ablation_stands_beside_a_decoy_of_the_same_size(whole: tuple[Path, str]) -> None:
    pairs = AtlasFolder(whole[0]).read_table(PAIRS, "units").filter(pl.col("outcome") == DOWNSTREAM)
    own, decoy = (pairs.filter(pl.col("edit") == edit).sort("feature", "clip") for edit in (ABLATE, DECOY))

    assert own.select("feature", "clip", "frames_edited").equals(decoy.select("feature", "clip", "frames_edited"))
    assert own["norm"].to_list() == pytest.approx(decoy["norm"].to_list(), rel=1e-5)
    assert (own["value"] != decoy["value"]).all()


def test_the_same_bytes_come_from_two_processes(analysed: Path, whole: tuple[Path, str], tmp_path: Path) -> None:
    folder = copy(analysed, tmp_path / "atlas")
    build_stage("effects", analysed, folder, Options(workers=2))

    assert measured(folder) == measured(whole[0])


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(
    analysed: Path, whole: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, add = copy(analysed, tmp_path / "atlas"), Ledger.add
    total = sum(name.startswith(FOLDER) for name in measured(whole[0]))
    kept = 0
    for allowed in (1, total // 3, total // 2):
        left = iter(range(allowed))

        def dying(ledger: Ledger, rows: pl.DataFrame, left: Iterator[int] = left) -> Path:
            path = add(ledger, rows)
            if next(left, None) is None:
                raise KeyboardInterrupt
            return path

        monkeypatch.setattr(Ledger, "add", dying)
        with pytest.raises(KeyboardInterrupt):
            build_stage("effects", analysed, folder, Options(workers=1))
        pieces = sum(name.startswith(FOLDER) for name in measured(folder))
        assert kept < pieces < total
        kept = pieces
    monkeypatch.setattr(Ledger, "add", add)
    build_stage("effects", analysed, folder, Options(workers=1))

    assert measured(folder) == measured(whole[0])


def test_a_larger_budget_adds_and_nothing_is_measured_again(
    analysed: Path, whole: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "atlas"
    shutil.copytree(whole[0], folder)
    more = replaced(analysed, ("budget_passes = 60", "budget_passes = 120"), name="more.toml")
    line = build_stage("effects", more, folder, Options(workers=1))
    before, after = measured(whole[0]), measured(folder)
    pieces = [name for name in before if name.startswith(FOLDER)]

    assert "again, as effects.budget_passes was 60, is 120" in line
    assert {name: after[name] for name in pieces} == {name: before[name] for name in pieces}
    assert len(after) > len(before)
    assert measured_features(whole[0]) < measured_features(folder)

    build_stage("effects", analysed, folder, Options(workers=1))
    again = measured(folder)
    assert {name: again[name] for name in before} == before, "what the larger budget left besides counts for nothing"


def measured_features(folder: Path) -> set[int]:
    return set(AtlasFolder(folder).read_table(PAIRS, "units")["feature"])


def test_what_is_done_is_skipped_and_what_is_not_asked_for_goes(
    analysed: Path, whole: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "atlas"
    shutil.copytree(whole[0], folder)
    assert "was done before" in build_stage("effects", analysed, folder)
    without = replaced(analysed, (f"{EFFECTS}\n", ""), name="without.toml")

    with pytest.raises(AtlasError, match="asks for nothing that `atlas effects` makes"):
        build_stage("effects", without, folder)
    build_stage("media", without, folder)
    assert not measured(folder)
    assert not (folder / "causes").exists(), "nor what was said"


def counting(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Grows by (feature, edit) with each edit that is measured."""
    added, add = list[tuple[int, str]](), Ledger.add

    def counted(ledger: Ledger, rows: pl.DataFrame) -> Path:
        added.extend(rows.select("feature", "edit").iter_rows())
        return add(ledger, rows)

    monkeypatch.setattr(Ledger, "add", counted)
    return added


def test_another_licence_costs_no_edit(
    analysed: Path, whole: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "atlas"
    shutil.copytree(whole[0], folder)
    atlas, added = AtlasFolder(folder), counting(monkeypatch)
    atlas.write_table(CLIPS, atlas.read_table(CLIPS).with_columns(licence=pl.lit("CC0")))
    measure_effects(run_of(analysed, folder), Options(workers=1))

    assert added == []
    assert measured(folder) == measured(whole[0])


def test_an_added_sound_costs_what_it_changes_and_leaves_what_a_new_atlas_gets(
    analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one process, whose caches know the corpus as it was; calibration hears the same clips as before."""
    shutil.copytree(analysed.parent, tmp_path / "world", ignore=shutil.ignore_patterns("kept", "atlas"))
    config, sample = tmp_path / "world" / analysed.name, thresholds.sample_clips
    monkeypatch.setattr(
        thresholds,
        "sample_clips",
        lambda clips, windows: sample([clip for clip in clips if "new" not in clip.path], windows),
    )
    everything = ("index", "calibrate", "scan", "merge", "analyse", "effects")
    for stage in everything:
        build_stage(stage, config, tmp_path / "atlas", Options(workers=1))
    soundfile.write(tmp_path / "world" / "sounds" / "000new.wav", noise(9_000, 1234), 16_000)
    added = counting(monkeypatch)
    for stage in everything:
        force = stage in ("index", "calibrate", "scan")
        build_stage(stage, config, tmp_path / "atlas", Options(workers=1, force=force))
    anew = list(added)
    hearing.hearing_here.cache_clear()
    for stage in everything:
        build_stage(stage, config, tmp_path / "clean", Options(workers=1))
    tables = [{k: v for k, v in measured(tmp_path / n).items() if not k.startswith(FOLDER)} for n in ("atlas", "clean")]

    assert tables[0] == tables[1]
    assert 0 < len(anew) < len(added) - len(anew)


def _no_readout(_config: object, _source: object) -> NoReadout:
    return NoReadout("nothing says anything")


@pytest.mark.parametrize(
    ("tap", "expected"),
    [("encoder.blocks.0", (DOWNSTREAM, NO_READOUT)), ("encoder.ln_post", (None, NOTHING_FOLLOWS))],
)
def test_without_a_readout_only_what_follows_in_the_encoder_is_measured(
    tap: str, expected: tuple[str | None, str], analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "find_readout", _no_readout)
    folder, config = tmp_path / "atlas", analysed
    if tap == "encoder.ln_post":
        config = replaced(analysed, ('"encoder.blocks.0"', f'"{tap}"'), name=f"{tap}.toml")
        for stage in ("index", "calibrate", "scan", "merge", "analyse"):
            build_stage(stage, config, folder)
    else:
        copy(analysed, folder)
    build_stage("effects", config, folder, Options(workers=1))
    run = AtlasFolder(folder).read_table(EFFECT_RUNS).row(0, named=True)

    assert (run["primary"], run["null_reason"]) == expected
    pairs = AtlasFolder(folder).read_table(PAIRS, "units")
    assert set(pairs["outcome"]) == ({DOWNSTREAM} if expected[0] else set())


def test_where_nobody_speaks_what_follows_in_the_encoder_is_measured(
    analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing.Hearing, "_counts", lambda self, _utterance: not self.speaks)
    folder = copy(analysed, tmp_path / "atlas")
    line = build_stage("effects", analysed, folder, Options(workers=1))
    run = AtlasFolder(folder).read_table(EFFECT_RUNS).row(0, named=True)

    assert (run["primary"], run["null_reason"]) == (DOWNSTREAM, NO_SPEECH_HEARD)
    assert line.endswith("no speech") or "; no speech;" in line
    assert set(AtlasFolder(folder).read_table(PAIRS, "units")["outcome"]) == {DOWNSTREAM}


def test_where_no_clip_counts_the_reason_is_left(
    analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing.Hearing, "heard", lambda _self, _workers: [])
    folder = copy(analysed, tmp_path / "atlas")
    line = build_stage("effects", analysed, folder, Options(workers=1))
    run = AtlasFolder(folder).read_table(EFFECT_RUNS).row(0, named=True)

    assert (run["primary"], run["null_reason"]) == (None, NO_SPEECH_HEARD)
    assert "units: nothing measured (no speech)" in line


@pytest.mark.parametrize("told", ["53 passes are too few", "units/99 does not exist"])
def test_what_cannot_be_measured_is_refused_before_anything_is_listened_to(
    told: str, analysed: Path, tmp_path: Path
) -> None:
    change = ("budget_passes = 60", "budget_passes = 53") if told.startswith("53") else ("units/3", "units/99")
    config = replaced(analysed, change, name="early.toml")

    with pytest.raises(AtlasError, match=told):
        effects_preflight(run_of(config, tmp_path / "nothing"))
    effects_preflight(run_of(analysed, tmp_path / "nothing"))


def test_other_features_are_those_of_the_very_clip(whole: tuple[Path, str]) -> None:
    """Each clip has its own, so not all clips of a feature have the same; and all are active in theirs."""
    pairs = AtlasFolder(whole[0]).read_table(PAIRS, "units").filter(outcome=DOWNSTREAM, feature=3)
    others = pairs.filter(pl.col("edit").str.starts_with(OF_FEATURE)).select(
        "clip", other=pl.col("edit").str.split(":").list.last().cast(pl.UInt32)
    )
    peaks = pl.read_parquet(whole[0] / PEAKS.name / "units" / "*.parquet").filter(pl.col("peak") > 0)
    active = peaks.select("clip", other=pl.col("feature").cast(pl.UInt32))

    assert len(others) > 0
    assert others.join(active, on=["clip", "other"], how="anti").is_empty()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("budget_passes = 60", "budget_passes = 53"), r"53 passes are too few to measure a single feature; give 54"),
        (('dictionaries = ["units"]', 'dictionaries = ["unit"]'), r"no dictionary 'unit' in units, inside"),
        (("units/3", "units/99"), r"units/99 does not exist; units has 32 features"),
    ],
)
def test_what_cannot_be_measured_is_refused(change: tuple[str, str], told: str, analysed: Path, tmp_path: Path) -> None:
    folder = copy(analysed, tmp_path / "atlas")

    with pytest.raises(AtlasError, match=told):
        build_stage("effects", replaced(analysed, change, name="wrong.toml"), folder, Options(workers=1))

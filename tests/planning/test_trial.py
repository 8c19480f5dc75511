"""A plan of the tiny world, tried and not: what it says before a run is near what the run then leaves."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atlas.cli import main
from atlas.config.loading import load_config
from atlas.errors import AtlasError
from atlas.planning.existing import folder_bytes
from atlas.planning.plan import Plan
from atlas.planning.run import Asked, plan_run
from atlas.publish.hosts import HOSTS
from atlas.schema.card import read_card
from atlas.store import AtlasFolder
from tests.building import contents


def plan(config: Path, out: Path, **asked: object) -> Plan:
    return plan_run(load_config(config), AtlasFolder(out), HOSTS["github"], Asked(device="cpu", **asked))  # type: ignore[arg-type]


def atlas(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["plan", *map(str, arguments)])


@pytest.fixture(scope="module")
def tried(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan(tiny_config, tmp_path_factory.mktemp("none") / "atlas", trial_s=3.0)


def test_a_trial_measures_every_rate(tried: Plan) -> None:
    trial = tried.trial
    assert trial is not None

    assert trial.windows > 0
    assert 0 < trial.encoder_s < trial.window_s
    assert min(trial.index_s, trial.heard_s, trial.media_s, trial.picture_bytes, trial.memory_mib) > 0
    assert [stage.name for stage in tried.stages] == [
        *("index", "calibrate", "scan", "merge", "analyse", "media", "render")
    ]


def test_shapes_and_tables_are_near_what_the_run_leaves(tried: Plan, tiny_atlas: Path) -> None:
    card = read_card(tiny_atlas)
    shapes = {one.shape.name: one.shape.features for one in tried.contents.dictionaries}
    learned = {name: one.features for name, one in card.dictionaries.items() if one.control_of is None}

    assert {name: shapes[name] for name in learned} == learned
    assert set(shapes) == set(card.dictionaries)
    assert tried.atlas_bytes == pytest.approx(sum(folder_bytes(AtlasFolder(tiny_atlas)).values()), rel=0.5)


def test_a_plan_leaves_nothing_behind(tiny_config: Path, tmp_path: Path) -> None:
    before = contents(tiny_config.parent)
    result = atlas(tiny_config, "--out", tmp_path / "atlas", "--trial-seconds", "1", "--device", "cpu")

    assert result.exit_code == 0, result.output
    assert contents(tiny_config.parent) == before
    assert not (tmp_path / "atlas").exists()


def test_a_finished_atlas_is_planned_from_its_tables(tiny_config: Path, tiny_atlas: Path) -> None:
    finished = plan(tiny_config, tiny_atlas, trial_s=None)

    assert finished.contents.outline.exact
    assert finished.atlas_bytes == sum(folder_bytes(AtlasFolder(tiny_atlas)).values())
    assert {stage.name for stage in finished.stages if stage.seconds == 0} >= {"index", "scan", "merge", "analyse"}
    assert {one.shape.name: one.shape.features for one in finished.contents.dictionaries} == {
        name: card.features for name, card in read_card(tiny_atlas).dictionaries.items()
    }


def test_the_command_writes_json_for_scripts(tiny_config: Path, tmp_path: Path) -> None:
    result = atlas(tiny_config, "--out", tmp_path / "atlas", "--no-trial", "--json", "--host", "cloudflare")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["host"], told["fits"], told["stages"]) == ("Cloudflare Pages", True, {})


def test_a_device_that_is_not_there_is_refused(tiny_config: Path, tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="expected auto, cpu, cuda or cuda:N"):
        plan_run(
            load_config(tiny_config),
            AtlasFolder(tmp_path / "atlas"),
            HOSTS["github"],
            Asked(device="abacus", trial_s=1.0),
        )


def test_a_checkpoint_that_is_not_there_is_refused_before_anything_is_tried(tiny_config: Path, tmp_path: Path) -> None:
    text = tiny_config.read_text(encoding="utf-8").replace('"last/ae.pt"', '"none/ae.pt"')
    broken = tiny_config.with_name("broken.toml")
    broken.write_text(text, encoding="utf-8")
    result = atlas(broken, "--out", tmp_path / "atlas")
    broken.unlink()

    assert result.exit_code == 1
    assert "none/ae.pt: no such file or folder" in result.stderr

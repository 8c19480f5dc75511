"""The exports from the command line."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atlas.cli import main
from tests.exports.neuronpedia_rules import mistakes
from tests.synthetic import Spec, write_atlas

CONFIG = """
title = "Synthetic"
[corpus]
folders = { speech = "." }
[encoder]
model = "tiny.en"
[[dictionary]]
name = "block2"
tap = "encoder.blocks.0"
checkpoint = "ae.pt"
[media]
redistribute = ["CC*"]
[site]
base_url = "https://example.org/"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atlas(tmp_path_factory.mktemp("command") / "my-atlas", Spec(features=24, clips=24))


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a config and its atlas."""
    shutil.copytree(made, tmp_path / "my-atlas")
    (tmp_path / "my.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["export", *arguments])


def test_controls_are_left_out_unless_they_are_named(folder: Path) -> None:
    assert export("neuronpedia", "my.toml").exit_code == 0
    result = export("neuronpedia", "my.toml", "--dictionary", "block2-random", "--to", "control", "--model-id", "m")

    assert [path.name for path in (folder / "my-neuronpedia/v1").glob("*/*")] == ["0-block2"]
    assert mistakes(folder / "my-neuronpedia") == []
    assert result.exit_code == 0
    assert [path.name for path in (folder / "control/v1/m").iterdir()] == ["0-block2-random"]


def test_options_reach_what_is_described(folder: Path) -> None:
    names = ["--source", "4-res__x", "--release", "r", "--creator-id", "c", "--creator-name", "Ann", "--owner", "O"]
    result = export("neuronpedia", "my.toml", "--model-id", "m", *names)

    assert result.exit_code == 0, result.output
    source = folder / "my-neuronpedia/v1/m/4-res__x"
    release = json.loads((source / "release.jsonl").read_text(encoding="utf-8"))
    assert (release["name"], release["creatorName"], release["creatorId"]) == ("r", "Ann", "c")
    assert json.loads((source / "model.jsonl").read_text(encoding="utf-8"))["owner"] == "O"


def test_each_export_has_a_place_of_its_own(folder: Path) -> None:
    assert export("embedding-atlas", "my.toml").exit_code == 0
    assert export("huggingface", "my.toml", "--sounds", "0").exit_code == 0

    assert (folder / "my-map.parquet").is_file()
    assert (folder / "my-huggingface/README.md").is_file()


@pytest.mark.parametrize("command", ["neuronpedia", "embedding-atlas", "huggingface"])
def test_a_dictionary_that_is_not_there_is_told(folder: Path, command: str) -> None:
    result = export(command, "my.toml", "--dictionary", "block9", "--dictionary", "block2")

    assert result.exit_code == 1
    assert result.stderr == "Error: --dictionary block9: not in this atlas; there are block2, block2-random\n"


def test_an_atlas_that_is_not_finished_is_told(folder: Path) -> None:
    result = export("neuronpedia", "my.toml", "--out", "nowhere")

    assert (result.exit_code, result.stderr[:25]) == (1, "Error: nowhere: no such f")

"""`atlas steer` from a config and a sound to what is printed, on a miniature Whisper with its decoder."""

import csv
import io
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner, Result

from atlas.cli import main
from tests.annotate.whispers import miniature, noise, write

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

CONFIG = """
title = "Steered"
corpus = { folders = { speech = "sounds" } }
encoder = { model = "whole.pt" }
dictionary = [{ name = "units", tap = "encoder.blocks.0", kind = "identity", density = 0.05, control = false }]
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config with its merged atlas and a sound."""
    world = tmp_path_factory.mktemp("steered")
    write(miniature(), world / "whole.pt")
    (world / "sounds").mkdir()
    for number in range(4):
        soundfile.write(world / f"sounds/{number}.wav", noise(24_000, number), 16_000)
    (world / "config.toml").write_text(CONFIG)
    for stage in ("index", "calibrate", "scan", "merge"):
        result = CliRunner().invoke(main, [stage, str(world / "config.toml"), "--out", str(world / "atlas")])
        assert result.exit_code == 0, result.output
    return world


def steer(world: Path, *arguments: str) -> Result:
    places = [str(world / "config.toml"), str(world / "sounds/0.wav"), "--out", str(world / "atlas")]
    return CliRunner().invoke(main, ["steer", *places, *arguments])


def test_a_file_is_heard_unedited_edited_and_under_controls(world: Path) -> None:
    """Units rebuild nothing, so there is no reconstruction."""
    result = steer(world, "--feature", "units/3", "--set", "max", "--dose", "3", "--frames", "all", "--table")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))

    assert result.exit_code == 0, result.output
    assert [row["version"] for row in rows][:4] == ["unedited", "edited", "random direction", "usual direction"]
    assert rows[0]["changed"] == "0"
    assert {row["start_s"] for row in rows} == {"0"}


def test_a_factor_of_one_is_heard_as_the_unedited_file(world: Path) -> None:
    result = steer(world, "--feature", "units/3", "--factor", "1", "--table")
    rows = {row["version"]: row for row in csv.DictReader(io.StringIO(result.stdout))}

    assert rows["edited"]["text"] == rows["unedited"]["text"]
    assert rows["edited"]["changed"] == "0"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--feature", "units/3"), "give one of --ablate, --factor and --set"),
        (("--feature", "units/3", "--ablate", "--factor", "2"), "give one of --ablate, --factor and --set"),
        (
            ("--feature", "nothing/3", "--ablate"),
            "--feature nothing/3: expected a dictionary and a number",
        ),
        (("--feature", "units/99", "--ablate"), "--feature units/99: units has 32 features, from 0"),
        (("--feature", "units/3", "--set", "loud"), "'loud': expected a number, q50, q90, q99 or max"),
        (("--feature", "units/3", "--ablate", "--frames", "9-8"), "--frames 9-8: no frames of a clip of 1.50 s"),
        (("--feature", "units/3", "--set", "-1e99"), "expected a number"),
    ],
)
def test_what_cannot_be_steered_is_told(world: Path, arguments: tuple[str, ...], told: str) -> None:
    result = steer(world, *arguments)

    assert result.exit_code != 0
    assert told in result.output


def test_an_encoder_without_its_decoder_is_told(world: Path, tmp_path: Path) -> None:
    import torch

    whole = torch.load(world / "whole.pt", weights_only=True)
    whole["model_state_dict"] = {
        name: value for name, value in whole["model_state_dict"].items() if name.startswith("encoder.")
    }
    torch.save(whole, world / "encoder-alone.pt")
    (world / "alone.toml").write_text(CONFIG.replace("whole.pt", "encoder-alone.pt"))
    places = [str(world / "alone.toml"), str(world / "sounds/0.wav"), "--out", str(world / "atlas")]
    result = CliRunner().invoke(main, ["steer", *places, "--feature", "units/3", "--ablate"])

    assert result.exit_code == 1
    assert "an encoder alone, without decoder.* tensors, cannot write words" in result.output

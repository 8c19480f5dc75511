"""`atlas steer` from a config and a sound to what is printed, on a miniature Whisper with its decoder."""

import csv
import io
import re
from pathlib import Path

import pytest
import soundfile
import torch
from click.testing import CliRunner, Result
from safetensors.torch import save_file

from atlas.cli import main
from atlas.effects.directions import read_directions
from atlas.schema.card import read_card
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


def table(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def texts(result: Result) -> dict[str, str]:
    return {row["version"]: row["text"] for row in table(result)}


def test_several_features_and_a_negative_factor_are_heard(world: Path) -> None:
    one, both, turned = (
        texts(steer(world, *(part for name in names for part in ("--feature", name)), *edit, "--table"))
        for names, edit in (
            (("units/3",), ("--set", "40", "--frames", "all")),
            (("units/3", "units/9"), ("--set", "40", "--frames", "all")),
            ([f"units/{number}" for number in range(32)], ("--factor", "-30")),
        )
    )

    assert len({one["unedited"], both["unedited"], turned["unedited"]}) == 1
    assert one["edited"] != both["edited"]
    assert turned["edited"] != turned["unedited"]


def test_times_are_those_of_the_file_and_only_windows_that_they_touch_are_heard(world: Path) -> None:
    """Windows of this miniature are 2 s long."""
    soundfile.write(world / "long.wav", noise(16_000 * 5, 7), 16_000)
    places = [
        str(world / "config.toml"),
        str(world / "long.wav"),
        "--out",
        str(world / "atlas"),
        "--feature",
        "units/3",
    ]
    asked = ["--set", "40", "--table"]
    heard = {
        where: {row["start_s"] for row in table(CliRunner().invoke(main, ["steer", *places, *asked, *where]))}
        for where in ((), ("--frames", "3.5-4.5"), ("--frames", "0-2"), ("--frames", "4.9-60"))
    }

    assert list(heard.values()) == [{"0", "2", "4"}, {"2", "4"}, {"0"}, {"4"}]


def test_a_saved_edit_of_a_feature_is_heard_as_the_feature_is(world: Path, tmp_path: Path) -> None:
    """Both sides of a unit are features, so that one is silent where the other is active; the unit itself is e_3."""
    file = tmp_path / "d.safetensors"
    edit = ("--feature", "units/3", "--set", "40", "--dose", "2")
    result = CliRunner().invoke(
        main, ["steer", str(world / "config.toml"), "--out", str(world / "atlas"), *edit, "--save", str(file)]
    )
    saved = read_directions(file)
    by_feature = texts(steer(world, *edit, "--frames", "all", "--table"))
    along = texts(steer(world, "--direction", str(file), "--set", "80", "--table"))

    assert result.exit_code == 0, result.output
    assert "a direction of norm 1 and width 16, which the edit moves by 80 in units of the tap" in result.output
    assert torch.equal(saved.rows, torch.eye(16)[[3]])
    assert {name: saved.about[name] for name in ("tap", "dictionary", "features", "weights", "edit")} == {
        "tap": "encoder.blocks.0",
        "dictionary": "units",
        "features": "units/3",
        "weights": "80",
        "edit": "--set 40 --dose 2",
    }
    assert len(saved.about["encoder_sha256"]) == 64
    assert saved.about["identity"] == read_card(world / "atlas").dictionaries["units"].identity
    assert along["unedited"] == by_feature["unedited"] != along["edited"]
    assert list(along) == ["unedited", "edited", "random direction", "usual direction", "another feature"]


@pytest.mark.parametrize(("edit", "sign"), [(("--ablate",), -1), (("--factor", "3"), 1), (("--factor", "-1"), -1)])
def test_a_saved_edit_points_where_the_edit_moves(
    world: Path, tmp_path: Path, edit: tuple[str, ...], sign: int
) -> None:
    file = tmp_path / "d.safetensors"
    result = steer(world, "--feature", "units/3", *edit, "--save", str(file), "--table")

    assert torch.equal(read_directions(file).rows, sign * torch.eye(16)[[3]])
    assert table(result)[0]["version"] == "unedited"
    assert "a direction of norm 1" in result.stderr


FEATURE = ("--feature", "units/3")


def silent_sound(world: Path) -> list[str]:
    soundfile.write(world / "short.wav", noise(400, 3), 16_000)  # a frame or two, where few features fire
    return [str(world / "config.toml"), str(world / "short.wav"), "--out", str(world / "atlas")]


def unfired(world: Path, *edit: str) -> tuple[set[str], Result]:
    """Features that a command says do not fire."""
    every = [part for number in range(32) for part in ("--feature", f"units/{number}")]
    result = CliRunner().invoke(main, ["steer", *silent_sound(world), *every, *edit, "--table"])
    assert result.exit_code == 0, result.output
    return set(re.findall(r"units/\d+", result.stderr)), result


def test_features_that_do_not_fire_are_told(world: Path) -> None:
    silent, _ = unfired(world, "--ablate")
    own, _ = unfired(world, "--set", "40")
    everywhere, _ = unfired(world, "--set", "40", "--frames", "all")
    multiplied, _ = unfired(world, "--factor", "2", "--frames", "all")

    assert 0 < len(silent) < 32
    assert own == multiplied == silent
    assert everywhere == set()
    name = min(silent)
    result = CliRunner().invoke(main, ["steer", *silent_sound(world), "--feature", name, "--ablate"])
    assert f"  {name} does not fire here, so nothing of it was edited\n" in result.stdout
    fires = next(f"units/{number}" for number in range(32) if f"units/{number}" not in silent)
    result = CliRunner().invoke(main, ["steer", *silent_sound(world), "--feature", fires, "--ablate"])
    assert "fire here" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (FEATURE, "give one of --ablate, --factor and --set"),
        ((*FEATURE, "--ablate", "--factor", "2"), "give one of --ablate, --factor and --set"),
        ((*FEATURE, "--factor", "2", "--set", "q90"), "give one of --ablate, --factor and --set"),
        (("--feature", "nothing/3", "--ablate"), "--feature nothing/3: expected a dictionary and a number"),
        (("--feature", "units/x", "--ablate"), "--feature units/x: expected a dictionary and a number"),
        (("--feature", "units", "--ablate"), "--feature units: expected a dictionary and a number"),
        (("--feature", "units/99", "--ablate"), "--feature units/99: units has 32 features, from 0"),
        ((*FEATURE, *FEATURE, "--ablate"), "--feature units/3: named twice, which would move it twice as far"),
        ((*FEATURE, "--feature", "units/03", "--set", "1"), "--feature units/03: named twice"),
        ((*FEATURE, "--set", "loud"), "'loud': expected a number, q50, q90, q99 or max"),
        ((*FEATURE, "--set", "-1e99"), "expected a number"),
        ((*FEATURE, "--factor", "nan"), "nan: expected a finite number"),
        ((*FEATURE, "--set", "q90", "--dose", "inf"), "inf: expected a finite number"),
        ((*FEATURE, "--ablate", "--dose", "2"), "--dose multiplies what --set says"),
        ((*FEATURE, "--ablate", "--frames", "9-8"), "--frames 9-8: no frames of"),
        ((*FEATURE, "--ablate", "--frames", "2-3"), "0.wav, which is 1.50 s long"),
        ((*FEATURE, "--ablate", "--frames", "some"), "'some': expected own, all, or two times in seconds"),
        (
            (*FEATURE, "--set", "1", "--dose", "1e39", "--frames", "0.1-0.2"),
            "--set 1 --dose 1e+39, which moves 5 frames",
        ),
        (
            (*FEATURE, "--set", "1", "--dose", "1e39", "--frames", "all"),
            "NaN or infinity; take a smaller dose, value or factor",
        ),
        ((*FEATURE, "--ablate", "--tap", "encoder.blocks.0"), "--tap is of a saved direction"),
        ((*FEATURE, "--ablate", "--dictionary", "units"), "--dictionary is of a saved direction"),
        ((*FEATURE, "--ablate", "--save", "nowhere/at/all"), "--save nowhere/at/all: cannot be written (No such file"),
        (("--ablate",), "give --feature, once or several times, or else --direction"),
        ((*FEATURE, "--ablate", "--language", "klingon"), "--language klingon: Whisper decoder knows en; give"),
    ],
)
def test_what_cannot_be_steered_is_told(world: Path, arguments: tuple[str, ...], told: str) -> None:
    result = steer(world, *arguments)

    assert result.exit_code != 0
    assert not isinstance(result.exception, ArithmeticError | LookupError | ValueError | RuntimeError), result.exception
    assert told in result.output


def test_a_command_without_audio_is_told(world: Path) -> None:
    result = CliRunner().invoke(main, ["steer", str(world / "config.toml"), *FEATURE, "--ablate"])

    assert (result.exit_code, "Missing argument 'AUDIO...'" in result.output) == (2, True)


def test_features_of_several_dictionaries_are_told(world: Path) -> None:
    more = CONFIG.replace(
        "control = false }",
        'control = false }, { name = "b", tap = "encoder.blocks.0", kind = "identity", density = 0.1 }',
    )
    (world / "two.toml").write_text(more)
    places = [str(world / "two.toml"), str(world / "sounds/0.wav"), "--out", str(world / "atlas")]
    result = CliRunner().invoke(main, ["steer", *places, *FEATURE, "--feature", "b/1", "--ablate"])

    assert "--feature: of several dictionaries, b and units; name those of one" in result.output


UNIT = torch.eye(16)[0]
HERE = {"tap": "encoder.blocks.0"}


@pytest.mark.parametrize(
    ("tensor", "about", "arguments", "told"),
    [
        (UNIT, {}, ("--ablate",), "does not say of which tap it is; give --tap or --dictionary"),
        (torch.ones(17), HERE, ("--ablate",), "of width 17, but the tap encoder.blocks.0 has width 16"),
        (UNIT, HERE | {"encoder_sha256": "ab" * 32}, ("--ablate",), "made on an encoder with sha256 abababababab, and"),
        (UNIT, HERE, ("--set", "q90"), "--set q90: a saved direction has no values of its own; give a number"),
        (UNIT, HERE, ("--ablate", "--frames", "own"), "--frames own: a saved direction has no frames of its own"),
        (UNIT, HERE, ("--ablate", "--tap", "encoder.ln_post"), "of the tap encoder.blocks.0, not of encoder.ln_post"),
        (UNIT, {}, ("--ablate", "--tap", "encoder.ln_post"), "--tap encoder.ln_post: not that of any dictionary"),
        (UNIT, {}, ("--ablate", "--dictionary", "b"), "--dictionary b: not in the config, which has units"),
        (UNIT, HERE, ("--ablate", "--save", "x"), "--save writes the direction of features"),
        (UNIT, HERE, ("--ablate", *FEATURE), "give --feature, once or several times, or else --direction"),
        (float("inf") * torch.ones(16), HERE, ("--ablate",), "holds NaN or infinity"),
        (UNIT, HERE, ("--ablate", "--frames", "8-9"), "--frames 8-9: no frames of"),
    ],
)
def test_a_direction_that_cannot_be_steered_along_is_told(
    world: Path, tmp_path: Path, tensor: torch.Tensor, about: dict[str, str], arguments: tuple[str, ...], told: str
) -> None:
    save_file({"d": tensor}, tmp_path / "d.safetensors", about)
    result = steer(world, "--direction", str(tmp_path / "d.safetensors"), *arguments)

    assert result.exit_code != 0
    assert told in result.output


@pytest.mark.parametrize("named", [("--tap", "encoder.blocks.0"), ("--dictionary", "units")])
def test_a_direction_of_others_is_steered_along_where_its_tap_is_named(
    world: Path, tmp_path: Path, named: tuple[str, str]
) -> None:
    save_file({"theirs": torch.randn(2, 16)}, tmp_path / "d.safetensors")
    heard = texts(steer(world, "--direction", str(tmp_path / "d.safetensors"), "--factor", "1", *named, "--table"))

    assert heard["edited"] == heard["unedited"]


def test_an_encoder_without_its_decoder_is_told(world: Path, tmp_path: Path) -> None:
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

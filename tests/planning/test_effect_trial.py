"""A trial of effects, on a miniature Whisper with its decoder: every rate is measured, and nothing is left behind."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from atlas.cli import main
from atlas.planning.effect_trial import try_effects
from tests.building import contents, run_of
from tests.effects.runs import write_world

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("tried"))


def test_every_rate_of_effects_is_measured_for_each_dictionary(config: Path, tmp_path: Path) -> None:
    rates = try_effects(run_of(config, config.parent / "atlas"), ["units", "inside"], tmp_path)
    assert rates is not None

    assert min(rates.encode_s, rates.listen_s, rates.screen_s, rates.write_s, rates.memory_mib) > 0
    assert set(rates.batch_s) == {"units", "inside"}
    assert min(rates.batch_s.values()) > 0
    assert rates.problem is None


def test_without_a_decoder_only_edits_are_tried_and_the_reason_is_told(config: Path, tmp_path: Path) -> None:
    import torch

    whole = torch.load(config.parent / "whole.pt", weights_only=True)
    encoder = {name: part for name, part in whole["model_state_dict"].items() if name.startswith("encoder.")}
    torch.save(whole | {"model_state_dict": encoder}, config.parent / "alone.pt")
    alone = config.with_name("alone.toml")
    alone.write_text(config.read_text().replace("whole.pt", "alone.pt"))
    rates = try_effects(run_of(alone, config.parent / "atlas"), ["units"], tmp_path)
    assert rates is not None

    assert (rates.screen_s, set(rates.batch_s)) == (0, {"units"})
    assert rates.problem is not None
    assert "an encoder alone" in rates.problem


@pytest.mark.parametrize("merged", [True, False])
def test_a_plan_tries_effects_with_an_atlas_and_without_one_and_writes_nothing(
    config: Path, tmp_path: Path, merged: bool
) -> None:
    out = config.parent / "atlas" if merged else tmp_path / "atlas"
    before = contents(config.parent)
    arguments = [str(config), "--out", str(out), "--trial-seconds", "1", "--device", "cpu", "--json"]
    result = CliRunner().invoke(main, ["plan", *arguments])

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["stages"]["effects"]["seconds"] > 0
    assert set(told["effects"]["dictionaries"]) == {"units", "inside"}
    assert contents(config.parent) == before

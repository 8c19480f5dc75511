"""`atlas experiment` from a config to its tables, on a miniature Whisper that takes some sounds for speech."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from click.testing import CliRunner, Result

from atlas.cli import main
from atlas.reading.experiments import current_basis
from atlas.reading.opening import open_atlas
from atlas.schema.experiments import FEATURES_MOVED, NO_LANGUAGES, RANDOM_MOVED, UNEDITED
from atlas.schema.thresholds import FEWEST_STEERED_RECORDINGS
from tests.annotate.whispers import miniature, noise, write

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # whisper's, of its vocabulary

NO_SPEECH_TOKEN = 50361
CONFIG = """
title = "Tried"
corpus = { folders = { speech = "speech", sound = "sound" } }
encoder = { model = "whole.pt" }
dictionary = [{ name = "units", tap = "encoder.blocks.0", kind = "identity", density = 0.2, control = false }]
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config with its analysed atlas."""
    world = tmp_path_factory.mktemp("tried")
    model = miniature()
    with torch.no_grad():
        model.decoder.token_embedding.weight[NO_SPEECH_TOKEN] *= 30
    write(model, world / "whole.pt")
    for domain, count in (("speech", 20), ("sound", 40)):
        (world / domain).mkdir()
        for number in range(count):
            smooth = 1 + (number * 7) % 12
            samples = np.convolve(noise(16_000, 100 * len(domain) + number), np.ones(smooth) / smooth, "same")
            soundfile.write(world / f"{domain}/{number}.wav", samples, 16_000)
    (world / "config.toml").write_text(CONFIG)
    for stage in ("index", "calibrate", "scan", "merge", "analyse"):
        result = CliRunner().invoke(main, [stage, str(world / "config.toml"), "--out", str(world / "atlas")])
        assert result.exit_code == 0, result.output
    return world


def experiment(world: Path, kind: str, *arguments: str) -> Result:
    places = [str(world / "config.toml"), "--out", str(world / "atlas")]
    return CliRunner().invoke(main, ["experiment", kind, *places, *arguments])


def test_hallucination_is_measured_from_a_config_to_its_tables(world: Path) -> None:
    result = experiment(world, "hallucination", "--clips", "8", "--workers", "1")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("experiment hallucination with units: 8 recordings without speech and 8 of speech;")
    assert result.stdout.endswith("; `atlas render` shows it\n")
    atlas = open_atlas(world / "atlas")
    rows, (run,) = atlas.table("hallucination", "units"), atlas.table("hallucination_runs").rows(named=True)
    assert set(rows["version"]) >= {UNEDITED, FEATURES_MOVED, RANDOM_MOVED}
    assert 0 < run["taken_for_speech_a"] < run["recordings_a"]
    assert run["identity"] == atlas.card.dictionaries["units"].identity
    assert run["basis"] == current_basis(atlas)
    assert rows.filter(version=UNEDITED)["wer"].to_list() == [0]


def test_as_many_workers_as_one_likes_give_the_same_bytes(world: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(world / "atlas", tmp_path / "atlas", ignore=shutil.ignore_patterns("experiments", "hallucination*"))
    places = [str(world / "config.toml"), "--out", str(tmp_path / "atlas"), "--clips", "8", "--workers", "2"]
    result = CliRunner().invoke(main, ["experiment", "hallucination", *places])

    assert result.exit_code == 0, result.output
    for name in ("hallucination", "hallucination_features", "hallucination_runs"):
        assert (tmp_path / f"atlas/{name}.parquet").read_bytes() == (world / f"atlas/{name}.parquet").read_bytes()


def test_a_model_of_one_language_leaves_a_reason(world: Path) -> None:
    result = experiment(world, "language")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"experiment languages with units: 0 ordered pairs; left out: {NO_LANGUAGES}, in ")
    assert pl.read_parquet(world / "atlas/language_runs.parquet")["null_reason"].to_list() == [NO_LANGUAGES]


def test_another_dictionary_than_those_of_the_config_is_refused(world: Path) -> None:
    result = experiment(world, "hallucination", "--dictionary", "nothing")

    assert result.exit_code == 1
    assert result.output == "Error: --dictionary nothing: no dictionary of the config; there are units\n"


@pytest.mark.parametrize("clips", [FEWEST_STEERED_RECORDINGS - 1, 1, -3])
def test_a_rate_of_too_few_recordings_is_refused_before_it_replaces_another(world: Path, clips: int) -> None:
    result = experiment(world, "hallucination", "--clips", str(clips))

    assert result.exit_code == 2
    assert (
        f"{clips}: a rate of so few recordings says nothing; give {FEWEST_STEERED_RECORDINGS} or more" in result.output
    )
    told = CliRunner().invoke(main, ["experiment", "hallucination", "--help"]).output
    assert f"each {FEWEST_STEERED_RECORDINGS} at least" in " ".join(told.split())


def test_an_atlas_that_is_not_finished_is_refused(world: Path, tmp_path: Path) -> None:
    places = [str(world / "config.toml"), "--out", str(tmp_path / "none")]
    result = CliRunner().invoke(main, ["experiment", "hallucination", *places])

    assert result.exit_code == 1
    assert "the stage 'merge' is not done; run `atlas merge` first" in result.output


def test_an_encoder_without_its_decoder_is_refused(world: Path) -> None:
    whole = torch.load(world / "whole.pt", weights_only=True)
    whole["model_state_dict"] = {
        name: value for name, value in whole["model_state_dict"].items() if name.startswith("encoder.")
    }
    torch.save(whole, world / "encoder-alone.pt")
    (world / "alone.toml").write_text(CONFIG.replace("whole.pt", "encoder-alone.pt"))
    for stage in ("index", "calibrate", "scan", "merge", "analyse"):
        assert (
            CliRunner().invoke(main, [stage, str(world / "alone.toml"), "--out", str(world / "alone")]).exit_code == 0
        )
    places = [str(world / "alone.toml"), "--out", str(world / "alone")]
    result = CliRunner().invoke(main, ["experiment", "hallucination", *places])

    assert result.exit_code == 1
    assert "an encoder alone, without decoder.* tensors" in result.output

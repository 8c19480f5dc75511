"""Training: it learns, it does the same again, and a run that was killed ends as if it had not been."""

from dataclasses import replace
from pathlib import Path

import pytest

from atlas.encoders.whisper import find_source
from tests.tools.demo.listener.small import RECIPE, SHAPE, scenes
from tools.demo.listener import trainingset
from tools.demo.listener.training import Course, Training, train_listener


@pytest.fixture(autouse=True)
def _small_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainingset, "training_scenes", scenes)


def test_the_loss_falls(tmp_path: Path) -> None:
    recipe = replace(RECIPE, courses=(Course(60), Course(40, echo=1.0)), save_every=20)
    losses = train_listener(tmp_path, tmp_path / "encoder.pt", recipe, workers=1)

    assert len(losses) == 5
    assert losses[2] < 0.5 * losses[0]
    assert losses[4] < losses[3]


def test_the_checkpoint_is_one_that_the_atlas_reads(tmp_path: Path) -> None:
    train_listener(tmp_path, tmp_path / "encoder.pt", replace(RECIPE, courses=(Course(2), Course(2))), workers=1)

    assert find_source(str(tmp_path / "encoder.pt")).dimensions() == SHAPE


def test_a_run_that_was_killed_ends_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole.pt"
    losses = train_listener(tmp_path / "whole", whole, RECIPE, workers=1)
    advance, calls = Training.advance, []

    def killed(training: Training) -> None:
        calls.append(training.step)
        if len(calls) == 4:
            raise KeyboardInterrupt
        advance(training)

    monkeypatch.setattr(Training, "advance", killed)
    with pytest.raises(KeyboardInterrupt):
        train_listener(tmp_path / "killed", tmp_path / "killed.pt", RECIPE, workers=1)
    assert not (tmp_path / "killed.pt").exists()
    again = train_listener(tmp_path / "killed", tmp_path / "killed.pt", RECIPE, workers=1)

    assert calls == [0, 6, 0, 6, 6]  # twice in each course; the second ends after the other's last save
    assert again == losses
    assert (tmp_path / "killed.pt").read_bytes() == whole.read_bytes()


def test_another_recipe_begins_anew(tmp_path: Path) -> None:
    recipe = replace(RECIPE, courses=(Course(4), Course(4)))
    train_listener(tmp_path, tmp_path / "first.pt", recipe, workers=1)
    other = replace(recipe, courses=(Course(4, learning_rate=1e-4), Course(4)))
    losses = train_listener(tmp_path, tmp_path / "second.pt", other, workers=1)

    assert len(losses) == 2
    assert (tmp_path / "first.pt").read_bytes() != (tmp_path / "second.pt").read_bytes()

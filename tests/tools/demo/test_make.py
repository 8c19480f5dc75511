"""Every step of `python -m tools.demo.make`, in small: what the steps leave has the demo's layout, and builds."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import torch

from atlas.demo.embedded import CONFIG, EXPLANATIONS, FILES
from atlas.encoders.whisper import Dimensions
from atlas.pipeline import Options, build
from tests.building import run_of
from tools.demo.dictionaries import ENTRIES, UNTRAINED, Lessons
from tools.demo.listener.heads import HeadLessons
from tools.demo.listener.training import Course, Recipe
from tools.demo.make import STEPS, Making
from tools.demo.scenes.scene import Scene
from tools.demo.scenes.shown import shown_takes
from tools.demo.scenes.takes import scenes_of

SHAPE = Dimensions(n_mels=80, n_audio_ctx=500, n_audio_state=32, n_audio_head=2, n_audio_layer=4)
RECIPE = Recipe(SHAPE, scenes=18, courses=(Course(2), Course(2, echo=1.0)), batch=4, save_every=1)
WISHED = 'features = ["block3/505"]\n'  # of the demo's own dictionary
SHOWN = ("de", "en", "organ", "flute", "rain", "siren")
HEAD_LESSONS = HeadLessons(scenes=18, epochs=2, batch=8)
LESSONS = Lessons(scenes=18, steps=4, batch_frames=256, features=48, nested=24, k=4)


def few_scenes(_: Making) -> Iterator[Scene]:
    """Two classes of each domain."""
    takes = (take for take in shown_takes() if take.recording.rpartition("-")[0] in SHOWN)
    return (scene for take in takes for scene in scenes_of(take))


@pytest.fixture(scope="module")
def made(espeak: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    making = Making(
        files=folder / "files",
        work=folder / "work",
        recipe=RECIPE,
        lessons=LESSONS,
        head_lessons=HEAD_LESSONS,
        workers=1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Making, "shown", few_scenes)
        for step in STEPS.values():
            assert step(making)
    config = CONFIG.read_text(encoding="utf-8")
    assert WISHED in config
    (folder / "files/config.toml").write_text(config.replace(WISHED, ""), encoding="utf-8")
    return folder / "files"


def layout(folder: Path) -> set[str]:
    """What lies there, the sounds aside."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".opus" and ".done" not in path.parts
    }


def test_the_steps_leave_what_the_package_holds(made: Path) -> None:
    assert layout(made) == layout(FILES) - {EXPLANATIONS.name}  # made of a finished atlas, by tools.demo.captions


def test_what_they_leave_builds_an_atlas(made: Path, tmp_path: Path) -> None:
    build(run_of(made / "config.toml", tmp_path), Options(), lambda line: None)

    clips = pl.read_parquet(tmp_path / "clips.parquet")
    assert clips["problem"].null_count() == clips.height > 60
    assert pl.read_parquet(tmp_path / "features/*.parquet")["dictionary"].unique().len() == 7


def test_the_dictionaries_are_those_that_were_trained_in_half_precision(made: Path) -> None:
    work = made.parent / "work"
    for entry in (*ENTRIES, *UNTRAINED):
        kept = torch.load(made / "dictionaries" / entry.name / "ae.pt", weights_only=True)
        trained = torch.load(next(work.glob(f"*/{entry.name}/ae.pt")), weights_only=True)
        assert kept["encoder.weight"].dtype == torch.float16
        torch.testing.assert_close(kept["encoder.weight"].float(), trained["encoder.weight"], rtol=1e-3, atol=1e-4)
        assert torch.equal(kept["threshold"], trained["threshold"])


def test_the_evidence_names_every_representation(made: Path) -> None:
    scores = json.loads((made / "probes.json").read_text(encoding="utf-8"))
    taps = {entry.tap for entry in ENTRIES}

    assert {score["representation"] for score in scores} == {"log-mel", *taps, *(f"untrained {tap}" for tap in taps)}


def test_what_the_package_holds_is_small_enough() -> None:
    def megabytes(*parts: str) -> float:
        files = [path for part in parts for path in (FILES / part).rglob("*")] or [FILES / part for part in parts]
        return sum(path.stat().st_size for path in files if path.is_file()) / 1e6

    assert megabytes("corpus") < 8
    assert megabytes("encoder.pt") < 3
    assert megabytes("heads.safetensors") < 0.1
    assert megabytes(*(f"dictionaries/{entry.name}" for entry in ENTRIES)) < 3

"""The training set: what is kept of a scene, and the windows that are cut from it."""

from pathlib import Path

import numpy as np
import pytest

from atlas.encoders.whisper import GRID, WhisperEncoder, log_mel
from tests.tools.demo.listener.small import SHAPE, WINDOW, scenes
from tools.demo.listener import trainingset
from tools.demo.listener.targets import phones_of
from tools.demo.listener.trainingset import NOT_VALID, TrainingSet, prepared, read_training_set, write_training_set

FRAMES = SHAPE.n_audio_ctx


class Undrawn:
    """A generator that draws the smallest number: windows from the first frame on, nothing masked."""

    def integers(self, *_: int) -> int:
        return 0


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    folder = tmp_path_factory.mktemp("lessons")
    write_training_set(folder, scenes(6, 0), FRAMES)
    return read_training_set(folder, "")


def test_a_window_from_the_start_is_what_the_encoder_takes(lessons: TrainingSet) -> None:
    batch = lessons.batch(np.arange(6), FRAMES, Undrawn())  # type: ignore[arg-type]

    for row, scene in enumerate(scenes(6, 0)):
        np.testing.assert_allclose(batch.mels[row].numpy(), log_mel(scene.samples, WINDOW, 80), atol=1e-3)
        frames = GRID.frames_of(len(scene.samples))
        named = [lessons.phone_names[phone] for phone in batch.phones[row, :frames]]
        assert named == phones_of(scene.phones, frames).tolist()
        assert (batch.phones[row, frames:] == NOT_VALID).all()


def test_a_window_from_later_on_has_its_phones_where_its_sound_is(lessons: TrainingSet) -> None:
    whole = lessons.batch(np.array([1]), FRAMES, Undrawn())  # type: ignore[arg-type]
    seen = set()
    for seed in range(20):
        batch = lessons.batch(np.array([1]), FRAMES, np.random.default_rng(seed))
        valid = int((batch.phones != NOT_VALID).sum())
        start = int((whole.phones != NOT_VALID).sum()) - valid
        seen.add(start)
        assert (batch.phones[0, :valid] == whole.phones[0, start : start + valid]).all()
        kept = (batch.mels[0] == whole.mels[0].roll(-2 * start, 1))[:, : 2 * valid].all(1)
        assert kept.sum() >= 80 - trainingset.WIDEST_MASK
    assert len(seen) > 5


def test_half_a_window_is_cut_off_where_it_ends(lessons: TrainingSet) -> None:
    whole, half = (lessons.batch(np.arange(6), frames, Undrawn()) for frames in (FRAMES, FRAMES // 2))  # type: ignore[arg-type]

    assert (half.mels == whole.mels[..., :FRAMES]).all()
    assert (half.phones == whole.phones[:, : FRAMES // 2]).all()


def test_the_tags_are_those_of_the_scenes(lessons: TrainingSet) -> None:
    tags = [{name for name, there in zip(lessons.tag_names, row, strict=True) if there} for row in lessons.tags]

    assert tags[:3] == [{"high"}, {"aa"}, {"low"}]


def test_a_training_set_is_made_once_and_again_where_it_should_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    monkeypatch.setattr(trainingset, "training_scenes", lambda *args: made.append(args[0]) or scenes(*args))

    first, again, other = (prepared(tmp_path, count, 0, FRAMES, 1) for count in (4, 4, 5))

    assert made == [4, 5]
    assert first.digest == again.digest != other.digest
    assert (first.scenes, other.scenes) == (4, 5)


def test_the_sound_behind_the_last_frame_is_kept(lessons: TrainingSet) -> None:
    """A window of analysis reaches ahead, so the columns after the last valid frame are not yet silent."""
    encoder = WhisperEncoder(SHAPE.build(), SHAPE, *_cpu())
    for row, scene in enumerate(scenes(6, 0)):
        mel = encoder.prepare(scene.samples).numpy()
        beyond = int(lessons.columns[row + 1] - lessons.columns[row])
        assert (mel[:, beyond:] == mel.min()).all()


def _cpu() -> tuple[object, object]:
    import torch

    return torch.device("cpu"), torch.float32

"""The mean second of sound around the peaks of top examples, from real files, against a naive mean."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from atlas.audio.samples import MEL_BANDS, RATE_HZ, display_mel, read_sound
from atlas.encoders.whisper import HOP
from atlas.errors import AtlasError
from atlas.measure import patches as module
from atlas.measure.listening import ClipSource
from atlas.measure.merged import Merged
from atlas.measure.patches import COLUMNS, NO_SOUND, STEPS_A_DB, groups_that_fit, needed_clips, patches
from atlas.measure.topk import EMPTY
from tests.measure.small import DEAD, SINGLE, N, small


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[int, ClipSource]:
    """A file of noise for each clip, as long as its valid frames (and not a whole number of them)."""
    folder, rng = tmp_path_factory.mktemp("audio"), np.random.default_rng(0)
    found = {}
    for clip in small().clips:
        samples = clip.valid * HOP - 100
        level = np.geomspace(0.001, 0.3, samples) * rng.normal(size=samples)
        path = folder / f"{clip.number}.wav"
        soundfile.write(path, level.astype(np.float32), RATE_HZ, subtype="PCM_16")
        seconds = samples / RATE_HZ
        found[clip.number] = ClipSource(
            number=clip.number,
            path=path.name,
            file=str(path),
            offset_s=0.0,
            duration_s=seconds,
            valid=clip.valid,
            hash64=clip.hash64,
            recording=clip.recording,
        )
    return found


def naive(merged: Merged, sources: dict[int, ClipSource], feature: int) -> np.ndarray:
    """[bands, frames], NO_SOUND where no example reaches."""
    windows = np.full((0, COLUMNS, MEL_BANDS), np.nan)
    for slot in np.flatnonzero(merged.top.keys[feature] != EMPTY):
        source = sources[int(merged.top.clips[feature, slot])]
        mel = display_mel(read_sound(source.file, 0.0, source.duration_s).samples)
        window = np.full((COLUMNS, MEL_BANDS), np.nan)
        for column in range(COLUMNS):
            frame = int(merged.top.frames[feature, slot]) - COLUMNS // 2 + column
            if 0 <= frame < len(mel):
                window[column] = np.rint(mel[frame] * STEPS_A_DB)
        windows = np.concatenate([windows, window[None]])
    reached = ~np.isnan(windows).all(axis=(0, 2))
    patch = np.full((MEL_BANDS, COLUMNS), NO_SOUND)
    if reached.any():
        patch[:, reached] = np.rint(np.nanmean(windows[:, reached], axis=0)).T
    return patch


def test_a_patch_is_the_mean_over_the_examples_that_reach_each_frame(sources: dict[int, ClipSource]) -> None:
    merged, done = small().merged, []
    (found,) = patches([merged], sources, 2, done.append)
    assert found.shape == (N, MEL_BANDS * COLUMNS)
    for feature in range(N):
        assert found[feature].reshape(MEL_BANDS, COLUMNS).tolist() == naive(merged, sources, feature).tolist()
    assert sum(done) == needed_clips([merged]) == len(np.unique(merged.top.clips[merged.top.keys != EMPTY]))


def test_a_feature_without_examples_has_no_sound_and_one_near_a_border_has_less(sources: dict[int, ClipSource]) -> None:
    (found,) = patches([small().merged], sources, 1, lambda _: None)
    assert (found[DEAD] == NO_SOUND).all()
    single = found[SINGLE].reshape(MEL_BANDS, COLUMNS)  # its only peak is at frame 10 of clip 30
    assert (single == NO_SOUND).all(axis=0).tolist() == [column < 15 for column in range(COLUMNS)]
    assert (single[:, 15:] < NO_SOUND).all()


def test_a_clip_shorter_than_the_window_leaves_both_sides_blank(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(8 * HOP, 0.1, np.float32), RATE_HZ)
    source = ClipSource(
        number=30,
        path=path.name,
        file=str(path),
        offset_s=0.0,
        duration_s=8 * HOP / RATE_HZ,
        valid=8,
        hash64=0,
        recording=0,
    )
    top = replace(small().merged.top, frames=np.where(small().merged.top.clips == 30, 3, 0).astype(np.uint16))
    keys = np.where((top.clips == 30) & (np.arange(N) == SINGLE)[:, None], top.keys, EMPTY)
    merged = replace(small().merged, states={**small().merged.states, "top": replace(top, keys=keys)})
    (found,) = patches([merged], {30: source}, 1, lambda _: None)
    reached = (found[SINGLE].reshape(MEL_BANDS, COLUMNS) != NO_SOUND).all(axis=0)
    assert np.flatnonzero(reached).tolist() == list(range(22, 30))


def test_several_dictionaries_have_the_patches_they_have_alone(sources: dict[int, ClipSource]) -> None:
    one = small().merged
    earlier = replace(one.top, frames=np.maximum(one.top.frames, 1) - 1)
    other = replace(one, states={**one.states, "top": earlier})
    together = patches([one, other], sources, 2, lambda _: None)
    alone = [patches([merged], sources, 1, lambda _: None)[0] for merged in (one, other)]
    assert [found.tolist() for found in together] == [found.tolist() for found in alone]
    assert together[0].tolist() != together[1].tolist()


def test_a_file_that_changed_since_the_index_is_refused(sources: dict[int, ClipSource]) -> None:
    changed = {number: replace(source, valid=source.valid + 1) for number, source in sources.items()}
    with pytest.raises(AtlasError, match=r"\.wav: its length has changed since `atlas index`; run it again"):
        patches([small().merged], changed, 1, lambda _: None)


def test_dictionaries_are_taken_together_while_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES_AT_ONCE", 2 * 100 * MEL_BANDS * COLUMNS)
    assert groups_that_fit({"a": 40, "b": 60, "c": 1, "d": 500, "e": 99}) == [["a", "b"], ["c"], ["d"], ["e"]]
    assert groups_that_fit({"a": 500}) == [["a"]]

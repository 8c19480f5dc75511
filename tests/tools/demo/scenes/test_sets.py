"""The sets: every scene follows from its number, the shown takes are balanced, and takes are cut rightly."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tools.demo.scenes.scene import RATE_HZ, WINDOW_S, Scene
from tools.demo.scenes.sets import training_scene, training_scenes
from tools.demo.scenes.shown import shown_takes
from tools.demo.scenes.takes import BUZZING, DATASETS, MusicSource, SoundSource, Source, SpeechSource, Take, scenes_of
from tools.demo.scenes.worlds import World

SIREN = SoundSource("siren")


def take(*sources: Source, clips: int = 1, length_s: float = 4.0) -> Take:
    return Take(World.SHOWN, (1, 2), "sound-field", "siren-00", length_s, clips, sources)


def same(first: Scene, second: Scene) -> bool:
    others = [
        (scene.name, scene.labels, scene.phones, scene.words, scene.text, scene.truth) for scene in (first, second)
    ]
    return np.array_equal(first.samples, second.samples) and others[0] == others[1]


def test_a_take_is_cut_into_its_clips_and_they_share_what_was_drawn() -> None:
    whole = list(scenes_of(take(SIREN)))
    halves = list(scenes_of(take(SIREN, clips=2)))

    assert [scene.name for scene in whole + halves] == [
        *("sound-field/siren-00", "sound-field/siren-00-1", "sound-field/siren-00-2")
    ]
    assert [len(scene.samples) for scene in whole + halves] == [4 * RATE_HZ, 2 * RATE_HZ, 2 * RATE_HZ]
    assert halves[0].truth == halves[1].truth == whole[0].truth
    inner = slice(200, 2 * RATE_HZ - 200)  # ends are faded
    assert np.array_equal(halves[0].samples[inner], whole[0].samples[: 2 * RATE_HZ][inner])


def test_a_mixture_has_the_labels_of_both_and_the_domain_of_the_first() -> None:
    (mixture,) = scenes_of(take(SIREN, MusicSource(("flute",), "scale")))

    assert mixture.labels[:4] == ("sound", "siren", "music", "flute")
    assert mixture.domain == "sound"
    assert mixture.truth["parts"] == "sound|music"
    assert -6 <= float(mixture.truth["second.level_db"]) <= 0


def test_takes_of_music_and_sound_are_the_same_whenever_they_are_made() -> None:
    one = take(SIREN, MusicSource(("piano", "organ"), "chords"))

    assert all(same(*pair) for pair in zip(scenes_of(one), scenes_of(one), strict=True))


@pytest.mark.usefixtures("espeak")
def test_training_scenes_depend_on_the_seed_and_their_number_alone() -> None:
    scenes = list(training_scenes(24, seed=3))
    shared = list(training_scenes(24, seed=3, workers=2))

    assert all(same(*pair) for pair in zip(scenes, shared, strict=True))
    assert same(scenes[17], training_scene(3, 17))
    assert not any(same(first, second) for first, second in zip(scenes, training_scenes(24, seed=4), strict=True))
    assert Counter(scene.domain for scene in scenes) == {"speech": 8, "music": 8, "sound": 8}
    assert len({scene.name for scene in scenes}) == 24


@pytest.mark.usefixtures("espeak")
def test_scenes_are_sound_and_their_times_lie_within() -> None:
    for scene in training_scenes(60, seed=11):
        length_s = len(scene.samples) / RATE_HZ
        assert 1.0 < length_s <= WINDOW_S
        assert scene.samples.dtype == np.float32
        assert np.isfinite(scene.samples).all()
        assert 0.005 < np.abs(scene.samples).max() < 1
        assert (np.diff(scene.samples) != 0).mean() > 0.95  # no stretch of it is constant
        assert scene.domain in scene.labels
        for spans in (scene.phones, scene.words):
            assert all(0 <= span.start_s < span.end_s <= length_s for span in spans)
            assert all(second.start_s >= first.end_s - 1e-3 for first, second in pairwise(spans))
        assert bool(scene.language) == bool(scene.phones) == bool(scene.speaker) == ("speech" in scene.labels)


def test_a_fifth_of_the_shown_takes_are_mixed_and_two_never_speak_at_once() -> None:
    takes = shown_takes()
    mixed = [one for one in takes if len(one.sources) == 2]

    assert len(mixed) == len(takes) // 5
    assert not any(all(source.domain == "speech" for source in one.sources) for one in mixed)
    assert len({one.recording for one in takes}) == len({one.seed for one in takes}) == len(takes)
    assert Counter(one.dataset in DATASETS[one.sources[0].domain] for one in takes) == {True: len(takes)}


def test_half_of_one_dataset_buzzes_and_no_other() -> None:
    buzzing = Counter((one.dataset == BUZZING, one.buzzes) for one in shown_takes())

    assert buzzing[True, True] == buzzing[True, False] == 26
    assert buzzing[False, True] == 0


def test_speakers_speak_in_every_dataset_of_speech() -> None:
    heard: dict[str, set[str]] = {}
    for one in shown_takes():
        source = one.sources[0]
        if isinstance(source, SpeechSource):
            heard.setdefault(source.speaker.name, set()).add(one.dataset)

    assert len(heard) == 52
    assert all(datasets == set(DATASETS["speech"]) for datasets in heard.values())

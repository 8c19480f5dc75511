"""Steering: what is edited, what stands beside it, and which words are told as changed."""

import pytest
import torch

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.steering import (
    CONTROLS,
    EDITED,
    RECONSTRUCTION,
    UNEDITED,
    Steering,
    controls_of,
    frames_between,
    marked,
    steered,
    versions,
)
from atlas.errors import AtlasError
from tests.effects.worlds import FRAMES, GRID, world


@pytest.fixture
def known() -> tuple[TappedModel, TappedClip]:
    model, inputs = world()
    return model, model.tapped(inputs, FRAMES, None)


def test_several_features_are_edited_together(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    edit = steered(model, clip, [0, 3], Steering(0.0, ()))
    expected = clip.x.clone()
    for feature in (0, 3):
        expected[:, feature] = torch.where(clip.x[:, feature] > 0.5, 0.0, clip.x[:, feature])

    torch.testing.assert_close(edit.applied(clip.x), expected)


def test_setting_a_value_on_some_frames_reaches_silent_ones_too(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    edited = steered(model, clip, [2], Steering(None, (4.0,), (0.2, 0.4))).applied(clip.x)
    silent = [frame for frame in range(10, 20) if clip.x[frame, 2] <= 0.5]

    assert torch.equal(edited[:10], clip.x[:10])
    assert torch.equal(edited[20:], clip.x[20:])
    assert all(float(edited[frame, 2] - clip.x[frame, 2]) == pytest.approx(4.0) for frame in silent)
    assert silent


def test_a_reconstruction_is_what_the_codes_say_and_nothing_else(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    rebuilt = model.rebuilt(clip).applied(clip.x)

    torch.testing.assert_close(rebuilt, torch.where(clip.x > 0.5, clip.x, torch.zeros(())))


def test_controls_change_the_same_frames_as_much_and_are_the_same_again(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    edit = steered(model, clip, [1], Steering(0.0, ()))
    found, again = (controls_of(model, clip, edit, [1], 7) for _ in range(2))
    other = controls_of(model, clip, edit, [1], 8)

    assert len(found) == len(CONTROLS)
    for control, same in zip(found, again, strict=True):
        assert (control.frames == edit.frames).all()
        torch.testing.assert_close(control.norms, edit.norms)
        assert torch.equal(control.change, same.change)
        assert not torch.equal(control.change, edit.change)
    assert not torch.equal(found[0].change, other[0].change)


def test_controls_add_where_the_edit_adds_and_take_away_where_it_takes_away(
    known: tuple[TappedModel, TappedClip],
) -> None:
    model, clip = known
    mean = clip.x.mean(0)
    for steering in (Steering(0.0, ()), Steering(None, (9.0,))):
        edit = steered(model, clip, [1], steering)
        centred = clip.x[edit.frames] - mean
        adds = float((edit.change * centred).sum()) > 0

        assert adds == (steering.factor is None)
        for control in controls_of(model, clip, edit, [1], 3):
            assert (float((control.change * centred).sum()) > 0) == adds


def test_every_version_is_heard_beside_the_unedited_one(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    found = {version.name: version for version in versions(model, clip, [0], Steering(None, (-50.0,), "all"), 0)}
    before, after = found[UNEDITED].text.split(), found[EDITED].text.split()

    assert list(found) == [UNEDITED, RECONSTRUCTION, EDITED, *CONTROLS]
    assert "a" not in after
    assert found[EDITED].changed >= len(set(before) - set(after))
    assert found[UNEDITED].changed == 0


def test_a_feature_that_is_silent_in_a_clip_has_no_controls_there(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    quiet = model.coded(torch.zeros(FRAMES, clip.x.shape[1]), None, FRAMES, clip.utterance)

    assert [version.name for version in versions(model, quiet, [1], Steering(0.0, ()), 0)][-1] == EDITED


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("a siren howls", "A siren, howls.", [("A", False), ("siren,", False), ("howls.", False)]),
        ("a siren howls", "a dog howls", [("a", False), ("dog", True), ("howls", False)]),
        ("a siren howls", "a howls", [("a", False), ("-siren", True), ("howls", False)]),
        ("", "thank you", [("thank", True), ("you", True)]),
        ("gone", "", [("-gone", True)]),
        (
            "all of it is gone",
            "nothing",
            [("nothing", True), ("-of", True), ("-it", True), ("-is", True), ("-gone", True)],
        ),
        ("a dog", "a very large cat", [("a", False), ("very", True), ("large", True), ("cat", True)]),
        ("one two three four", "one five four", [("one", False), ("five", True), ("-three", True), ("four", False)]),
    ],
)
def test_words_are_told_as_changed_whatever_their_case_and_marks(
    before: str, after: str, words: list[tuple[str, bool]]
) -> None:
    assert marked(before, after) == words


def test_frames_are_named_by_times_within_the_clip() -> None:
    assert frames_between("own", GRID, 50) is None
    assert frames_between("all", GRID, 50).tolist() == list(range(50))  # type: ignore[union-attr]
    assert frames_between((0.1, 0.2), GRID, 50).tolist() == [5, 6, 7, 8, 9]  # type: ignore[union-attr]
    assert frames_between((0.9, 3.0), GRID, 50).tolist() == [45, 46, 47, 48, 49]  # type: ignore[union-attr]
    for where in ((0.2, 0.1), (2.0, 3.0)):
        with pytest.raises(AtlasError, match=r"no frames of a clip of 1\.00 s"):
            frames_between(where, GRID, 50)

"""Saved directions: what a file holds, how activations move along it, and that an edit comes back as it was saved."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.directions import SIZE, SavedDirections, added, direction_bytes, projected, read_directions
from atlas.effects.steering import Steering, controls_of, steered, steered_along, versions
from atlas.errors import AtlasError
from tests.effects.worlds import FRAMES, WIDTH, world

EVERY = np.arange(FRAMES)


@pytest.fixture
def known() -> tuple[TappedModel, TappedClip]:
    model, inputs = world()
    return model, model.tapped(inputs, FRAMES, None)


def rows(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed))


def saved(path: Path, **tensors: Tensor) -> SavedDirections:
    save_file(tensors, path)
    return read_directions(path)


def test_a_file_gives_rows_of_norm_1_from_one_tensor_or_several(tmp_path: Path) -> None:
    found = saved(tmp_path / "d.safetensors", b=rows(2), a=rows(1, 1)[0], half=rows(1, 2).half())

    assert found.rows.shape == (4, WIDTH)
    assert found.rows.dtype == torch.float32
    torch.testing.assert_close(found.rows.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(found.rows[0], rows(1, 1)[0] / rows(1, 1)[0].norm())


def test_adding_moves_every_named_frame_by_the_amount_along_each_direction(
    tmp_path: Path, known: tuple[TappedModel, TappedClip]
) -> None:
    model, clip = known
    found = saved(tmp_path / "d.safetensors", d=torch.eye(WIDTH)[[2, 5]])
    edited = steered_along(model, clip, found, Steering(None, (3.0,), (0.2, 0.4), dose=2.0)).applied(clip.x)
    expected = clip.x.clone()
    expected[10:20, [2, 5]] += 6.0

    torch.testing.assert_close(edited, expected)


def test_projecting_out_leaves_nothing_along_the_directions_and_all_across_them(
    tmp_path: Path, known: tuple[TappedModel, TappedClip]
) -> None:
    """Rows overlap, and one stands there twice: what they share is taken away once."""
    model, clip = known
    overlapping = torch.cat([rows(2), rows(1), 2 * rows(1)])
    found = saved(tmp_path / "d.safetensors", d=overlapping)
    edited = steered_along(model, clip, found, Steering(0.0, ())).applied(clip.x)
    across = torch.linalg.svd(rows(2))[2][2:]

    assert found.basis.shape == (2, WIDTH)
    torch.testing.assert_close(edited @ found.rows.T, torch.zeros(FRAMES, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(edited @ across.T, clip.x @ across.T, atol=1e-5, rtol=0)


@pytest.mark.parametrize("factor", [-1.0, 0.0, 1.0, 2.5])
def test_a_factor_multiplies_the_projection(factor: float, known: tuple[TappedModel, TappedClip]) -> None:
    _, clip = known
    one = SavedDirections(torch.nn.functional.normalize(rows(1), dim=1), {})
    edited = projected(clip, EVERY, one, factor).applied(clip.x)

    torch.testing.assert_close(edited @ one.rows.T, factor * clip.x @ one.rows.T, atol=1e-5, rtol=0)


def test_controls_of_a_direction_move_the_same_frames_as_far(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    edit = added(clip, EVERY, SavedDirections(torch.eye(WIDTH)[:1], {}), -4.0)

    for control in controls_of(model, clip, edit, (), 0):
        torch.testing.assert_close(control.norms, torch.full((FRAMES,), 4.0))


def test_a_saved_feature_is_its_decoder_row_and_steers_as_the_feature_does_where_it_is_silent(
    tmp_path: Path, known: tuple[TappedModel, TappedClip]
) -> None:
    model, clip = known
    content = direction_bytes(model.dictionary.decoder[[3]], torch.tensor([-7.0]), {"tap": "tap"})
    (tmp_path / "d.safetensors").write_bytes(content)
    found = read_directions(tmp_path / "d.safetensors")
    along = steered_along(model, clip, found, Steering(None, (7.0,))).applied(clip.x)
    by_feature = steered(model, clip, [3], Steering(None, (-7.0,), "all")).applied(clip.x)
    silent = clip.x[:, 3] <= 0.5

    assert torch.equal(found.rows, -model.dictionary.decoder[[3]])
    assert (found.about["tap"], found.about[SIZE]) == ("tap", "7")
    assert 0 < int(silent.sum()) < FRAMES
    assert torch.equal(along[silent], by_feature[silent])


def test_several_features_are_saved_as_the_sum_of_their_weighted_rows(tmp_path: Path) -> None:
    decoder = torch.nn.functional.normalize(rows(3), dim=1)
    total = 2 * decoder[0] - decoder[1] + 0.5 * decoder[2]
    (tmp_path / "d.safetensors").write_bytes(direction_bytes(decoder, torch.tensor([2.0, -1.0, 0.5]), {}))
    found = read_directions(tmp_path / "d.safetensors")

    torch.testing.assert_close(float(found.about[SIZE]) * found.rows[0], total, atol=1e-4, rtol=0)


def test_versions_along_a_direction_are_those_of_a_feature(known: tuple[TappedModel, TappedClip]) -> None:
    """The feature is not active anywhere, so that setting it adds as much as its direction does."""
    model, clip = known
    quiet = model.coded(clip.x.clamp(max=0.5), None, FRAMES, clip.utterance)
    by_feature = versions(model, quiet, [0], Steering(None, (-50.0,), "all"), 0)
    along = versions(model, quiet, SavedDirections(model.dictionary.decoder[[0]], {}), Steering(None, (-50.0,)), 0)

    assert [(one.name, one.text) for one in along[:3]] == [(one.name, one.text) for one in by_feature[:3]]
    assert by_feature[2].changed > 0


@pytest.mark.parametrize(
    ("tensors", "told"),
    [
        ({}, "holds no tensor"),
        ({"d": torch.zeros(2, 2, 2)}, r"d has shape \[2, 2, 2\]; \[width\] or \[directions, width\] was expected"),
        ({"d": torch.zeros(0, 4)}, r"d has shape \[0, 4\]"),
        ({"a": torch.ones(4), "b": torch.ones(5)}, r"tensors of widths \[4, 5\]"),
        ({"d": torch.tensor([1.0, float("nan")])}, "holds NaN or infinity"),
        ({"d": torch.tensor([[1.0, 0.0], [0.0, 0.0]])}, "row 1 is zero, so it points nowhere"),
        ({"d": torch.full((4,), 3e38)}, "holds NaN or infinity"),
    ],
)
def test_a_file_without_directions_is_told(tmp_path: Path, tensors: dict[str, Tensor], told: str) -> None:
    with pytest.raises(AtlasError, match=told):
        saved(tmp_path / "d.safetensors", **tensors)


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "d.safetensors").write_text("not at all")

    with pytest.raises(AtlasError, match="not a safetensors file"):
        read_directions(tmp_path / "d.safetensors")


def test_an_edit_that_moves_nothing_has_no_direction() -> None:
    opposite = torch.stack([torch.eye(4)[0], -torch.eye(4)[0]])

    with pytest.raises(AtlasError, match="the edit moves nothing"):
        direction_bytes(opposite, torch.ones(2), {})

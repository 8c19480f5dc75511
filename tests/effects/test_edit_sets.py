"""Edits from their plans, in a world whose dictionary is known: what each moves, how far, and its draws."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edit_sets import EditMaker, companions, nearest
from atlas.effects.edits import Covariance, ablated
from atlas.schema.effects import (
    ABLATE,
    COVARIANCE,
    DECOY,
    DOSE_DECOYS,
    DOSE_EDITS,
    ISOTROPIC,
    MEANS,
    OF_FEATURE,
    SCALED,
    SHIFTED,
    SILENT_DECOYS,
    SILENT_EDITS,
    control_edit,
)
from atlas.schema.thresholds import DOSES
from tests.effects.worlds import FRAMES, GRID, WIDTH, world

FEATURE, HASH = 2, 77
CONTROLS = (DECOY, SCALED, MEANS, *(control_edit(kind, 3) for kind in (OF_FEATURE, ISOTROPIC, COVARIANCE)))


@pytest.fixture(scope="module")
def known() -> tuple[TappedModel, TappedClip]:
    model, inputs = world()
    return model, model.tapped(inputs, FRAMES - 5, None)


@pytest.fixture(scope="module")
def maker(known: tuple[TappedModel, TappedClip]) -> EditMaker:
    model, clip = known
    return EditMaker(
        name="planted",
        dictionary=model.dictionary,
        grid=GRID,
        covariance=Covariance.of(clip.x),
        high_values=np.full(WIDTH, 2.0, np.float32),
        means={FEATURE: torch.arange(WIDTH).float()},
    )


@pytest.mark.parametrize("edit", CONTROLS)
def test_a_control_moves_the_same_frames_as_far_and_elsewhere(
    edit: str, known: tuple[TappedModel, TappedClip], maker: EditMaker
) -> None:
    model, clip = known
    away = ablated(clip.firing(model.dictionary, FEATURE))
    control = maker.edit(FEATURE, edit, clip, HASH)

    assert control is not None
    assert control.frames.tolist() == away.frames.tolist()
    torch.testing.assert_close(control.norms, away.norms)
    assert float(torch.nn.functional.cosine_similarity(control.change, away.change).abs().min()) < 0.99


def test_a_decoy_points_alike_in_every_clip_and_takes_away(
    known: tuple[TappedModel, TappedClip], maker: EditMaker
) -> None:
    _, clip = known
    turned = replace(clip, x=2 * maker.covariance.mean - clip.x)  # mirrored: the same values stand for less
    here, there = (maker.edit(FEATURE, DECOY, one, HASH) for one in (clip, turned))
    assert here is not None
    assert there is not None

    torch.testing.assert_close(here.change, -there.change)
    for one, edit in ((clip, here), (turned, there)):
        centred = one.x[torch.from_numpy(edit.frames)] - maker.covariance.mean
        assert float((centred * edit.change).sum()) < 0


def test_doses_set_the_value_on_own_frames_and_on_one_silent_stretch(
    known: tuple[TappedModel, TappedClip], maker: EditMaker
) -> None:
    model, clip = known
    own = clip.firing(model.dictionary, FEATURE).frames
    here = [maker.edit(FEATURE, edit, clip, HASH) for edit in DOSE_EDITS]
    loud = replace(maker, dictionary=model.dictionary)
    sparse = replace(clip, active=replace(clip.active, frames=np.minimum(clip.active.frames, 20)))
    silent = [loud.edit(FEATURE, edit, sparse, HASH) for edit in SILENT_EDITS]

    for dose, edit, stretch in zip(DOSES, here, silent, strict=True):
        assert edit is not None
        assert stretch is not None
        assert edit.frames.tolist() == own.tolist()
        values = edit.change[:, FEATURE].numpy() + clip.firing(model.dictionary, FEATURE).values
        assert values == pytest.approx(np.full(len(own), 2 * dose), rel=1e-5)
        assert stretch.change[:, FEATURE].numpy() == pytest.approx(np.full(10, 2 * dose))
        assert stretch.frames.tolist() == list(range(stretch.frames[0], stretch.frames[0] + 10))
        assert 20 < stretch.frames[0] < stretch.frames[-1] < clip.valid
        assert stretch.frames.tolist() == silent[0].frames.tolist()  # type: ignore[union-attr]


def test_the_decoy_of_a_dose_moves_each_frame_as_far_along_the_decoys_direction(
    known: tuple[TappedModel, TappedClip], maker: EditMaker
) -> None:
    """Where the feature is raised it adds what is there, as the ablation's decoy takes it away; else the reverse."""
    model, clip = known
    values = clip.firing(model.dictionary, FEATURE).values
    away = maker.edit(FEATURE, DECOY, clip, HASH)
    assert away is not None
    for number, (edit, beside) in enumerate(zip(DOSE_EDITS, DOSE_DECOYS, strict=True)):
        own, control = (maker.edit(FEATURE, one, clip, HASH) for one in (edit, beside))
        assert own is not None
        assert control is not None
        assert own.frames.tolist() == control.frames.tolist()
        torch.testing.assert_close(own.norms, control.norms)
        along = (control.change * away.change).sum(dim=-1).numpy()
        assert np.sign(along).tolist() == np.sign(values - 2 * DOSES[number]).tolist()
    sparse = replace(clip, active=replace(clip.active, frames=np.minimum(clip.active.frames, 20)))
    for edit, beside in zip(SILENT_EDITS, SILENT_DECOYS, strict=True):
        own, control = (maker.edit(FEATURE, one, sparse, HASH) for one in (edit, beside))
        assert own is not None
        assert control is not None
        assert own.frames.tolist() == control.frames.tolist()
        torch.testing.assert_close(own.norms, control.norms)


def test_draws_are_by_feature_kind_number_and_clip_alone(
    known: tuple[TappedModel, TappedClip], maker: EditMaker
) -> None:
    _, clip = known

    def change(feature: int, edit: str, hash64: int = HASH, name: str = "planted") -> list[float]:
        made = replace(maker, name=name).edit(feature, edit, clip, hash64)
        assert made is not None
        return made.change[0].tolist() if edit != SHIFTED else made.frames.tolist()

    for edit in (DECOY, control_edit(ISOTROPIC, 1), control_edit(COVARIANCE, 1)):
        assert change(FEATURE, edit) == change(FEATURE, edit) == change(FEATURE, edit, hash64=5)
        assert change(FEATURE, edit) != change(FEATURE, edit, name="other")
    assert change(FEATURE, control_edit(ISOTROPIC, 1)) != change(FEATURE, control_edit(ISOTROPIC, 2))
    assert change(FEATURE, SHIFTED) == change(FEATURE, SHIFTED) != change(FEATURE, SHIFTED, hash64=5)


def test_what_cannot_be_made_is_none(known: tuple[TappedModel, TappedClip], maker: EditMaker) -> None:
    _, clip = known
    silent = replace(clip, active=replace(clip.active, starts=np.zeros_like(clip.active.starts)))
    short = replace(silent, valid=8)

    assert [maker.edit(FEATURE, edit, silent, HASH) for edit in (ABLATE, DECOY, SHIFTED, DOSE_EDITS[0])] == [None] * 4
    assert maker.edit(FEATURE, SILENT_EDITS[0], short, HASH) is None
    assert maker.edit(FEATURE + 1, MEANS, clip, HASH) is None


def test_companions_are_active_on_the_same_frames(known: tuple[TappedModel, TappedClip]) -> None:
    model, clip = known
    values = torch.where(clip.x[: clip.valid] > 0.5, clip.x[: clip.valid], 0.0)
    expected = ((values > 0) & (values[:, [FEATURE]] > 0)).any(dim=0).numpy()
    expected[FEATURE] = False

    assert companions(clip, FEATURE, model.dictionary).tolist() == expected.tolist()


def test_the_nearest_are_so_by_ratio_and_only_among_the_able() -> None:
    density = np.array([0.01, 0.02, 0.01, 0.1, 0.011])
    energy = np.array([1.0, 1.0, 1.05, 1.0, 1.0])
    able = np.array([False, True, True, True, False])

    assert nearest(0, able, density, energy, 2) == [2, 1]
    assert nearest(0, able, density, energy, 9) == [2, 1, 3]

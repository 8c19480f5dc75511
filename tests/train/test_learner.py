"""An autoencoder that learns: known directions are found, the figures reported are true, dead features come back."""

from dataclasses import replace

import pytest
import torch

from atlas.train.codes import of_first
from atlas.train.config import CourseConfig
from atlas.train.learner import BrokenError, Learner
from tests.train.planted import ACTIVE, DIRECTIONS, D, Planted, learner, taught

STEPS = 600
KINDS = ("batch_top_k", "top_k", "l1")
COURSE = CourseConfig(steps=STEPS, batch_frames=512, learning_rate=0.01, dead_frames=10_000)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted.drawn()


@pytest.fixture(scope="module")
def learned(planted: Planted) -> dict[str, Learner]:
    return {kind: taught(learner(kind, COURSE), planted, STEPS) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_directions_that_are_there_are_found(kind: str, planted: Planted, learned: dict[str, Learner]) -> None:
    assert float(planted.recovery(learned[kind].model).mean()) > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_frames_are_rebuilt_as_a_plain_reading_of_the_weights_says(
    kind: str, planted: Planted, learned: dict[str, Learner]
) -> None:
    one, held_out = learned[kind], planted.frames(3000, seed=10**6)
    x = held_out / one.scale
    f = torch.relu((x - one.model.offset) @ one.model.encoder.T + one.model.bias)
    if kind == "batch_top_k":
        f = f * (f > one.rule.threshold)
    if kind == "top_k":
        f = f * (f >= f.sort(dim=1, descending=True).values[:, ACTIVE - 1 : ACTIVE])
    rebuilt = one.scale * (f @ one.model.decoder + one.model.offset)
    squared = (rebuilt - held_out).double().square().sum()
    spread = (held_out - held_out.mean(dim=0)).double().square().sum()

    fvu, l0 = one.evaluate(held_out)
    assert fvu == pytest.approx(float(squared / spread), rel=1e-4)
    assert l0 == pytest.approx(float((f > 0).sum() / len(f)))
    assert fvu < 0.05


def test_a_nested_beginning_rebuilds_by_itself(planted: Planted, learned: dict[str, Learner]) -> None:
    """The first features do without the rest, which in a plain autoencoder hold as much."""
    nested = taught(learner("batch_top_k", COURSE, nested=(DIRECTIONS,)), planted, STEPS)
    held_out = planted.frames(3000, seed=10**6)

    def unexplained(one: Learner) -> float:
        x = held_out / one.scale
        codes = of_first(one.rule.select(one.model.pre_activations(x)), DIRECTIONS)
        left = one.model.first(DIRECTIONS).rebuilt(codes) - x
        return float(left.square().sum() / (x - x.mean(dim=0)).square().sum())

    assert unexplained(nested) < unexplained(learned["batch_top_k"]) / 2
    assert nested.evaluate(held_out)[0] < 0.05


def test_the_threshold_lets_k_features_through_on_new_frames(planted: Planted, learned: dict[str, Learner]) -> None:
    _, l0 = learned["batch_top_k"].evaluate(planted.frames(3000, seed=10**6))

    assert ACTIVE * 0.95 < l0 < ACTIVE * 1.05


def test_a_report_tells_the_means_since_the_last_one(planted: Planted) -> None:
    course = replace_steps(4)
    one, other = learner("l1", course), learner("l1", course)
    held_out = planted.frames(500, seed=10**6)
    batches = [planted.frames(512, seed) for seed in range(4)]
    single = []
    for batch in batches:
        one.step(batch)
        other.step(batch)
        single.append(one.report(held_out))
        if one.steps == 2:
            other.report(held_out)
    report = other.report(held_out)

    assert report.step == 4
    assert report.loss == pytest.approx((single[2].loss + single[3].loss) / 2)
    assert report.l0 == pytest.approx((single[2].l0 + single[3].l0) / 2)
    assert replace(report, loss=0, fvu=0, l0=0) == replace(single[3], loss=0, fvu=0, l0=0)
    assert single[0].fvu == pytest.approx(fvu_of_the_first(planted, batches[0]))


def replace_steps(steps: int) -> CourseConfig:
    return COURSE.model_copy(update={"steps": steps})


def fvu_of_the_first(planted: Planted, batch: torch.Tensor) -> float:
    """Of a new autoencoder: its offset is the batch's mean, its directions are as they were drawn."""
    new = learner("l1", COURSE).model.decoder
    x = (batch - batch.mean(dim=0)) / (batch - batch.mean(dim=0)).square().sum(dim=1).mean().sqrt()
    return float((torch.relu(x @ new.T) @ new - x).square().sum() / x.square().sum())


def test_dead_are_those_that_were_not_active_in_the_last_frames(planted: Planted) -> None:
    one = learner("top_k", replace_steps(30).model_copy(update={"dead_frames": 1024}), features=200, auxiliary=0.0)
    active = []
    for step in range(30):
        batch = planted.frames(512, seed=step)
        before = one.model.pre_activations(batch / one.scale if step else first_scaled(one, batch))
        active.append((one.rule.select(before).to_dense() > 0).any(dim=0))
        one.step(batch)
    silent = ~(active[-1] | active[-2])

    assert 0 < float(silent.float().mean()) < 1
    assert one.report(planted.frames(100, seed=10**6)).dead == pytest.approx(float(silent.float().mean()))


def first_scaled(one: Learner, batch: torch.Tensor) -> torch.Tensor:
    one._begin(batch)
    return batch / one.scale


def test_the_auxiliary_loss_brings_dead_features_back(planted: Planted) -> None:
    """A third of the features begin too faint to be chosen before another."""
    dead = {}
    for weight in (0.0, 1 / 32):
        course = replace_steps(300).model_copy(update={"dead_frames": 1024})
        one = learner("top_k", course, features=48, auxiliary=weight)
        one.model.encoder[:16] *= 0.02
        dead[weight] = float((taught(one, planted, 300)._idle[:16] >= 1024).float().mean())

    assert dead[0.0] == 1.0
    assert dead[1 / 32] < 0.5


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_named_with_its_step(planted: Planted, bad: float) -> None:
    one = taught(learner("batch_top_k", COURSE), planted, 3)
    batch = planted.frames(512, seed=3)
    batch[5, 1] = bad

    with pytest.raises(BrokenError, match=r"the loss of 'planted' is (nan|inf) at step 4"):
        one.step(batch)


def test_weights_that_are_no_numbers_are_not_reported_as_a_state_to_keep(planted: Planted) -> None:
    one = taught(learner("batch_top_k", COURSE), planted, 3)
    one.model.bias[2] = float("nan")

    with pytest.raises(BrokenError, match="the bias of 'planted' is not finite after step 3"):
        one.report(planted.frames(100, seed=9))


def test_the_learning_rate_falls_to_zero_over_the_last_fifth(planted: Planted) -> None:
    one = learner("top_k", replace_steps(10))
    rates = []
    for step in range(10):
        one.step(planted.frames(64, seed=step))
        rates.append(one._adam.param_groups[0]["lr"])

    assert rates == pytest.approx([0.01] * 9 + [0.005])


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_goes_on_to_the_same_bits(kind: str, planted: Planted) -> None:
    course = replace_steps(20).model_copy(update={"dead_frames": 1024})
    whole = taught(learner(kind, course), planted, 20)
    half, rest = taught(learner(kind, course), planted, 10), learner(kind, course)
    rest.restore(half.state())
    for step in range(10, 20):
        rest.step(planted.frames(512, seed=step))

    assert rest.threshold == whole.threshold
    assert all(torch.equal(a, b) for a, b in zip(rest.model, whole.model, strict=True))


def test_activations_that_never_vary_are_learned_by_the_offset_alone() -> None:
    one = learner("batch_top_k", replace_steps(2))
    still = torch.full((64, D), 3.0)
    one.step(still)
    one.step(still)

    report = one.report(still)
    torch.testing.assert_close(one.scale * one.model.offset, still[0])
    assert (report.fvu, report.held_out_fvu, report.l0) == (0, 0, 0)

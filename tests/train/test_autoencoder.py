"""The written gradient against automatic differentiation of the loss as the literature states it."""

import pytest
import torch
from torch import Tensor, relu
from torch.nn.functional import normalize

from atlas.train.autoencoder import Autoencoder
from atlas.train.config import AutoencoderConfig, CourseConfig
from atlas.train.learner import Learner
from atlas.train.rules import RULES

FRAMES, D, N, K, L1 = 40, 12, 30, 4, 0.03
KINDS = {"batch_top_k": {"k": K}, "top_k": {"k": K}, "l1": {"l1": L1}}


@pytest.fixture
def x() -> Tensor:
    return torch.randn(FRAMES, D, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def model() -> Autoencoder:
    """Weights that are not special: no zero biases, an encoder unlike the decoder."""
    draw = torch.Generator().manual_seed(2)
    rows = normalize(torch.randn(N, D, generator=draw), dim=1)
    return Autoencoder(
        torch.randn(N, D, generator=draw) / D**0.5,
        torch.randn(N, generator=draw) / 5,
        rows,
        torch.randn(D, generator=draw) / 5,
    )


def automatic(model: Autoencoder, loss: object) -> dict[str, Tensor]:
    """The gradient of `loss`, a function of the weights."""
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in model.named().items()}
    loss(**leaves).backward()
    return {name: torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for name, leaf in leaves.items()}


def largest(f: Tensor, k: int) -> Tensor:
    """The k largest of each row, zero elsewhere."""
    return torch.where(f >= f.sort(dim=1, descending=True).values[:, k - 1 : k], f, 0.0)


def plain_codes(kind: str, f: Tensor) -> Tensor:
    if kind == "batch_top_k":
        return largest(f.reshape(1, -1), K * FRAMES).reshape(FRAMES, N)
    return largest(f, K) if kind == "top_k" else f


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_automatic_differentiation(kind: str, model: Autoencoder, x: Tensor) -> None:
    def loss(encoder: Tensor, bias: Tensor, decoder: Tensor, offset: Tensor) -> Tensor:
        f = plain_codes(kind, relu((x - offset) @ encoder.T + bias))
        squared = (f @ decoder + offset - x).square().sum()
        return (squared + (L1 if kind == "l1" else 0.0) * f.sum()) / FRAMES

    codes = RULES[kind](AutoencoderConfig(name="a", tap="t", kind=kind, **KINDS[kind])).learn(model.pre_activations(x))
    slope = 2 / FRAMES * (model.rebuilt(codes) - x)
    ours = model.gradient(x, codes, slope, (L1 if kind == "l1" else 0.0) / FRAMES)

    for name, theirs in automatic(model, loss).items():
        torch.testing.assert_close(getattr(ours, name), theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", ["batch_top_k", "top_k"])
def test_beginnings_count_as_much_as_the_whole(
    kind: str, model: Autoencoder, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Bussmann et al. 2025, who sum: the mean of the squared errors of each beginning and of all features."""

    def loss(encoder: Tensor, bias: Tensor, decoder: Tensor, offset: Tensor) -> Tensor:
        f = plain_codes(kind, relu((x - offset) @ encoder.T + bias))
        rebuilt = [f[:, :count] @ decoder[:count] + offset for count in (7, 19, N)]
        return torch.stack([(one - x).square().sum() for one in rebuilt]).mean() / FRAMES

    config = AutoencoderConfig(name="a", tap="t", kind=kind, k=K, features=N, nested=(7, 19))
    learner = Learner(config, CourseConfig(), D, torch.device("cpu"))
    found: list[Autoencoder] = []
    learner.model, learner.steps = model, 1
    monkeypatch.setattr(learner, "_descend", found.append)
    learner.step(x)

    assert learner.report(x).loss == pytest.approx(float(loss(**model.named())), rel=1e-5)
    for name, theirs in automatic(model, loss).items():
        torch.testing.assert_close(getattr(found[0], name), theirs, atol=1e-6, rtol=1e-5)


def test_the_auxiliary_loss_is_that_of_gao_et_al(model: Autoencoder, x: Tensor) -> None:
    """Of Gao et al. 2024: alpha ||e - e'||^2 over the spread of e, where e' is rebuilt by the k_aux dead features."""
    alpha, dead = 0.5, torch.tensor([1, 3, 4, 8, 9, 15, 20, 29])

    def loss(encoder: Tensor, bias: Tensor, decoder: Tensor, offset: Tensor) -> Tensor:
        still = offset.detach()
        e = (x - model.rebuilt(plain_codes("top_k", relu(model.pre_activations(x))))).detach()
        f = relu((x - still) @ encoder.T + bias)[:, dead]
        rebuilt = largest(f, D // 2) @ decoder[dead]
        return alpha * (e - rebuilt).square().sum() / (e - e.mean(dim=0)).square().sum()

    config = AutoencoderConfig(name="a", tap="t", kind="top_k", k=K, features=N, auxiliary=alpha)
    learner = Learner(config, CourseConfig(dead_frames=100), D, torch.device("cpu"))
    learner.model = model
    learner._idle[dead] = 100
    z = model.pre_activations(x)
    error = model.rebuilt(learner.rule.learn(z)) - x
    nothing = Autoencoder(*(torch.zeros_like(tensor) for tensor in model))
    ours, value = learner._revived(nothing, x, z, error)

    assert value == pytest.approx(float(loss(**model.named())), rel=1e-5)
    for name, theirs in automatic(model, loss).items():
        torch.testing.assert_close(getattr(ours, name), theirs, atol=1e-6, rtol=1e-5)


def test_decoder_rows_move_only_across_and_keep_length_one(model: Autoencoder, x: Tensor) -> None:
    rows = model.decoder.clone()
    codes = RULES["top_k"](AutoencoderConfig(name="a", tap="t", kind="top_k", k=K)).learn(model.pre_activations(x))
    plain = model.gradient(x, codes, 2 / FRAMES * (model.rebuilt(codes) - x))
    across = model.without_lengthening(plain)
    model.decoder.sub_(across.decoder)
    model.unit_rows()

    along = (plain.decoder * rows).sum(dim=1)
    assert float(along.abs().max()) > 0.01
    torch.testing.assert_close((across.decoder * rows).sum(dim=1), torch.zeros(N), atol=1e-6, rtol=0)
    torch.testing.assert_close(across.decoder + along[:, None] * rows, plain.decoder)
    torch.testing.assert_close(model.decoder.norm(dim=1), torch.ones(N))


def test_new_directions_have_length_one_and_differ_by_seed() -> None:
    first, again, other = (Autoencoder.drawn(N, D, seed) for seed in (0, 0, 1))

    torch.testing.assert_close(first.decoder.norm(dim=1), torch.ones(N))
    assert torch.equal(first.encoder, first.decoder)
    assert torch.equal(first.decoder, again.decoder)
    assert not torch.equal(first.decoder, other.decoder)
    assert first.encoder.data_ptr() != first.decoder.data_ptr()

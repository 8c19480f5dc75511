"""One autoencoder that learns: a step on a batch, what it counts meanwhile, how it does on held-out frames.

Activations are divided by their root mean square distance from their mean, so that losses and learning rates mean the
same at every tap: without features the loss would be 1. What is saved takes raw activations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from atlas.train.autoencoder import Autoencoder
from atlas.train.codes import active_features, active_values, in_columns, of_each_frame, of_first
from atlas.train.config import AutoencoderConfig, CourseConfig
from atlas.train.rules import RULES

DECAY_SHARE = 0.2  # of the steps, over which the learning rate falls to zero

_TINY = torch.finfo(torch.float32).tiny  # in place of a spread of zero


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutReport:
    """Means over the steps since the last report, and what held-out frames gave after the last of them."""

    step: int
    loss: float
    fvu: float
    "the fraction of variance unexplained: squared errors over squared distances from the mean"
    l0: float
    "active features a frame"
    dead: float
    "the share of features that were not active in the last `dead_frames` frames of training"
    held_out_fvu: float
    held_out_l0: float
    threshold: float | None

    def __str__(self) -> str:
        return (
            f"loss {self.loss:.4f}, FVU {self.fvu:.4f}, L0 {self.l0:.1f}, {self.dead:.1%} dead;"
            f" held out: FVU {self.held_out_fvu:.4f}, L0 {self.held_out_l0:.1f}"
        )


@dataclass(slots=True, kw_only=True)
class _Sums:
    """Since the last report."""

    steps: int = 0
    frames: int = 0
    loss: float = 0.0
    squared: float = 0.0
    spread: float = 0.0
    active: float = 0.0


class BrokenError(Exception):
    """A loss or a weight that is no longer a finite number."""


class Learner:
    """An autoencoder in training; activations come and go raw: [frames, d]."""

    def __init__(self, config: AutoencoderConfig, course: CourseConfig, width: int, device: torch.device) -> None:
        self.config = config
        self.course = course
        self.features = config.width(width)
        self.model = Autoencoder.drawn(self.features, width, config.seed).to(device)
        self.rule = RULES[config.kind](config)
        self.steps = 0
        self.scale = 1.0
        self._adam = torch.optim.Adam(list(self.model), lr=course.learning_rate, fused=True)
        self._idle = torch.zeros(self.features, dtype=torch.int64, device=device)  # frames since a feature was active
        self._sums = _Sums()

    def step(self, raw: Tensor) -> None:
        """Learn from a batch: the loss is the mean of the squared errors of the whole and of each nested beginning."""
        if self.steps == 0:
            self._begin(raw)
        x = raw.to(self._idle.device) / self.scale
        z = self.model.pre_activations(x)
        codes = self.rule.learn(z)
        error = self.model.rebuilt(codes) - x
        nested = self.config.nested or ()
        share = 1 / (len(x) * (1 + len(nested)))
        gradient = self.model.gradient(x, codes, 2 * share * error, self._penalty / len(x))
        errors = [error]
        for count in nested:
            model, part = self.model.first(count), of_first(codes, count)
            errors.append(model.rebuilt(part) - x)
            gradient.add(model.gradient(x, part, 2 * share * errors[-1]))
        gradient, revival = self._revived(gradient, x, z, error)
        self._count(x, codes, errors, revival)
        self._descend(gradient)

    @property
    def _penalty(self) -> float:
        return self.config.l1 or 0.0

    def _begin(self, raw: Tensor) -> None:
        mean = raw.mean(dim=0)
        self.scale = float((raw - mean).square().sum(dim=1).mean().sqrt()) or 1.0
        self.model.offset.copy_(mean / self.scale)

    def _revived(self, gradient: Autoencoder, x: Tensor, z: Tensor, error: Tensor) -> tuple[Autoencoder, float]:
        """Add the auxiliary loss (Gao et al. 2024): dead features rebuild what the others left, in units of its spread.

        Of each frame take part as many of them as half the width.
        """
        dead = (self._idle >= self.course.dead_frames).nonzero()[:, 0]
        if self.rule.k is None or not self.config.auxiliary or not len(dead):
            return gradient, 0.0
        most = min(len(dead), max(1, x.shape[1] // 2))
        codes = in_columns(of_each_frame(z[:, dead], most), dead, z)
        left = codes @ self.model.decoder + error
        weight = self.config.auxiliary / max(float((error - error.mean(dim=0)).square().sum()), _TINY)
        more = self.model.gradient(x, codes, 2 * weight * left)
        return gradient.plus(more), weight * float(left.square().sum())

    def _count(self, x: Tensor, codes: Tensor, errors: Sequence[Tensor], revival: float) -> None:
        """errors: of the whole first."""
        values = active_values(codes)
        statistics = ((x - x.mean(dim=0)).square().sum(), values.sum(), *(error.square().sum() for error in errors))
        spread, total, squared, *others = torch.stack(statistics).tolist()
        loss = (sum(others, squared) / len(errors) + self._penalty * total) / len(x) + revival
        if not math.isfinite(loss):
            raise BrokenError(f"the loss of {self.config.name!r} is {loss} at step {self.steps + 1}")
        self.steps += 1
        self._idle += len(x)
        self._idle[active_features(codes)] = 0
        sums = self._sums
        sums.steps += 1
        sums.frames += len(x)
        sums.loss += loss
        sums.squared += squared
        sums.spread += spread
        sums.active += len(values)

    def _descend(self, gradient: Autoencoder) -> None:
        """A step of Adam along the sphere on which the decoder's rows lie; `steps` counts this one already."""
        left = self.course.steps - self.steps + 1
        decay = min(1.0, left / (DECAY_SHARE * self.course.steps))
        self._adam.param_groups[0]["lr"] = decay * self.course.learning_rate
        for tensor, slope in zip(self.model, self.model.without_lengthening(gradient), strict=True):
            tensor.grad = slope
        self._adam.step()
        self.model.unit_rows()

    def report(self, held_out: Tensor) -> HeldOutReport:
        """How it went since the last report."""
        for name, tensor in self.model.named().items():
            if not bool(tensor.isfinite().all()):
                raise BrokenError(f"the {name} of {self.config.name!r} is not finite after step {self.steps}")
        sums, self._sums = self._sums, _Sums()
        fvu, l0 = self.evaluate(held_out)
        if not math.isfinite(fvu):
            raise BrokenError(f"what {self.config.name!r} rebuilds is not finite after step {self.steps}")
        window = min(self.course.dead_frames, self.steps * self.course.batch_frames)
        return HeldOutReport(
            step=self.steps,
            loss=sums.loss / sums.steps,
            fvu=sums.squared / max(sums.spread, _TINY),
            l0=sums.active / sums.frames,
            dead=float((self._idle >= window).float().mean()),
            held_out_fvu=fvu,
            held_out_l0=l0,
            threshold=self.threshold,
        )

    def evaluate(self, held_out: Tensor) -> tuple[float, float]:
        """The fraction of variance unexplained and L0, with the codes that a reader of the saved file gets."""
        mean = held_out.mean(dim=0, dtype=torch.float64).float()
        squared = spread = active = 0.0
        for raw in torch.split(held_out, self.course.batch_frames):
            x = raw.to(self._idle.device) / self.scale
            codes = self.rule.select(self.model.pre_activations(x))
            squared += float((self.model.rebuilt(codes) - x).square().sum(dtype=torch.float64))
            spread += float(((raw - mean) / self.scale).square().sum(dtype=torch.float64))
            active += len(active_values(codes))
        return squared / max(spread, _TINY), active / len(held_out)

    @property
    def threshold(self) -> float | None:
        """In the units of raw activations."""
        return None if self.rule.threshold is None else self.rule.threshold * self.scale

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, for a checkpoint."""
        return {
            "steps": self.steps,
            "scale": self.scale,
            "threshold": self.rule.threshold,
            "idle": self._idle,
            "model": self.model.named(),
            "adam": self._adam.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.steps, self.scale, self.rule.threshold = state["steps"], state["scale"], state["threshold"]
        self._idle.copy_(state["idle"])
        for name, tensor in self.model.named().items():
            tensor.copy_(state["model"][name])
        self._adam.load_state_dict(state["adam"])

"""Linear probes: how well a softmax tells classes apart on recordings that it did not learn from.

Half of a class's recordings train the probe and the other half test it; a third of the training half chooses the
penalty. The score is balanced accuracy: the mean over classes of the share of rows that is told right.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)  # on the mean square of a class's weights
LEAST = 4  # recordings of a class that takes part
ITERATIONS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """What a probe is to tell of one row of values."""

    label: str
    recording: str


@dataclass(frozen=True, slots=True)
class Found:
    """How a probe did: chance is one in `classes`."""

    accuracy: float
    classes: int
    rows: int  # that were tested


def probe(values: Tensor, rows: Sequence[Row]) -> Found:
    """values: [rows, d] -> how well rows of held-out recordings are told."""
    enough = Counter(row.label for row in set(rows))
    names = sorted(label for label, recordings in enough.items() if recordings >= LEAST)
    kept = [number for number, row in enumerate(rows) if row.label in names]
    rows, values = [rows[number] for number in kept], values[kept].double()
    labels = torch.tensor([names.index(row.label) for row in rows])
    tested = held_out(rows, 2)
    values = _standardised(values, ~tested)
    learning = [row for row, held in zip(rows, tested.tolist(), strict=True) if not held]
    penalty = _best_penalty(values[~tested], labels[~tested], held_out(learning, 3))
    weights = _learned(values[~tested], labels[~tested], penalty, len(names))
    return Found(_balanced(values[tested] @ weights, labels[tested]), len(names), int(tested.sum()))


def held_out(rows: Sequence[Row], one_in: int) -> Tensor:
    """[rows], true for one in so many recordings of each class, in the order of their hashed names."""
    label_of = {row.recording: row.label for row in rows}
    ordered = sorted(label_of, key=lambda name: (label_of[name], hashlib.sha256(name.encode()).digest()))
    held = set(ordered[::one_in])
    return torch.tensor([row.recording in held for row in rows])


def _standardised(values: Tensor, learning: Tensor) -> Tensor:
    """Values in units of the training rows' spread, with a column of ones."""
    mean, spread = values[learning].mean(0), values[learning].std(0).clamp(min=1e-6)
    return torch.cat([(values - mean) / spread, values.new_ones(len(values), 1)], 1)


def _best_penalty(values: Tensor, labels: Tensor, held: Tensor) -> float:
    classes = int(labels.max()) + 1

    def score(penalty: float) -> float:
        weights = _learned(values[~held], labels[~held], penalty, classes)
        return _balanced(values[held] @ weights, labels[held])

    return max(PENALTIES, key=score)


def _learned(values: Tensor, labels: Tensor, penalty: float, classes: int) -> Tensor:
    """The weights [d, classes] of the softmax that is best on these rows."""
    weights = values.new_zeros(values.shape[1], classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(values @ weights, labels) + penalty * weights.square().sum()
        torch.autograd.backward(loss)
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()


def _balanced(scores: Tensor, labels: Tensor) -> float:
    right = (scores.argmax(1) == labels).double()
    counts = torch.bincount(labels)
    return float((torch.bincount(labels, right) / counts)[counts > 0].mean())

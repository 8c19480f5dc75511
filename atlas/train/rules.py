"""Which features are active, while an autoencoder learns and when it is used: one rule a kind.

Batch top-k keeps the k x frames largest values of a batch, and learns a threshold that does the same for a frame by
itself: the running mean of the smallest value kept.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from torch import Tensor

from atlas.train.codes import kept, of_each_frame, smallest_of_largest
from atlas.train.config import AutoencoderConfig, Kind

MEMORY = 0.95  # of the running mean: about twenty steps
GUESS = 0.9  # of the last batch's smallest value


class Rule(Protocol):
    """z: [frames, n] -> codes: [frames, n]."""

    k: int | None
    threshold: float | None
    "learned; None where the rule knows none"

    def learn(self, z: Tensor) -> Tensor:
        """The codes of a training batch."""

    def select(self, z: Tensor) -> Tensor:
        """The codes as a reader of the saved autoencoder selects them."""


class BatchTopK:
    def __init__(self, config: AutoencoderConfig) -> None:
        self.k: int | None = config.k
        self.threshold: float | None = None
        self._each = config.k
        self._smallest = 0.0  # of the values that the last batch kept

    def learn(self, z: Tensor) -> Tensor:
        smallest = self._smallest = smallest_of_largest(z, self._each * len(z), GUESS * self._smallest)
        last = smallest if self.threshold is None else self.threshold
        self.threshold = MEMORY * last + (1 - MEMORY) * smallest
        return kept(z, (z >= smallest) & (z > 0))

    def select(self, z: Tensor) -> Tensor:
        return kept(z, z > (self.threshold or 0.0))


class TopK:
    def __init__(self, config: AutoencoderConfig) -> None:
        self.k: int | None = config.k
        self.threshold: float | None = None
        self._each = config.k

    def learn(self, z: Tensor) -> Tensor:
        return of_each_frame(z, self._each)

    select = learn


class AboveZero:
    def __init__(self, config: AutoencoderConfig) -> None:
        self.k: int | None = None
        self.threshold: float | None = None

    def learn(self, z: Tensor) -> Tensor:
        return z.clamp_min(0)

    select = learn


RULES: Mapping[Kind, Callable[[AutoencoderConfig], Rule]] = MappingProxyType(
    {"batch_top_k": BatchTopK, "top_k": TopK, "l1": AboveZero}
)

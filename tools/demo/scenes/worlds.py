"""Two worlds that share no parameter of synthesis: one that a model is trained on, one that is shown.

The line of numbers is cut into narrow cells, 5 % wide (linear near zero): even cells belong to the training world, odd
ones to the shown world. Lists of melodies, rooms, voices and so on are dealt out alternately. What is a class, such as
an instrument or a language, is shared, or nothing could be learned. Every draw is recorded under its name.
"""

import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.random import Generator, SeedSequence

Option = TypeVar("Option")

CELL = 0.05
FINEST = 1e-3  # below this, cells have the same width
DIGITS = 4  # significant ones of a number that is drawn


class World(IntEnum):
    """Which numbers and which share of the lists are drawn from."""

    TRAINING = 0
    SHOWN = 1


def world_of(number: float) -> World:
    """The world that a number belongs to."""
    cell = math.floor(math.log1p(abs(number) / FINEST) / CELL)
    return World((cell + (number < 0)) % 2)


def dealt(options: Sequence[Option], world: World) -> Sequence[Option]:
    """The options that belong to a world."""
    return options[world::2]


class Draws:
    """Parameters of one take, drawn in order from one seed; `random` is for noise and what else has no name."""

    def __init__(self, world: World, *seed: int) -> None:
        self.world = world
        self.random: Generator = np.random.default_rng(SeedSequence([world, *seed]))
        self.truth: dict[str, str | float] = {}
        self._prefix = ""

    def below(self, prefix: str) -> "Draws":
        """The same draws, recorded under names that begin with a prefix."""
        other = object.__new__(Draws)
        other.world, other.random, other.truth = self.world, self.random, self.truth
        other._prefix = f"{self._prefix}{prefix}."
        return other

    def number(self, name: str, low: float, high: float) -> float:
        """A number between two, any as likely."""
        return self._own(name, lambda: self.random.uniform(low, high))

    def ratio(self, name: str, low: float, high: float) -> float:
        """A number between two, any ratio as likely."""
        return self._own(name, lambda: low * (high / low) ** self.random.random())

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from low to high."""
        return int(self._own(name, lambda: float(self.random.integers(low, high + 1))))

    def own(self, name: str, options: Sequence[Option]) -> Option:
        """One of the options that belong to the world."""
        return self.one(name, dealt(options, self.world))

    def one(self, name: str, options: Sequence[Option]) -> Option:
        """One of several classes, which both worlds share."""
        option = options[int(self.random.integers(len(options)))]
        self.note(name, str(option))
        return option

    def chance(self, name: str, share: float) -> bool:
        """Whether something is there that both worlds have."""
        found = bool(self.random.random() < share)
        self.note(name, "yes" if found else "no")
        return found

    def note(self, name: str, value: str | float) -> None:
        """Record what was decided elsewhere."""
        self.truth[self._prefix + name] = value

    def _own(self, name: str, draw: Callable[[], float]) -> float:
        while True:
            value = float(f"{draw():.{DIGITS}g}")
            if world_of(value) == self.world:
                self.note(name, value)
                return value

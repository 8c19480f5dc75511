"""How much of a feature its page shows: everything that was measured, or what a packed page has room for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """The most rows of each kind."""

    top: int
    others: int  # examples of each other group
    labels: int
    timed: int  # phones or words of a tier


WHOLE = Extent(top=255, others=255, labels=20, timed=12)
PACKED = Extent(top=10, others=2, labels=10, timed=6)

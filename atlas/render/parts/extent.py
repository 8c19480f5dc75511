"""How much of a feature its page shows: what was measured, or what a packed page has room for; of a control less."""

from dataclasses import dataclass, replace

from atlas.schema.card import DictionaryCard

FEATURES_OF_A_SHARD = 64  # of packed pages


@dataclass(frozen=True, slots=True)
class Extent:
    """The most rows of each kind."""

    top: int
    others: int  # examples of each other group
    labels: int
    timed: int  # phones or words of a tier


WHOLE = Extent(top=255, others=255, labels=20, timed=10)
PACKED = Extent(top=10, others=2, labels=10, timed=6)
_OF_A_CONTROL = replace(PACKED, top=20, others=0)  # a direction by chance is looked at to compare, seldom to be heard


def extent_of(card: DictionaryCard, packed: bool) -> Extent:
    """What is shown of the features of a dictionary, by its card."""
    if packed:
        return PACKED
    return _OF_A_CONTROL if card.control_of else WHOLE

"""How large each dictionary is: its features and its width, by its checkpoint, its tap, or a finished atlas.

A control has at most as many directions as the dictionary that it is like has features that can be tested, which is
known once a sample was heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from atlas.config.settings import Config
from atlas.schema.card import Card
from atlas.schema.thresholds import CONTROL_FEATURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One dictionary, or a control of one."""

    name: str
    tap: str
    features: int
    width: int
    control_of: str | None = None
    kind: str = "sae"

    @property
    def is_control(self) -> bool:
        return self.control_of is not None


def shapes_of_config(config: Config, widths: Mapping[str, int]) -> tuple[Shape, ...]:
    """The dictionaries of a config, each with its controls after it; widths: that of each tap."""
    from atlas.dictionaries.load import load_dictionary

    features: dict[str, int] = {}
    shapes = []
    for entry in config.dictionaries():
        width = widths[entry.tap]
        if entry.like is not None:
            features[entry.name] = min(CONTROL_FEATURES, features[entry.like])
        else:
            features[entry.name] = load_dictionary(entry, width).n
        shapes.append(
            Shape(
                name=entry.name,
                tap=entry.tap,
                features=features[entry.name],
                width=width,
                control_of=entry.like,
                kind=entry.kind,
            )
        )
    return tuple(shapes)


def shapes_of_card(card: Card, widths: Mapping[str, int]) -> tuple[Shape, ...]:
    """Those of a finished atlas; widths: that of each dictionary's vectors."""
    return tuple(
        Shape(
            name=name,
            tap=one.tap,
            features=one.features,
            width=widths.get(name, 0),
            control_of=one.control_of,
            kind=one.kind,
        )
        for name, one in card.dictionaries.items()
    )

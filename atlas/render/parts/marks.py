"""A domain as every page marks it: a sign, a word and a colour, always in the same order."""

from collections.abc import Sequence
from dataclasses import dataclass

from atlas.config.settings import DOMAINS

_SIGNS = dict(zip(DOMAINS, "●■▲", strict=True))
_OTHER_SIGNS = "◆▼★✚"


@dataclass(frozen=True, slots=True)
class Mark:
    """A domain's sign, its word, and the class that colours both; other domains than the three are grey."""

    name: str
    sign: str
    style: str


def mark_of(name: str, domains: Sequence[str]) -> Mark:
    """The mark of a domain among those of an atlas."""
    if name in _SIGNS:
        return Mark(name, _SIGNS[name], name)
    others = [other for other in domains if other not in _SIGNS]
    place = others.index(name) if name in others else len(others)
    return Mark(name, _OTHER_SIGNS[place % len(_OTHER_SIGNS)], "other")

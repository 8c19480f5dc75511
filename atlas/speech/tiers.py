"""Kinds of timed label: what corpora call their tiers of words and phones."""

from types import MappingProxyType

WORDS, PHONES = "words", "phones"
_KINDS = MappingProxyType({"word": WORDS, "words": WORDS, "phone": PHONES, "phones": PHONES})
NAMES_OF_KINDS = tuple(_KINDS)


def kind_of(tier: str) -> str | None:
    """WORDS, PHONES, or None for a tier of something else."""
    return _KINDS.get(tier.casefold())

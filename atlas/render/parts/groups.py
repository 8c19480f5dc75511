"""What is said of groups of recordings, such as speakers: where they stay whole, and where there are too few for it."""

from collections.abc import Iterator

from atlas.render import numbers
from atlas.schema.card import CorpusCard, DomainCard
from atlas.schema.thresholds import FEWEST_GROUPS


def few_groups(corpus: CorpusCard) -> Iterator[str]:
    """A sentence a domain where some recordings share a group, and the groups are too few to count."""
    for name, domain, groups in _shared(corpus):
        if groups < FEWEST_GROUPS:
            yield (
                f"There are few {corpus.group}s: {numbers.count(domain.largest_group)} of"
                f" {numbers.count(domain.recordings)} recordings of {name} are of one {corpus.group}, so tests"
                f" count recordings, not {corpus.group}s."
            )


def whole_groups(corpus: CorpusCard) -> Iterator[str]:
    """A sentence a domain where halves and intervals keep groups whole."""
    for name, _, groups in _shared(corpus):
        if groups >= FEWEST_GROUPS:
            yield f"Each of the {numbers.count(groups)} {corpus.group}s of {name} stays whole in halves and intervals."


def _shared(corpus: CorpusCard) -> Iterator[tuple[str, DomainCard, int]]:
    for name, domain in corpus.domains.items():
        if domain.groups and (domain.largest_group or 0) > 1:
            yield name, domain, domain.groups

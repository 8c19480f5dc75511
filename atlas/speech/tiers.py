"""Timed labels of clips: where they lie, and what corpora call their tiers of words and phones."""

from types import MappingProxyType

import polars as pl

from atlas.schema import ALIGNMENTS, ANNOTATIONS
from atlas.store import AtlasFolder

WORDS, PHONES = "words", "phones"
_KINDS = MappingProxyType({"word": WORDS, "words": WORDS, "phone": PHONES, "phones": PHONES})


def kind_of(tier: str) -> str | None:
    """WORDS, PHONES, or None for a tier of something else."""
    return _KINDS.get(tier.casefold())


def timed_labels(folder: AtlasFolder, *, made: bool = True) -> pl.LazyFrame:
    """The timed labels of clips (columns as in `alignments`): those of the corpus, and those that `annotate` made."""
    pieces = sorted((folder.root / ANNOTATIONS.name).glob("*.parquet")) if made else []
    paths = (folder.path(ALIGNMENTS), *pieces)
    return pl.concat([pl.scan_parquet(path).select(ALIGNMENTS.columns.keys()) for path in paths])

"""Timed labels of clips: where they lie, and what corpora call their tiers of words and phones."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

import polars as pl

from atlas.schema import ALIGNMENTS, ANNOTATIONS
from atlas.speech.symbols import convention_of, ipa_of
from atlas.speech.words import word_label
from atlas.store import AtlasFolder

WORDS, PHONES = "words", "phones"
_KINDS = MappingProxyType({"word": WORDS, "words": WORDS, "phone": PHONES, "phones": PHONES})


def kind_of(tier: str) -> str | None:
    """WORDS, PHONES, or None for a tier of something else."""
    return _KINDS.get(tier.casefold())


def timed_labels(folder: AtlasFolder, *, made: bool = True) -> pl.LazyFrame:
    """The timed labels of clips (columns as in `alignments`): those of the corpus, and those that `annotate` made."""
    pieces = sorted((folder.root / ANNOTATIONS.name).glob("*.parquet")) if made else []
    return joined(
        pl.scan_parquet(folder.path(ALIGNMENTS)), pl.concat([ANNOTATIONS.empty().lazy(), *map(pl.scan_parquet, pieces)])
    )


def joined(brought: pl.LazyFrame, made: pl.LazyFrame) -> pl.LazyFrame:
    """The timed labels that a corpus brings and made ones.

    Beside made ones, the corpus's words and phones stand in tiers of the same names, words without case and punctuation
    and phones in the IPA, so that a label is the same wherever it comes from. Alone they stay as the corpus wrote them.
    """
    spans = made.select(ALIGNMENTS.columns.keys())
    if spans.head(1).collect().is_empty():
        return brought
    return pl.concat([_canonical(brought), spans])


def _canonical(brought: pl.LazyFrame) -> pl.LazyFrame:
    """A label that is no known phone stays; of several tiers of one kind a clip keeps the first by name."""
    labels = brought.group_by("tier").agg(pl.col("label").unique()).collect(engine="streaming")
    names = [row for tier, written in labels.iter_rows() for row in _names(tier, written)]
    schema = dict.fromkeys(("tier", "label", "kind", "name"), pl.String)
    renamed = pl.LazyFrame(names, schema=schema, orient="row")
    named = brought.join(renamed, on=("tier", "label"), maintain_order="left")
    first = named.filter(pl.col("tier") == pl.col("tier").min().over("clip", "kind"))
    return first.select("clip", pl.col("kind").alias("tier"), "start_s", "end_s", pl.col("name").alias("label"))


def _names(tier: str, labels: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """The kind of a tier and the name of each label there."""
    kind = kind_of(tier)
    convention = convention_of(labels) if kind == PHONES else None
    for label in labels:
        name = word_label(label) if kind == WORDS else ipa_of(label, convention) if kind == PHONES else None
        yield tier, label, kind or tier, name or label

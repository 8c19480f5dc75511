"""The words of search: every label of an atlas once, what else it is called, and which classes it belongs to.

A language is also called by its English name, a phone by its symbol of the IPA; the corpus may bring other names and
classes of its labels. A phone belongs to its classes: manner, place, voicing, height, backness. Which features a label
leads to lies in shards, cut where one dictionary has enough of them, and at the same labels in all.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from atlas.errors import AtlasError
from atlas.render.parts.detections import label_address
from atlas.render.terms import FLAG, WITH_PAGES, Term
from atlas.speech.classes import CLASS_TIERS, classes_of
from atlas.speech.languages import language_name
from atlas.speech.symbols import Convention, convention_of, ipa_of

SHARD = 12_000
"bytes of what one dictionary has of the labels of a shard, about"
POSTING, CALL = 9, 16
"bytes that a feature of a term takes, and the term itself, about"
SEPARATOR = "|"
OFFERED = MappingProxyType({"label": 6, "word": 3, "phone": 3})
"how many labels of each kind search offers where it finds nothing"

Named = tuple[str, str]
"a kind and a label"

_ALSO = MappingProxyType({"stop": ("plosive",), "approximant": ("glide",), "edge of clips": ("clip edge",)})
"what else a class of phones, or a flag, is called"
_SIBILANT = "szʃʒʂʐɕʑ"


@dataclass(frozen=True, slots=True)
class Synonyms:
    """What a corpus says of a label: its other names, and the classes that it belongs to."""

    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One label: where it comes from, its page if it has one, the shard of its features, other names and classes."""

    kind: str
    label: str
    origin: str
    page: str
    shard: int
    names: tuple[str, ...]
    classes: tuple[str, ...]


def vocabulary(
    terms: Mapping[str, Sequence[Term]],
    origins: Mapping[Named, str],
    synonyms: Mapping[str, Synonyms],
    carried: Iterable[Named] = (),
) -> tuple[Word, ...]:
    """The labels that some dictionary has, by kind and label; terms: dictionary -> its own; carried: what recordings
    are labelled with, so that search knows labels that lead to no feature."""
    sizes = {**dict.fromkeys(carried, CALL), **_sizes(terms)}
    with_pages = {(term.kind, term.label) for every in terms.values() for term in every if term.way in WITH_PAGES}
    convention = convention_of(label for kind, label in sizes if kind == "phone")
    shards = _shards(sizes)
    return tuple(
        Word(
            kind=kind,
            label=label,
            origin=origins.get((kind, label), ""),
            page=label_address(kind, label) if (kind, label) in with_pages else "",
            shard=shard,
            names=_unique((*_names(kind, label, convention), *synonyms.get(label, Synonyms()).names), label),
            classes=_unique((*_classes(kind, label, convention), *synonyms.get(label, Synonyms()).classes), label),
        )
        for (kind, label), shard in shards
    )


def commonest(terms: Mapping[str, Sequence[Term]], words: Sequence[Word]) -> tuple[int, ...]:
    """The numbers of the words with a page that most features are named after, a few of each kind."""
    features: Counter[Named] = Counter()
    for term in (term for every in terms.values() for term in every if term.way == "named"):
        features[term.kind, term.label] += len(term.features)
    offered: list[int] = []
    for kind, most in OFFERED.items():
        own = [number for number, word in enumerate(words) if word.kind == kind and word.page]
        offered += sorted(own, key=lambda number: -features[kind, words[number].label])[:most]
    return tuple(offered)


def read_synonyms(path: Path | None) -> Mapping[str, Synonyms]:
    """What a corpus says of its labels: CSV with `label`, and `synonyms` or `classes` or both."""
    if path is None:
        return MappingProxyType({})
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AtlasError(f"[site] synonyms: {path} cannot be read as CSV in UTF-8: {error}") from None
    known: dict[str, Synonyms] = {}
    for number, row in enumerate(rows, 2):
        if not row.get("label") or not {"synonyms", "classes"} & row.keys():
            raise AtlasError(
                f"[site] synonyms: {path}, line {number}: expected a label, and columns label, synonyms and classes"
            )
        before = known.get(row["label"], Synonyms())
        known[row["label"]] = Synonyms(
            before.names + _cut(row.get("synonyms")), before.classes + _cut(row.get("classes"))
        )
    return MappingProxyType(known)


def _cut(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(SEPARATOR) if part.strip())


def _sizes(terms: Mapping[str, Sequence[Term]]) -> dict[Named, int]:
    """Of each label, about how many bytes the dictionary with most of it needs."""
    sizes: dict[Named, int] = {}
    for every in terms.values():
        own: dict[Named, int] = {}
        for term in every:
            key = term.kind, term.label
            own[key] = own.get(key, 0) + CALL + POSTING * len(term.features)
        for key, size in own.items():
            sizes[key] = max(sizes.get(key, 0), size)
    return sizes


def _shards(sizes: Mapping[Named, int]) -> Iterator[tuple[Named, int]]:
    """The labels in order, and the shard of each."""
    shard = filled = 0
    for named in sorted(sizes):
        if filled and filled + sizes[named] > SHARD:
            shard, filled = shard + 1, 0
        filled += sizes[named]
        yield named, shard


def _names(kind: str, label: str, convention: Convention) -> tuple[str, ...]:
    if kind == "language":
        return (language_name(label),)
    if kind == "phone":
        return tuple(filter(None, (ipa_of(label, convention),)))
    return _ALSO.get(label, ()) if kind in (*CLASS_TIERS, FLAG) else ()


def _classes(kind: str, label: str, convention: Convention) -> tuple[str, ...]:
    """What a phone is one of: `fricative`, `alveolar`, `voiceless`, `consonant`, `sibilant`."""
    known = classes_of(label, convention) if kind == "phone" else None
    if known is None:
        return ()
    kinds = ("manner", "place", "voicing", "height", "backness")
    own = [name for tier in kinds if (name := getattr(known, tier)) is not None]
    own += [other for name in own for other in _ALSO.get(name, ())]
    own += [] if known.manner == "vowel" else ["consonant"]
    ipa = ipa_of(label, convention) or ""
    return (*own, "sibilant") if ipa[-1:] in _SIBILANT and known.manner in ("fricative", "affricate") else tuple(own)


def _unique(names: Iterable[str], label: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name != label))

"""What a feature is called in words, on pages, in files and in notebooks alike.

A name that somebody gave it comes first; else one is made of the columns of `findings`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from atlas.schema.analysed import (
    BY_DOMAIN,
    BY_EDGE,
    BY_LABEL,
    BY_PEAKS,
    DEAD,
    LEANING,
    NAMELESS,
    ONSET,
    PADDING,
    SILENCE,
)
from atlas.schema.figures import COLUMNS
from atlas.speech.languages import language_name

NAME_COLUMNS = ("named_by", "kind", "label", "second_kind", "second_label", "apart_kind", "apart_label")
"of `findings`, which `name_of` reads"
_CALLED = MappingProxyType(
    {
        DEAD: "dead on this corpus",
        PADDING: "padding",
        ONSET: "onset",
        BY_EDGE: "edge of clips",
        SILENCE: "silence",
        NAMELESS: "no name",
    }
)
LEANS = "leans to "
"how what is no name begins, where a label comes close"
FIRES_ON = tuple(_CALLED[named_by] for named_by in (DEAD, PADDING, ONSET, BY_EDGE, SILENCE))
"what a feature without a name is called by"
_OF_CLASSES = MappingProxyType(
    {
        "manner": "s",
        **dict.fromkeys(("place", "voicing"), " phones"),
        **dict.fromkeys(("height", "backness", "stress"), " vowels"),
        "edge": "",
    }
)
"what follows a class of phones, by its tier"
_TIERS = ("words", "phones", *_OF_CLASSES)
_PLAIN = ("label", "domain", "loudness")
"kinds whose labels speak for themselves"


def shown_name(row: Mapping[str, Any]) -> str | None:
    """What a feature is called, by a row of `Atlas.features`: as somebody named it, else by its finding."""
    return row.get("given_name") or (name_of(row) if row.get("named_by") else None)


def label_of(row: Mapping[str, Any]) -> str | None:
    """The same; None where nobody and nothing names it."""
    return None if row.get("given_name") is None and row.get("named_by") == NAMELESS else shown_name(row)


def name_of(finding: Mapping[str, Any]) -> str | None:
    """What a feature is called, by `NAME_COLUMNS`; None where nothing was analysed.

    `siren`; `phone k, in speech`; `siren, also whistle`; `leans to rooster`; `phone s (word onset)`, where others are
    called phone s, too.
    """
    named_by = finding["named_by"]
    if named_by is None:
        return None
    if named_by not in (BY_PEAKS, BY_LABEL, BY_DOMAIN, LEANING):
        return _CALLED[named_by]
    name = part_name(finding["kind"], finding["label"])
    if named_by == LEANING:
        name = LEANS + name
    if finding["second_label"] is not None:
        joined = "in" if finding["second_kind"] == "domain" else "also"
        name = f"{name}, {joined} {part_name(finding['second_kind'], finding['second_label'])}"
    if finding["apart_label"] is None:
        return name
    apart = part_name(finding["apart_kind"], finding["apart_label"])
    return name if apart in name.split(", ") else f"{name} ({apart})"  # German may be a label and a language


def part_name(kind: str, label: str) -> str:
    """A part of a name, whatever it is: a word or phone at peaks, a label of clips, a domain."""
    return timed_name(kind, label) if kind in _TIERS else label_name(kind, label)


def label_name(kind: str, label: str) -> str:
    """A label of clips: `siren`, `German`, `speaker ann`."""
    if kind == "language" and (language := language_name(label)) != label:
        return language
    return label if kind in _PLAIN else f"{kind} {label}"


def timed_name(tier: str, label: str) -> str:
    """A phone or word: `phone s`; a class of phones or an edge of words: `nasals`, `velar phones`, `word onset`."""
    if tier in _OF_CLASSES:
        return label + _OF_CLASSES[tier]
    return f"{tier.removesuffix('s')} {label}"


def column_name(column: str) -> str:
    """A column of the sound: `spectral centroid`; one that is not of this tool keeps its own name."""
    known = COLUMNS["columns"].get(column)
    return known.name.lower() if known else column

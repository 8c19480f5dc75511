"""Names that lead to the page of their label, where it has one: labels, languages, phones and words."""

from dataclasses import dataclass
from functools import lru_cache

from atlas.reading.names import part_name
from atlas.reading.tables import Atlas
from atlas.render.parts.detections import Named, detection_of, label_address, labels_with_pages
from atlas.render.terms import TIERS


@dataclass(frozen=True, slots=True)
class LinkedName:
    """A name, and where it leads from the site's root; empty for nowhere."""

    text: str
    address: str = ""


@lru_cache(maxsize=4)
def _with_pages(atlas: Atlas) -> frozenset[Named]:
    return frozenset(labels_with_pages([detection_of(atlas, name) for name in atlas.names]))


def label_page(atlas: Atlas, kind: str, label: str) -> str:
    """Where a label's page lies; empty where it has none. A tier of words or phones is a kind, too."""
    named = TIERS.get(kind, kind), label
    return label_address(*named) if named in _with_pages(atlas) else ""


def linked_part(atlas: Atlas, kind: str, label: str) -> LinkedName:
    """A part of a feature's name: `phone s`, `siren`, `German`."""
    return LinkedName(part_name(kind, label), label_page(atlas, kind, label))


def linked_label(atlas: Atlas, kind: str, label: str) -> LinkedName:
    """A label as a table of its kind shows it."""
    return LinkedName(label, label_page(atlas, kind, label))

"""What a feature is called in words, by the columns of `findings`: on pages, in files and in notebooks alike."""

from types import MappingProxyType

from atlas.schema.analysed import BY_DOMAIN, BY_LABEL, BY_PEAKS, BY_TIMED, DEAD, NAMELESS, ONSET, PADDING
from atlas.schema.figures import COLUMNS

_NAMES = MappingProxyType({DEAD: "dead on this corpus", PADDING: "padding", ONSET: "onset", NAMELESS: "unlabelled"})
_OF_CLASSES = MappingProxyType(
    {
        "manner": "s",
        **dict.fromkeys(("place", "voicing"), " phones"),
        **dict.fromkeys(("height", "backness", "stress"), " vowels"),
        "edge": "",
    }
)
"what follows a class of phones, by its tier"


def name_of(named_by: str | None, kind: str | None, label: str | None) -> str | None:
    """What a feature is called, by the columns of `findings`; None where nothing was analysed."""
    if named_by is None:
        return None
    if named_by == BY_LABEL:
        return label_name(kind or "", label or "")
    if named_by in (BY_TIMED, BY_PEAKS):
        return timed_name(kind or "", label or "")
    return label if named_by == BY_DOMAIN else _NAMES[named_by]


def label_name(kind: str, label: str) -> str:
    """A label of clips: `siren`, `language de`."""
    return label if kind == "label" else f"{kind} {label}"


def timed_name(tier: str, label: str) -> str:
    """A phone or word: `phone s`; a class of phones or an edge of words: `nasals`, `velar phones`, `word onset`."""
    if tier in _OF_CLASSES:
        return label + _OF_CLASSES[tier]
    return f"{tier.removesuffix('s')} {label}"


def column_name(column: str) -> str:
    """A column of the sound: `spectral centroid`; one that is not of this tool keeps its own name."""
    known = COLUMNS["columns"].get(column)
    return known.name.lower() if known else column

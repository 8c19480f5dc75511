"""The parts of a site, by address: how a finished site is counted, and how a planned one is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

FEATURES = "features"
CONTROLS = "controls"
SHARDS = "shards of features"
JSON = "features as JSON"
CLIPS = "clips"
LABELS = "labels"
DICTIONARIES = "dictionaries"
SEARCH = "search and map"
SOUNDS = "sounds"
SPECTROGRAMS = "spectrograms"
TABLES = "tables"
REST = "everything else"
PARTS = (FEATURES, SHARDS, CONTROLS, JSON, CLIPS, LABELS, DICTIONARIES, SEARCH, SOUNDS, SPECTROGRAMS, TABLES, REST)

_BY_FOLDER = {
    "p": SHARDS,
    "c": CLIPS,
    "l": LABELS,
    "d": DICTIONARIES,
    "compare": DICTIONARIES,
    "data": SEARCH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePart:
    """A part of a site."""

    files: int = 0
    pages: int = 0
    bytes: int = 0
    largest: int = 0
    "bytes of the largest file"


def part_of(address: str, controls: Collection[str]) -> str:
    """The part that a file belongs to; controls: the dictionaries that are."""
    folder, _, rest = address.partition("/")
    if address.endswith((".parquet", ".safetensors")):
        return TABLES
    if address.endswith(".json") and folder in ("f", "p"):
        return JSON
    if folder == "f" and rest:
        return CONTROLS if rest.partition("/")[0] in controls else FEATURES
    if folder == "media":
        return SOUNDS if rest.startswith("audio/") else SPECTROGRAMS
    if address in ("labels.html", "dictionaries.html"):
        return LABELS if address == "labels.html" else DICTIONARIES
    return _BY_FOLDER.get(folder, REST) if rest else REST


def parts_of_site(sizes: Mapping[str, int], controls: Collection[str]) -> dict[str, SitePart]:
    """A finished site by part; sizes: those of its files, by address."""
    found: dict[str, list[tuple[str, int]]] = {}
    for address, size in sizes.items():
        found.setdefault(part_of(address, controls), []).append((address, size))
    return {
        name: SitePart(
            files=len(files),
            pages=sum(address.endswith(".html") for address, _ in files),
            bytes=sum(size for _, size in files),
            largest=max(size for _, size in files),
        )
        for name in PARTS
        if (files := found.get(name))
    }


def part_of_size(files: float, size: float, *, pages: float = 0, largest: float = 0) -> SitePart:
    """A part, its figures rounded."""
    return SitePart(files=round(files), pages=round(pages), bytes=round(size), largest=round(largest))

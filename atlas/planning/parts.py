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
FORMER = "former names"
REST = "everything else"
PARTS = (
    *(FEATURES, SHARDS, CONTROLS, JSON, CLIPS, LABELS, DICTIONARIES, SEARCH, SOUNDS, SPECTROGRAMS, TABLES),
    *(FORMER, REST),
)
_CSV = (".csv", ".csv.gz")
_JSON = (".json", ".json.gz")

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


def part_of(address: str, controls: Collection[str], former: Collection[str] = ()) -> str:
    """The part that a file belongs to; controls: the dictionaries that are; former: names that dictionaries had."""
    folder, _, rest = address.partition("/")
    if folder == "tables" or (address.endswith((".safetensors", *_CSV)) and folder == "data"):
        return TABLES
    if address.endswith(_JSON) and folder in ("f", "p"):
        return JSON
    if former and _is_former(folder, rest.removesuffix(".html"), former):
        return FORMER
    if folder == "f" and rest:
        return CONTROLS if rest.partition("/")[0] in controls else FEATURES
    if folder == "media":
        return SOUNDS if rest.startswith("audio/") else SPECTROGRAMS
    if address in ("labels.html", "dictionaries.html"):
        return LABELS if address == "labels.html" else DICTIONARIES
    return _BY_FOLDER.get(folder, REST) if rest else REST


def _is_former(folder: str, rest: str, former: Collection[str]) -> bool:
    if folder == "compare":
        return any(name in former for name in rest.split("--"))
    return folder in ("f", "d") and rest.partition("/")[0] in former


def parts_of_site(
    sizes: Mapping[str, int], controls: Collection[str], former: Collection[str] = ()
) -> dict[str, SitePart]:
    """A finished site by part; sizes: those of its files, by address."""
    found: dict[str, list[tuple[str, int]]] = {}
    for address, size in sizes.items():
        found.setdefault(part_of(address, controls, former), []).append((address, size))
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

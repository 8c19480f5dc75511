"""MUSAN (openslr.org/17): music, speech and noise; each file is a recording, noise has the domain sound.

What is known of a file is in its folder's ANNOTATIONS (genres and singing; sex and language; background noises) and
LICENSE. The latter is running text: the ids of an album's files, and a line that names the licence after them. A
licence it does not name in words that are recognised stays unknown.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from atlas.corpus.presets.folder import read_lines, scan, stem, wrong_folder
from atlas.corpus.presets.licences import licence_of_words
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, distinct, untold_note

TITLE = "MUSAN"
EXPECTS = "the folder with music/, speech/ and noise/, with files such as music/fma/music-fma-0000.wav"
DOMAINS = MappingProxyType({"music": "music", "speech": "speech", "noise": "sound"})
SEXES = MappingProxyType({"m": "male", "f": "female"})
SINGING = MappingProxyType({"Y": "vocals", "N": "instrumental"})
LANGUAGES = MappingProxyType(
    {
        "arabic": "ar", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "czech": "cs", "danish": "da",
        "dutch": "nl", "english": "en", "esperanto": "eo", "finnish": "fi", "french": "fr", "german": "de",
        "greek": "el", "hebrew": "he", "hungarian": "hu", "italian": "it", "japanese": "ja", "korean": "ko",
        "latin": "la", "mandarin": "zh", "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es",
        "swedish": "sv", "tagalog": "tl", "tamil": "ta", "ukrainian": "uk", "urdu": "ur", "yiddish": "yi",
    }
)  # fmt: skip

ENGLISH_SOURCES = ("us-gov",)
"sources without annotations whose LICENSE says that they are in English throughout"

_ID = re.compile(r"(?:music|speech|noise)-[a-z-]+-\d{4}")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What ANNOTATIONS tells of a file."""

    labels: tuple[str, ...] = ()
    language: str = ""
    artist: str = ""


@dataclass(frozen=True, slots=True)
class MusanSource:
    """One folder of files: where they are from, and what is known of them by id."""

    name: str
    domain: str
    annotations: Mapping[str, Annotation]
    licences: Mapping[str, str]
    common_licence: str
    "of the files that LICENSE does not name"


def read_musan(folder: Path) -> PresetListing:
    """The files: music/SOURCE/music-SOURCE-0000.wav, and likewise speech and noise."""
    paths = [path for path in scan(folder) if path.endswith(".wav") and _ID.fullmatch(stem(path))]
    if not paths:
        raise wrong_folder(folder, TITLE, EXPECTS)
    kinds = {path.rpartition("/")[0]: stem(path).partition("-")[0] for path in paths}
    sources = {place: _source((folder / place).resolve(), kind) for place, kind in kinds.items()}
    rows = tuple(_row(path, sources[path.rpartition("/")[0]]) for path in paths)
    return PresetListing(rows, notes=untold_note(sum(not row.licence for row in rows), "licence"))


def _row(path: str, source: MusanSource) -> PresetRow:
    name = stem(path)
    annotation = source.annotations.get(name, Annotation())
    return PresetRow(
        path=path,
        domain=source.domain,
        dataset=TITLE,
        recording=name,
        labels=annotation.labels,
        language=annotation.language or ("en" if source.name in ENGLISH_SOURCES else ""),
        licence=source.licences.get(name, source.common_licence),
        attribution=f"{annotation.artist}, from MUSAN ({source.name})"
        if annotation.artist
        else f"MUSAN ({source.name})",
        source_url="https://www.openslr.org/17/",
    )


def _source(place: Path, kind: str) -> MusanSource:
    annotations = _annotations(_lines(place / "ANNOTATIONS"), ANNOTATORS[kind])
    return MusanSource(place.name, DOMAINS[kind], annotations, *_licences(_lines(place / "LICENSE")))


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in read_lines(path)] if path.is_file() else []


def _annotations(lines: Iterable[str], annotate: Callable[[Sequence[str], str], Annotation]) -> dict[str, Annotation]:
    """Annotations by id; a line that ends in a colon is a heading of the ids below it."""
    heading = ""
    annotations = {}
    for line in lines:
        name, *cells = line.split() or [""]
        if _ID.fullmatch(name):
            annotations[name] = annotate(cells, heading)
        elif line.endswith(":"):
            heading = line.rstrip("s:").lower()
    return annotations


def _music(cells: Sequence[str], _: str) -> Annotation:
    """Of `electronica,pop N Airglow`: genres, whether somebody sings, artist."""
    genres, singing, artist = (*cells, "", "", "")[:3]
    return Annotation(distinct((*genres.split(","), SINGING.get(singing, ""))), artist=artist.replace("_", " "))


def _speech(cells: Sequence[str], _: str) -> Annotation:
    """Of `m english`: sex and language."""
    sexes, language = (*cells, "", "")[:2]
    labels = distinct(SEXES.get(sex, "") for sex in sexes.split(","))
    return Annotation(labels, LANGUAGES.get(language.lower(), ""))


def _noise(_: Sequence[str], heading: str) -> Annotation:
    """Of an id below `Background noises:`: background noise."""
    return Annotation((heading,) if heading else ())


ANNOTATORS = MappingProxyType({"music": _music, "speech": _speech, "noise": _noise})


def _licences(lines: Iterable[str]) -> tuple[dict[str, str], str]:
    """Licences by id, and the common one, which is named before any id.

    A line that names a licence is about the ids before it. Ids that follow the last one of a block, which a rule of
    equal signs ends, belong to it as well.
    """
    licences: dict[str, str] = {}
    common = last = ""
    waiting: list[str] = []
    for line in (*lines, "="):
        if _ID.fullmatch(line):
            waiting.append(line)
            continue
        licence = licence_of_words(line)
        last = licence or last
        if not (licences or waiting):
            common = last or common
        if licence or line.startswith("="):
            licences = {**dict.fromkeys(waiting, last), **licences}
            waiting.clear()
        if line.startswith("="):
            last = ""
    return {name: licence for name, licence in licences.items() if licence}, common


MUSAN = Preset("musan", TITLE, ("speech", "music", "sound"), EXPECTS, read_musan)

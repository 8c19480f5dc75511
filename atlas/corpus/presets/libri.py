"""LibriSpeech (openslr.org/12) and LibriTTS or LibriTTS-R (openslr.org/60 and 141): read English from LibriVox.

A recording is a reader's chapter, named alike in both corpora because they cut the same ones. Texts come from the one
transcript a chapter has; sex and name of a reader from SPEAKERS.TXT, where the folder holds it. Files of a LibriSpeech
part that holds no cut utterances, such as original-mp3, are not read.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from atlas.corpus.presets.folder import ending_in, file_name, prefix_of, read_lines, scan, stem, wrong_folder
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, untold_note

SEXES = {"F": "female", "M": "male"}

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LibriSpeaker:
    """What SPEAKERS.TXT tells of a reader."""

    sex: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """In what the two corpora differ."""

    title: str
    expects: str
    utterance: re.Pattern[str]
    source_url: str
    texts: Callable[[Path, tuple[str, ...]], Texts]


def read_librispeech(folder: Path) -> PresetListing:
    """The utterances of LibriSpeech: PART/READER/CHAPTER/READER-CHAPTER-0000.flac."""
    return _read(folder, LIBRISPEECH_EDITION)


def read_libritts(folder: Path) -> PresetListing:
    """The utterances of LibriTTS: PART/READER/CHAPTER/READER_CHAPTER_000000_000000.wav."""
    return _read(folder, LIBRITTS_EDITION)


def _read(folder: Path, edition: Edition) -> PresetListing:
    paths = scan(folder)
    utterances = [(path, match) for path in paths if (match := edition.utterance.fullmatch(file_name(path)))]
    if not utterances:
        raise wrong_folder(folder, edition.title, edition.expects)
    texts = edition.texts(folder, paths)
    readers = _readers(folder, ending_in(paths, "SPEAKERS.TXT"))
    rows = []
    for path, match in utterances:
        reader = readers.get(match[1], LibriSpeaker())
        rows.append(
            PresetRow(
                path=path,
                domain="speech",
                dataset=edition.title,
                recording=f"{match[1]}-{match[2]}",
                speaker=match[1],
                labels=(reader.sex,) if reader.sex else (),
                language="en",
                text=texts.get(stem(path), ""),
                licence="CC-BY-4.0",
                attribution=f"{edition.title}, read by {reader.name or f'reader {match[1]}'} for LibriVox",
                source_url=edition.source_url,
            )
        )
    untold = sum(not row.text for row in rows)
    return PresetListing(tuple(rows), notes=untold_note(untold, "text") + _reader_note(readers))


def _readers(folder: Path, tables: Iterable[str]) -> Mapping[str, LibriSpeaker]:
    """Readers by number, from lines such as `14   | F | train-clean-360  | 25.03 | Kristin LeMoine`."""
    readers = {}
    for table in tables:
        for line in read_lines(folder / table):
            cells = [cell.strip() for cell in line.split("|", 4)]
            if len(cells) == 5 and cells[0].isdecimal():
                readers[cells[0]] = LibriSpeaker(SEXES.get(cells[1], ""), cells[4])
    return readers


def _reader_note(readers: Mapping[str, LibriSpeaker]) -> tuple[str, ...]:
    return () if readers else ("the folder has no SPEAKERS.TXT, so names and sexes of the readers are not known",)


def _librispeech_texts(folder: Path, paths: tuple[str, ...]) -> Texts:
    """Texts by utterance, from lines such as `84-121123-0000 GO DO YOU HEAR`."""
    texts = {}
    for path in paths:
        if path.endswith(".trans.txt"):
            for line in read_lines(folder / path):
                utterance, _, text = line.strip().partition(" ")
                texts[utterance] = text
    return texts


def _libritts_texts(folder: Path, paths: tuple[str, ...]) -> Texts:
    """Texts by utterance: the third cell of the chapter's `.trans.tsv`; else the utterance's `.normalized.txt`."""
    texts = {}
    for path in paths:
        if path.endswith(".trans.tsv"):
            cells_of_lines = (line.rstrip("\r").split("\t") for line in read_lines(folder / path))
            texts.update({cells[0]: cells[2].strip() for cells in cells_of_lines if len(cells) >= 3})
    for path in paths:
        if path.endswith(".normalized.txt"):
            utterance = prefix_of(file_name(path), ".normalized.txt")
            if utterance not in texts:
                texts[utterance] = " ".join(read_lines(folder / path)).strip()
    return texts


LIBRISPEECH_EDITION = Edition(
    "LibriSpeech",
    "the folder with SPEAKERS.TXT and parts such as dev-clean, with files such as dev-clean/84/121123/"
    "84-121123-0000.flac",
    re.compile(r"(\d+)-(\d+)-\d{4}\.flac"),
    "https://www.openslr.org/12/",
    _librispeech_texts,
)
LIBRITTS_EDITION = Edition(
    "LibriTTS",
    "the folder with SPEAKERS.txt and parts such as dev-clean, with files such as dev-clean/84/121123/"
    "84_121123_000007_000001.wav",
    re.compile(r"(\d+)_(\d+)_\d{6}_\d{6}\.wav"),
    "https://www.openslr.org/60/",
    _libritts_texts,
)
LIBRISPEECH = Preset("librispeech", "LibriSpeech", ("speech",), LIBRISPEECH_EDITION.expects, read_librispeech)
LIBRITTS = Preset("libritts", "LibriTTS", ("speech",), LIBRITTS_EDITION.expects, read_libritts)

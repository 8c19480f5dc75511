"""What a preset gives: manifest rows, timed labels, and notes on what it left out.

Nothing here reads a file. A recording is what was recorded in one go: clips cut from one source share it, takes that
were recorded one by one do not (the speaker binds those). Recording and speaker keep the corpus's own spelling, so
that what two corpora cut from the same source counts once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRow:
    """One row of the manifest; an empty text means not known."""

    path: str
    "relative to the corpus's folder, with forward slashes"
    domain: str
    dataset: str
    recording: str = ""
    speaker: str = ""
    labels: tuple[str, ...] = ()
    "sound class, genre, emotion and the like; speaker and language have columns of their own"
    language: str = ""
    "ISO 639-1, or the longer code of a language that has none there"
    text: str = ""
    licence: str = ""
    "an SPDX id where there is one"
    attribution: str = ""
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class TimedSpan:
    """One row of the alignments: a label on a stretch of a file."""

    path: str
    tier: str
    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True, slots=True)
class PresetListing:
    """What one corpus holds; a note is a sentence about what is missing or was left out."""

    rows: tuple[PresetRow, ...]
    alignments: tuple[TimedSpan, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A public corpus that can be read as it is distributed."""

    name: str
    "as typed on the command line"
    title: str
    domains: tuple[str, ...]
    expects: str
    "one line on the folder that is expected"
    read: Callable[[Path], PresetListing]


def count_note(count: int, singular: str, plural: str) -> tuple[str, ...]:
    """A note on `count` things, in the singular or the plural; none, if there are none."""
    if count == 0:
        return ()
    return (f"1 {singular}",) if count == 1 else (f"{count:,} {plural}",)


def absent_note(count: int) -> tuple[str, ...]:
    """A note on files that the metadata names and the folder lacks."""
    return count_note(count, "file of the metadata is not in the folder", "files of the metadata are not in the folder")


def unlisted_note(count: int) -> tuple[str, ...]:
    """A note on audio files about which the metadata says nothing, so that they get no row."""
    return count_note(
        count, "audio file is not in the metadata and left out", "audio files are not in the metadata and left out"
    )


def copies_note(count: int) -> tuple[str, ...]:
    """A note on files that hold a recording which another file holds as well."""
    return count_note(count, "file is another copy and left out", "files are other copies and left out")


def untold_note(count: int, what: str) -> tuple[str, ...]:
    """A note on rows that lack a column because the metadata does not tell it."""
    return count_note(count, f"file has no {what}", f"files have no {what}")


def distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels in their order, without empty ones and repetitions."""
    return tuple(dict.fromkeys(label for label in labels if label))

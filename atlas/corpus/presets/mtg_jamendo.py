"""MTG-Jamendo: 55,000 tracks of music with tags of genre, instrument and mood, each under a licence of its own.

Audio and metadata are distributed apart: the folder holds both, the unpacked audio (00/ to 99/) and the files of the
corpus's repository. Tags are labels without their category. Licence, title and artist are told by audio_licenses.txt,
without which they stay unknown. A track is a recording.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from atlas.corpus.presets.folder import ending_in, nothing_unpacked, read_lines, scan, wrong_folder
from atlas.corpus.presets.licences import licence_of_address
from atlas.corpus.presets.listing import (
    Preset,
    PresetListing,
    PresetRow,
    absent_note,
    copies_note,
    distinct,
    unlisted_note,
    untold_note,
)

TITLE = "MTG-Jamendo"
TABLES = ("autotagging.tsv", "raw_30s_cleantags_50artists.tsv", "raw_30s_cleantags.tsv", "raw_30s.tsv", "raw.tsv")
"the most curated first; the first is a link to the second, which a copy may have lost"
LICENCES = "audio_licenses.txt"
EXPECTS = f"the folder with data/{TABLES[0]}, {LICENCES} and the unpacked audio, with files such as 14/214.mp3"

_AUDIO = re.compile(r"(?:.*/)?(\d\d/\d+)(?:\.low)?\.mp3")
_CREDIT = re.compile(r"(.+) from Jamendo: (https?://\S+)")


@dataclass(frozen=True, slots=True)
class Track:
    """A line of the table: what it is called, where its audio lies below 00/ to 99/, and its tags."""

    name: str
    place: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrackCredit:
    """What audio_licenses.txt tells of a track."""

    work: str = ""
    address: str = ""
    licence: str = ""


def read_mtg_jamendo(folder: Path) -> PresetListing:
    """The tagged tracks: NN/NUMBER.mp3, or NN/NUMBER.low.mp3 where only the low quality was fetched."""
    paths = scan(folder)
    table = next((path for name in TABLES for path in ending_in(paths, name) if _is_table(folder / path)), None)
    if table is None:
        raise wrong_folder(folder, TITLE, EXPECTS, f"data/{TABLES[0]}")
    files = [(match[1], path) for path in paths if (match := _AUDIO.fullmatch(path))]
    audio: dict[str, str] = {}
    for place, path in sorted(files, key=lambda file: (file[1].endswith(".low.mp3"), file[1])):
        audio.setdefault(place, path)
    credits_of = _credits(folder, paths)
    tracks = list(_tracks(folder / table))
    rows = tuple(_row(audio[track.place], track, credits_of) for track in tracks if track.place in audio)
    if not rows:
        raise nothing_unpacked(folder, table, "14/214.mp3")
    notes = absent_note(len(tracks) - len(rows)) + unlisted_note(len(audio) - len(rows))
    notes += copies_note(len(files) - len(audio))
    return PresetListing(rows, notes=notes + untold_note(sum(not row.licence for row in rows), "licence"))


def _is_table(path: Path) -> bool:
    return read_lines(path)[0].startswith("TRACK_ID\t")


def _tracks(table: Path) -> Iterator[Track]:
    """Tracks from lines of five cells and then a cell a tag, such as `genre---rock`."""
    for line in read_lines(table)[1:]:
        cells = line.rstrip("\r").split("\t")
        if len(cells) > 5:
            yield Track(cells[0], cells[3].removesuffix(".mp3"), distinct(tag.partition("---")[2] for tag in cells[5:]))


def _row(path: str, track: Track, credits_of: Mapping[str, TrackCredit]) -> PresetRow:
    credit = credits_of.get(track.place, TrackCredit())
    number = track.place.rpartition("/")[2]
    return PresetRow(
        path=path,
        domain="music",
        dataset=TITLE,
        recording=track.name,
        labels=track.tags,
        licence=credit.licence,
        attribution=credit.work or f"Jamendo track {number}",
        source_url=credit.address or f"https://www.jamendo.com/track/{number}",
    )


def _credits(folder: Path, paths: Sequence[str]) -> Mapping[str, TrackCredit]:
    """Credits by place, from blocks of three lines: the path, title and artist with an address, the licence."""
    credits_of = {}
    for table in ending_in(paths, LICENCES):
        for block in "\n".join(line.strip() for line in read_lines(folder / table)).split("\n\n"):
            place, work, licence = (*block.strip().split("\n"), "", "")[:3]
            if match := _CREDIT.fullmatch(work):
                credits_of[place.removesuffix(".mp3")] = TrackCredit(match[1], match[2], licence_of_address(licence))
    return credits_of


MTG_JAMENDO = Preset("mtg-jamendo", TITLE, ("music",), EXPECTS, read_mtg_jamendo)

"""Mozilla Common Voice: read speech of many voices, one folder a locale, from any release of the scripted corpus.

Rows are the clips of validated.tsv, or of train.tsv, dev.tsv and test.tsv where a copy lacks it; clips that were voted
down or not voted on get none. A clip is its own recording, the client is the speaker.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from atlas.corpus.presets.folder import (
    ending_in,
    file_name,
    nothing_unpacked,
    prefix_of,
    read_columns,
    scan,
    stem,
    wrong_folder,
)
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, absent_note, count_note, distinct

TITLE = "Common Voice"
EXPECTS = "a locale's folder, or one above it, with validated.tsv beside clips/"
SEXES = {"male": "male", "male_masculine": "male", "female": "female", "female_feminine": "female"}
"the spellings of all releases; other answers are kept to the corpus"


def read_common_voice(folder: Path) -> PresetListing:
    """The validated clips: LOCALE/clips/common_voice_LOCALE_NUMBER.mp3."""
    paths = scan(folder)
    tables = ending_in(paths, "validated.tsv") or ending_in(paths, "train.tsv", "dev.tsv", "test.tsv")
    if not tables:
        raise wrong_folder(folder, TITLE, EXPECTS, "validated.tsv")
    named = [row for table in tables for row in _rows(folder, table)]
    present = set(paths)
    rows = tuple(row for row in named if row.path in present)
    if not rows:
        raise nothing_unpacked(folder, tables[0], named[0].path if named else "clips/common_voice_en_1.mp3")
    clips = sum(path.endswith(".mp3") for path in paths)
    return PresetListing(rows, notes=absent_note(len(named) - len(rows)) + _unread_note(clips - len(rows)))


def _rows(folder: Path, table: str) -> Iterator[PresetRow]:
    base = prefix_of(table, file_name(table))
    columns = read_columns(folder / table, ("client_id", "path", "sentence"), ("gender", "accents", "accent", "locale"))
    for client, clip, sentence, gender, accents, accent, locale in columns:
        yield PresetRow(
            path=f"{base}clips/{clip if '.' in clip else clip + '.mp3'}",
            domain="speech",
            dataset=TITLE,
            recording=stem(clip) or clip,
            speaker=client,
            labels=distinct((SEXES.get(gender, ""), *_accents(accents or accent))),
            language=_language(locale or file_name(base.rstrip("/")) or folder.resolve().name),
            text=sentence,
            licence="CC0-1.0",
            attribution="Mozilla Common Voice",
            source_url="https://commonvoice.mozilla.org/",
        )


def _accents(cell: str) -> Iterator[str]:
    """A speaker's accents, as a cell lists them: `United States English|Midwestern`."""
    return (accent.strip() for accent in re.split(r"[|,]", cell))


def _language(locale: str) -> str:
    """`pt` of pt, `zh` of zh-CN; a language without a two-letter code keeps the longer one, such as `kab`."""
    return locale.partition("-")[0].lower()


def _unread_note(count: int) -> tuple[str, ...]:
    return count_note(
        count, "clip is not among the validated and left out", "clips are not among the validated and left out"
    )


COMMON_VOICE = Preset("common-voice", TITLE, ("speech",), EXPECTS, read_common_voice)

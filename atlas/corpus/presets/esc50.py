"""ESC-50: 2,000 environmental sounds of five seconds in 50 classes, cut from Freesound.

A recording is the Freesound sound that a clip was cut from, several clips of which can be here. The whole is for
non-commercial use, the clips of its subset ESC-10 are not bound to that. Who uploaded a sound is told by the corpus's
LICENSE file only in running text, so the attribution names the sound and the corpus.
"""

from collections.abc import Iterator
from pathlib import Path

from atlas.corpus.presets.folder import ending_in, nothing_unpacked, prefix_of, read_columns, scan, wrong_folder
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, absent_note, unlisted_note

TITLE = "ESC-50"
TABLE = "meta/esc50.csv"
EXPECTS = f"the folder with {TABLE} and audio/, with files such as audio/1-100032-A-0.wav"


def read_esc50(folder: Path) -> PresetListing:
    """The clips that meta/esc50.csv names: audio/FOLD-SOURCE-TAKE-TARGET.wav."""
    paths = scan(folder)
    tables = ending_in(paths, TABLE)
    if not tables:
        raise wrong_folder(folder, TITLE, EXPECTS, TABLE)
    base = prefix_of(tables[0], TABLE)
    named = list(_rows(folder / tables[0], base))
    audio = {path for path in paths if path.startswith(f"{base}audio/") and path.endswith(".wav")}
    rows = tuple(row for row in named if row.path in audio)
    if not rows:
        raise nothing_unpacked(folder, tables[0], f"{base}audio/1-100032-A-0.wav")
    return PresetListing(rows, notes=absent_note(len(named) - len(rows)) + unlisted_note(len(audio) - len(rows)))


def _rows(table: Path, base: str) -> Iterator[PresetRow]:
    for name, category, esc10, source in read_columns(table, ("filename", "category", "esc10", "src_file")):
        yield PresetRow(
            path=f"{base}audio/{name}",
            domain="sound",
            dataset=TITLE,
            recording=source,
            labels=(category.replace("_", " "),),
            licence="CC-BY-3.0" if esc10 == "True" else "CC-BY-NC-3.0",
            attribution=f"Freesound {source}, from ESC-50 by Karol J. Piczak",
            source_url=f"https://freesound.org/s/{source}/",
        )


ESC50 = Preset("esc-50", TITLE, ("sound",), EXPECTS, read_esc50)

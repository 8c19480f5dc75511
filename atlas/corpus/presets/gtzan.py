"""GTZAN: 1,000 excerpts of thirty seconds of music in ten genres.

Titles and artists are not part of the corpus and no licence was ever given, so the licence stays unknown. Some
excerpts are cut from one song; which ones the corpus does not tell, so each is its own recording.
"""

import re
from pathlib import Path

from atlas.corpus.presets.folder import file_name, first_copies, scan, wrong_folder
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, copies_note

TITLE = "GTZAN"
EXPECTS = "the folder with a folder a genre, with files such as genres/blues/blues.00000.au (or .wav)"
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")

_EXCERPT = re.compile(rf"({'|'.join(GENRES)})\.\d{{5}}\.(?:au|wav)")


def read_gtzan(folder: Path) -> PresetListing:
    """The excerpts: genres/GENRE/GENRE.00000.au, or .wav in the copy that calls the folder genres_original."""
    excerpts = [path for path in scan(folder) if _EXCERPT.fullmatch(file_name(path))]
    if not excerpts:
        raise wrong_folder(folder, TITLE, EXPECTS)
    chosen = first_copies(excerpts)
    rows = tuple(
        PresetRow(path=path, domain="music", dataset=TITLE, recording=name, labels=(name.partition(".")[0],))
        for name, path in chosen.items()
    )
    return PresetListing(rows, notes=copies_note(len(excerpts) - len(rows)))


GTZAN = Preset("gtzan", TITLE, ("music",), EXPECTS, read_gtzan)

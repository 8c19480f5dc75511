"""VocalSound: laughter, sighs, coughs, throat clearing, sneezes and sniffs of 3,365 people.

All that a row needs is in the file's name, so the speakers' age, country and first language are not read. These are
sounds of people, not speech: their domain is sound, and they have no language. A take is its own recording.
"""

import re
from pathlib import Path

from atlas.corpus.presets.folder import file_name, first_copies, scan, stem, wrong_folder
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, copies_note

TITLE = "VocalSound"
EXPECTS = "the folder with audio_16k/ (or audio_44k/), with files such as audio_16k/f0003_0_cough.wav"
SEXES = {"f": "female", "m": "male"}
SOUNDS = {name: name for name in ("cough", "laughter", "sigh", "sneeze", "sniff")} | {
    "throatclearing": "throat clearing"
}

_TAKE = re.compile(rf"(([fm])\d{{4}})_\d+_({'|'.join(SOUNDS)})\.wav")


def read_vocalsound(folder: Path) -> PresetListing:
    """The takes: audio_16k/SPEAKER_SESSION_SOUND.wav; of both rates, the lower one, which sorts first."""
    takes = [path for path in scan(folder) if _TAKE.fullmatch(file_name(path))]
    if not takes:
        raise wrong_folder(folder, TITLE, EXPECTS)
    chosen = first_copies(takes).values()
    return PresetListing(tuple(map(_row, chosen)), notes=copies_note(len(takes) - len(chosen)))


def _row(path: str) -> PresetRow:
    match = _TAKE.fullmatch(file_name(path))
    assert match is not None
    speaker, sex, sound = match.groups()
    return PresetRow(
        path=path,
        domain="sound",
        dataset=TITLE,
        recording=stem(path),
        speaker=speaker,
        labels=(SOUNDS[sound], SEXES[sex]),
        licence="CC-BY-SA-4.0",
        attribution="VocalSound by Yuan Gong, Jin Yu and James Glass",
        source_url="https://github.com/YuanGongND/vocalsound",
    )


VOCALSOUND = Preset("vocalsound", TITLE, ("sound",), EXPECTS, read_vocalsound)

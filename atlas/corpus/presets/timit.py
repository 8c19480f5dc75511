"""TIMIT (LDC93S1): 6,300 sentences of 630 American speakers, with hand-made times of phones and words.

Audio is NIST SPHERE under the name .WAV, which libsndfile reads; copies that were converted beside it (.WAV.wav) are
passed over. Names come in upper case or in lower case, as the disc was copied. Times are in samples at 16 kHz. Words
overlap here and there, as they were marked. A sentence is its own recording.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from atlas.corpus.presets.folder import read_lines, scan, wrong_folder
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, TimedSpan, count_note, untold_note
from atlas.errors import AtlasError

TITLE = "TIMIT"
RATE_HZ = 16_000
EXPECTS = "the folder with TRAIN/ and TEST/, with files such as TRAIN/DR1/FCJF0/SA1.WAV beside .PHN, .WRD and .TXT"
SEXES = MappingProxyType({"F": "female", "M": "male"})
REGIONS = MappingProxyType(
    {
        "DR1": "New England",
        "DR2": "Northern",
        "DR3": "North Midland",
        "DR4": "South Midland",
        "DR5": "Southern",
        "DR6": "New York City",
        "DR7": "Western",
        "DR8": "Army Brat",
    }
)
"the dialect regions, as the corpus calls them; the last moved around as children"
TIERS = MappingProxyType({"phones": ".PHN", "words": ".WRD"})

_SENTENCE = re.compile(r"(?:.*/)?(DR[1-8])/([FM][A-Z]{3}\d)/(S[AIX]\d+)\.(?:WAV|FLAC)")


def read_timit(folder: Path) -> PresetListing:
    """The sentences: TRAIN/REGION/SPEAKER/SENTENCE.WAV, with their phones and words."""
    paths = scan(folder)
    sentences = [(path, match) for path in paths if (match := _SENTENCE.fullmatch(path.upper()))]
    if not sentences:
        raise wrong_folder(folder, TITLE, EXPECTS)
    on_disc = {path.upper(): folder / path for path in paths}
    rows = tuple(_row(path, match, on_disc) for path, match in sentences)
    labels = tuple(label for path, _ in sentences for label in _labels(path, on_disc))
    timed = {(label.path, label.tier) for label in labels}
    untimed = sum((row.path, tier) not in timed for row in rows for tier in TIERS)
    notes = untold_note(sum(not row.text for row in rows), "text")
    notes += count_note(
        untimed, "file of phones or words is not in the folder", "files of phones or words are not in the folder"
    )
    return PresetListing(rows, labels, notes)


def _row(path: str, match: re.Match[str], on_disc: Mapping[str, Path]) -> PresetRow:
    region, speaker, sentence = match.groups()
    return PresetRow(
        path=path,
        domain="speech",
        dataset=TITLE,
        recording=f"{speaker}-{sentence}",
        speaker=speaker,
        labels=(SEXES[speaker[0]], REGIONS[region]),
        language="en",
        text=" ".join(label for _, _, label in _timed(path, ".TXT", on_disc)),
        licence="LicenseRef-LDC-User-Agreement",
        attribution="TIMIT, Linguistic Data Consortium LDC93S1",
        source_url="https://catalog.ldc.upenn.edu/LDC93S1",
    )


def _labels(path: str, on_disc: Mapping[str, Path]) -> Iterator[TimedSpan]:
    for tier, suffix in TIERS.items():
        for start, end, label in _timed(path, suffix, on_disc):
            yield TimedSpan(path, tier, start / RATE_HZ, end / RATE_HZ, label)


def _timed(path: str, suffix: str, on_disc: Mapping[str, Path]) -> Iterator[tuple[int, int, str]]:
    """The lines of the file beside the audio: first sample, sample after the last, label."""
    file = on_disc.get(path.upper().rpartition(".")[0] + suffix)
    for line in read_lines(file) if file else ():
        if not line.strip():
            continue
        start, end, label = (*line.strip().split(" ", 2), "", "")[:3]
        if not (start.isdecimal() and end.isdecimal() and label):
            raise AtlasError(f"{file}: {line!r} is not a first sample, a last sample and a label; copy the file again")
        yield int(start), int(end), label


TIMIT = Preset("timit", TITLE, ("speech",), EXPECTS, read_timit)

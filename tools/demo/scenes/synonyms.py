"""What else people may call the labels of the corpus, and what the sounds are: the file that search reads."""

import csv
from pathlib import Path

SYNONYMS = "synonyms.csv"
COLUMNS = ("label", "synonyms", "classes")
_INSTRUMENTS = """
organ: pipe organ; keyboard|wind instrument
flute: ; woodwind|wind instrument
guitar: ; string instrument
violin: fiddle; string instrument
trumpet: horn; brass|wind instrument
marimba: xylophone; percussion
music box: ;
electric piano: ; keyboard
piano: ; keyboard
synth bass: bass|synthesizer;
square lead: synthesizer;
choir: singing|voices;
accordion: squeezebox; keyboard
drums: drum kit|beat; percussion
"""
_SOUNDS = """
alarm: beeping; machine
applause: clapping; people
bell: ringing; signal
birdsong: bird|chirping|tweeting; animal|nature
clock: ticking; machine
crickets: insects|chirping; animal|nature
dog: barking|bark; animal
drill: drilling; machine|tool
engine: motor|car|vehicle; machine
fire: crackling|flames; nature
footsteps: walking|steps; people
frogs: croaking; animal|nature
hum: buzz|mains hum; machine
knocking: knock|door; people
rain: ; weather|nature|water
siren: police|ambulance|fire engine; signal|alarm
telephone: phone call|ringing; signal
thunder: storm|lightning; weather|nature
typing: keyboard|typewriter; people
waves: sea|ocean|surf; nature|water
whistle: whistling; signal
wind: storm; weather|nature
"""


def rows() -> list[tuple[str, str, str]]:
    """A row a label: its other names, and what it is one of."""
    kinds = ((_INSTRUMENTS, "instrument|music"), (_SOUNDS, "sound effect"))
    return [_row(line, of) for text, of in kinds for line in text.strip().splitlines()]


def write_synonyms(folder: Path) -> None:
    """Write the file beside the manifest."""
    with open(folder / SYNONYMS, "w", encoding="utf-8", newline="") as file:
        written = csv.writer(file, lineterminator="\n")
        written.writerow(COLUMNS)
        written.writerows(rows())


def _row(line: str, of: str) -> tuple[str, str, str]:
    label, _, rest = line.partition(":")
    names, _, classes = (part.strip() for part in rest.partition(";"))
    return label, names, "|".join(filter(None, (classes, of)))

"""CREMA-D: twelve sentences spoken by 91 actors in six emotions and several intensities.

Sentence, intended emotion and intensity are in the file's name; the actors' sex is in VideoDemographics.csv, where the
folder holds it. What listeners heard instead of what was intended is not read. Each take is its own recording: the
actor binds them as the speaker, and the emotions of one actor would otherwise fall together.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from atlas.corpus.presets.folder import ending_in, file_name, first_copies, read_columns, scan, stem, wrong_folder
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, copies_note, distinct

TITLE = "CREMA-D"
EXPECTS = "the folder with AudioWAV/ and VideoDemographics.csv, with files such as AudioWAV/1001_DFA_ANG_XX.wav"
SENTENCES = MappingProxyType(
    {
        "IEO": "It's eleven o'clock.",
        "TIE": "That is exactly what happened.",
        "IOM": "I'm on my way to the meeting.",
        "IWW": "I wonder what this is about.",
        "TAI": "The airplane is almost full.",
        "MTI": "Maybe tomorrow it will be cold.",
        "IWL": "I would like a new alarm clock.",
        "ITH": "I think I have a doctor's appointment.",
        "DFA": "Don't forget a jacket.",
        "ITS": "I think I've seen this before.",
        "TSI": "The surface is slick.",
        "WSI": "We'll stop in a couple of minutes.",
    }
)
EMOTIONS = MappingProxyType(
    {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral", "SAD": "sadness"}
)
INTENSITIES = MappingProxyType({"LO": "low intensity", "MD": "medium intensity", "HI": "high intensity"})
"the fourth code, XX, is an intensity that was not asked for; one file spells it X"

_TAKE = re.compile(rf"(\d{{4}})_({'|'.join(SENTENCES)})_({'|'.join(EMOTIONS)})_(LO|MD|HI|XX?)\.(?:wav|mp3)")


def read_crema_d(folder: Path) -> PresetListing:
    """The takes: AudioWAV/ACTOR_SENTENCE_EMOTION_INTENSITY.wav, or AudioMP3/ where only that was fetched."""
    paths = scan(folder)
    takes = [path for path in paths if _TAKE.fullmatch(file_name(path))]
    if not takes:
        raise wrong_folder(folder, TITLE, EXPECTS)
    chosen = first_copies(sorted(takes, key=lambda path: (path.endswith(".mp3"), path))).values()
    sexes = _sexes(folder, ending_in(paths, "VideoDemographics.csv"))
    rows = tuple(_row(path, sexes) for path in chosen)
    notes = () if sexes else ("the folder has no VideoDemographics.csv, so the actors' sex is not known",)
    return PresetListing(rows, notes=copies_note(len(takes) - len(rows)) + notes)


def _sexes(folder: Path, tables: list[str]) -> Mapping[str, str]:
    return {actor: sex.lower() for table in tables for actor, sex in read_columns(folder / table, ("ActorID", "Sex"))}


def _row(path: str, sexes: Mapping[str, str]) -> PresetRow:
    match = _TAKE.fullmatch(file_name(path))
    assert match is not None
    actor, sentence, emotion, intensity = match.groups()
    return PresetRow(
        path=path,
        domain="speech",
        dataset=TITLE,
        recording=stem(path),
        speaker=f"actor-{actor}",  # a bare number would be a LibriSpeech reader
        labels=distinct((EMOTIONS[emotion], INTENSITIES.get(intensity, ""), sexes.get(actor, ""))),
        language="en",
        text=SENTENCES[sentence],
        licence="ODbL-1.0",
        attribution="CREMA-D by Houwei Cao and others",
        source_url="https://github.com/CheyneyComputerScience/CREMA-D",
    )


CREMA_D = Preset("crema-d", TITLE, ("speech",), EXPECTS, read_crema_d)

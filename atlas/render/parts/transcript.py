"""What is spoken in a clip: its transcript, who wrote it and who placed its words, or why nobody could.

A text of the corpus is always shown; one that a model wrote, where it is not refused.

Where the words of the text and those with times are as many, a word at which some feature of the page has its peak
leads to that feature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.listed import Listed
from atlas.render.parts.spoken import TimedSound, placed_by, said_by, sounds_of, transcript_rows
from atlas.speech.tiers import WORDS

NAMED = 3
"features that a word names, of those that peak at it"
LONGEST = 40
"characters of the label of each"


@dataclass(frozen=True, slots=True)
class FeaturePeak:
    """Where in the clip a feature is strongest."""

    feature: Listed
    at_s: float


@dataclass(frozen=True, slots=True)
class TranscriptWord:
    """A word as it is written, and the features that have their peaks at it."""

    text: str
    address: str | None = None
    "of the first of these features"
    features: str = ""


@dataclass(frozen=True, slots=True)
class ClipTranscript:
    """What is spoken; no words where the text is not used."""

    words: tuple[TranscriptWord, ...]
    notes: tuple[str, ...]

    @property
    def led(self) -> bool:
        """Whether some word leads to a feature."""
        return any(word.address for word in self.words)


def transcript_of(atlas: Atlas, clip: int, peaks: Sequence[FeaturePeak]) -> ClipTranscript | None:
    """The transcript of a clip; None where nobody knows one."""
    row = transcript_rows(atlas).get(clip)
    if row is None:
        return None
    text = row["text"] if row["problem"] is None else None
    words = _words(text or "", sounds_of(atlas, clip).get(WORDS, ()), peaks)
    return ClipTranscript(words, tuple(_notes(row)))


def _notes(row: Mapping[str, Any]) -> list[str]:
    source, by = row["source"], row["aligned_by"]
    notes = [said_by(source)] if source else ["no text"]
    if row["problem"]:
        notes.append(f"not used: {row['problem']}")
    elif by:
        notes.append(placed_by(by))
    elif row["alignment_problem"]:
        notes.append(f"its words could not be placed: {row['alignment_problem']}")
    return notes


def _words(text: str, sounds: Sequence[TimedSound], peaks: Sequence[FeaturePeak]) -> tuple[TranscriptWord, ...]:
    written = text.split()
    spoken = [place for place, word in enumerate(written) if any(letter.isalnum() for letter in word)]
    if len(spoken) != len(sounds):
        return (TranscriptWord(text),) if text else ()
    words = [TranscriptWord(word) for word in written]
    for place, sound in zip(spoken, sounds, strict=True):
        here = [peak.feature for peak in peaks if sound.start_s <= peak.at_s < sound.end_s]
        if here:
            words[place] = TranscriptWord(written[place], here[0].address, _named(here))
    return tuple(words)


def _named(features: Sequence[Listed]) -> str:
    told = [f"{feature.name} {numbers.cut(feature.label, LONGEST)}".strip() for feature in features[:NAMED]]
    more = [f"and {len(features) - NAMED} more"] if len(features) > NAMED else []
    return ", ".join([*told, *more])

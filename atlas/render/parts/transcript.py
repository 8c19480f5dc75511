"""What is spoken in a clip: its transcript, who wrote it and who placed its words, or why nobody could.

A text of the corpus is always shown; one that a model wrote, where it is not refused.

A word of the text that is also one with times leads to the feature of the page that has its peak there. Words are held
against each other as they are spoken, so that `Mr. 25` is `mister twenty five`.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from atlas.reading.tables import Atlas
from atlas.render import numbers
from atlas.render.parts.listed import Listed
from atlas.render.parts.spoken import TimedSound, placed_by, sounds_of, text_source, transcript_rows
from atlas.speech.lexicon import spoken_forms
from atlas.speech.tiers import WORDS

NAMED = 3
"features that a word names, of those that peak at it"
LONGEST = 40
"characters of the label of each"
_KEY = re.compile(r"[^\W_]+")


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
    notes = [text_source(source)] if source else ["no text"]
    if row["problem"]:
        notes.append(f"not used: {row['problem']}")
    elif by:
        notes.append(placed_by(by))
    if row["alignment_problem"]:
        notes.append(f"its {'phones' if by else 'words'} could not be placed: {row['alignment_problem']}")
    return notes


def _words(text: str, sounds: Sequence[TimedSound], peaks: Sequence[FeaturePeak]) -> tuple[TranscriptWord, ...]:
    written = text.split()
    here: dict[int, list[Listed]] = {}
    for place, number in _matched(written, [sound.text for sound in sounds]) if peaks else ():
        sound = sounds[number]
        at_it = [peak.feature for peak in peaks if sound.start_s <= peak.at_s < sound.end_s]
        here.setdefault(place, []).extend(at_it)
    if not any(here.values()):
        return (TranscriptWord(text),) if text else ()
    return tuple(
        TranscriptWord(word, here[place][0].address, _named(here[place])) if here.get(place) else TranscriptWord(word)
        for place, word in enumerate(written)
    )


def _matched(written: Sequence[str], labels: Sequence[str]) -> list[tuple[int, int]]:
    """Places of words of a text and of labels that are the same, all that is spoken for each, in their order."""
    keys, others = _keys(written), _keys(labels)
    matcher = SequenceMatcher(None, [key for _, key in keys], [key for _, key in others], autojunk=False)
    pairs = [
        (first + step, second + step) for first, second, size in matcher.get_matching_blocks() for step in range(size)
    ]
    left = _left_over(keys, {first for first, _ in pairs}), _left_over(others, {second for _, second in pairs})
    places = dict.fromkeys((keys[first][0], others[second][0]) for first, second in pairs)
    return [(place, number) for place, number in places if place not in left[0] and number not in left[1]]


def _keys(words: Sequence[str]) -> list[tuple[int, str]]:
    """The letters and digits of whatever is spoken for each word, and the word's place: two of `25`, and of `a-b`."""
    return [
        (place, key)
        for place, form in enumerate(spoken_forms(words))
        for spoken in form
        for key in _KEY.findall(spoken.replace("'", "").casefold())
    ]


def _left_over(keys: Sequence[tuple[int, str]], matched: Set[int]) -> set[int]:
    """Places of words of which some part matches nothing."""
    return {place for number, (place, _) in enumerate(keys) if number not in matched}


def _named(features: Sequence[Listed]) -> str:
    named = [f"{feature.name} {numbers.cut(feature.label, LONGEST)}".strip() for feature in features[:NAMED]]
    more = [f"and {len(features) - NAMED} more"] if len(features) > NAMED else []
    return ", ".join([*named, *more])

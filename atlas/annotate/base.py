"""What sources of annotations take and give.

A source gets clips of speech with their samples, and what is known of them. It gives spans with times from the clip's
beginning, in order and without overlap within a tier. What it refuses has a problem, of the kinds below: nothing that
can befall one clip is an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from atlas.audio.samples import RATE_HZ, Samples

SILENT = "no speech"
"the model heard no speech, or there is no sound"
UNSURE = "low probability"
"the mean log-probability of the transcript's tokens is too low"
REPETITIVE = "repetitive"
"the transcript repeats itself, as Whisper does where it loses its place"
CUT = "cut off"
"the transcript ran into the longest that the model writes"
NO_LANGUAGE = "unknown language"
"the source does not know the clip's language"
NO_WORDS = "no words"
"the text holds nothing that can be spoken"
UNKNOWN_WORDS = "unknown words"
"too many of the text's words are not in the lexicon"
MISFIT = "misfit"
"the text does not fit the audio: no alignment, or one of a poor score"
TOO_FAST = "too fast"
"the text has more phones a second than anybody speaks"
UNREADABLE = "unreadable"
"the sound cannot be read any more"
TOO_LONG = "too long"
"the text is longer than the model can take at once"
PROBLEMS = (
    *(UNREADABLE, SILENT, UNSURE, REPETITIVE, CUT, NO_LANGUAGE),
    *(NO_WORDS, UNKNOWN_WORDS, MISFIT, TOO_FAST, TOO_LONG),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechClip:
    """A clip to be annotated."""

    clip: int
    samples: Samples
    "at RATE_HZ, at most one window"
    text: str | None
    "what the corpus says is spoken"
    language: str | None
    "a code such as en, if the corpus names it"

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ


@dataclass(frozen=True, slots=True)
class SpokenSpan:
    """A label with its times."""

    start_s: float
    end_s: float
    label: str
    score: float | None = None
    "between 0 and 1, the larger the surer, if the source gives one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What is spoken in a clip; made, or taken from the corpus."""

    text: str | None
    language: str | None
    avg_logprob: float | None = None
    no_speech: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Where words, and perhaps phones, lie in a clip."""

    words: Sequence[SpokenSpan] = ()
    phones: Sequence[SpokenSpan] = ()
    problem: str | None = None


NOT_PLACED = Alignment()
"of a clip whose words nobody was asked to place"


class WordSource(Protocol):
    """A model that writes what is spoken, and places words in time."""

    def annotate(self, clips: Sequence[SpeechClip]) -> Sequence[tuple[Transcript, Alignment]]:
        """What is spoken in each clip, the corpus's text as it stands; and where the words lie."""
        ...

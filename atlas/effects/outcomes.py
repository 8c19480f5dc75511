"""What an edit changed of what is said of a clip: log-probabilities in nats a token, and where in time they changed.

The unedited transcript is at its own optimum, so nearly any edit makes it less probable. What is asked first is
therefore whether the tokens near the edited frames lose more than the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.effects.edits import Frames
from atlas.readouts.base import Said, Utterance

LOCAL, ELSEWHERE, PRIMARY = "local", "elsewhere", "primary"
TRANSCRIPT, NO_SPEECH, LANGUAGE = "transcript", "no-speech", "language"

Changes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said of a clip under its edits, a row each; the first row is the unedited one."""

    utterance: Utterance
    logprobs: Changes
    "[rows, tokens]"
    no_speech: Changes | None
    languages: Changes | None
    "[rows, languages], log-probabilities"

    @classmethod
    def of(cls, utterance: Utterance, said: Said) -> "Heard":
        parts = (said.logprobs, said.no_speech, said.languages)
        return cls(utterance, *(None if part is None else part.detach().double().cpu().numpy() for part in parts))  # type: ignore[arg-type]

    def changes(self, row: int) -> Changes:
        """[tokens], in nats; below zero where a token became less probable."""
        changed: Changes = self.logprobs[row] - self.logprobs[0]
        return changed


def near(utterance: Utterance, frames: Frames, reach: int) -> NDArray[np.bool_]:
    """[tokens]: whether a token is said within `reach` frames of an edited one; the end of the text never is."""
    first, stop = utterance.frames[:, 0], utterance.frames[:, 1]
    ordered = np.sort(frames)
    following = np.searchsorted(ordered, first - reach)
    inside = (following < len(ordered)) & (ordered[np.minimum(following, len(ordered) - 1)] < stop + reach)
    of_text = np.array([bool(text) for text in utterance.texts])
    return np.asarray(inside & of_text)


def outcomes(heard: Heard, row: int, frames: Frames, reach: int) -> Mapping[str, float]:
    """Every outcome that can be told of one edit; the primary one only where there are tokens near and elsewhere."""
    changes, close = heard.changes(row), near(heard.utterance, frames, reach)
    found = {TRANSCRIPT: float(changes.mean())}
    if close.any():
        found[LOCAL] = float(changes[close].mean())
    if not close.all():
        found[ELSEWHERE] = float(changes[~close].mean())
    if LOCAL in found and ELSEWHERE in found:
        found[PRIMARY] = found[LOCAL] - found[ELSEWHERE]
    if heard.no_speech is not None:
        found[NO_SPEECH] = float(heard.no_speech[row] - heard.no_speech[0])
    if heard.languages is not None:
        own, now = heard.languages[0], heard.languages[row]
        found[LANGUAGE] = float(now[own.argmax()] - own.max())
    return found

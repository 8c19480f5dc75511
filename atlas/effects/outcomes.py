"""What an edit changed of what is said of a clip: log-probabilities in nats a token, and where in time they changed.

The unedited transcript is at its own optimum, so nearly any edit makes it less probable. What is asked first is
therefore whether the tokens near the edited frames lose more than the others. Where nothing is said, or there is no
readout, what is left is how far the encoder's output moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from atlas.effects.edits import Frames
from atlas.readouts.base import Said, Utterance
from atlas.schema.effects import (
    DOWNSTREAM,
    ELSEWHERE,
    KL,
    LABEL,
    LANGUAGE,
    LOCAL,
    NEAR,
    NO_SPEECH,
    REFERENCE,
    TAG,
    TRANSCRIPT,
)

OUTCOMES_RECIPE = "2"
"changes with what an outcome is, so that none is kept that was measured otherwise"
Changes = NDArray[np.float64]
Tokens = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelTokens:
    """Places in an utterance: the first sub-words of words that hold a label, and those of the other words."""

    own: Tokens
    others: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is said of a clip under its edits, a row each; the first row is the unedited one."""

    utterance: Utterance
    downstream: Changes
    "[rows], 1 - cosine of what the encoder gives, mean over valid frames"
    logprobs: Changes | None = None
    "[rows, tokens]"
    reference: Changes | None = None
    "[rows, tokens of the corpus's text]"
    no_speech: Changes | None = None
    languages: Changes | None = None
    "[rows, languages], log-probabilities"
    tags: Changes | None = None
    "[rows, tags], log-probabilities"
    kl: Changes | None = None
    "[rows], in nats a token"

    @classmethod
    def of(
        cls, utterance: Utterance, encoded: Tensor, valid: int, said: Said | None = None, reference: Said | None = None
    ) -> "Heard":
        """encoded: [rows, frames, width]"""
        return cls(
            utterance=utterance,
            downstream=_turned(encoded[:, :valid]),
            logprobs=_doubles(said.logprobs) if said else None,
            reference=_doubles(reference.logprobs) if reference else None,
            no_speech=_doubles(said.no_speech) if said else None,
            languages=_doubles(said.languages) if said else None,
            tags=_doubles(said.tags) if said else None,
            kl=_doubles(said.kl) if said else None,
        )

    def changes(self, row: int) -> Changes:
        """[tokens], in nats; below zero where a token became less probable."""
        if self.logprobs is None:
            return np.zeros(0)
        changed: Changes = self.logprobs[row] - self.logprobs[0]
        return changed

    def finite(self, row: int) -> bool:
        """Whether every figure of a row is a number."""
        parts = (self.logprobs, self.reference, self.no_speech, self.languages, self.tags, self.kl, self.downstream)
        return all(bool(np.isfinite(part[row]).all()) for part in parts if part is not None)


def _doubles(values: Tensor | None) -> Changes | None:
    return None if values is None else values.detach().double().cpu().numpy()


def _turned(encoded: Tensor) -> Changes:
    """[rows, frames, width] -> [rows]; exactly 0 of the first row."""
    normal = torch.nn.functional.normalize(encoded.detach(), dim=-1)
    apart = normal - normal[:1]
    half: Changes = (apart.square().sum(dim=-1).double() / 2).mean(dim=-1).cpu().numpy()
    return half


def of_text(utterance: Utterance) -> NDArray[np.bool_]:
    """[tokens]: whether a token is said somewhere; the end of the text is not."""
    return np.array([bool(text) for text in utterance.texts], np.bool_)


def near(utterance: Utterance, frames: Frames, reach: int) -> NDArray[np.bool_]:
    """[tokens]: whether a token of the text is said within `reach` frames of an edited one."""
    first, stop = utterance.frames[:, 0], utterance.frames[:, 1]
    ordered = np.sort(frames)
    following = np.searchsorted(ordered, first - reach)
    inside = (following < len(ordered)) & (ordered[np.minimum(following, len(ordered) - 1)] < stop + reach)
    return np.asarray(inside & of_text(utterance))


def outcomes(
    heard: Heard,
    row: int,
    frames: Frames,
    reach: int,
    label: LabelTokens | None = None,
    language: int | None = None,
) -> Mapping[str, float]:
    """Every outcome that can be told of one edit; the local one only where there is text near and elsewhere.

    language: the column of the one that names the feature; without one, the likeliest is told of.
    """
    found: dict[str, float] = {}
    if heard.logprobs is not None and len(heard.utterance.tokens):
        close = near(heard.utterance, frames, reach)
        found |= _of_tokens(heard.changes(row), close, of_text(heard.utterance) & ~close, label)
    if heard.reference is not None:
        found[REFERENCE] = float((heard.reference[row] - heard.reference[0]).mean())
    for name, by_row in ((KL, heard.kl), (DOWNSTREAM, heard.downstream)):
        if by_row is not None:
            found[name] = float(by_row[row])
    if heard.no_speech is not None:
        found[NO_SPEECH] = float(heard.no_speech[row] - heard.no_speech[0])
    for name, shares, own in ((LANGUAGE, heard.languages, language), (TAG, heard.tags, None)):
        if shares is not None and shares.shape[1]:
            column = int(shares[0].argmax()) if own is None else own
            found[name] = float(shares[row, column] - shares[0, column])
    return found


def _of_tokens(
    changes: Changes, close: NDArray[np.bool_], far: NDArray[np.bool_], label: LabelTokens | None
) -> dict[str, float]:
    """close, far: [tokens], those of the text near the edited frames and its others; the end of the text is neither."""
    found = {TRANSCRIPT: float(changes.mean())}
    if close.any():
        found[NEAR] = float(changes[close].mean())
    if far.any():
        found[ELSEWHERE] = float(changes[far].mean())
    if len(found) == 3:
        found[LOCAL] = found[NEAR] - found[ELSEWHERE]
    if label is not None:
        own = label.own[close[label.own]]
        if len(own) and len(label.others):
            found[LABEL] = float(changes[own].mean() - changes[label.others].mean())
    return found

"""Which tokens of a transcript begin the words that hold a phone, or are a word: what a feature's label says it hears.

Timed words are matched to those of the transcript in order, so no clock decides which word a token is of. Where the
readout says phones, or the clip has no timed words, tokens are matched to the label's own tier. Words that are about as
probable when the audio is silence are the language model's, and are not counted.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlas.effects.outcomes import LabelTokens
from atlas.readouts.base import Utterance
from atlas.schema.thresholds import HEARD_NATS
from atlas.speech.tiers import PHONES, WORDS, kind_of
from atlas.speech.words import word_label

Changes = NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class LabelledSpan:
    """A timed label of a clip."""

    start_s: float
    end_s: float
    tier: str
    label: str


@dataclass(frozen=True, slots=True)
class SpokenLabel:
    """The phone or the word that a feature's peaks stand at."""

    tier: str
    label: str

    @property
    def kind(self) -> str | None:
        """WORDS, PHONES, or None for a tier of something else, such as classes of phones."""
        return kind_of(self.tier)


def label_tokens(
    label: SpokenLabel, spans: Iterable[LabelledSpan], utterance: Utterance, lost_in_silence: Changes
) -> LabelTokens | None:
    """The first sub-words of words with the label, and of the others; None where the label is no phone or word.

    lost_in_silence: [tokens], by how much the log-probability of each falls when the audio is silence, in nats.
    """
    if label.kind is None:
        return None
    ordered = sorted(spans)
    words = [span for span in ordered if kind_of(span.tier) == WORDS]
    phones = [span for span in ordered if span.tier == label.tier]
    firsts, spoken = words_of(utterance)
    pairs = matched(words, spoken)
    if pairs:
        has = [_holds(words[span], label, phones) for span, _ in pairs]
    else:
        pairs = matched(phones, spoken)
        has = [phones[span].label == label.label for span, _ in pairs]
    tokens = np.array([firsts[word] for _, word in pairs], np.int64)
    counted = lost_in_silence[tokens] >= HEARD_NATS
    holding = np.array(has, np.bool_)
    return LabelTokens(tokens[counted & holding], tokens[counted & ~holding])


def _holds(word: LabelledSpan, label: SpokenLabel, phones: Sequence[LabelledSpan]) -> bool:
    if label.kind == WORDS:
        return _folded(word.label) == _folded(label.label)
    inside = (phone for phone in phones if word.start_s <= (phone.start_s + phone.end_s) / 2 < word.end_s)
    return label.kind == PHONES and any(phone.label == label.label for phone in inside)


def words_of(utterance: Utterance) -> tuple[list[int], list[str]]:
    """The first token of each word of a transcript, and the word: a token that begins with a space begins one."""
    firsts: list[int] = []
    words: list[str] = []
    for place, text in enumerate(utterance.texts):
        if not text:
            continue
        if text.startswith(" ") or not words:
            firsts.append(place)
            words.append(text)
        else:
            words[-1] += text
    return firsts, words


def matched(spans: Sequence[LabelledSpan], words: Sequence[str]) -> list[tuple[int, int]]:
    """Numbers of spans and words that are the same, in the order of both."""
    given, said = [_folded(span.label) for span in spans], [_folded(word) for word in words]
    blocks = difflib.SequenceMatcher(None, given, said, autojunk=False).get_matching_blocks()
    return [(block.a + step, block.b + step) for block in blocks for step in range(block.size) if given[block.a + step]]


def _folded(text: str) -> str:
    return word_label(text.strip()) or text.strip()
